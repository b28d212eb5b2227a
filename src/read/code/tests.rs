//! Snippets of each library, and what must not be found.

use std::time::Duration;

use super::*;
use crate::system::{CallSite, LoopBound, Sdk};

fn read_as(name: &str, text: &str) -> Option<System> {
    let file = SourceFile::new(name, text);
    read(&file, &Prices::shipped())
}

fn one(name: &str, text: &str) -> CallSite {
    let system = read_as(name, text).expect("a call");
    assert_eq!(system.calls.len(), 1, "{:?}", system.calls);
    assert_eq!(system.routes.len(), 1);
    system.calls.into_iter().next().unwrap()
}

#[test]
fn openai_for_python_with_everything() {
    let call = one(
        "app.py",
        r#"
import json, os
from openai import AsyncOpenAI
MODEL = "gpt-5.4-mini"
client = AsyncOpenAI(api_key=os.environ["KEY_A"], timeout=20.0, max_retries=1, base_url="http://gateway:4000/v1")

async def answer(question, notes):
    try:
        response = await client.chat.completions.create(
            model=MODEL, max_tokens=800, stream=False, n=3,
            messages=[{"role": "system", "content": f"Use {notes}"}, {"role": "user", "content": question}],
        )
        return json.loads(response.choices[0].message.content)
    except Exception:
        return None
"#,
    );
    assert_eq!(call.sdk, Sdk::OpenaiPython);
    assert_eq!(call.model.as_ref().unwrap().value, "gpt-5.4-mini");
    assert_eq!(call.model.as_ref().unwrap().place().unwrap().text(), "\"gpt-5.4-mini\"");
    assert_eq!(call.timeout.value, Some(Duration::from_secs(20)));
    assert_eq!(call.retries.value, 1);
    assert_eq!(call.max_output_tokens.as_ref().unwrap().value, 800);
    assert_eq!(call.multiplier.as_ref().unwrap().value, 3);
    assert_eq!(call.account.as_ref().unwrap().variable.as_deref(), Some("KEY_A"));
    assert_eq!(call.base_url.as_ref().unwrap().value, "http://gateway:4000/v1");
    assert_eq!(call.untrusted_in_system.as_ref().unwrap().text(), "{notes}");
    assert!(call.parses_json.is_some() && !call.has_schema && call.handles_failure);
}

#[test]
fn defaults_have_their_product() {
    let call = one(
        "a.py",
        "import openai\nr = openai.OpenAI().chat.completions.create(model='gpt-4o')\n",
    );
    assert_eq!(call.timeout.value, Some(Duration::from_secs(600)));
    assert_eq!(call.timeout.origin.to_string(), "default of openai (Python) 2.x");
    assert_eq!(call.retries.value, 2);
}

#[test]
fn openai_for_node_counts_milliseconds() {
    let call = one(
        "a.ts",
        "import OpenAI from \"openai\";\nconst client = new OpenAI({ apiKey: process.env.KEY!, timeout: 60 * 1000, maxRetries: 0 });\nexport const ask = async (q: string) => {\n  const r = await client.chat.completions.create({ model: \"gpt-5.4-mini\", stream: true, messages: [] });\n};\n",
    );
    assert_eq!(call.sdk, Sdk::OpenaiNode);
    assert_eq!(call.timeout.value, Some(Duration::from_secs(60)));
    assert_eq!(call.retries.value, 0);
    assert!(call.streams.as_ref().unwrap().value);
    assert_eq!(call.account.as_ref().unwrap().variable.as_deref(), Some("KEY"));
}

