//! From what a reader noticed to what a rule reports.

use crate::audit::{Audit, Hit, Hits};
use crate::report::Confidence;
use crate::system::RemarkKind;

/// Every remark of a kind as a hit. A reader that is not sure lowers the confidence.
pub(super) fn report(audit: &Audit<'_>, kind: RemarkKind, label: &str, hits: &mut Hits<'_>) {
    for remark in audit.remarks(kind) {
        let mut hit = Hit::at(&remark.place, remark.message.clone()).label(label);
        if let Some(help) = &remark.help {
            hit = hit.help(help.clone());
        }
        if !remark.sure {
            hit = hit.confidence(Confidence::Low);
        }
        let title = remark.help.clone().unwrap_or_else(|| "mend it".to_owned());
        hits.push(hit.safe_fix(title, remark.edits.clone()));
    }
}
