// Runs the user's JavaScript for aisys: one JSON request a line on standard input, one JSON answer a line on
// standard output. Requests run side by side; what scripts print goes to standard error.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...all) => process.stderr.write(...all);
for (const name of ["log", "info", "debug"]) console[name] = (...all) => console.error(...all);

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: console.error, error: console.error };
const instances = new Map();

const load = async (file) => {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw { cannot: String(error?.stack ?? error) };
  }
};

// An export by its name, or the default one, wherever the module system put it.
const exported = async (file, name) => {
  const module = await load(file);
  const inner = module.default?.default ?? module.default;
  if (name) {
    const found = [module, module.default, inner].map((place) => place?.[name]).find((value) => value !== undefined);
    if (found === undefined) throw { cannot: `${file} exports no \`${name}\`` };
    return found;
  }
  if (inner !== undefined) return inner;
  throw { cannot: `${file} has no default export` };
};

const instance = async (file, name, options) => {
  const key = JSON.stringify([file, name, options]);
  if (!instances.has(key)) {
    instances.set(key, exported(file, name).then((made) => {
      if (typeof made !== "function") throw { cannot: `${file} must export a class with callApi` };
      const provider = new made(options);
      if (typeof provider.callApi !== "function") throw { cannot: `the class of ${file} has no callApi` };
      return provider;
    }));
  }
  return instances.get(key);
};

const answer = async (request) => {
  const { op, file, function: name, arguments: all } = request;
  if (op === "provider") {
    const [prompt, options, context] = all;
    const provider = await instance(file, name, options);
    return provider.callApi(prompt, { ...context, logger, getCache: quiet, originalProvider: provider }, {});
  }
  const value = await exported(file, name);
  if (typeof value === "function") return value(...all);
  if (op === "value") return value;
  throw { cannot: `${file} must export a function` };
};

const pending = new Set();
const handle = async (line) => {
  let told;
  let id = null;
  try {
    const request = JSON.parse(line);
    id = request.id;
    const value = await answer(request);
    told = { id, value: value === undefined ? null : value };
  } catch (error) {
    told = error && typeof error === "object" && "cannot" in error ? { id, cannot: error.cannot }
      : { id, threw: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  let text;
  try {
    text = JSON.stringify(told);
  } catch (error) {
    text = JSON.stringify({ id, threw: `its result cannot be written as JSON: ${error.message}` });
  }
  write(text + "\n");
};
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const task = handle(line);
  pending.add(task);
  task.finally(() => pending.delete(task));
}
await Promise.allSettled(pending);
process.exit(0);
