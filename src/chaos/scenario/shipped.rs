//! The scenarios that ship: in the program, so that they run wherever it does.

use std::io;
use std::path::Path;

use crate::read::FormError;
use crate::source::SourceFile;

use super::Scenario;

/// A shipped file: its path below the scenarios' folder, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its path: `friday.yaml`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// One file of `fixtures/scenarios`.
macro_rules! shipped {
    ($path:literal) => {
        Shipped {
            path: $path,
            text: include_str!(concat!("../../../fixtures/scenarios/", $path)),
        }
    };
}

/// All scenarios that ship.
pub const SCENARIOS: &[Shipped] = &[
    shipped!("friday.yaml"),
    shipped!("friday-fixed.yaml"),
    shipped!("dead.yaml"),
    shipped!("hung.yaml"),
    shipped!("slow.yaml"),
    shipped!("rate-limited.yaml"),
    shipped!("cutting.yaml"),
    shipped!("garbage.yaml"),
    shipped!("wrong-but-200.yaml"),
    shipped!("anthropic-2026-03-02.yaml"),
    shipped!("anthropic-2026-06-02.yaml"),
    shipped!("anthropic-2026-06-05.yaml"),
    shipped!("anthropic-2026-06-16.yaml"),
    shipped!("anthropic-529-wave.yaml"),
    shipped!("anthropic-auth-2026-04-28.yaml"),
    shipped!("anthropic-quality-2025-08.yaml"),
    shipped!("aws-use1-2025-10-20.yaml"),
    shipped!("azure-gpt52-2026-03-09.yaml"),
    shipped!("azure-oom-2025-05-16.yaml"),
    shipped!("azure-swedencentral-2026-01-27.yaml"),
    shipped!("cloudflare-2025-11-18.yaml"),
    shipped!("gcp-2025-06-12.yaml"),
    shipped!("openai-2024-12-11.yaml"),
    shipped!("openai-2025-06-10.yaml"),
];

/// The configurations that they name.
pub const SYSTEMS: &[Shipped] = &[
    shipped!("systems/friday/config.yaml"),
    shipped!("systems/friday-fixed/config.yaml"),
];

impl Shipped {
    /// The name by which it is asked for: `friday`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.trim_end_matches(".yaml")
    }

    /// The scenario.
    ///
    /// # Errors
    /// Fails as the file would; a test holds that none does.
    pub fn read(&self) -> Result<Scenario, FormError> {
        Scenario::parse(&SourceFile::new(self.path, self.text))
    }
}

/// The shipped scenario of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Shipped> {
    SCENARIOS.iter().find(|shipped| shipped.name() == name)
}

/// Writes all of them, and the configurations that they name, into a folder. A file that is there is left alone.
///
/// # Errors
/// Fails when a file cannot be written.
pub fn write_all(folder: &Path) -> io::Result<usize> {
    let mut written = 0;
    for shipped in SCENARIOS.iter().chain(SYSTEMS) {
        let path = folder.join(shipped.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if !path.exists() {
            std::fs::write(&path, shipped.text)?;
            written += 1;
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::scenario::Subject;

    #[test]
    fn all_are_read_and_say_what_is_documented_and_what_assumed() {
        for shipped in SCENARIOS {
            let scenario = shipped.read().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.name, shipped.name());
            assert!(
                !scenario.about.is_empty() && !scenario.hypotheses.is_empty(),
                "{}",
                shipped.path
            );
            let is_incident = scenario.class.as_deref() == Some("incident");
            assert_eq!(is_incident, !scenario.source.is_empty(), "{}", shipped.path);
            assert_eq!(is_incident, !scenario.assumed.is_empty(), "{}", shipped.path);
            let (begin, end) = scenario.fault_span().unwrap();
            assert!(!begin.is_zero() && end <= scenario.traffic.lasts, "{}", shipped.path);
            let over = scenario
                .faults
                .iter()
                .filter_map(super::super::Injection::over)
                .max()
                .unwrap();
            assert!(over < scenario.traffic.lasts, "{}: {over:?}", shipped.path);
        }
    }

    #[test]
    fn every_file_of_the_folder_ships() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        let mut there: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".yaml"))
            .collect();
        let mut ships: Vec<String> = SCENARIOS.iter().map(|shipped| shipped.path.to_owned()).collect();
        there.sort();
        ships.sort();
        assert_eq!(there, ships);
    }

    #[test]
    fn their_systems_are_written_with_them() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(write_all(folder.path()).unwrap(), SCENARIOS.len() + SYSTEMS.len());
        assert_eq!(write_all(folder.path()).unwrap(), 0);
        for shipped in SCENARIOS {
            let scenario = Scenario::read(&folder.path().join(shipped.path)).unwrap();
            if let Some(Subject::System { paths, .. }) = scenario.subject {
                assert!(paths.iter().all(|path| path.is_file()), "{}", shipped.path);
            }
        }
    }
}
