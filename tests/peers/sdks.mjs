// The official openai SDK for JavaScript against emulated providers: the twin of sdks.py.
//
// Usage: node sdks.mjs BASE_URL. Prints a line of JSON for each row: {row, expected, got}.

import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "sk-emulated", maxRetries: 0, timeout: 1500 });
const PROMPT = "Refunds are paid within seven days after the goods have come back.";
const messages = [{ role: "user", content: PROMPT }];
const whole = (model) => client.chat.completions.create({ model, messages });
const stream = async (model) => {
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  return text;
};

// What both kinds of calls raise.
const BEGINNING = {
  refused: "APIConnectionError",
  reset: "APIConnectionError",
  closed: "APIConnectionError",
  dns: "APIConnectionError",
  tls: "APIConnectionError",
  hang: "APIConnectionTimeoutError",
  blackhole: "APIConnectionTimeoutError",
  "context-length": "BadRequestError",
  "error-401": "AuthenticationError",
  "error-403": "PermissionDeniedError",
  "model-gone": "NotFoundError",
  "error-409": "ConflictError",
  "error-422": "UnprocessableEntityError",
  "error-429": "RateLimitError",
  quota: "RateLimitError",
  "error-500": "InternalServerError",
  "error-503": "InternalServerError",
  "error-529": "InternalServerError",
  "html-500": "InternalServerError",
};
const STREAM = {
  "error-event": "APIError",
  "broken-event": "SyntaxError",
  "cut-clean": "Refunds are",
  m: PROMPT,
};

const rows = [];
const add = (row, expected, call) => rows.push({ row, expected, call });
for (const [fault, expected] of Object.entries(BEGINNING)) {
  add(`npm openai whole ${fault}`, expected, () => whole(fault));
  add(`npm openai stream ${fault}`, expected, () => stream(fault));
}
for (const [fault, expected] of Object.entries(STREAM)) {
  add(`npm openai stream ${fault}`, expected, () => stream(fault));
}
add("npm openai whole", PROMPT, async () => (await whole("m")).choices[0].message.content);
add("npm openai usage", 15, async () => (await whole("m")).usage.completion_tokens);
add("npm openai responses", PROMPT, async () => (await client.responses.create({ model: "m", input: PROMPT })).output_text);
add("npm openai embeddings", 1536, async () => (await client.embeddings.create({ model: "e", input: "a" })).data[0].embedding.length);
add("npm openai empty choices", 0, async () => (await whole("empty-choices")).choices.length);

const got = await Promise.all(rows.map(({ call }) => call().catch((error) => error.constructor.name)));
rows.forEach(({ row, expected }, at) => console.log(JSON.stringify({ row, expected, got: got[at] })));
