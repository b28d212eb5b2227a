//! Bodies as the providers' references and users' reports show them.

use std::time::Duration;

use http::HeaderMap;
use serde_json::json;

use super::*;

fn error(api: Api, status: u16, headers: &[(&'static str, &'static str)], body: &str) -> ApiError {
    let headers: HeaderMap = (headers.iter())
        .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    api.error_from_http(status, &headers, body.as_bytes(), 0.0)
}

#[test]
fn openai_errors() {
    let it = error(
        Api::Openai,
        400,
        &[],
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    );
    assert_eq!(it.code.as_deref(), Some("context_length_exceeded"));
    let it = error(
        Api::Openai,
        429,
        &[("retry-after-ms", "250")],
        r#"{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
    );
    assert_eq!(it.retry_after, Some(Duration::from_millis(250)));
    assert_eq!((it.status, it.kind.as_str()), (429, "requests"));
}

#[test]
fn azure_content_filter_and_wait_in_the_text() {
    let it = error(
        Api::Openai,
        400,
        &[],
        r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#,
    );
    assert_eq!(it.code.as_deref(), Some("content_filter"));
    let it = error(
        Api::Openai,
        429,
        &[],
        r#"{"error":{"code":"429","message":"Requests have exceeded call rate limit. Please retry after 20 seconds."}}"#,
    );
    assert_eq!(it.retry_after, Some(Duration::from_secs(20)));
}

#[test]
fn anthropic_gemini_bedrock_ollama_errors() {
    let it = error(
        Api::Anthropic,
        529,
        &[],
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
    );
    assert_eq!(
        (it.status, it.kind.as_str(), it.message.as_str()),
        (529, "overloaded_error", "Overloaded")
    );
    let it = error(
        Api::Gemini,
        429,
        &[],
        r#"[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"13.5s"}]}}]"#,
    );
    assert_eq!(
        (it.kind.as_str(), it.retry_after),
        ("RESOURCE_EXHAUSTED", Some(Duration::from_millis(13_500)))
    );
    let it = error(
        Api::Bedrock,
        429,
        &[(
            "x-amzn-errortype",
            "ThrottlingException:http://internal.amazon.com/coral/",
        )],
        r#"{"message":"Too many requests, please wait before trying again."}"#,
    );
    assert_eq!(it.kind, "ThrottlingException");
    let it = error(
        Api::Ollama,
        404,
        &[],
        r#"{"error":"model \"llama9\" not found, try pulling it first"}"#,
    );
    assert!(it.message.contains("llama9"));
}

#[test]
fn a_page_of_html_is_shown_as_its_text() {
    let it = error(
        Api::Openai,
        502,
        &[],
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body></html>",
    );
    assert_eq!(it.message, "502 Bad Gateway 502 Bad Gateway");
    assert_eq!(it.kind, "http");
}

#[test]
fn an_error_with_status_200_is_none_the_less_an_error() {
    let openrouter = json!({"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"X","raw":"boom"}},"user_id":"u"});
    let Err(WireError::Api(it)) = Api::Openai.reply_from_json(&openrouter) else {
        panic!("no error")
    };
    assert_eq!((it.status, it.message.as_str()), (502, "Provider returned error: boom"));
    let blocked = json!({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}});
    let Err(WireError::Api(it)) = Api::Gemini.reply_from_json(&blocked) else {
        panic!("no error")
    };
    assert_eq!(it.code.as_deref(), Some("SAFETY"));
    for empty in [
        json!({}),
        json!({"choices":[]}),
        json!({"choices":[{}]}),
        json!([]),
        json!("text"),
    ] {
        for api in Api::ALL {
            assert!(api.reply_from_json(&empty).is_err(), "{} {empty}", api.name());
        }
    }
}

#[test]
fn anthropic_streams_overloaded_after_its_start() {
    let stream = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\",\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
    );
    let Err(WireError::Api(it)) = read(Api::Anthropic, stream.as_bytes(), &[]) else {
        panic!("no error")
    };
    assert_eq!(it.kind, "overloaded_error");
}

/// The streaming example of Anthropic's reference.
#[test]
fn an_anthropic_stream_with_a_tool() {
    let stream = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":472,\"output_tokens\":2}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Okay\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"get_weather\",\"input\":{}}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"location\\\":\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\" \\\"Rome\\\"}\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":89}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    let (reply, ended) = read(Api::Anthropic, stream.as_bytes(), &[]).unwrap();
    assert!(ended);
    assert_eq!(reply.text, "Okay");
    assert_eq!(reply.tool_calls[0].arguments, "{\"location\": \"Rome\"}");
    assert_eq!(reply.finish, Some(Finish::ToolCalls));
    assert_eq!(
        reply.usage.map(|it| (it.input_tokens, it.output_tokens)),
        Some((472, 89))
    );
}

#[test]
fn openai_streams_of_azure_openrouter_and_ollama() {
    let azure = concat!(
        "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[]}\n\n",
        "data: {\"id\":\"c1\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n",
        "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1,\"total_tokens\":6}}\n\n",
        "data: [DONE]\n\n",
    );
    let (reply, ended) = read(Api::Openai, azure.as_bytes(), &[]).unwrap();
    assert!(ended && reply.text == "Hi" && reply.id == "c1" && reply.usage.is_some());

    let openrouter = concat!(
        ": OPENROUTER PROCESSING\n\n",
        "data: {\"id\":\"g\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n",
        "data: {\"id\":\"g\",\"error\":{\"code\":502,\"message\":\"down\"},\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
    );
    assert!(matches!(read(Api::Openai, openrouter.as_bytes(), &[]), Err(WireError::Api(it)) if it.status == 502));

    let ollama = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n";
    assert!(read(Api::Openai, ollama.as_bytes(), &[]).unwrap().1);
    // The mark alone is no answer, and neither is nothing.
    assert!(!read(Api::Openai, b"data: [DONE]\n\n", &[]).unwrap().1);
    assert!(!read(Api::Openai, b"", &[]).unwrap().1);
}

#[test]
fn ollama_streams_an_error_in_a_line() {
    let stream = concat!(
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n",
        "{\"error\":\"an error was encountered while running the model\"}\n",
    );
    assert!(matches!(
        read(Api::Ollama, stream.as_bytes(), &[]),
        Err(WireError::Api(_))
    ));
}

#[test]
fn errors_come_back_from_every_server() {
    let sent = ApiError {
        status: 429,
        kind: "ThrottlingException".into(),
        code: None,
        message: "slow down".into(),
        retry_after: Some(Duration::from_secs(7)),
    };
    for api in Api::ALL {
        let (headers, body) = api.error_to_http(&sent);
        let headers: HeaderMap = (headers.iter())
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let read = api.error_from_http(429, &headers, body.to_string().as_bytes(), 0.0);
        assert_eq!(read.message, "slow down", "{}", api.name());
        if api != Api::Bedrock {
            assert_eq!(read.retry_after, sent.retry_after, "{}", api.name());
        }
        if api != Api::Ollama {
            assert_eq!(read.kind, sent.kind, "{}", api.name());
        }
    }
}
