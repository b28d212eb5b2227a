//! Names that mean nearly the same.

/// The nearest of `candidates` to `name`, when it is near enough to be a slip of the pen: at most
/// a third of the letters differ (Damerau-Levenshtein), and at least one is left.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count().max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A model's bare family: lower case, without provider prefixes, dates, versions and tags.
#[must_use]
pub fn family(model: &str) -> String {
    let lower = model.to_ascii_lowercase();
    let last = lower.rsplit('/').next().unwrap_or(&lower);
    let untagged = last.split([':', '@']).next().unwrap_or(last);
    // Bedrock writes `us.anthropic.claude-…`; a dot between digits is a version (`qwen2.5`).
    let bare = match untagged.rsplit_once('.') {
        Some((vendor, rest))
            if !vendor.ends_with(|c: char| c.is_ascii_digit())
                && rest.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            rest
        }
        _ => untagged,
    };
    let mut parts: Vec<&str> = bare.split('-').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| is_version(part)) {
        parts.pop();
    }
    parts.join("-")
}

/// Whose work a model is, where its name tells: `gpt` for `gpt-4o-mini`, `o3` and what is tuned from them
/// under their name. Private names tell nothing.
#[must_use]
pub fn lineage(model: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("gpt", "gpt"),
        ("chatgpt", "gpt"),
        ("o", "gpt"),
        ("claude", "claude"),
        ("gemini", "gemini"),
        ("gemma", "gemini"),
        ("llama", "llama"),
        ("codellama", "llama"),
        ("qwen", "qwen"),
        ("qwq", "qwen"),
        ("mistral", "mistral"),
        ("mixtral", "mistral"),
        ("ministral", "mistral"),
        ("magistral", "mistral"),
        ("codestral", "mistral"),
        ("pixtral", "mistral"),
        ("deepseek", "deepseek"),
        ("grok", "grok"),
        ("command", "command"),
        ("phi", "phi"),
        ("nova", "nova"),
        ("kimi", "kimi"),
        ("glm", "glm"),
        ("granite", "granite"),
        ("nemotron", "nemotron"),
    ];
    let family = family(model);
    let letters = family.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    KNOWN
        .iter()
        .find_map(|(name, lineage)| (*name == letters).then_some(*lineage))
}

/// Whether a model's name is that of one edition: it holds a date, a four-digit edition, or a tag.
#[must_use]
pub fn is_pinned(model: &str) -> bool {
    if let Some((_, tag)) = model.rsplit_once([':', '@']) {
        // OpenRouter's `:free` and its kin pick a tier and no edition.
        return !matches!(tag, "latest" | "free" | "nitro" | "floor" | "online" | "beta");
    }
    let parts: Vec<&str> = model.split(['-', '/', '.', '_']).collect();
    let is_number = |part: &&str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let month_and_day = parts
        .windows(2)
        .any(|pair| is_number(&pair[0], &[2, 4]) && is_number(&pair[1], &[2]));
    month_and_day
        || parts.iter().any(|part| {
            is_number(part, &[4, 6, 8])
                || part
                    .strip_prefix('v')
                    .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
                || (part.len() == 3 && is_number(part, &[3]) && part.starts_with('0'))
        })
}

/// Whether a model's name means whatever is newest, or whatever a router picks.
#[must_use]
pub fn is_floating(model: &str) -> bool {
    let lower = model.to_ascii_lowercase();
    lower.ends_with("-latest") || lower.ends_with(":latest") || lower.ends_with("/auto") || lower == "latest"
}

/// A date, a part of a date, `v1`, `latest`, `preview`: what tells editions of one model apart.
fn is_version(part: &str) -> bool {
    let digits = part.strip_prefix('v').unwrap_or(part);
    matches!(part, "latest" | "preview" | "exp")
        || (part.starts_with('v') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        || ((digits.len() == 2 || digits.len() >= 3) && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_of_the_pen_and_no_stranger() {
        assert_eq!(nearest("fallbaks", ["fallbacks", "timeout"]), Some("fallbacks"));
        assert_eq!(nearest("gpt-4", ["claude-3", "mistral"]), None);
        assert_eq!(nearest("timeout", ["timeout"]), None);
    }

    #[test]
    fn editions_are_pinned_and_aliases_are_not() {
        for pinned in [
            "gpt-4o-2024-11-20",
            "gpt-4-0613",
            "claude-haiku-4-5-20251001",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "mistral-medium-2604",
            "claude-3-5-sonnet@20240620",
            "gemini-1.5-pro-002",
            "qwen3:8b",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for alias in [
            "gpt-4o",
            "gpt-5.4-mini",
            "claude-sonnet-4-5",
            "gemini-2.5-pro",
            "deepseek/deepseek-r1:free",
        ] {
            assert!(!is_pinned(alias), "{alias}");
        }
        assert!(is_floating("mistral-large-latest") && is_floating("openrouter/auto") && !is_floating("gpt-4o"));
    }

    #[test]
    fn a_lineage_is_known_or_not_told() {
        for (model, expected) in [
            ("gpt-4o-mini", Some("gpt")),
            ("o3-mini", Some("gpt")),
            ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", Some("claude")),
            ("qwen2.5:7b", Some("qwen")),
            ("meta-llama/llama-3.3-70b", Some("llama")),
            ("hermes-gemma", None),
            ("omni-judge", None),
        ] {
            assert_eq!(lineage(model), expected, "{model}");
        }
    }

    #[test]
    fn a_family_has_no_shop_no_date_and_no_tag() {
        for (model, expected) in [
            ("gpt-4o-2024-11-20", "gpt-4o"),
            ("azure/gpt-4o", "gpt-4o"),
            ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
            ("openrouter/anthropic/claude-3-5-sonnet", "claude-3-5-sonnet"),
            ("llama3.1:8b", "llama3.1"),
            ("qwen2.5-7b-instruct", "qwen2.5-7b-instruct"),
            ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
        ] {
            assert_eq!(family(model), expected, "{model}");
        }
    }
}
