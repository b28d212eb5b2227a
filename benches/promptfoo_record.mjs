// Records what promptfoo 0.121.20 says of the assertions in fixtures/promptfoo/assertions.jsonl, into that file.
//
//   npm install promptfoo@0.121.20 natural node-sql-parser     # anywhere; its node_modules is given by NODE_MODULES
//   (promptfoo 0.121.20 cannot see the exports of natural 8.1.1, a CommonJS package: METEOR was recorded with a module
//   beside it that exports its `PorterStemmer` and `WordNet` by name)
//   NODE_MODULES=…/node_modules node benches/promptfoo_record.mjs
//
// Each line has `assertion` and `output`, and may have `vars`, `prompt`, `latency_ms`, `cost`, `finish`, `config` (the
// provider's), and `replies` (what the judge model answers, call by call; the last one again and again). Embeddings are
// counts of the letters a to z. promptfoo's verdict is put beside them as `promptfoo`.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

process.env.PROMPTFOO_DISABLE_TELEMETRY = "1";
process.env.PROMPTFOO_DISABLE_UPDATE = "1";
process.env.PROMPTFOO_DISABLE_REMOTE_GENERATION = "1";
process.env.LOG_LEVEL = "error";
const require = createRequire(`${process.env.NODE_MODULES ?? "node_modules"}/x.js`);
const { default: promptfoo } = await import(pathToFileURL(require.resolve("promptfoo").replace(/index\.cjs$/, "index.js")).href);
const file = new URL("../fixtures/promptfoo/assertions.jsonl", import.meta.url);

const letters = (text) => {
  const counts = Array(26).fill(0);
  for (const c of text.toLowerCase()) {
    const at = c.charCodeAt(0) - 97;
    if (at >= 0 && at < 26) counts[at] += 1;
  }
  const length = Math.hypot(...counts) || 1;
  return counts.map((count) => count / length);
};

const grader = (replies) => {
  let calls = 0;
  return {
    id: () => "scripted",
    callApi: async () => ({ output: replies[Math.min(calls++, replies.length - 1)], tokenUsage: {} }),
    callEmbeddingApi: async (text) => ({ embedding: letters(text), tokenUsage: {} }),
  };
};

const verdict = async (line) => {
  const provider = grader(line.replies ?? [""]);
  const params = {
    prompt: line.prompt ?? "the prompt",
    latencyMs: line.latency_ms ?? 100,
    provider: { id: () => "target", config: line.config ?? {} },
    providerResponse: { output: line.output, cost: line.cost, finishReason: line.finish },
  };
  const test = { vars: line.vars ?? {}, options: { provider } };
  try {
    const result = line.assertion.type === "assert-set"
      ? await promptfoo.assertions.runAssertions({ ...params, test: { ...test, assert: [line.assertion] } })
      : await promptfoo.assertions.runAssertion({ ...params, test, assertion: structuredClone(line.assertion) });
    return { pass: result.pass, score: Number(result.score.toFixed(9)), named: line.named ? result.namedScores : undefined };
  } catch (error) {
    return { error: String(error.message).split("\n")[0].slice(0, 160) };
  }
};

const out = [];
for (const text of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  const { promptfoo: _, ...line } = JSON.parse(text);
  out.push(JSON.stringify({ ...line, promptfoo: await verdict(line) }));
}
writeFileSync(file, out.join("\n") + "\n");
console.log(`${out.length} assertions`);
process.exit(0);
