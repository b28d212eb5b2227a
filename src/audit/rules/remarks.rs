//! From what a reader noticed to what a rule reports.

use crate::audit::{Audit, Hit, Hits};
use crate::report::Confidence;
use crate::system::{Remark, RemarkKind};

/// Every remark of a kind as a hit. A reader that is not sure lowers the confidence.
pub(super) fn report(audit: &Audit<'_>, kind: RemarkKind, label: &str, hits: &mut Hits<'_>) {
    report_with(audit, kind, label, hits, |_| true);
}

/// The same, with the edits only where `may_edit` allows them.
pub(super) fn report_with(
    audit: &Audit<'_>,
    kind: RemarkKind,
    label: &str,
    hits: &mut Hits<'_>,
    mut may_edit: impl FnMut(&Remark) -> bool,
) {
    for remark in audit.remarks(kind) {
        let title = remark.help.clone().unwrap_or_else(|| "mend it".to_owned());
        let edits = if may_edit(remark) {
            remark.edits.clone()
        } else {
            Vec::new()
        };
        hits.push(hit_of(remark, label).safe_fix(title, edits));
    }
}

/// A remark as a hit without its edits.
pub(super) fn hit_of(remark: &Remark, label: &str) -> Hit {
    let mut hit = Hit::at(&remark.place, remark.message.clone()).label(label);
    if let Some(help) = &remark.help {
        hit = hit.help(help.clone());
    }
    if !remark.sure {
        hit = hit.confidence(Confidence::Low);
    }
    hit
}
