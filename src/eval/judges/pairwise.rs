//! Which of two answers is better, by a judge model that sees them in both orders.

use futures_util::future::try_join;
use serde_json::json;

use super::ask::{ask, model, setup};
use super::parse::{choice, object};
use super::question::{Material, Question, material};
use super::{Exhibit, JudgeError, Tools};

const PROMPT: &str = include_str!("prompts/pairwise.md");

/// Who wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Winner {
    /// The answer that was given first to [`Pairwise::compare`].
    First,
    /// The other.
    Second,
    /// Neither.
    Tie,
}

/// What comes of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Preference {
    /// Who wins; a tie when the two orders disagree.
    pub winner: Winner,
    /// Whether the order decided: one order named one winner, the other the other.
    pub flipped: bool,
    /// The judge's reasons in the given order, and in the exchanged one.
    pub reasons: [String; 2],
}

/// Compares two answers to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairwise {
    /// What makes an answer better, in words for the judge.
    pub question: String,
    /// The judge model; `None` or `default` is the run's.
    pub model: Option<String>,
}

impl Default for Pairwise {
    fn default() -> Self {
        Self {
            question: "the more correct, complete and useful answer to what was asked.".to_owned(),
            model: None,
        }
    }
}

impl Pairwise {
    /// Asks for both orders at once. Different verdicts are a tie: when they name opposite winners it is a
    /// flip, and when one is a tie already the preference was too weak to survive the exchange.
    ///
    /// # Errors
    /// Fails when either order does: half a comparison is none.
    pub async fn compare(&self, first: &Exhibit, second: &Exhibit, tools: &Tools) -> Result<Preference, JudgeError> {
        let Some(model) = model(tools, self.model.as_deref())? else {
            return Err(setup(
                "comparing two answers needs a judge model: set `judge: {model: …}`",
            ));
        };
        let one = ask(model.as_ref(), self.question(shown(first, second)).call(), read);
        let other = ask(model.as_ref(), self.question(shown(second, first)).call(), read);
        let ((straight, straight_reason), (exchanged, exchanged_reason)) = try_join(one, other).await?;
        let exchanged = match exchanged {
            Winner::First => Winner::Second,
            Winner::Second => Winner::First,
            Winner::Tie => Winner::Tie,
        };
        Ok(Preference {
            winner: if straight == exchanged { straight } else { Winner::Tie },
            flipped: straight != exchanged && straight != Winner::Tie && exchanged != Winner::Tie,
            reasons: [straight_reason, exchanged_reason],
        })
    }

    fn question<'a>(&self, material: Vec<Material<'a>>) -> Question<'a> {
        Question {
            prompt: PROMPT,
            fill: vec![("question", self.question.clone())],
            material,
            name: "pairwise",
            schema: json!({
                "type": "object",
                "properties": {
                    "reason": {"type": "string"},
                    "winner": {"type": "string", "enum": ["first", "second", "tie"]},
                },
                "required": ["reason", "winner"],
                "additionalProperties": false,
            }),
        }
    }
}

fn shown<'a>(first: &'a Exhibit, second: &'a Exhibit) -> Vec<Material<'a>> {
    let mut shown = material(first);
    shown.retain(|(name, _)| name != "ANSWER");
    shown.push(("FIRST".to_owned(), &first.answer));
    shown.push(("SECOND".to_owned(), &second.answer));
    shown
}

fn read(reply: &str) -> Result<(Winner, String), String> {
    let found = object(reply, &["winner"])?;
    let winner = match choice(&found["winner"], &["first", "second", "tie"])? {
        "first" => Winner::First,
        "second" => Winner::Second,
        _ => Winner::Tie,
    };
    let reason = found.get("reason").and_then(serde_json::Value::as_str);
    Ok((winner, reason.unwrap_or("the judge gave no reason").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, exhibit, now, tools};
    use super::*;

    fn compare(replies: &[&str]) -> Result<Preference, JudgeError> {
        let model = Scripted::new("judge", replies);
        let (one, other) = (exhibit("Q?", "one", &[]), exhibit("Q?", "other", &[]));
        let found = now(Pairwise::default().compare(&one, &other, &tools(&model)));
        let sent = model.sent();
        let at = |text: &str, what: &str| text.find(what).unwrap();
        assert!(at(&sent[0], "\none\n") < at(&sent[0], "\nother\n"));
        assert!(at(&sent[1], "\none\n") > at(&sent[1], "\nother\n"));
        found
    }

    #[test]
    fn a_winner_in_both_orders_wins_and_a_flip_is_a_tie() {
        let first = r#"{"reason": "r", "winner": "first"}"#;
        let second = r#"{"reason": "r", "winner": "second"}"#;
        let tie = r#"{"reason": "r", "winner": "tie"}"#;
        for (replies, winner, flipped) in [
            ([first, second], Winner::First, false),
            ([second, first], Winner::Second, false),
            ([first, first], Winner::Tie, true),
            ([second, second], Winner::Tie, true),
            ([tie, second], Winner::Tie, false),
            ([tie, tie], Winner::Tie, false),
        ] {
            let found = compare(&replies).unwrap();
            assert_eq!((found.winner, found.flipped), (winner, flipped), "{replies:?}");
        }
    }

    #[test]
    fn half_a_comparison_is_none() {
        assert!(compare(&[r#"{"winner": "first"}"#, "no", "no"]).is_err());
    }
}
