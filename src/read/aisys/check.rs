//! Holds a file to the format: keys, kinds of values, names that must exist.

use crate::read::checks::remark;
use crate::source::{Edit, Node};
use crate::system::{RemarkKind, System, nearest, units};

use super::AISYS;
use super::schema;

/// Remarks on all that is not as the format says.
pub(super) fn check(root: &Node, system: &mut System) {
    let schema = schema::json_schema();
    let mut checker = Checker {
        schema: &schema,
        system,
    };
    checker.keys(root, "File", "the top level");
    for (section, kind) in [("traffic", "Traffic"), ("audit", "Audit")] {
        if let Some(node) = root.get(section) {
            checker.keys(node, kind, section);
        }
    }
    for entry in root.get("providers").into_iter().flat_map(Node::entries) {
        checker.keys(&entry.value, "Provider", &format!("providers.{}", entry.key.text));
        if entry.value.get("api").is_none() {
            checker.invalid(&entry.value, "a provider needs its `api`, such as `api: openai`");
        }
    }
    for entry in root.get("models").into_iter().flat_map(Node::entries) {
        if entry.value.as_seq().is_none() {
            checker.invalid(
                &entry.value,
                "a model is a list of deployments: `[{provider: …, model: …}]`",
            );
        }
        for item in entry.value.items() {
            checker.keys(item, "Model", &format!("models.{}", entry.key.text));
            checker.name(root, item.get("provider"), "providers");
        }
    }
    for entry in root.get("routes").into_iter().flat_map(Node::entries) {
        checker.route(root, &entry.key.text, &entry.value);
    }
    if let Some(deadline) = root.get("deadline") {
        checker.duration(deadline);
    }
    if let Some(peak) = root.at(&["traffic", "peak"])
        && peak.scalar_text().as_deref().and_then(rate).is_none()
    {
        checker.invalid(peak, "expected a rate, such as `20/s` or `600/min`");
    }
    if let Some(fail_on) = root.at(&["audit", "fail_on"])
        && !matches!(fail_on.as_str(), Some("error" | "warning" | "note" | "never"))
    {
        checker.invalid(fail_on, "expected error, warning, note or never");
    }
}

struct Checker<'a> {
    schema: &'a serde_json::Value,
    system: &'a mut System,
}

impl Checker<'_> {
    fn keys(&mut self, node: &Node, kind: &str, here: &str) {
        if node.as_map().is_none() {
            self.invalid(node, &format!("expected a mapping, and this is {}", node.kind()));
            return;
        }
        let known = schema::keys(self.schema, kind);
        for entry in node.entries().filter(|entry| !known.contains(&entry.key.text)) {
            let near = nearest(&entry.key.text, known.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; `{near}` is near"));
            let message = format!("there is no `{}` in {here}{hint}", entry.key.text);
            let mut found = remark(RemarkKind::UnknownKey, AISYS, &entry.key.place, message);
            if let Some(near) = near {
                found.help = Some(format!("write `{near}`"));
                if entry.key.place.text() == entry.key.text {
                    found.edits = vec![Edit {
                        place: entry.key.place.clone(),
                        text: near.to_owned(),
                    }];
                }
            }
            self.system.remarks.push(found);
        }
    }

    fn invalid(&mut self, node: &Node, message: &str) {
        self.system.remarks.push(remark(
            RemarkKind::InvalidValue,
            AISYS,
            &node.place.first_line(),
            message,
        ));
    }

    fn duration(&mut self, node: &Node) {
        let valid = node.as_str().and_then(units::duration).is_some_and(|it| !it.is_zero());
        if !valid {
            self.invalid(node, "expected a duration with its unit, such as `7s` or `500ms`");
        }
    }

    /// A name must be one of those that a section defines.
    fn name(&mut self, root: &Node, node: Option<&Node>, section: &str) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.scalar_text()?))) else {
            return;
        };
        let names: Vec<&str> = root
            .get(section)
            .into_iter()
            .flat_map(Node::entries)
            .map(|entry| entry.key.text.as_str())
            .collect();
        if names.contains(&text.as_str()) {
            return;
        }
        let near = nearest(&text, names.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        self.invalid(node, &format!("`{section}` defines no `{text}`{hint}"));
    }

    fn route(&mut self, root: &Node, name: &str, node: &Node) {
        let here = format!("routes.{name}");
        self.keys(node, "Route", &here);
        match node.get("use") {
            None => self.invalid(node, "a route needs `use`: the model that answers"),
            Some(uses) if uses.as_map().is_some() => {
                self.keys(uses, "Split", &format!("{here}.use"));
                for key in ["easy", "hard"] {
                    self.name(root, uses.get(key), "models");
                }
            }
            Some(uses) => self.name(root, Some(uses), "models"),
        }
        for target in node.get("fallback").into_iter().flat_map(Node::items) {
            self.name(root, Some(target), "models");
        }
        let blocks = [
            ("timeouts", "Timeouts"),
            ("retries", "Retries"),
            ("cache", "Cache"),
            ("limits", "Limits"),
            ("budget", "Budget"),
            ("retrieval", "Retrieval"),
            ("guard", "Guard"),
            ("judge", "Judge"),
            ("hedge", "Hedge"),
        ];
        for (block, kind) in blocks {
            if let Some(inner) = node.get(block) {
                self.keys(inner, kind, &format!("{here}.{block}"));
            }
        }
        for (block, kind) in [("semantic", "Semantic"), ("exact", "Exact")] {
            if let Some(inner) = node.at(&["cache", block]) {
                self.keys(inner, kind, &format!("{here}.cache.{block}"));
            }
        }
        for entry in node.get("timeouts").into_iter().flat_map(Node::entries) {
            self.duration(&entry.value);
        }
        for path in [
            ["limits", "input_tokens"],
            ["limits", "output_tokens"],
            ["retries", "attempts"],
        ] {
            if let Some(number) = node.at(&path)
                && number.as_u64().is_none()
            {
                self.invalid(number, "expected a whole number");
            }
        }
        for path in [["retries", "budget"], ["hedge", "after"], ["hedge", "share"]] {
            if let Some(part) = node.at(&path)
                && part.scalar_text().as_deref().and_then(share).is_none()
            {
                self.invalid(part, "expected a share from 0% to 100%, such as `10%`");
            }
        }
        if let Some(usd) = node.at(&["budget", "usd"])
            && usd.as_f64().is_none_or(|usd| usd <= 0.0)
        {
            self.invalid(usd, "expected dollars above zero");
        }
        if let Some(per) = node.at(&["budget", "per"])
            && per.as_str().and_then(period).is_none()
        {
            self.invalid(per, "expected hour, day, week, month or a duration");
        }
    }
}

/// Requests a second from `20/s`, `600/min`, `1000/h`.
pub(super) fn rate(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number / seconds)
}

/// A share from 0 to 1, out of `10%` or `0.1`.
pub(super) fn share(text: &str) -> Option<f64> {
    let share = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.trim().parse().ok()?,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// A budget's period.
pub(super) fn period(text: &str) -> Option<std::time::Duration> {
    match text {
        "hour" => units::duration("1h"),
        "day" => units::duration("1d"),
        "week" => units::duration("7d"),
        "month" => units::duration("30d"),
        _ => units::duration(text),
    }
}
