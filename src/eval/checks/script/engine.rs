//! JavaScript in this process, by `QuickJS`.
//!
//! Each run has a context of its own, so that no check sees what another left behind; the runtime under it stays with
//! the thread. Time, memory and stack are limited.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Promise, Runtime};
use serde_json::Value;

use crate::clock::Moment;

/// How long one run may take.
pub(super) const TIME: Duration = Duration::from_secs(5);
/// How much memory all contexts of one thread may take.
const MEMORY: usize = 256 << 20;
/// How deep calls may go, in bytes of stack.
const STACK: usize = 512 << 10;

/// Why a run gave no value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The code is no JavaScript.
    Syntax(String),
    /// It threw.
    Threw(String),
    /// It asks for something that only node has.
    NeedsNode(String),
    /// It went beyond a limit, or the engine could not start.
    Limit(String),
}

/// Names that node defines and the language does not.
const NODE_ONLY: &[&str] = &[
    "require",
    "process",
    "Buffer",
    "fetch",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "URL",
    "URLSearchParams",
    "TextEncoder",
    "TextDecoder",
    "structuredClone",
    "Intl",
    "crypto",
    "performance",
    "module",
    "exports",
    "global",
    "__dirname",
    "__filename",
    "atob",
    "btoa",
    "AbortController",
    "Blob",
    "Headers",
    "Request",
    "Response",
    "FormData",
    "WebAssembly",
];

/// Runs a body with its named arguments, waits for its promise, and gives back what came out, as JSON text.
const BOOTSTRAP: &str = r#"(names, body, jsons) => {
    globalThis.console = Object.fromEntries(
        ["log", "info", "warn", "error", "debug", "trace"].map((name) => [name, () => undefined]));
    const values = jsons.map((json) => JSON.parse(json));
    for (const value of values) {
        if (value && typeof value === "object" && value.providerResponse && value.provider) {
            const id = value.provider.id;
            value.provider = { ...value.provider, id: () => id, toString: () => id };
        }
    }
    let made;
    try { made = new Function(...names, body); } catch (error) {
        return Promise.resolve(JSON.stringify({ type: "syntax", value: String(error.message) }));
    }
    const result = made(...values);
    const told = (value) => {
        const type = value === null ? "null" : typeof value;
        const plain = typeof value === "number" && !Number.isFinite(value) ? String(value)
            : typeof value === "bigint" || typeof value === "symbol" || typeof value === "function" ? String(value)
            : value;
        return JSON.stringify({ type, value: plain });
    };
    return Promise.resolve(result).then(told);
}"#;

thread_local! {
    static ENGINE: Option<Engine> = engine();
}

/// What a thread keeps.
struct Engine {
    runtime: Runtime,
    /// For regular expressions, which leave nothing behind.
    shared: Context,
    /// When the run that goes on must have ended.
    until: Rc<Cell<Option<Moment>>>,
}

fn engine() -> Option<Engine> {
    let runtime = Runtime::new().ok()?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let until: Rc<Cell<Option<Moment>>> = Rc::default();
    let seen = Rc::clone(&until);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        seen.get().is_some_and(|until| until.remaining().is_zero())
    })));
    let shared = Context::full(&runtime).ok()?;
    Some(Engine { runtime, shared, until })
}

/// What a run gave: JavaScript's `typeof` (`null` for null), and the value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    pub(super) kind: String,
    pub(super) value: Value,
}

/// Runs a function body with arguments by name.
pub(super) fn run(body: &str, arguments: &[(&str, &Value)]) -> Result<Given, Fault> {
    within(true, |ctx| {
        let names: Vec<&str> = arguments.iter().map(|(name, _)| *name).collect();
        let jsons: Vec<String> = arguments.iter().map(|(_, value)| value.to_string()).collect();
        let bootstrap: Function = ctx.eval(BOOTSTRAP).catch(ctx).map_err(|error| fault(&error))?;
        let promise: Promise = bootstrap
            .call((names, body, jsons))
            .catch(ctx)
            .map_err(|error| fault(&error))?;
        let told: String = promise.finish().catch(ctx).map_err(|error| fault(&error))?;
        let mut told: Value = serde_json::from_str(&told).map_err(|error| Fault::Threw(error.to_string()))?;
        if told["type"] == "syntax" {
            return Err(Fault::Syntax(told["value"].as_str().unwrap_or_default().to_owned()));
        }
        Ok(Given {
            kind: told["type"].as_str().unwrap_or_default().to_owned(),
            value: told["value"].take(),
        })
    })
}

/// Whether a JavaScript regular expression matches somewhere in a text.
///
/// # Errors
/// Says why the pattern is none, or that it takes too long.
pub(in super::super) fn regex_matches(pattern: &str, text: &str) -> Result<bool, String> {
    let found = within(false, |ctx| {
        let test: Function = ctx
            .eval("(pattern, text) => new RegExp(pattern).test(text)")
            .catch(ctx)
            .map_err(|error| fault(&error))?;
        test.call((pattern, text)).catch(ctx).map_err(|error| fault(&error))
    });
    found.map_err(|fault| match fault {
        Fault::Syntax(message) | Fault::Threw(message) => format!("{pattern:?} is no regular expression: {message}"),
        Fault::NeedsNode(message) | Fault::Limit(message) => message,
    })
}

