//! A key that stands in a file.

use crate::audit::rules::remarks::{hit_of, report};
use crate::audit::{Audit, Family, FixKind, Harm, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, RemarkKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "literal-secret",
    title: "a key stands in the file",
    family: Family::Safety,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "A key in a file is in the history, in every clone and in every backup, and is found by bots within \
          minutes of a push. 3 % of 104 public LiteLLM configurations hold a provider's key, 53 % of 108 \
          compose files that run a gateway a password. Keys are shown here with four characters at most.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_params:\n  api_key: os.environ/OPENAI_API_KEY",
        ),
        (Dialect::Compose, "environment:\n  OPENAI_API_KEY: ${OPENAI_API_KEY}"),
        (Dialect::Tensorzero, "api_key_location = \"env::OPENAI_API_KEY\""),
        (Dialect::Bifrost, "{\"value\": \"env.OPENAI_API_KEY\"}"),
        (Dialect::Code, "client = OpenAI(api_key=os.environ[\"OPENAI_API_KEY\"])"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    report(audit, RemarkKind::LiteralSecret, "a secret in the file", hits);
    // A local stack's `POSTGRES_PASSWORD: postgres` is no leaked key, and yet goes to production as it is.
    for remark in audit.remarks(RemarkKind::LiteralPassword) {
        hits.push(hit_of(remark, "a password in the file").severity(Severity::Warning));
    }
}
