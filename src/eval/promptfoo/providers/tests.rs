use super::*;
use crate::source::SourceFile;

fn targets(files: &[(&str, &str)], config: &str) -> Result<Vec<Target>, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let home = Home {
        folder: folder.path().to_owned(),
        ..Home::default()
    };
    let node = super::super::document::parse(&SourceFile::new("c.yaml", config)).unwrap();
    read(node.get("providers").unwrap(), &home).map_err(|error| error.to_string())
}

fn single(config: &str) -> Target {
    let mut targets = targets(&[], &format!("providers:\n  - {config}")).unwrap();
    assert_eq!(targets.len(), 1);
    targets.remove(0)
}

#[test]
fn every_form_of_the_list_is_read() {
    let files = [
        ("more.yaml", "- {id: echo, label: e}\n- openai:gpt-4o\n"),
        ("p.mjs", ""),
        ("p.py", ""),
    ];
    let read = targets(
        &files,
        "providers:\n  - openai:gpt-4o-mini\n  - openai:gpt-4o-mini\n  - {id: 'anthropic:messages:claude-haiku-4-5', label: haiku, prompts: [a, 'b*'], delay: 200}\n  - 'openai:chat:x': {config: {temperature: 0.5}, label: y}\n  - file://more.yaml\n  - file://p.mjs\n  - python:p.py:ask\n  - 'exec: printf hi'\n",
    )
    .unwrap();
    let names: Vec<_> = read.iter().map(Target::name).collect();
    assert_eq!(
        names,
        [
            "openai:gpt-4o-mini",
            "haiku",
            "y",
            "e",
            "openai:gpt-4o",
            "file://p.mjs",
            "python:p.py:ask",
            "exec: printf hi"
        ]
    );
    assert_eq!(read[1].prompts.as_ref().unwrap().len(), 2);
    assert_eq!(read[1].delay, Some(Duration::from_millis(200)));
    assert_eq!(read[2].spec.temperature, Some(0.5));
    assert!(read[3].own.is_some() && read[4].own.is_none() && read[5].own.is_some());
    assert!(read[1].is_called("haiku") && read[1].is_called("anthropic:messages:*") && !read[1].is_called("hai"));
    assert_eq!(targets(&[], "providers: echo").unwrap().len(), 1);
}

/// What promptfoo 0.121.20 sends where a configuration says nothing (`getOpenAiBody` and its kin).
#[test]
fn the_defaults_are_promptfoos() {
    let plain = single("openai:gpt-4o").spec;
    assert_eq!((plain.temperature, plain.max_output_tokens), (Some(0.0), Some(1024)));
    let omitted = single("{id: 'openai:gpt-4o', config: {omitDefaults: true}}").spec;
    assert_eq!((omitted.temperature, omitted.max_output_tokens), (None, None));
    let reasons = single("{id: 'openai:gpt-5-mini', config: {max_tokens: 9, temperature: 1, max_completion_tokens: 7, reasoning_effort: low}}").spec;
    assert_eq!((reasons.temperature, reasons.max_output_tokens), (None, Some(7)));
    assert_eq!(reasons.extra["reasoning_effort"], "low");
    let claude = single("anthropic:messages:claude-haiku-4-5").spec;
    assert_eq!((claude.temperature, claude.max_output_tokens), (Some(0.0), Some(1024)));
    let newest = single("anthropic:messages:claude-opus-4-8").spec;
    assert_eq!((newest.temperature, newest.max_output_tokens), (None, Some(1024)));
    let gemini = single("google:gemini-2.5-flash").spec;
    assert_eq!((gemini.temperature, gemini.max_output_tokens), (None, None));
}

#[test]
fn settings_are_carried() {
    let target = single(
        "{id: 'openai:chat:qwen3.5:9b', config: {apiBaseUrl: 'http://localhost:11434/v1', apiKey: ollama, temperature: 0.1, max_tokens: 99, top_p: 0.9, seed: 7, stop: [END], tools: [{type: function, function: {name: f}}], tool_choice: auto, presence_penalty: 1, passthrough: {reasoning_effort: none}, headers: {X-A: 'b {{env.TOKEN}}'}, response_format: {type: json_schema, json_schema: {name: x, schema: {}}}, showThinking: false}}",
    );
    let spec = &target.spec;
    assert_eq!(spec.model.as_deref(), Some("qwen3.5:9b"));
    assert_eq!(spec.base_url.as_deref(), Some("http://localhost:11434/v1"));
    assert_eq!(
        (spec.temperature, spec.max_output_tokens, spec.top_p, spec.seed),
        (Some(0.1), Some(99), Some(0.9), Some(7))
    );
    assert_eq!(spec.stop, ["END"]);
    assert_eq!(
        (&spec.extra["tool_choice"], &spec.extra["presence_penalty"]),
        (&json!("auto"), &json!(1))
    );
    assert_eq!(
        (&spec.extra["reasoning_effort"], &spec.extra["tools"][0]["type"]),
        (&json!("none"), &json!("function"))
    );
    assert_eq!(spec.headers["x-a"], "b ${TOKEN}");
    assert!(target.shaping.json && target.conversation);
    // A key that is written out is handed over under a name, so that it stands in no record.
    let (name, key) = target.key.clone().unwrap();
    assert_eq!(
        (key.as_str(), spec.key.clone()),
        ("ollama", Some(format!("${{{name}}}")))
    );
    for (written, read) in [("'{{ env.MY_KEY }}'", "${MY_KEY}"), ("'${OTHER}'", "${OTHER}")] {
        assert_eq!(
            single(&format!("{{id: 'openai:x', config: {{apiKey: {written}}}}}"))
                .spec
                .key
                .as_deref(),
            Some(read)
        );
    }
    let named =
        single("{id: 'openai:x', config: {apiKeyEnvar: DEEPSEEK_API_KEY, apiBaseUrl: 'https://api.deepseek.com'}}");
    assert_eq!(
        (named.spec.key.as_deref(), named.note),
        (Some("${DEEPSEEK_API_KEY}"), None)
    );
    let elsewhere = single("{id: 'openai:x', config: {apiBaseUrl: 'https://api.deepseek.com/v1'}}");
    assert_eq!(elsewhere.spec.key.as_deref(), Some("${OPENAI_API_KEY}"));
    assert!(
        elsewhere
            .note
            .unwrap()
            .contains("sends OPENAI_API_KEY to https://api.deepseek.com/v1")
    );
}