#[test]
fn each_library_is_known() {
    let cases: &[(&str, &str, Sdk, &str)] = &[
        (
            "a.py",
            "from anthropic import Anthropic\nc = Anthropic()\nc.messages.create(model='claude-haiku-4-5', max_tokens=5)",
            Sdk::AnthropicPython,
            "anthropic",
        ),
        (
            "a.js",
            "const Anthropic = require('@anthropic-ai/sdk');\nconst c = new Anthropic();\nc.messages.create({model: 'claude-haiku-4-5'});",
            Sdk::AnthropicNode,
            "anthropic",
        ),
        (
            "a.py",
            "from google import genai\nc = genai.Client()\nc.models.generate_content(model='gemini-2.5-pro', contents='x')",
            Sdk::GeminiPython,
            "gemini",
        ),
        (
            "a.mjs",
            "import { GoogleGenAI } from '@google/genai';\nconst ai = new GoogleGenAI({});\nai.models.generateContent({model: 'gemini-2.5-pro'});",
            Sdk::GeminiNode,
            "gemini",
        ),
        (
            "a.py",
            "import litellm\nlitellm.completion(model='mistral/mistral-large-2512', messages=[])",
            Sdk::LitellmPython,
            "mistral",
        ),
        (
            "a.py",
            "from langchain_anthropic import ChatAnthropic\nm = ChatAnthropic(model='claude-haiku-4-5')",
            Sdk::LangchainPython,
            "anthropic",
        ),
        (
            "a.ts",
            "import { ChatOpenAI } from '@langchain/openai';\nconst m = new ChatOpenAI({ model: 'gpt-5.4' });",
            Sdk::LangchainNode,
            "openai",
        ),
        (
            "a.tsx",
            "import { streamText } from 'ai';\nimport { anthropic } from '@ai-sdk/anthropic';\nstreamText({ model: anthropic('claude-haiku-4-5'), prompt: 'x' });",
            Sdk::VercelAi,
            "anthropic",
        ),
        (
            "a.py",
            "from openai import AzureOpenAI\nc = AzureOpenAI(azure_endpoint='https://x.openai.azure.com')\nc.responses.create(model='d')",
            Sdk::OpenaiPython,
            "azure",
        ),
    ];
    for (name, text, sdk, provider) in cases {
        let call = one(name, text);
        assert_eq!(call.sdk, *sdk, "{text}");
        assert_eq!(call.provider.value, *provider, "{text}");
        assert!(call.model.is_some(), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_call_is_none() {
    for (name, text) in [
        (
            "a.py",
            "# from openai import OpenAI\nprint('openai client.chat.completions.create()')\n",
        ),
        (
            "a.py",
            "import openai_helpers\nclient.chat.completions.create(model='x')\n",
        ),
        (
            "a.py",
            "from mylib import OpenAI\nc = OpenAI()\nc.chat.completions.create(model='x')\n",
        ),
        ("a.js", "import x from './openai.js';\nx.chat.completions.create({});\n"),
    ] {
        assert!(read_as(name, text).is_none(), "{text}");
    }
}

#[test]
fn loops_are_bounded_by_numbers_data_or_nothing() {
    let text = |head: &str| {
        format!(
            "import openai\nc = openai.OpenAI()\ndef run(items, limit):\n    {head}\n        r = c.responses.create(model='m')\n"
        )
    };
    let bound = |head: &str| one("a.py", &text(head)).model_loop.map(|it| it.bound);
    assert_eq!(bound("while True:"), Some(LoopBound::Nothing));
    assert_eq!(bound("for i in range(5):"), Some(LoopBound::Rounds(5)));
    assert_eq!(bound("for item in items:"), Some(LoopBound::Data));
    assert_eq!(bound("while steps < limit:"), Some(LoopBound::Data));
    assert_eq!(bound("if items:"), None);
}

#[test]
fn retries_and_fallbacks_of_the_application_are_seen() {
    let call = one(
        "a.py",
        "import openai\nfrom tenacity import retry, stop_after_attempt\nc = openai.OpenAI()\n@retry(stop=stop_after_attempt(4))\ndef ask():\n    return c.responses.create(model='m')\n",
    );
    assert_eq!(call.app_retries.unwrap().value, Some(4));
    let call = one(
        "a.py",
        "from langchain_openai import ChatOpenAI\nmodel = ChatOpenAI(model='gpt-5.4')\nchain = model.with_fallbacks([other])\n",
    );
    assert_eq!(call.fallbacks.len(), 1);
}

#[test]
fn broken_and_deep_code_is_survived() {
    let deep = format!("import openai\nx = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000));
    let _ = read_as("a.py", &deep);
    let _ = read_as("a.py", "import openai\nc = openai.OpenAI(\nc.responses.create(model=");
    let _ = read_as("a.ts", "import OpenAI from 'openai'; const c = new OpenAI({{{{");
}
