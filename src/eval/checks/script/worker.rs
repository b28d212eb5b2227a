//! The user's node and python3, kept running between calls.
//!
//! A worker reads one JSON request a line and answers by one line. There are at most [`WORKERS`] of each program; one
//! that dies, or does not answer in time, is ended and replaced. When this process ends, their input closes and so do
//! they.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// How many of one program run side by side.
const WORKERS: usize = 4;
/// How long one call may take, imports included.
const TIME: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 32 << 20;

/// What runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Node,
    /// node, for TypeScript.
    NodeTypes,
    Python,
}

/// One call of a script.
#[derive(Debug)]
pub(super) struct Request {
    /// The file, or else code.
    pub(super) file: Option<PathBuf>,
    pub(super) code: Option<String>,
    /// The function in the file or the Python code; of inline JavaScript the name of the first argument.
    pub(super) function: Option<String>,
    pub(super) arguments: Vec<Value>,
}

/// One running program.
struct Worker {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(&self.child);
    }
}

/// Workers that wait, and how many may run.
struct Pool {
    idle: Mutex<Vec<Worker>>,
    places: Semaphore,
}

impl Pool {
    const fn new() -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
            places: Semaphore::const_new(WORKERS),
        }
    }
}

static NODE: Pool = Pool::new();
static NODE_TYPES: Pool = Pool::new();
static PYTHON: Pool = Pool::new();

impl Program {
    const fn pool(self) -> &'static Pool {
        match self {
            Self::Node => &NODE,
            Self::NodeTypes => &NODE_TYPES,
            Self::Python => &PYTHON,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Node | Self::NodeTypes => "node",
            Self::Python => "python3",
        }
    }

    fn command(self) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Self::Node => command.args(["--input-type=module", "-e", NODE_RUNNER]),
            Self::NodeTypes => command.args([
                "--experimental-strip-types",
                "--no-warnings",
                "--input-type=module",
                "-e",
                NODE_RUNNER,
            ]),
            Self::Python => command.args(["-c", PYTHON_RUNNER]),
        };
        command
    }
}

/// Makes a call. The outer error is a program that cannot run, the inner one what the script threw.
pub(super) async fn ask(program: Program, request: Request) -> Result<Result<Value, String>, String> {
    let pool = program.pool();
    let _place = pool.places.acquire().await.map_err(|error| error.to_string())?;
    let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let worker = match idle {
        Some(worker) => worker,
        None => start(program)?,
    };
    let child = Arc::clone(&worker.child);
    let line = json!({
        "file": request.file,
        "code": request.code,
        "function": request.function,
        "arguments": request.arguments,
    });
    let work = tokio::task::spawn_blocking(move || exchange(worker, &line));
    let answered = tokio::time::timeout(TIME, work).await;
    let Ok(joined) = answered else {
        end(&child);
        return Err(format!(
            "the script ran longer than {} s and was stopped",
            TIME.as_secs()
        ));
    };
    let (worker, answer) = joined
        .map_err(|error| error.to_string())?
        .map_err(|fault| explain(program, &fault))?;
    pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    match answer {
        Value::Object(mut answer) if answer.contains_key("value") => Ok(Ok(answer.remove("value").unwrap_or_default())),
        Value::Object(answer) => {
            let told = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
            match told("cannot") {
                Some(cannot) => Err(explain(program, &cannot)),
                None => Ok(Err(told("threw").unwrap_or_default())),
            }
        }
        _ => Err(format!("{} answered what is no answer", program.name())),
    }
}

fn start(program: Program) -> Result<Worker, String> {
    let mut child = program
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("`{}` is not on the PATH; install it to run this script", program.name())
            }
            _ => format!("`{}` cannot start: {error}", program.name()),
        })?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(format!("`{}` has no input or output", program.name()));
    };
    Ok(Worker {
        child: Arc::new(Mutex::new(child)),
        input,
        output: BufReader::new(output),
    })
}

fn exchange(mut worker: Worker, request: &Value) -> Result<(Worker, Value), String> {
    use std::io::Read as _;
    writeln!(worker.input, "{request}")
        .and_then(|()| worker.input.flush())
        .map_err(|error| format!("it ended: {error}"))?;
    let mut line = String::new();
    let read = (&mut worker.output).take(MAX_ANSWER).read_line(&mut line);
    match read {
        Ok(0) => Err("it ended before it answered".to_owned()),
        Ok(_) => {
            let answer = serde_json::from_str(&line).map_err(|error| format!("its answer is no JSON: {error}"))?;
            Ok((worker, answer))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn explain(program: Program, fault: &str) -> String {
    match program {
        Program::NodeTypes => {
            format!("the TypeScript file cannot run by `node` (22.6 or newer is needed): {fault}")
        }
        _ => format!("the script cannot run by `{}`: {fault}", program.name()),
    }
}

fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Answers requests; what scripts print goes to standard error.
const NODE_RUNNER: &str = r#"
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...all) => process.stderr.write(...all);
const require = createRequire(process.cwd() + "/x.js");
const shim = new Proxy(process, { get: (target, name) => name === "mainModule" ? { require } : Reflect.get(target, name) });
const withProvider = (value) => {
  if (value && typeof value === "object" && value.providerResponse && value.provider) {
    const id = value.provider.id;
    value.provider = { ...value.provider, id: () => id, toString: () => id };
  }
  return value;
};
const find = (module, name, file) => {
  const inner = module.default;
  for (const place of [module, inner]) {
    if (name && typeof place?.[name] === "function") return place[name];
  }
  if (name) throw { cannot: `${file} exports no function ${name}` };
  if (typeof inner === "function") return inner;
  if (typeof inner?.default === "function") return inner.default;
  throw { cannot: `${file} must export a function, or have one as its default export` };
};
const answer = async ({ file, code, function: name, arguments: all }) => {
  const values = all.map(withProvider);
  if (code !== null) return new Function(name, "context", "process", "require", code)(...values, shim, require);
  let module;
  try { module = await import(pathToFileURL(file).href); } catch (error) { throw { cannot: String(error?.message ?? error) }; }
  return find(module, name, file)(...values);
};
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let told;
  try {
    const value = await answer(JSON.parse(line));
    told = { value: value === undefined ? null : value };
  } catch (error) {
    told = error && typeof error === "object" && "cannot" in error ? { cannot: error.cannot }
      : { threw: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  write(JSON.stringify(told) + "\n");
}
"#;

const PYTHON_RUNNER: &str = r#"
import asyncio, importlib.util, inspect, json, os, sys
answers, sys.stdout = sys.stdout, sys.stderr
modules = {}
def load(file):
    if file not in modules:
        folder = os.path.dirname(file)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(file))[0], file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        modules[file] = module
    return modules[file]
def answer(request):
    if request["code"] is not None:
        names = {}
        exec(compile(request["code"], "<check>", "exec"), names)
        call = names[request["function"]]
    else:
        try:
            module = load(request["file"])
        except FileNotFoundError as error:
            return {"cannot": str(error)}
        call = module
        for name in request["function"].split("."):
            call = getattr(call, name, None)
        if call is None:
            return {"cannot": f"{request['file']} has no function {request['function']}"}
    value = call(*request["arguments"])
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    return {"value": value}
for line in sys.stdin:
    try:
        told = json.dumps(answer(json.loads(line)))
    except BaseException as error:
        told = json.dumps({"threw": f"{type(error).__name__}: {error}"})
    answers.write(told + "\n")
    answers.flush()
"#;
