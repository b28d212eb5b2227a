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
pub(super) fn family(model: &str) -> String {
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
