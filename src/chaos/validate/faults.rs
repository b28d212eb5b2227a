//! The faults that are tried.

/// A fault as a scenario writes it, and where its provider is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its key and setting in a scenario; empty: nothing is broken.
    pub entry: &'static str,
    /// Where the broken provider is, when not at the emulator. A call of it is not seen then, and not counted.
    pub base: Option<&'static str>,
}

const fn fault(name: &'static str, entry: &'static str) -> Fault {
    Fault {
        name,
        entry,
        base: None,
    }
}

const fn elsewhere(name: &'static str, entry: &'static str, base: &'static str) -> Fault {
    Fault {
        name,
        entry,
        base: Some(base),
    }
}

/// Nothing is broken.
pub(super) const HEALTHY: Fault = fault("none", "");

/// Stands for a port of this machine on which nobody listens.
pub(super) const CLOSED_PORT: &str = "CLOSED";
/// Stands for the emulator's own port, in a base URL.
pub(super) const EMULATOR_PORT: &str = "EMULATOR";

/// All that are tried.
pub const FAULTS: &[Fault] = &[
    HEALTHY,
    elsewhere("refused", "refused: true", "http://127.0.0.1:CLOSED/v1"),
    elsewhere("dns", "dns: true", "http://nowhere.invalid/v1"),
    elsewhere("tls", "tls: true", "https://127.0.0.1:EMULATOR/v1"),
    fault("reset", "reset: true"),
    fault("closed", "closed: true"),
    fault("hang", "hang: true"),
    fault("slow", "latency: 4s"),
    fault("400", "answer: 400"),
    fault("400-context", "answer: 400 context_length"),
    fault("400-filter", "answer: 400 content_filter"),
    fault("401", "answer: 401"),
    fault("403", "answer: 403"),
    fault("404", "answer: 404"),
    fault("408", "answer: 408"),
    fault("409", "answer: 409"),
    fault("413", "answer: 413"),
    fault("429", "answer: 429"),
    fault("429-after-2s", "answer: {status: 429, retry_after: 2s}"),
    fault("429-after-20s", "answer: {status: 429, retry_after: 20s}"),
    fault("429-quota", "answer: 429 quota"),
    fault("500", "answer: 500"),
    fault("502-html", "html: 502"),
    fault("503", "answer: 503"),
    fault("504", "answer: 504"),
    fault("529", "answer: 529"),
    fault("200-html", "html: 200"),
    fault("malformed", "malformed: true"),
    fault("error-body", "error_body: 500"),
    fault("no-choices", "empty_choices: true"),
    fault("null-content", "null_content: true"),
    fault("empty-text", "empty_text: true"),
    fault("content-filter", "content_filter: true"),
    fault("length", "length: true"),
    fault("missing-usage", "missing_usage: true"),
    fault("wrong-model", "wrong_model: other"),
    fault("cut-close", "cut: {after: 5, how: close}"),
    fault("cut-reset", "cut: {after: 5, how: reset}"),
    fault("cut-clean", "cut: {after: 5, how: clean}"),
    fault("cut-first", "cut: {after: 0, pause: 0s, how: close}"),
    fault("stall", "stall: {after: 5}"),
    fault("stall-first", "stall: {after: 0}"),
    fault("broken-event", "broken_event: {after: 5, pause: 10ms}"),
    fault("error-event", "error_event: {after: 5, pause: 10ms, status: 500}"),
    fault("error-first", "error_event: {after: 0, pause: 0s, status: 500}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ() {
        for (at, fault) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..at].iter().all(|it| it.name != fault.name), "{}", fault.name);
        }
    }
}
