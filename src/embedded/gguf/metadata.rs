//! The values that a GGUF file tells about its model.

use std::io::{self, Read, Seek};

use candle_core::quantized::gguf_file::{Content, Value};

use super::super::ModelError;

/// The values of one file, with the architecture's name before its own keys.
pub(super) struct Metadata<'f> {
    content: &'f Content,
    pub(super) architecture: String,
}

impl<'f> Metadata<'f> {
    pub(super) fn new(content: &'f Content) -> Self {
        let architecture = match content.metadata.get("general.architecture") {
            Some(Value::String(name)) => name.clone(),
            _ => String::new(),
        };
        Self { content, architecture }
    }

    /// A value of the architecture: `{architecture}.{key}`.
    fn own(&self, key: &str) -> Option<&'f Value> {
        self.content.metadata.get(&format!("{}.{key}", self.architecture))
    }

    /// A size of the architecture.
    ///
    /// # Errors
    /// Fails when it is missing, zero or beyond all sense.
    pub(super) fn size(&self, key: &str) -> Result<usize, ModelError> {
        self.size_if_there(key)?
            .ok_or_else(|| ModelError::new(format!("{}.{key} is missing", self.architecture)))
    }

    /// A size that may be absent.
    ///
    /// # Errors
    /// Fails when it is zero or beyond all sense.
    pub(super) fn size_if_there(&self, key: &str) -> Result<Option<usize>, ModelError> {
        const MOST: u64 = 16 << 20;
        let Some(value) = self.own(key) else { return Ok(None) };
        let size = whole(value).filter(|size| (1..=MOST).contains(size));
        match size.and_then(|size| usize::try_from(size).ok()) {
            Some(size) => Ok(Some(size)),
            None => Err(ModelError::new(format!(
                "{}.{key} is {value:?}, not a size from 1 to {MOST}",
                self.architecture
            ))),
        }
    }

    /// A number of the architecture.
    pub(super) fn float(&self, key: &str) -> Option<f32> {
        self.own(key)?.to_f32().ok().filter(|value| value.is_finite())
    }

    /// A word of the architecture.
    pub(super) fn word(&self, key: &str) -> Option<&'f str> {
        self.own(key).and_then(text)
    }

    /// A text by its whole key.
    pub(super) fn text(&self, key: &str) -> Option<&'f str> {
        self.content.metadata.get(key).and_then(text)
    }

    /// A token's number by its whole key.
    pub(super) fn token(&self, key: &str) -> Option<u32> {
        let value = self.content.metadata.get(key).and_then(whole)?;
        u32::try_from(value).ok()
    }

    /// A switch by its whole key.
    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// A list of texts by its whole key.
    ///
    /// # Errors
    /// Fails when it is missing or no such list.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'f str>, ModelError> {
        let values = self.content.metadata.get(key).and_then(|value| value.to_vec().ok());
        let texts = values.and_then(|values| values.iter().map(text).collect());
        texts.ok_or_else(|| ModelError::new(format!("{key} is missing or no list of texts")))
    }

    /// A list of whole numbers by its whole key; empty when there is none.
    pub(super) fn numbers(&self, key: &str) -> Vec<u64> {
        let values = self.content.metadata.get(key).and_then(|value| value.to_vec().ok());
        values
            .map(|values| values.iter().filter_map(whole).collect())
            .unwrap_or_default()
    }
}

/// Refuses a file that lays its tensors out in steps of nothing: candle 0.11 divides by it and stops the
/// program. The reader is at the beginning before and after.
///
/// # Errors
/// Fails when the file cannot be read, or says so.
pub(super) fn check_alignment(reader: &mut (impl Read + Seek)) -> Result<(), ModelError> {
    const KEY: &[u8] = b"general.alignment";
    // After the key come its kind in four bytes and a whole number in up to eight.
    const TAIL: usize = KEY.len() + 12;
    let fail = |error: io::Error| ModelError::new(format!("cannot be read: {error}"));
    let mut window = Vec::with_capacity((1 << 20) + TAIL);
    loop {
        let kept = window.len();
        reader.by_ref().take(1 << 20).read_to_end(&mut window).map_err(fail)?;
        let last = window.len() == kept;
        for at in memchr::memmem::find_iter(&window, KEY) {
            let rest = &window[at + KEY.len()..];
            let bytes = match rest.first_chunk().map(|kind| u32::from_le_bytes(*kind)) {
                Some(0 | 1) => 1,
                Some(2 | 3) => 2,
                Some(4 | 5) => 4,
                _ => continue,
            };
            if rest
                .get(4..4 + bytes)
                .is_some_and(|number| number.iter().all(|byte| *byte == 0))
            {
                return Err(ModelError::new("general.alignment is 0"));
            }
        }
        if last {
            return reader.rewind().map_err(fail);
        }
        // What may begin at the end of this window and end in the next.
        window.drain(..window.len().saturating_sub(TAIL));
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::I8(number) => u64::try_from(*number).ok(),
        Value::I16(number) => u64::try_from(*number).ok(),
        Value::I32(number) => u64::try_from(*number).ok(),
        Value::I64(number) => u64::try_from(*number).ok(),
        other => other.to_u64().ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn an_alignment_of_nothing_is_found_wherever_it_stands() {
        let file = |before: usize, number: u32| {
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(b"general.alignment");
            bytes.extend_from_slice(&4_u32.to_le_bytes());
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(b"more");
            Cursor::new(bytes)
        };
        for before in [0, 24, (1 << 20) - 20, (1 << 20) - 5, (2 << 20) + 7] {
            assert!(check_alignment(&mut file(before, 0)).is_err(), "{before}");
            let mut fine = file(before, 32);
            check_alignment(&mut fine).unwrap();
            assert_eq!(fine.position(), 0);
        }
    }
}
