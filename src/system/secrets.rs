//! Telling a key from a placeholder, and showing neither.

/// Words that stand where a key would, and are none.
const PLACEHOLDERS: &[&str] = &[
    "none",
    "null",
    "empty",
    "dummy",
    "fake",
    "no-key",
    "nokey",
    "not-needed",
    "notneeded",
    "not-required",
    "na",
    "n/a",
    "unused",
    "anything",
    "any",
    "test",
    "local",
    "ollama",
    "lm-studio",
    "lmstudio",
    "vllm",
    "key",
    "api-key",
    "apikey",
    "api_key",
    "secret",
    "password",
    "token",
    "changeme",
    "change-me",
    "change_me",
    "redacted",
    "todo",
    "placeholder",
    "example",
    "default",
    "litellm",
];

/// Parts that only a placeholder has.
const PLACEHOLDER_PARTS: &[&str] = &[
    "your",
    "xxx",
    "***",
    "...",
    "…",
    "<",
    ">",
    "${",
    "{{",
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "replace",
    "placeholder",
    "example",
    "dummy",
    "redacted",
    "insert",
    "todo",
    "not-needed",
    "fake",
    "0000000",
    "1234567890",
];

/// Whether text where a key belongs is a key, and no reference, placeholder or empty word.
///
/// Errs towards "no key": a false alarm about a secret teaches people to ignore true ones.
#[must_use]
pub fn is_secret(value: &str) -> bool {
    let value = value.trim();
    if value.len() < 12 || value.starts_with("os.environ/") || value.starts_with("env.") || value.contains("://") {
        return false;
    }
    if value.contains(char::is_whitespace) || value.starts_with('$') || value.contains("::") {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    if PLACEHOLDERS.contains(&lower.as_str()) || PLACEHOLDER_PARTS.iter().any(|part| lower.contains(part)) {
        return false;
    }
    // A key mixes letters and digits; words joined by hyphens (`sk-local-dev-key`) do not.
    value.bytes().filter(u8::is_ascii_digit).count() >= 2 && distinct(value) >= 8
}

/// Whether text is a word that stands for a value to come: `changeme`, `your-password`, `REDACTED`.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    lower.is_empty()
        || lower.contains(['<', '>', '$'])
        || PLACEHOLDERS.contains(&lower.as_str())
        || PLACEHOLDER_PARTS.iter().any(|part| lower.contains(part))
}

fn distinct(text: &str) -> usize {
    let mut seen = [false; 256];
    text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// A secret for reports: at most its first four characters, and how long it is.
#[must_use]
pub fn redact(value: &str) -> String {
    let shown: String = value
        .chars()
        .take(if value.chars().count() >= 12 { 4 } else { 0 })
        .collect();
    format!("{shown}… ({} characters)", value.chars().count())
}

/// A name for the account of a literal key that tells keys apart and gives none away.
#[must_use]
pub fn account_of(value: &str) -> String {
    // FNV-1a (Fowler, Noll, Vo), 32 bits: short, and the same on every machine.
    let hash = value.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("literal-key-{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_placeholders() {
        for key in [
            "sk-proj-9aK3jd82Jd8sKq0PzL",
            "gsk_a81bX9d0qPmT7yR2",
            "AIzaSyD93hd82hKs8dh2mQpLx",
        ] {
            assert!(is_secret(key), "{key}");
        }
        for word in [
            "os.environ/OPENAI_API_KEY",
            "sk-1234",
            "EMPTY",
            "your-api-key-here-123",
            "sk-xxxxxxxxxxxx12",
            "${OPENAI_API_KEY}",
            "not-needed",
            "sk-local-dev-only",
        ] {
            assert!(!is_secret(word), "{word}");
        }
    }

    #[test]
    fn a_report_shows_four_characters_at_most() {
        assert_eq!(redact("sk-proj-9aK3jd82"), "sk-p… (16 characters)");
        assert_eq!(redact("sk-1234"), "… (7 characters)");
    }
}
