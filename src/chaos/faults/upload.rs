//! A huge prompt.

use serde_json::json;

use super::setting::tokens;
use super::{Act, Class, FaultKind};

pub(super) const KIND: FaultKind = FaultKind {
    name: "upload",
    aliases: &["huge_prompt"],
    class: Class::Request,
    title: "some users send a huge prompt",
    about: "So many tokens are added to the prompts of a share of the requests, as when somebody pastes a whole \
            report. It blows context windows (400), token limits (429), budgets, and everybody's wait.",
    example: "{at: 15m, on: requests, share: 0.01, upload: 300k tokens}",
    schema: || json!({"type": ["string", "number"]}),
    read: |node| Ok(Act::Request(tokens(node, "`upload`")?)),
};
