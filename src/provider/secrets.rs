//! Keys that must not reach a file or a report.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The secrets that a run has read. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<BTreeSet<String>>>);

/// Values shorter than this are words that occur in any text.
const SHORTEST: usize = 6;

impl Secrets {
    /// Remembers a secret.
    pub fn add(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.lock().insert(secret.to_owned());
        }
    }

    /// The text with every secret replaced.
    #[must_use]
    pub fn redact(&self, text: String) -> String {
        let secrets = self.lock();
        let mut text = text;
        for secret in secrets.iter() {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "(secret)");
            }
        }
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.lock().len())
    }
}
