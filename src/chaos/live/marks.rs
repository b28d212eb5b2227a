//! Marks of answers that are not what was right. From outside, wrong words look like right ones; whoever makes them
//! wrong knows. So the emulator keeps a digest of each such answer with the question's number, which the load
//! writes into its questions, and the load asks for them when its run is over.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::chaos::observation::Hollow;
use crate::rng::fnv;

/// Marks that are kept; older ones are forgotten.
const KEPT: usize = 100_000;
/// How a question begins that has a number.
const BEGINS: &str = "Question ";

/// An answer that was not what was right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// The question's number.
    pub question: u64,
    /// The digest of the answer's words.
    pub digest: String,
    /// What was not right.
    pub hollow: Hollow,
}

/// The last marks.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    marks: VecDeque<Mark>,
}

impl Marks {
    /// Marks an answer, where the prompt holds a numbered question.
    pub fn add(&mut self, prompt: &str, said: &str, hollow: Hollow) {
        let Some(question) = question_in(prompt) else { return };
        if self.marks.len() == KEPT {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark {
            question,
            digest: digest(said),
            hollow,
        });
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Mark> {
        self.marks.iter().cloned().collect()
    }
}

/// How the question of a number begins.
#[must_use]
pub fn question(number: u64) -> String {
    format!("{BEGINS}{number}:")
}

/// The number of the last question in a prompt.
fn question_in(prompt: &str) -> Option<u64> {
    let mut begins = prompt.rmatch_indices(BEGINS).map(|(at, _)| at + BEGINS.len());
    begins.find_map(|at| prompt[at..].split_once(':')?.0.parse().ok())
}

/// A digest of an answer's words, whatever stands between them.
#[must_use]
pub fn digest(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("{:016x}", fnv(words.join(" ").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_of_a_prompt_is_found_wherever_an_application_puts_it() {
        let prompt = format!("You answer. Question one: no.\nUser: {} please tell me", question(42));
        assert_eq!(question_in(&prompt), Some(42));
        assert_eq!(question_in("Question of mine"), None);
    }

    #[test]
    fn marks_tell_words_and_not_spaces() {
        let mut marks = Marks::default();
        marks.add("Question 7: why", "It is\nnot so.", Hollow::Wrong);
        marks.add("why", "It is not so.", Hollow::Wrong);
        let all = marks.all();
        assert_eq!((all.len(), all[0].question), (1, 7));
        assert_eq!(all[0].digest, digest(" It is not  so. "));
        assert_ne!(all[0].digest, digest("It is so."));
    }
}
