//! Chat models in this process, from one GGUF file that carries weights, tokenizer and chat template.
//!
//! The form: ggml's `docs/gguf.md`, versions 2 and 3. Architectures: llama, qwen2, qwen3.

mod decoder;
mod matrix;
mod metadata;
mod sampler;
mod template;
mod tokens;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;

use self::decoder::Decoder;
use self::metadata::Metadata;
use self::sampler::Sampler;
use self::template::Template;
use self::tokens::Tokens;
use super::ModelError;
use crate::wire::{Finish, Message};

/// A chat model ready to answer.
pub struct GgufModel {
    decoder: Decoder,
    tokens: Tokens,
    template: Template,
    identity: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its text.
    pub text: String,
    /// Why it ended; `None`: whoever watched it wanted no more.
    pub finish: Option<Finish>,
    /// Tokens of the prompt.
    pub input_tokens: usize,
    /// Tokens of the answer.
    pub output_tokens: usize,
}

impl GgufModel {
    /// Loads a file.
    ///
    /// # Errors
    /// Fails when it cannot be read, is broken, or holds a model of another kind.
    pub fn load(path: &Path, identity: String) -> Result<Self, ModelError> {
        let place = path.display();
        let file = File::open(path).map_err(|error| ModelError::new(format!("cannot read {place}: {error}")))?;
        let mut reader = BufReader::new(file);
        metadata::check_alignment(&mut reader).map_err(|error| ModelError::new(format!("{place}: {error}")))?;
        let content = Content::read(&mut reader)
            .map_err(|error| ModelError::new(format!("{place} is no whole GGUF file: {error}; add the model again")))?;
        let metadata = Metadata::new(&content);
        let in_file = |error: ModelError| ModelError::new(format!("{place}: {error}"));
        let tokens = Tokens::read(&metadata).map_err(in_file)?;
        let template = Template::read(&metadata, &tokens).map_err(in_file)?;
        let decoder = Decoder::read(&content, &metadata, &mut reader).map_err(in_file)?;
        Ok(Self {
            decoder,
            tokens,
            template,
            identity,
        })
    }

    /// What identifies model and weights.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// How many tokens prompt and answer may have together.
    #[must_use]
    pub fn window(&self) -> usize {
        self.decoder.window()
    }

    /// Answers a conversation.
    ///
    /// A `temperature` of 0 takes the likeliest token each time; above it, the same `seed` draws the same
    /// answer. `on_token` gets each piece of text as it comes, and empty text while the prompt is read;
    /// when it gives `false`, the answer ends where it is.
    ///
    /// # Errors
    /// Fails when the prompt does not fit the window, or the template does not take the conversation.
    pub fn generate(
        &self,
        messages: &[Message],
        max_tokens: usize,
        temperature: f64,
        seed: u64,
        on_token: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, ModelError> {
        let prompt = self.tokens.encode(&self.template.render(messages, &self.tokens)?)?;
        if prompt.is_empty() || prompt.len() >= self.window() {
            return Err(ModelError::new(format!(
                "the prompt has {} tokens, and the model's window {} for prompt and answer",
                prompt.len(),
                self.window()
            )));
        }
        let mut sampler = Sampler::new(temperature, seed);
        let mut state = self.decoder.start();
        let mut answer = Generated {
            text: String::new(),
            finish: None,
            input_tokens: prompt.len(),
            output_tokens: 0,
        };
        let Some(mut scores) = self.decoder.prompt(&mut state, &prompt, &mut || on_token(""))? else {
            return Ok(answer);
        };
        let mut text = self.tokens.stream();
        let most = max_tokens.min(self.window() - prompt.len());
        let finish = loop {
            if answer.output_tokens == most {
                break Finish::Length;
            }
            let token = sampler.pick(&scores)?;
            if self.tokens.ends(token) {
                break Finish::Stop;
            }
            answer.output_tokens += 1;
            let piece = text.next(token)?;
            answer.text.push_str(&piece);
            if !on_token(&piece) {
                return Ok(answer);
            }
            if answer.output_tokens < most {
                scores = self.decoder.next(&mut state, token)?;
            }
        };
        let rest = text.rest()?;
        if !rest.is_empty() {
            answer.text.push_str(&rest);
            on_token(&rest);
        }
        answer.finish = Some(finish);
        Ok(answer)
    }
}
