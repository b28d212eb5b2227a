//! The kinds of checks: one line each.

use std::fmt;

use futures_util::future::BoxFuture;

use super::case::{Case, Judged};
use super::{html, json, language, limits, model_graded, refusal, script, set, similarity, sql, text, tool_calls, xml};

/// How a kind judges.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// At once.
    Plain(fn(&Case<'_>) -> Judged),
    /// After waiting for a model or a program.
    Waits(for<'a> fn(&'a Case<'a>) -> BoxFuture<'a, Judged>),
    /// By comparing several answers.
    Compare,
}

/// What is known of a kind.
struct Entry {
    /// promptfoo's name, and the one in reports.
    name: &'static str,
    /// The name in a native `expect:` list.
    native: &'static str,
    run: Run,
}

/// A kind of check.
#[derive(Clone, Copy)]
pub struct Kind(&'static Entry);

const fn plain(name: &'static str, native: &'static str, judge: fn(&Case<'_>) -> Judged) -> Entry {
    Entry {
        name,
        native,
        run: Run::Plain(judge),
    }
}

const fn waits(
    name: &'static str,
    native: &'static str,
    judge: for<'a> fn(&'a Case<'a>) -> BoxFuture<'a, Judged>,
) -> Entry {
    Entry {
        name,
        native,
        run: Run::Waits(judge),
    }
}

const fn compare(name: &'static str, native: &'static str) -> Entry {
    Entry {
        name,
        native,
        run: Run::Compare,
    }
}

static KINDS: &[Entry] = &[
    plain("equals", "equals", text::equals),
    plain("contains", "contains", text::contains),
    plain("icontains", "icontains", text::icontains),
    plain("contains-all", "contains_all", text::contains_all),
    plain("contains-any", "contains_any", text::contains_any),
    plain("icontains-all", "icontains_all", text::icontains_all),
    plain("icontains-any", "icontains_any", text::icontains_any),
    plain("starts-with", "starts_with", text::starts_with),
    plain("regex", "matches", text::regex),
    plain("is-json", "json", json::is_json),
    plain("contains-json", "contains_json", json::contains_json),
    plain("is-xml", "xml", xml::is_xml),
    plain("contains-xml", "contains_xml", xml::contains_xml),
    plain("is-html", "html", html::is_html),
    plain("contains-html", "contains_html", html::contains_html),
    plain("is-sql", "sql", sql::is_sql),
    plain("contains-sql", "contains_sql", sql::contains_sql),
    plain("is-refusal", "refuses", refusal::is_refusal),
    plain("is-valid-function-call", "function_call", tool_calls::function_call),
    plain(
        "is-valid-openai-function-call",
        "openai_function_call",
        tool_calls::function_call,
    ),
    plain("is-valid-openai-tools-call", "tools_call", tool_calls::tools_call),
    plain("tool-call-f1", "tool_call_f1", tool_calls::f1),
    plain("calls-tool", "calls_tool", tool_calls::calls_tool),
    waits("javascript", "javascript", |case| Box::pin(script::javascript(case))),
    waits("python", "python", |case| Box::pin(script::python(case))),
    waits("webhook", "webhook", |case| Box::pin(script::webhook(case))),
    waits("command", "command", |case| Box::pin(script::command(case))),
    plain("rouge-n", "rouge_n", similarity::rouge_n),
    plain("rouge-l", "rouge_l", similarity::rouge_l),
    plain("bleu", "bleu", similarity::bleu),
    plain("gleu", "gleu", similarity::gleu),
    plain("meteor", "meteor", similarity::meteor),
    plain("levenshtein", "edit_distance", similarity::levenshtein),
    plain("edit-similarity", "edit_similarity", similarity::edit_similarity),
    waits("similar", "similar", |case| Box::pin(case.aside(similarity::cosine))),
    waits("similar:cosine", "similar_cosine", |case| {
        Box::pin(case.aside(similarity::cosine))
    }),
    waits("similar:dot", "similar_dot", |case| {
        Box::pin(case.aside(similarity::dot))
    }),
    waits("similar:euclidean", "similar_euclidean", |case| {
        Box::pin(case.aside(similarity::euclidean))
    }),
    plain("word-count", "words", limits::word_count),
    plain("latency", "max_latency_ms", limits::latency),
    plain("cost", "max_cost_usd", limits::cost),
    plain("finish-reason", "finish_reason", limits::finish_reason),
    plain("language", "language", language::language),
    waits("llm-rubric", "rubric", |case| Box::pin(model_graded::rubric(case))),
    waits("g-eval", "g_eval", |case| Box::pin(model_graded::g_eval(case))),
    waits("model-graded-closedqa", "closed_qa", |case| {
        Box::pin(model_graded::closed_qa(case))
    }),
    waits("model-graded-factuality", "model_graded_factuality", |case| {
        Box::pin(model_graded::factuality(case))
    }),
    waits("factuality", "factuality", |case| {
        Box::pin(model_graded::factuality(case))
    }),
    waits("answer-relevance", "answer_relevance", |case| {
        Box::pin(model_graded::answer_relevance(case))
    }),
    waits("context-faithfulness", "context_faithfulness", |case| {
        Box::pin(model_graded::context_faithfulness(case))
    }),
    waits("context-recall", "context_recall", |case| {
        Box::pin(model_graded::context_recall(case))
    }),
    waits("context-relevance", "context_relevance", |case| {
        Box::pin(model_graded::context_relevance(case))
    }),
    waits("conversation-relevance", "conversation_relevance", |case| {
        Box::pin(model_graded::conversation_relevance(case))
    }),
    waits("assert-set", "all_of", |case| Box::pin(set::assert_set(case))),
    compare("select-best", "select_best"),
    compare("max-score", "max_score"),
];

/// Kinds of promptfoo 0.121.20 that are not supported, by the beginning of their names, and why.
const REFUSED: &[(&str, &str)] = &[
    ("agent-rubric", "it needs an agent runtime"),
    ("search-rubric", "it needs a model with web search"),
    ("trace-", "it reads OpenTelemetry traces"),
    ("trajectory:", "it reads OpenTelemetry traces"),
    ("skill-used", "it reads the log of an agent's skills"),
    ("guardrails", "it reads the flags of a provider's own guardrails"),
    ("moderation", "it needs a moderation API"),
    ("classifier", "it needs a classification API"),
    (
        "perplexity",
        "it needs log probabilities, which answers here do not carry",
    ),
    ("pi", "it needs the scoring service of Pi Labs"),
    ("human", "it needs a person"),
    ("ruby", "only JavaScript and Python run"),
    ("promptfoo:redteam:", "red teaming is not what suites are for"),
    ("redteam:", "red teaming is not what suites are for"),
];

/// All kinds, in the order of the documentation.
pub fn kinds() -> impl Iterator<Item = Kind> {
    KINDS.iter().map(Kind)
}

/// Why a kind of promptfoo is not supported; `None` when it is, or when promptfoo has no such kind either.
#[must_use]
pub fn refused(name: &str) -> Option<&'static str> {
    let (_, why) = REFUSED.iter().find(|(start, _)| {
        name == *start || (start.ends_with(['-', ':']) && name.starts_with(start)) || name == format!("{start}-score")
    })?;
    Some(why)
}

impl Kind {
    /// The kind that promptfoo calls so, without `not-`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        kinds().find(|kind| kind.name() == name)
    }

    /// The kind that a native suite calls so, without `not_`.
    #[must_use]
    pub fn by_native_name(name: &str) -> Option<Self> {
        kinds().find(|kind| kind.native_name() == name)
    }

    /// promptfoo's name, and the one in reports: `contains-any`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The name in a native `expect:` list: `contains_any`.
    #[must_use]
    pub const fn native_name(self) -> &'static str {
        self.0.native
    }

    /// Whether it compares the answers of several variants: [`select_best`](super::select_best),
    /// [`max_score`](super::max_score).
    #[must_use]
    pub const fn compares(self) -> bool {
        matches!(self.0.run, Run::Compare)
    }

    /// Whether its value is a program that gives the verdict.
    pub(super) fn is_script(self) -> bool {
        matches!(self.name(), "javascript" | "python")
    }

    pub(super) const fn run(self) -> Run {
        self.0.run
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