#[test]
fn other_apis_have_their_own_words() {
    let gemini = single("{id: 'google:gemini-2.5-flash', config: {temperature: 0, generationConfig: {maxOutputTokens: 512, thinkingConfig: {thinkingBudget: 0}}}}").spec;
    assert_eq!(
        gemini.extra["generationConfig"],
        json!({"maxOutputTokens": 512, "thinkingConfig": {"thinkingBudget": 0}})
    );
    let ollama = single(
        "{id: 'ollama:gemma3:12b', config: {temperature: 0.1, num_predict: 2048, num_ctx: 9, apiBaseUrl: 'http://x/v1'}}",
    );
    assert_eq!(
        (
            ollama.spec.max_output_tokens,
            ollama.spec.base_url.clone(),
            ollama.conversation
        ),
        (Some(2048), None, false)
    );
    assert_eq!(ollama.spec.extra["options"], json!({"num_ctx": 9}));
    let azure = single("{id: 'azure:chat:dep', config: {apiHost: x.openai.azure.com, apiVersion: '2024-10-21'}}").spec;
    assert_eq!(
        (azure.base_url.as_deref(), azure.api_version.as_deref()),
        (Some("https://x.openai.azure.com"), Some("2024-10-21"))
    );
    let router = single("openrouter:openai/gpt-oss-20b:free").spec;
    assert_eq!(
        (router.base_url.as_deref(), router.key.as_deref()),
        (Some("https://openrouter.ai/api/v1"), Some("${OPENROUTER_API_KEY}"))
    );
}

#[test]
fn an_endpoint_is_read() {
    let target = single(
        "{id: http, config: {url: '{{env.BASE}}/chat', method: POST, headers: {Content-Type: application/json}, body: {message: '{{prompt}}'}, transformResponse: json.text, auth: {type: bearer, token: '{{env.T}}'}}}",
    );
    assert!(target.own.is_some() && !target.conversation);
    // Neither address nor token of the environment stands in the key of a recording.
    let identity = target.own.unwrap().identity().to_string();
    assert!(
        identity.contains("{{env.BASE}}") && identity.contains("{{env.T}}"),
        "{identity}"
    );
    assert!(targets(&[], "providers: [{id: 'https://x/y', config: {method: GET}}]").is_ok());
}

#[test]
fn what_is_not_supported_is_named_with_its_place() {
    for (config, message) in [
        (
            "providers: [{id: 'openai:x', config: {temprature: 1}}]",
            "did you mean `temperature`",
        ),
        (
            "providers: [{id: 'openai:x', config: {functionToolCallbacks: {}}}]",
            "there is no setting",
        ),
        ("providers: [{id: 'openai:x', labell: y}]", "did you mean `label`"),
        ("providers: [{id: 'openai:x', inputs: {a: b}}]", "red teaming"),
        ("providers: [{label: x}]", "needs its `id`"),
        ("providers: ['vertex:gemini']", "`vertex:gemini` is not supported"),
        ("providers: ['openai:chat']", "names no model"),
        ("providers: [file://none.mjs]", "there is no such file"),
        ("providers: [file://x.rb]", "ends in .js"),
        ("providers: [{id: http, config: {body: x}}]", "needs `config.url`"),
        (
            "providers: [{id: http, config: {url: 'http://x'}}]",
            "needs `config.body`",
        ),
        (
            "providers: [{id: http, config: {url: 'http://x', body: y, multipart: {}}}]",
            "`multipart` of an `http` provider is not supported",
        ),
        (
            "providers: [{id: http, config: {url: 'http://x', body: y, auth: {type: oauth}}}]",
            "the type `oauth`",
        ),
        (
            "providers: [{id: http, config: {url: 'http://x', boddy: y}}]",
            "did you mean `body`",
        ),
        ("providers: [{id: echo, config: {a: 1}}]", "has no settings"),
        (
            "providers: [{id: 'openai:x', config: {max_tokens: 0}}]",
            "a whole number from 1",
        ),
        (
            "providers: [{id: 'openai:x', config: {tools: [{name: '{{x}}'}]}}]",
            "templates in `tools`",
        ),
        ("providers: []", "no providers"),
        ("providers: 3", "must be text or a mapping"),
    ] {
        let error = targets(&[], config).map(|_| ()).unwrap_err();
        assert!(
            error.contains(message) && error.contains("c.yaml:1:"),
            "{config}: {error}"
        );
    }
}
