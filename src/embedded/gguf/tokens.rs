//! The tokenizer that a GGUF file carries: byte-level pairs (Sennrich et al., 2016), as GPT-2 has them.

use std::collections::HashSet;

use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

use super::super::ModelError;
use super::metadata::Metadata;

/// Kinds of tokens in `tokenizer.ggml.token_type`: marks such as `<|im_end|>`, and words added later.
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;

/// Marks that end an answer in one model or another; a file names one of them, models write others too.
const ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "</s>",
];

/// The tokenizer and its marks.
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    marks: Vec<String>,
    begin: Option<(u32, String)>,
    end: Option<(u32, String)>,
    ends: HashSet<u32>,
    add_begin: bool,
}

impl Tokens {
    /// Reads the values under `tokenizer.ggml`.
    ///
    /// # Errors
    /// Fails when one is missing or the tokenizer is of another kind.
    pub(super) fn read(metadata: &Metadata<'_>) -> Result<Self, ModelError> {
        let kind = metadata.text("tokenizer.ggml.model").unwrap_or_default();
        if kind != "gpt2" {
            return Err(ModelError::new(format!(
                "a tokenizer of the kind {kind:?} is not known (known: gpt2, which SmolLM, Llama 3 and Qwen have)"
            )));
        }
        let tokens = metadata.texts("tokenizer.ggml.tokens")?;
        let kinds = metadata.numbers("tokenizer.ggml.token_type");
        let mut tokenizer = pairs(metadata, &tokens)?;
        let way = metadata.text("tokenizer.ggml.pre").unwrap_or("default");
        cut_words(&mut tokenizer, way)?;
        let of_kind = |wanted: u64| {
            let numbered = tokens.iter().zip(&kinds);
            numbered
                .filter(move |(_, kind)| **kind == wanted)
                .map(|(token, _)| (*token).to_owned())
        };
        let marks: Vec<String> = of_kind(CONTROL).collect();
        let added = marks.iter().map(|mark| AddedToken::from(mark.clone(), true));
        let words = of_kind(USER_DEFINED).map(|word| AddedToken::from(word, false).normalized(false));
        let wrong =
            |error: tokenizers::Error| ModelError::new(format!("the tokenizer's marks cannot be read: {error}"));
        tokenizer.add_special_tokens(added.collect::<Vec<_>>()).map_err(wrong)?;
        tokenizer.add_tokens(words.collect::<Vec<_>>()).map_err(wrong)?;
        let named = |key: &str| {
            let number = metadata.token(key)?;
            tokens.get(number as usize).map(|token| (number, (*token).to_owned()))
        };
        let end = named("tokenizer.ggml.eos_token_id");
        let mut ends: HashSet<u32> = ENDS.iter().filter_map(|mark| tokenizer.token_to_id(mark)).collect();
        ends.extend(end.iter().map(|(number, _)| *number));
        ends.extend(metadata.token("tokenizer.ggml.eot_token_id"));
        Ok(Self {
            tokenizer,
            marks,
            begin: named("tokenizer.ggml.bos_token_id"),
            end,
            ends,
            add_begin: metadata.switch("tokenizer.ggml.add_bos_token").unwrap_or(false),
        })
    }

    /// Whether a token is there.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.tokenizer.token_to_id(token).is_some()
    }

    /// Whether a token ends the answer.
    pub(super) fn ends(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// The mark that begins a text; empty when there is none.
    pub(super) fn begin_text(&self) -> &str {
        self.begin.as_ref().map_or("", |(_, mark)| mark)
    }

    /// The mark that ends one.
    pub(super) fn end_text(&self) -> &str {
        self.end.as_ref().map_or("", |(_, mark)| mark)
    }

    /// A text without the marks in it, so that what somebody wrote is never read as one.
    pub(super) fn without_marks(&self, text: &str) -> String {
        let mut plain = text.to_owned();
        // Taking one out may put another together.
        loop {
            let before = plain.len();
            for mark in self.marks.iter().filter(|mark| mark.len() > 1) {
                if plain.contains(mark.as_str()) {
                    plain = plain.replace(mark.as_str(), "");
                }
            }
            if plain.len() == before {
                return plain;
            }
        }
    }

    /// A rendered prompt's tokens.
    ///
    /// # Errors
    /// Fails when the tokenizer does.
    pub(super) fn encode(&self, prompt: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self.tokenizer.encode(prompt, false).map_err(|error| wrong(&error))?;
        let mut ids = encoding.get_ids().to_vec();
        if let Some((begin, _)) = self.begin.as_ref().filter(|_| self.add_begin)
            && ids.first() != Some(begin)
        {
            ids.insert(0, *begin);
        }
        Ok(ids)
    }

    /// Turns tokens into text as they come.
    pub(super) fn stream(&self) -> TextStream<'_> {
        TextStream {
            tokens: self,
            pending: Vec::new(),
        }
    }
}

