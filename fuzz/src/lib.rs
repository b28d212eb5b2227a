//! What targets do with their bytes, and the properties that no input may break. Those of the audit read a file of
//! some name, run all rules and render all formats; those of the chaos experiments, the eval and the wire are in files
//! of their own.

pub mod chaos;
pub mod eval;
pub mod wire;

use std::path::Path;
use std::sync::LazyLock;

use aisys::audit::{self, Audit, Options, fixes, registry};
use aisys::read;
use aisys::report::{self, Format, Style};
use aisys::system::prices::Prices;

static PRICES: LazyLock<Prices> = LazyLock::new(Prices::shipped);

const FORMATS: &[Format] = &[
    Format::Text,
    Format::Csv,
    Format::Json,
    Format::Jsonl,
    Format::Sarif,
    Format::Junit,
    Format::Github,
    Format::Markdown,
];

/// Audits bytes as the content of a file of this name.
///
/// # Panics
/// When a finding points outside its file, or a safe fix makes a file that was read unreadable: that
/// is what the fuzzer looks for.
pub fn audit(name: &str, bytes: &[u8]) {
    let reading = read::read_bytes(Path::new(name), bytes.to_vec(), &PRICES);
    let options = Options::default();
    let computed = Audit::new(&reading.system, &PRICES, &options);
    let rules: Vec<_> = registry::RULES.to_vec();
    let suppressed = audit::suppress(
        audit::run(&computed, &rules),
        &reading.system.source_files(),
        &reading.system.declared.ignore,
        &rules,
    );
    for finding in &suppressed.kept {
        let span = finding.place.span;
        assert!(finding.place.file.text().get(span.start..span.end).is_some(), "{}", finding.rule);
    }
    let (changed, _) = fixes::round(&suppressed.kept, false);
    for (file, after) in changed {
        let again = read::read_bytes(file.path(), after.clone().into_bytes(), &PRICES);
        assert!(
            again.errors.len() <= reading.errors.len(),
            "a safe fix broke the file: {:?}\n{after}",
            again.errors
        );
    }
    let mut report = audit::report(&computed, &rules, suppressed.kept, usize::MAX);
    report.explained = audit::explained(&computed);
    for format in FORMATS {
        let mut out = Vec::new();
        assert!(report::render(&report, *format, Style::default(), &mut out).is_ok());
        assert!(std::str::from_utf8(&out).is_ok());
    }
}
