//! Relevant passages that the corpus does not have.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::view::CaseView;
use super::{Check, Input, SuiteFinding};

pub(super) const CHECK: Check = Check {
    kind: "missing-passage",
    about: "a relevant passage that is not in the corpus",
    run,
};

/// Keys less like the missing one than this are not named.
const ALIKE: f64 = 0.6;

/// In larger corpora the nearest key is looked for among so many neighbours by name.
const COMPARED: usize = 20_000;

fn run(input: &Input) -> Vec<SuiteFinding> {
    let Some(keys) = &input.suite.passages else {
        return Vec::new();
    };
    let known: BTreeSet<&str> = keys.iter().flat_map(|key| [key.as_str(), document(key)]).collect();
    let missing = |case: &CaseView| -> Vec<SuiteFinding> {
        case.relevant
            .iter()
            .filter(|key| !known.contains(key.as_str()))
            .map(|key| finding(case, key, nearest(key, &known)))
            .collect()
    };
    input.suite.cases.iter().flat_map(missing).collect()
}

fn finding(case: &CaseView, key: &str, nearest: Option<&str>) -> SuiteFinding {
    let meant = nearest
        .map(|nearest| format!("; nearest: {nearest}"))
        .unwrap_or_default();
    SuiteFinding {
        kind: CHECK.kind,
        cases: vec![case.id.clone()],
        message: format!(
            "{} calls {key} relevant, which is not in the corpus: no retrieval can find it{meant}",
            case.id
        ),
        help: "correct the key, or add the document to the corpus",
        place: case.place.clone(),
    }
}

/// The document of a passage's key.
fn document(key: &str) -> &str {
    key.split_once('#').map_or(key, |(document, _)| document)
}

/// The key most like the missing one.
fn nearest<'a>(missing: &str, known: &BTreeSet<&'a str>) -> Option<&'a str> {
    let alike = |key: &&'a str| strsim::normalized_damerau_levenshtein(missing, key);
    let near: Vec<&'a str> = if known.len() > COMPARED {
        let start = document(missing);
        let from = known
            .range::<str, _>((Bound::Included(start), Bound::Unbounded))
            .take(COMPARED / 2);
        let before = known
            .range::<str, _>((Bound::Unbounded, Bound::Excluded(start)))
            .rev()
            .take(COMPARED / 2);
        from.chain(before).copied().collect()
    } else {
        known.iter().copied().collect()
    };
    near.into_iter()
        .map(|key| (alike(&key), key))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(one.1)))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::super::{SuiteView, check};
    use super::*;

    fn found(relevant: &str, passages: Option<&[&str]>) -> Vec<String> {
        let case = CaseView {
            relevant: vec![relevant.to_owned()],
            ..CaseView::asking("refund", "How long?")
        };
        let suite = SuiteView {
            passages: passages.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
            ..SuiteView::of([case])
        };
        let findings = check(&suite, None, 1);
        findings
            .into_iter()
            .filter(|it| it.kind == CHECK.kind)
            .map(|it| it.message)
            .collect()
    }

    const KEYS: &[&str] = &["returns.md#return-window", "returns.md#sale-items", "shipping.md#times"];

    #[test]
    fn a_mistyped_key_is_found_with_the_nearest() {
        assert_eq!(
            found("returns.md#return-windows", Some(KEYS)),
            [
                "refund calls returns.md#return-windows relevant, which is not in the corpus: no retrieval can find it; \
              nearest: returns.md#return-window"
            ]
        );
        assert!(found("42", Some(KEYS))[0].ends_with("can find it"));
    }

    #[test]
    fn passages_and_documents_that_are_there_are_quiet() {
        assert!(found("returns.md#sale-items", Some(KEYS)).is_empty());
        assert!(found("shipping.md", Some(KEYS)).is_empty());
        assert!(found("anything", None).is_empty());
    }
}
