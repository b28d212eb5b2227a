"""The official SDKs against emulated providers: what each fault makes them raise, and what they read when all is well.

Usage: sdks.py BASE_URL. Prints a line of JSON for each row: {"row", "expected", "got"}. `expected` is the SDK's
own class for the real provider's error, by the SDK's mapping of statuses; where it names a class outside the SDK
(httpx, json) that is what the SDK lets through.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import anthropic
import boto3
import botocore.config
import openai
from google import genai
from google.genai import types

BASE = sys.argv[1]
TIMEOUT = 1.5
PROMPT = "Refunds are paid within seven days after the goods have come back."
TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

# Faults of a call's beginning: the same for whole and streamed answers. Per SDK: openai, anthropic, google-genai.
BEGINNING = {
    "refused": ("APIConnectionError", "APIConnectionError", "ReadError"),
    "reset": ("APIConnectionError", "APIConnectionError", "ReadError"),
    "closed": ("APIConnectionError", "APIConnectionError", "RemoteProtocolError"),
    "dns": ("APIConnectionError", "APIConnectionError", "ReadError"),
    "tls": ("APIConnectionError", "APIConnectionError", "RemoteProtocolError"),
    "blackhole": ("APITimeoutError", "APITimeoutError", "ReadTimeout"),
    "hang": ("APITimeoutError", "APITimeoutError", "ReadTimeout"),
    "late": ("APITimeoutError", "APITimeoutError", "ReadTimeout"),
    "error-400": ("BadRequestError", "BadRequestError", "ClientError"),
    "context-length": ("BadRequestError", "BadRequestError", "ClientError"),
    "filtered-prompt": ("BadRequestError", "BadRequestError", "ClientError"),
    "error-401": ("AuthenticationError", "AuthenticationError", "ClientError"),
    "error-403": ("PermissionDeniedError", "PermissionDeniedError", "ClientError"),
    "model-gone": ("NotFoundError", "NotFoundError", "ClientError"),
    "error-408": ("APIStatusError", "RequestTimeoutError", "ClientError"),
    "error-409": ("ConflictError", "ConflictError", "ClientError"),
    "error-413": ("APIStatusError", "ContentTooLargeError", "ClientError"),
    "error-422": ("UnprocessableEntityError", "UnprocessableEntityError", "ClientError"),
    "error-429": ("RateLimitError", "RateLimitError", "ClientError"),
    "error-429-date": ("RateLimitError", "RateLimitError", "ClientError"),
    "quota": ("RateLimitError", "EnforcedSpendLimitReachedError", "ClientError"),
    "error-500": ("InternalServerError", "InternalServerError", "ServerError"),
    "error-502": ("InternalServerError", "InternalServerError", "ServerError"),
    "error-503": ("InternalServerError", "ServiceUnavailableError", "ServerError"),
    "error-504": ("InternalServerError", "GatewayTimeoutError", "ServerError"),
    "error-529": ("InternalServerError", "OverloadedError", "ServerError"),
    "html-500": ("InternalServerError", "InternalServerError", "ServerError"),
}
# Faults of a stream after three tokens.
STREAM = {
    "cut-close": ("APIConnectionError", "RemoteProtocolError", "RemoteProtocolError"),
    "cut-reset": ("APIConnectionError", "ReadError", "ReadError"),
    "cut-at-once": ("APIConnectionError", "RemoteProtocolError", "RemoteProtocolError"),
    "stall": ("APITimeoutError", "ReadTimeout", "ReadTimeout"),
    "error-event": ("APIError", "APIStatusError", "ServerError"),
    "broken-event": ("JSONDecodeError", "JSONDecodeError", "UnknownApiResponseError"),
    "cut-clean": ("Refunds are", "Refunds are", "Refunds are"),
}
# Faults of a whole body.
WHOLE = {
    "cut-close": ("APIConnectionError", "APIConnectionError", "RemoteProtocolError"),
    "content-encoding": ("APIConnectionError", "APIConnectionError", "DecodingError"),
}

openai_client = openai.OpenAI(base_url=BASE + "/v1", api_key="sk-emulated", max_retries=0, timeout=TIMEOUT)
azure_client = openai.AzureOpenAI(
    azure_endpoint=BASE, api_key="emulated", api_version="2024-10-21", max_retries=0, timeout=TIMEOUT
)
anthropic_client = anthropic.Anthropic(base_url=BASE, api_key="sk-ant-emulated", max_retries=0, timeout=TIMEOUT)
gemini_client = genai.Client(
    api_key="emulated", http_options=types.HttpOptions(base_url=BASE, timeout=int(TIMEOUT * 1000))
)
bedrock_client = boto3.client(
    "bedrock-runtime",
    endpoint_url=BASE,
    region_name="us-east-1",
    aws_access_key_id="emulated",
    aws_secret_access_key="emulated",
    config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=TIMEOUT, connect_timeout=TIMEOUT),
)


def openai_whole(model, client=openai_client, **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": PROMPT}], **more)


def openai_stream(model, client=openai_client, **more):
    stream = openai_whole(model, client, stream=True, **more)
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def anthropic_whole(model, **more):
    messages = [{"role": "user", "content": PROMPT}]
    return anthropic_client.messages.create(model=model, max_tokens=200, messages=messages, **more)


def anthropic_stream(model):
    stream = anthropic_whole(model, stream=True)
    return "".join(event.delta.text for event in stream if event.type == "content_block_delta")


def gemini_whole(model, **more):
    return gemini_client.models.generate_content(model=model, contents=PROMPT, **more)


def gemini_stream(model):
    return "".join(chunk.text or "" for chunk in gemini_client.models.generate_content_stream(model=model, contents=PROMPT))


def bedrock_whole(model):
    return bedrock_client.converse(modelId=model, messages=[{"role": "user", "content": [{"text": PROMPT}]}])


def bedrock_stream(model):
    reply = bedrock_client.converse_stream(modelId=model, messages=[{"role": "user", "content": [{"text": PROMPT}]}])
    deltas = [event["contentBlockDelta"]["delta"] for event in reply["stream"] if "contentBlockDelta" in event]
    return "".join(delta["text"] for delta in deltas)


def raised(call, model):
    """The class of what a call raises, or what it gives."""
    try:
        return call(model)
    except Exception as error:
        return type(error).__name__


def fault_rows():
    sdks = [("openai", openai_whole, openai_stream), ("anthropic", anthropic_whole, anthropic_stream)]
    sdks.append(("google-genai", gemini_whole, gemini_stream))
    for at, (sdk, whole, stream) in enumerate(sdks):
        for table, kinds in ((BEGINNING, ("whole", "stream")), (STREAM, ("stream",)), (WHOLE, ("whole",))):
            for fault, expected in table.items():
                for kind in kinds:
                    call = whole if kind == "whole" else stream
                    yield f"{sdk} {kind} {fault}", expected[at], lambda call=call, fault=fault: raised(call, fault)


def openai_responses(model, **more):
    return openai_client.responses.create(model=model, input=PROMPT, **more)


def details(call, model, read):
    """What the error that a call raises says beyond its class."""
    try:
        call(model)
    except Exception as error:
        return read(error)
    return "nothing raised"


def usage(reply):
    return [reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens]


def streamed_usage(model):
    last = None
    for chunk in openai_whole(model, stream=True, stream_options={"include_usage": True}):
        last = chunk.usage or last
    return [last.prompt_tokens, last.completion_tokens]


def good_rows():
    """What is read when all is well, or useless with status 200."""
    tools = [{"type": "function", "function": {"name": "weather", "parameters": TOOL}}]
    claude_tools = [{"name": "weather", "input_schema": TOOL}]
    yield "openai whole", PROMPT, lambda: openai_whole("m").choices[0].message.content
    yield "openai stream", PROMPT, lambda: openai_stream("m")
    yield "openai usage", [21, 15, 36], lambda: usage(openai_whole("m"))
    yield "openai streamed usage", [21, 15], lambda: streamed_usage("m")
    yield "openai request id", True, lambda: openai_whole("m")._request_id.startswith("req_")
    yield "openai tool", "weather", lambda: openai_whole("m", tools=tools, tool_choice="required").choices[0].message.tool_calls[0].function.name
    yield "openai cap", ["length", 5], lambda: (lambda it: [it.choices[0].finish_reason, it.usage.completion_tokens])(openai_whole("m", max_tokens=5))
    yield "openai models", True, lambda: "gpt-4o" in [model.id for model in openai_client.models.list()]
    yield "openai embeddings", [2, 256], lambda: (lambda it: [len(it.data), len(it.data[0].embedding)])(openai_client.embeddings.create(model="e", input=["a", "b"], dimensions=256))
    yield "openai responses", PROMPT, lambda: openai_responses("m").output_text
    yield "openai responses stream", PROMPT, lambda: "".join(it.delta for it in openai_responses("m", stream=True) if it.type == "response.output_text.delta")
    yield "openai responses tool", "weather", lambda: openai_responses("m", tools=[{"type": "function", "name": "weather", "parameters": TOOL}], tool_choice="required").output[0].name
    yield "openai responses error event", "error", lambda: list(openai_responses("error-event", stream=True))[-1].type
    yield "openai responses rate limit", "RateLimitError", lambda: raised(openai_responses, "error-429")
    yield "azure whole", PROMPT, lambda: openai_whole("m", azure_client).choices[0].message.content
    yield "azure stream", PROMPT, lambda: openai_stream("m", azure_client)
    yield "azure first chunk has no choices", [], lambda: next(iter(openai_whole("m", azure_client, stream=True))).choices
    yield "azure content filter", ["BadRequestError", "content_filter", "ResponsibleAIPolicyViolation"], lambda: details(lambda model: openai_whole(model, azure_client), "filtered-prompt", lambda it: [type(it).__name__, it.code, it.body["innererror"]["code"]])
    yield "azure rate limit", "RateLimitError", lambda: raised(lambda model: openai_whole(model, azure_client), "error-429")
    yield "anthropic whole", [PROMPT, 15], lambda: (lambda it: [it.content[0].text, it.usage.output_tokens])(anthropic_whole("m"))
    yield "anthropic stream", PROMPT, lambda: anthropic_stream("m")
    yield "anthropic tool", ["tool_use", "weather"], lambda: (lambda it: [it.stop_reason, it.content[0].name])(anthropic_whole("m", tools=claude_tools, tool_choice={"type": "any"}))
    yield "anthropic count", 21, lambda: anthropic_client.messages.count_tokens(model="m", messages=[{"role": "user", "content": PROMPT}]).input_tokens
    yield "gemini whole", [PROMPT, 15], lambda: (lambda it: [it.text, it.usage_metadata.candidates_token_count])(gemini_whole("m"))
    yield "gemini stream", PROMPT, lambda: gemini_stream("m")
    yield "gemini count", 21, lambda: gemini_client.models.count_tokens(model="m", contents=PROMPT).total_tokens
    yield "gemini embeddings", 64, lambda: len(gemini_client.models.embed_content(model="e", contents="a", config={"output_dimensionality": 64}).embeddings[0].values)
    yield "bedrock whole", [PROMPT, 15], lambda: (lambda it: [it["output"]["message"]["content"][0]["text"], it["usage"]["outputTokens"]])(bedrock_whole("m"))
    yield "bedrock stream", PROMPT, lambda: bedrock_stream("m")
    for fault, expected in [
        ("error-400", "ValidationException"), ("error-403", "AccessDeniedException"), ("model-gone", "ResourceNotFoundException"),
        ("error-408", "ModelTimeoutException"), ("error-429", "ThrottlingException"), ("error-500", "InternalServerException"),
        ("error-503", "ServiceUnavailableException"), ("hang", "ReadTimeoutError"), ("closed", "ConnectionClosedError"),
    ]:
        yield f"bedrock whole {fault}", expected, lambda fault=fault: raised(bedrock_whole, fault)
    yield "bedrock stream error event", "EventStreamError", lambda: raised(bedrock_stream, "error-event")
    # What the errors say beyond their class.
    yield "openai context length", "context_length_exceeded", lambda: details(openai_whole, "context-length", lambda it: it.code)
    yield "openai quota", "insufficient_quota", lambda: details(openai_whole, "quota", lambda it: it.code)
    yield "openai retry-after", ["20", "20000"], lambda: details(openai_whole, "error-429", lambda it: [it.response.headers["retry-after"], it.response.headers["retry-after-ms"]])
    yield "openai retry-after as a date", True, lambda: details(openai_whole, "error-429-date", lambda it: it.response.headers["retry-after"].endswith("GMT"))
    yield "anthropic overloaded", "overloaded_error", lambda: details(anthropic_whole, "error-529", lambda it: it.body["error"]["type"])
    yield "anthropic request id", True, lambda: details(anthropic_whole, "error-500", lambda it: it.body["request_id"] == it.request_id)
    yield "gemini exhausted", [429, "RESOURCE_EXHAUSTED"], lambda: details(gemini_whole, "error-429", lambda it: [it.code, it.status])
    # Status 200, and no use.
    yield "openai empty choices", [], lambda: openai_whole("empty-choices").choices
    yield "openai null content", None, lambda: openai_whole("null-content").choices[0].message.content
    yield "openai empty text", "", lambda: openai_whole("empty-text").choices[0].message.content
    yield "openai refusal", True, lambda: bool(openai_whole("refusal").choices[0].message.refusal)
    yield "openai content filter", "content_filter", lambda: openai_whole("content-filter").choices[0].finish_reason
    yield "openai length", "length", lambda: openai_whole("length").choices[0].finish_reason
    yield "openai broken arguments", "JSONDecodeError", lambda: raised(lambda model: json.loads(openai_whole(model).choices[0].message.tool_calls[0].function.arguments), "broken-arguments")
    yield "openai missing usage", None, lambda: openai_whole("missing-usage").usage
    yield "openai wrong model", "another-model", lambda: openai_whole("wrong-model").model
    yield "openai error body", True, lambda: openai_whole("error-body").choices is None
    yield "openai stream empty choices", "", lambda: openai_stream("empty-choices")
    yield "openai html page", "str", lambda: type(openai_whole("html-200")).__name__
    yield "openai html page for a stream", "", lambda: openai_stream("html-200")
    yield "openai off language", False, lambda: openai_whole("off-language").choices[0].message.content.isascii()
    yield "openai repeated", True, lambda: openai_whole("repeated").choices[0].message.content.count("Refunds are") == 3
    yield "openai contradicted", True, lambda: "are not" in openai_whole("contradicted").choices[0].message.content
    yield "openai stale", True, lambda: openai_whole("stale").choices[0].message.content != PROMPT
    yield "anthropic refusal", "refusal", lambda: anthropic_whole("refusal").stop_reason
    yield "anthropic empty", [], lambda: anthropic_whole("empty-choices").content
    yield "gemini blocked prompt", ["PROHIBITED_CONTENT", None], lambda: (lambda it: [it.prompt_feedback.block_reason.value, it.candidates])(gemini_whole("empty-choices"))
    yield "gemini filtered", "SAFETY", lambda: gemini_whole("content-filter").candidates[0].finish_reason.value


def run(row):
    name, expected, call = row
    try:
        got = call()
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
    return {"row": name, "expected": expected, "got": got if isinstance(got, (str, bool, int, list, type(None))) else type(got).__name__}


# Many rows wait for a timeout: side by side they take as long as one. What was said before stands still for `stale`.
with ThreadPoolExecutor(8) as pool:
    for line in pool.map(run, [*fault_rows(), *good_rows()]):
        print(json.dumps(line))
