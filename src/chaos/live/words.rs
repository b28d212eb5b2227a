//! Wrong words under a status of success: what each piece of an answer becomes.

use std::collections::VecDeque;

use super::tokens;
use crate::chaos::behaviour::Words;
use crate::rng::fnv;

/// The pieces that a repetition goes on with.
const REPEATED: usize = 6;
/// The most bytes of an earlier answer that are kept.
pub const MAX_EARLIER: usize = 64 << 10;
/// What is said where no answer came before.
const EARLIER: &str = "Your order from last week has been shipped and will arrive on Tuesday between nine and noon.";
/// Words and what says the opposite. The first that fits a word is taken.
const OPPOSITES: &[(&str, &str)] = &[
    ("yes", "no"),
    ("no", "yes"),
    ("not", "certainly"),
    ("never", "always"),
    ("always", "never"),
    ("true", "false"),
    ("false", "true"),
    ("is", "is not"),
    ("are", "are not"),
    ("was", "was not"),
    ("were", "were not"),
    ("can", "cannot"),
    ("cannot", "can"),
    ("will", "will not"),
    ("must", "must not"),
    ("should", "should not"),
    ("may", "may not"),
    ("has", "has not"),
    ("have", "have not"),
    ("do", "do not"),
    ("does", "does not"),
    ("before", "after"),
    ("after", "before"),
    ("all", "none"),
    ("none", "all"),
    ("more", "less"),
    ("less", "more"),
    ("with", "without"),
    ("without", "with"),
    ("allowed", "forbidden"),
    ("forbidden", "allowed"),
    ("free", "paid"),
    ("paid", "free"),
    ("open", "closed"),
    ("closed", "open"),
    ("first", "last"),
    ("last", "first"),
    ("increase", "decrease"),
    ("decrease", "increase"),
    ("valid", "void"),
    ("on", "off"),
    ("off", "on"),
];
/// Words of another script, as Anthropic's users saw them among English from August 25 to September 2, 2025.
const FOREIGN: &[&str] = &[
    "สวัสดี",
    "ครับ",
    "ขอบคุณ",
    "วันนี้",
    "คำตอบ",
    "ระบบ",
    "ข้อมูล",
    "การ",
    "และ",
    "ที่",
    "ได้",
    "ไม่",
    "你好",
    "今天",
    "回答",
    "系统",
    "数据",
    "可以",
    "没有",
    "时间",
];

/// Changes an answer piece by piece.
#[derive(Debug)]
pub struct Distortion {
    how: Words,
    /// The first pieces, for the repetition.
    first: VecDeque<String>,
    /// The earlier answer's pieces that have not been said.
    earlier: VecDeque<String>,
    pieces: usize,
}

impl Distortion {
    /// A distortion; `earlier` finds the answer to an earlier question.
    #[must_use]
    pub fn new(how: Words, earlier: impl FnOnce() -> String) -> Self {
        let mut pieces = VecDeque::new();
        if how == Words::Stale {
            let earlier = earlier();
            let text = if earlier.is_empty() { EARLIER } else { &earlier };
            let mut start = 0;
            for end in tokens::ends(text) {
                pieces.push_back(text[start..end].to_owned());
                start = end;
            }
        }
        Self {
            how,
            first: VecDeque::new(),
            earlier: pieces,
            pieces: 0,
        }
    }

    /// What a piece of the right answer becomes. Pieces stay as many as they were, so that a stream keeps its pace.
    pub fn piece(&mut self, right: &str) -> String {
        if right.is_empty() {
            return String::new();
        }
        self.pieces += 1;
        match self.how {
            Words::Right => right.to_owned(),
            Words::Contradicted => {
                let changed = each_word(right, opposite);
                if self.pieces == 1 {
                    format!("On the contrary: {changed}")
                } else {
                    changed
                }
            }
            Words::OffLanguage => each_word(right, |word| {
                let at = usize::try_from(fnv(word.as_bytes()) % FOREIGN.len() as u64).unwrap_or(0);
                FOREIGN[at].to_owned()
            }),
            Words::Repeated => {
                if self.first.len() < REPEATED {
                    self.first.push_back(right.to_owned());
                    return right.to_owned();
                }
                self.first.rotate_left(1);
                self.first.back().cloned().unwrap_or_default()
            }
            Words::Stale => self.earlier.pop_front().unwrap_or_default(),
        }
    }

    /// What a whole answer becomes.
    #[must_use]
    pub fn whole(&mut self, right: &str) -> String {
        if self.how == Words::Right {
            return right.to_owned();
        }
        let mut out = String::new();
        let mut start = 0;
        for end in tokens::ends(right) {
            out.push_str(&self.piece(&right[start..end]));
            start = end;
        }
        out
    }
}

/// Changes each word and keeps what stands between.
fn each_word(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word
            .find(|letter: char| !letter.is_alphanumeric())
            .unwrap_or(word.len());
        out.push_str(&change(&word[..end]));
        rest = &word[end..];
    }
    out.push_str(rest);
    out
}

/// The opposite of a word, another number for a number, and the word itself where there is none.
fn opposite(word: &str) -> String {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let other = |digit: char| digit.to_digit(10).and_then(|it| char::from_digit((it + 3) % 10, 10));
        return word.chars().filter_map(other).collect();
    }
    let found = OPPOSITES.iter().find(|(from, _)| word.eq_ignore_ascii_case(from));
    found.map_or_else(|| word.to_owned(), |(_, to)| (*to).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(how: Words, text: &str) -> String {
        Distortion::new(how, String::new).whole(text)
    }

    #[test]
    fn each_kind_of_wrong() {
        let right = "Returns are free within 14 days after delivery, and a refund is paid at once.";
        assert_eq!(whole(Words::Right, right), right);
        let contrary = whole(Words::Contradicted, "Yes, returns are free within 14 days.");
        assert_eq!(contrary, "On the contrary: no, returns are not paid within 47 days.");
        assert!(
            whole(Words::OffLanguage, right)
                .chars()
                .filter(|it| it.is_alphabetic())
                .all(|it| !it.is_ascii())
        );
        assert_eq!(
            whole(Words::Repeated, "a b c d e f g h i j k l"),
            "a b c d e fa b c d e f"
        );
        assert!(EARLIER.starts_with(&whole(Words::Stale, "What is it? It is so.")));
        let stale = Distortion::new(Words::Stale, || "Of yesterday.".into()).whole(right);
        assert_eq!(stale, "Of yesterday.");
    }

    #[test]
    fn pieces_keep_their_number() {
        let mut distortion = Distortion::new(Words::OffLanguage, String::new);
        let pieces: Vec<String> = ["Hel", "lo", ""].iter().map(|it| distortion.piece(it)).collect();
        assert!(!pieces[0].is_empty() && !pieces[1].is_empty() && pieces[2].is_empty());
    }
}
