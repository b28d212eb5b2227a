//! The configurations that ship for it.

use std::path::Path;
use std::time::Duration;

use crate::read::{Reading, read_bytes};
use crate::system::prices::Prices;

/// A configuration of `LiteLLM`. Users call its route `main`; what is broken are its models whose names begin with
/// `primary`.
#[derive(Debug, Clone, Copy)]
pub struct Configuration {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Faults that meet several requests one after the other, and how far apart these are: what is remembered
    /// from one to the next shows there.
    pub repeated: &'static [(&'static str, Duration)],
}

/// The route that users call.
pub(super) const ROUTE: &str = "main";

const SECOND: Duration = Duration::from_secs(1);

/// One file of `fixtures/validate`.
macro_rules! shipped {
    ($name:literal, $repeated:expr) => {
        Configuration {
            name: $name,
            text: include_str!(concat!("../../../fixtures/validate/", $name, ".yaml")),
            repeated: $repeated,
        }
    };
}

/// All that ship.
pub const CONFIGURATIONS: &[Configuration] = &[
    shipped!("default", &[("401", SECOND), ("404", SECOND), ("400", SECOND)]),
    shipped!("tuned", &[("404", SECOND)]),
    shipped!("two-fallbacks", &[("401", SECOND), ("429", SECOND), ("500", SECOND)]),
    shipped!("pair", &[("401", SECOND), ("429", SECOND), ("500", SECOND)]),
    shipped!("twins", &[("401", SECOND), ("429", SECOND), ("500", SECOND)]),
    shipped!("stream-timeout", &[("401", SECOND), ("500", SECOND)]),
    shipped!("special-fallbacks", &[("400-context", SECOND), ("400-filter", SECOND)]),
    shipped!(
        "cooldown",
        &[("401", SECOND), ("429", SECOND), ("500", SECOND), ("400", SECOND)]
    ),
    shipped!("retry-policy", &[("429", SECOND)]),
];

impl Configuration {
    /// What `aisys` reads of it.
    #[must_use]
    pub fn reading(&self) -> Reading {
        let path = format!("{}.yaml", self.name);
        read_bytes(Path::new(&path), self.text.as_bytes().to_vec(), &Prices::shipped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::validate::FAULTS;

    #[test]
    fn each_is_read_without_a_complaint_and_has_the_route() {
        for configuration in CONFIGURATIONS {
            let reading = configuration.reading();
            assert!(
                reading.errors.is_empty(),
                "{}: {:?}",
                configuration.name,
                reading.errors
            );
            let mut routes = reading.system.routes.iter();
            assert!(routes.any(|route| route.name == ROUTE), "{}", configuration.name);
            for (fault, _) in configuration.repeated {
                assert!(FAULTS.iter().any(|it| it.name == *fault), "{fault}");
            }
        }
    }
}
