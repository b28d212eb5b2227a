//! What the modules share: where things are, and audits of folders through the library.

use std::path::{Path, PathBuf};

use aisys::audit::{self, Audit, Options, registry};
use aisys::clock::Day;
use aisys::read;
use aisys::report::Finding;
use aisys::system::prices::Prices;

/// The day of all tests: models are judged by it, so that no test depends on the calendar.
pub(crate) const TODAY: &str = "2026-11-24";

/// A path in the repository.
pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every finding of every confidence in a folder or file. Errors of reading are a failed test.
pub(crate) fn audit_path(path: &Path) -> Vec<Finding> {
    let prices = Prices::shipped();
    let reading = read::read(&[path.to_owned()], &prices);
    assert!(reading.errors.is_empty(), "{}: {:?}", path.display(), reading.errors);
    assert!(!reading.dialects.is_empty(), "nothing recognised in {}", path.display());
    let options = Options {
        today: TODAY.parse::<Day>().unwrap(),
        ..Options::default()
    };
    let audit = Audit::new(&reading.system, &prices, &options);
    audit::run(&audit, registry::RULES)
}