/// Runs in a context of its own, or in the thread's shared one, within the limits.
fn within<T>(own: bool, work: impl FnOnce(&Ctx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    ENGINE.with(|engine| {
        let none = || Fault::Limit("the JavaScript engine cannot start: no memory is left".to_owned());
        let engine = engine.as_ref().ok_or_else(none)?;
        let fresh = own
            .then(|| Context::full(&engine.runtime))
            .transpose()
            .map_err(|_| none())?;
        let context = fresh.as_ref().unwrap_or(&engine.shared);
        let limit = Moment::now().after(TIME);
        engine.until.set(Some(limit));
        let result = context.with(|ctx| work(&ctx));
        engine.until.set(None);
        match result {
            Err(_) if limit.remaining().is_zero() => Err(Fault::Limit(format!(
                "the script ran longer than {} s and was stopped",
                TIME.as_secs()
            ))),
            other => other,
        }
    })
}

fn fault(error: &CaughtError<'_>) -> Fault {
    let CaughtError::Exception(exception) = error else {
        return Fault::Threw(match error {
            CaughtError::Value(value) => format!("threw {value:?}"),
            other => other.to_string(),
        });
    };
    let message = exception.message().unwrap_or_default();
    let name: String = exception.get("name").unwrap_or_default();
    match name.as_str() {
        "ReferenceError" => {
            let missing = message
                .trim_start_matches('\'')
                .split(['\'', ' '])
                .next()
                .unwrap_or_default();
            if NODE_ONLY.contains(&missing) {
                Fault::NeedsNode(format!("the script uses `{missing}`, which only node has"))
            } else {
                Fault::Threw(format!("{name}: {message}"))
            }
        }
        "InternalError" if message.contains("out of memory") => {
            Fault::Limit(format!("the script took more than {} MB", MEMORY >> 20))
        }
        "InternalError" | "RangeError" if message.contains("stack") => {
            Fault::Limit("the script calls itself too deep".to_owned())
        }
        _ => Fault::Threw(format!("{name}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(body: &str) -> Value {
        run(
            body,
            &[("output", &json!("a b")), ("context", &json!({"vars": {"n": 2}}))],
        )
        .unwrap()
        .value
    }

    #[test]
    fn values_come_back() {
        assert_eq!(value("return output.split(' ').length === context.vars.n"), json!(true));
        assert_eq!(
            value("return {pass: true, score: 0.5, reason: 'x'}")["score"],
            json!(0.5)
        );
        assert_eq!(value("return Promise.resolve(3)"), json!(3));
        assert_eq!(value("return (async () => { await null; return [1] })()"), json!([1]));
        assert_eq!(run("return undefined", &[]).unwrap().kind, "undefined");
        assert_eq!(run("return 0/0", &[]).unwrap().value, json!("NaN"));
        assert_eq!(value("console.log(1); return /(?<=a) b/u.test(output)"), json!(true));
    }

    #[test]
    fn faults_are_told_apart() {
        assert!(matches!(run("return (", &[]), Err(Fault::Syntax(_))));
        assert!(matches!(run("return JSON.parse('no')", &[]), Err(Fault::Threw(_))));
        assert!(matches!(run("return JSON.parse('no')", &[]), Err(Fault::Threw(_))));
        assert!(matches!(run("throw new Error('no')", &[]), Err(Fault::Threw(message)) if message.contains("no")));
        assert!(matches!(run("return require('fs')", &[]), Err(Fault::NeedsNode(_))));
        assert!(matches!(run("return nothing.here", &[]), Err(Fault::Threw(_))));
        assert!(matches!(
            run("const f = () => f(); return f()", &[]),
            Err(Fault::Limit(_))
        ));
        assert!(run("globalThis.x = 1; return 1", &[]).is_ok());
        assert_eq!(run("return typeof x", &[]).unwrap().value, json!("undefined"));
    }

    #[test]
    fn what_never_ends_is_stopped() {
        assert!(matches!(run("while (true) {}", &[]), Err(Fault::Limit(message)) if message.contains("5 s")));
        assert!(matches!(
            run("const a = []; while (true) a.push('x'.repeat(1e6))", &[]),
            Err(Fault::Limit(_))
        ));
    }

    #[test]
    fn regular_expressions_are_those_of_javascript() {
        assert_eq!(regex_matches(r"^\d{4}$", "2026"), Ok(true));
        assert_eq!(regex_matches(r"(?!foo)bar", "bar"), Ok(true));
        assert_eq!(regex_matches(r"\d", "٣"), Ok(false));
        assert!(regex_matches("(", "x").is_err());
    }
}