/// Tokens that make text only together: a character may need several.
pub(super) struct TextStream<'t> {
    tokens: &'t Tokens,
    pending: Vec<u32>,
}

/// No character needs more tokens than it has bytes.
const LONGEST_CHARACTER: usize = 4;

impl TextStream<'_> {
    /// The text that one more token brings; empty while a character is not whole.
    ///
    /// # Errors
    /// Fails when the tokenizer does.
    pub(super) fn next(&mut self, token: u32) -> Result<String, ModelError> {
        self.pending.push(token);
        // Byte-level tokens carry their own spaces: pieces decode on their own.
        let text = self
            .tokens
            .tokenizer
            .decode(&self.pending, true)
            .map_err(|error| wrong(&error))?;
        if text.ends_with('\u{fffd}') && self.pending.len() < LONGEST_CHARACTER {
            return Ok(String::new());
        }
        self.pending.clear();
        Ok(text)
    }

    /// What is left when the answer ends within a character.
    ///
    /// # Errors
    /// Fails when the tokenizer does.
    pub(super) fn rest(&mut self) -> Result<String, ModelError> {
        let pending = std::mem::take(&mut self.pending);
        self.tokens
            .tokenizer
            .decode(&pending, true)
            .map_err(|error| wrong(&error))
    }
}

fn wrong(error: &tokenizers::Error) -> ModelError {
    ModelError::new(format!("the tokenizer failed: {error}"))
}

fn pairs(metadata: &Metadata<'_>, tokens: &[&str]) -> Result<Tokenizer, ModelError> {
    let numbers = tokens
        .iter()
        .map(|token| (*token).to_owned())
        .zip(0_u32..)
        .collect::<tokenizers::models::bpe::Vocab>();
    let merges = metadata.texts("tokenizer.ggml.merges")?;
    let merges: Option<Vec<(String, String)>> = merges
        .iter()
        .map(|pair| {
            pair.split_once(' ')
                .map(|(left, right)| (left.to_owned(), right.to_owned()))
        })
        .collect();
    let merges = merges.ok_or_else(|| ModelError::new("tokenizer.ggml.merges has a line without a pair"))?;
    let model = BPE::builder()
        .vocab_and_merges(numbers, merges)
        // Llama 3 takes a word that is a token as it is.
        .ignore_merges(metadata.text("tokenizer.ggml.pre") == Some("llama-bpe"))
        .build()
        .map_err(|error| ModelError::new(format!("the tokenizer's pairs cannot be read: {error}")))?;
    Ok(Tokenizer::new(model))
}

/// How text is cut into words before pairs are joined, by the name that llama.cpp gives it.
fn cut_words(tokenizer: &mut Tokenizer, way: &str) -> Result<(), ModelError> {
    // The expressions of Qwen2's and Llama 3's tokenizer.json.
    const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let by = |expression: &str| -> Result<Vec<PreTokenizerWrapper>, ModelError> {
        let pattern = SplitPattern::Regex(expression.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
            .map_err(|error| ModelError::new(format!("the tokenizer's words cannot be cut: {error}")))?;
        Ok(vec![split.into(), ByteLevel::new(false, false, false).into()])
    };
    let steps = match way {
        "default" | "gpt-2" => vec![ByteLevel::new(false, true, true).into()],
        "smollm" => vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()],
        "qwen2" => {
            tokenizer.with_normalizer(Some(NFC)).map_err(|error| wrong(&error))?;
            by(QWEN2)?
        }
        "llama-bpe" | "llama3" => by(LLAMA3)?,
        other => {
            return Err(ModelError::new(format!(
                "the tokenizer cuts words in the way {other:?}, which is not known (known: gpt-2, smollm, qwen2, llama-bpe)"
            )));
        }
    };
    tokenizer.with_pre_tokenizer(Some(Sequence::new(steps)));
    tokenizer.with_decoder(Some(ByteLevel::default()));
    Ok(())
}
