//! Keys and passwords that stand as values of environment variables.

use std::collections::HashSet;

use crate::source::{Place, Span};
use crate::system::{Dialect, Remark, RemarkKind, System, secrets};

use super::checks::remark;
use super::interpolate::{Part, parts};

/// Remarks on literal secrets, each place once: an anchor gives one value to many services.
#[derive(Debug)]
pub(crate) struct SecretValues {
    dialect: Dialect,
    help: fn(&str) -> String,
    seen: HashSet<Span>,
}

impl SecretValues {
    /// Remarks in the name of a dialect, with words on where a variable's value belongs.
    pub(crate) fn new(dialect: Dialect, help: fn(&str) -> String) -> Self {
        Self {
            dialect,
            help,
            seen: HashSet::new(),
        }
    }

    /// Remarks on the value of one variable, when it holds a secret. `${NAME}` is none; a literal
    /// default inside `${NAME:-…}` is one like any other.
    pub(crate) fn check(&mut self, name: &str, value: &str, place: &Place, system: &mut System) {
        let Some((kind, secret)) = literal(name, value) else {
            return;
        };
        let place = within(place, secret);
        if !self.seen.insert(place.span) {
            return;
        }
        let message = format!("the value of {name} stands in the file: {}", secrets::redact(secret));
        system.remarks.push(Remark {
            help: Some((self.help)(name)),
            ..remark(kind, self.dialect, &place, message)
        });
    }
}

/// The secret that a variable's value holds, and whether it is a key or a plain word.
fn literal<'a>(name: &str, value: &'a str) -> Option<(RemarkKind, &'a str)> {
    let literals: Vec<&str> = match parts(value).as_slice() {
        [Part::Text(text)] => vec![*text],
        // A name with a default: compose uses the default where nothing else is set.
        [
            Part::Reference {
                default: Some(default), ..
            },
        ] if !default.contains('$') => vec![*default],
        _ => Vec::new(),
    };
    let found = literals.into_iter().find_map(|text| {
        let text = text.trim();
        if holds_key(name) && secrets::is_secret(text) {
            return Some((RemarkKind::LiteralSecret, text));
        }
        let is_password = holds_password(name) && !text.contains("://");
        (is_password && is_word(text)).then_some((RemarkKind::LiteralPassword, text))
    });
    found.or_else(|| {
        let password = url_password(value)?;
        let kind = if secrets::is_secret(password) {
            RemarkKind::LiteralSecret
        } else {
            RemarkKind::LiteralPassword
        };
        Some((kind, password))
    })
}

/// The password in `scheme://user:password@host`, when it is written out.
fn url_password(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (user_info, _) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    is_word(password).then_some(password)
}

/// Whether a password is written out, and no gap to be filled.
fn is_word(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let gap = ["redacted", "your", "xxx", "***", "<", ">", "{{", "$", "…", "..."];
    !lower.is_empty()
        && !matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "null" | "none")
        && !text.contains(char::is_whitespace)
        && !gap.iter().any(|part| lower.contains(part))
}

/// Whether a variable of this name holds a key, token or secret.
pub(super) fn holds_key(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let public = upper.contains("PUBLIC") || ["_FILE", "_ID", "_URL", "_NAME"].iter().any(|end| upper.ends_with(end));
    !public
        && (upper.ends_with("KEY")
            || ["SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "APIKEY"]
                .iter()
                .any(|part| upper.contains(part)))
        || holds_password(name)
}

/// Whether a variable of this name holds a password.
fn holds_password(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    !upper.ends_with("_FILE")
        && (["PASSWORD", "PASSWD"].iter().any(|end| upper.ends_with(end)) || upper.ends_with("_PASS"))
}

/// Where `part` stands inside a value's place; the whole value when escapes hide it.
fn within(place: &Place, part: &str) -> Place {
    let text = place.text();
    // A password comes after its user, who may have the same name.
    let found = if text.contains("://") {
        text.rfind(&format!(":{part}@")).map(|at| at + 1)
    } else {
        None
    };
    found.or_else(|| text.find(part)).map_or_else(
        || place.clone(),
        |at| {
            let start = place.span.start + at;
            place.file.place(Span::new(start, start + part.len()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_out_is_a_literal() {
        for (name, value, expected) in [
            ("OPENAI_API_KEY", "sk-proj-9aK3jd82Jd8s", Some("sk-proj-9aK3jd82Jd8s")),
            ("OPENAI_API_KEY", "${OPENAI_API_KEY}", None),
            ("OPENAI_API_KEY", "${OPENAI_API_KEY:-}", None),
            (
                "OPENAI_API_KEY",
                "${K:-sk-proj-9aK3jd82Jd8s}",
                Some("sk-proj-9aK3jd82Jd8s"),
            ),
            ("POSTGRES_PASSWORD", "postgres", Some("postgres")),
            ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:?needed}", None),
            ("POSTGRES_PASSWORD", "REDACTED", None),
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/pg", None),
            ("DATABASE_URL", "postgresql://llm:llm@db:5432/llm", Some("llm")),
            ("DATABASE_URL", "postgresql://llm:${PG}@db:5432/llm", None),
            ("MAX_TOKENS", "4096", None),
            ("LANGFUSE_PUBLIC_KEY", "pk-lf-9aK3jd82Jd8s", None),
            ("PORT", "4000", None),
        ] {
            assert_eq!(literal(name, value).map(|(_, it)| it), expected, "{name}={value}");
        }
        let kind = |name, value| literal(name, value).map(|(kind, _)| kind);
        assert_eq!(kind("POSTGRES_PASSWORD", "postgres"), Some(RemarkKind::LiteralPassword));
        assert_eq!(
            kind("POSTGRES_PASSWORD", "Zr8Qk2VbN4tXw7Lm"),
            Some(RemarkKind::LiteralSecret)
        );
    }
}
