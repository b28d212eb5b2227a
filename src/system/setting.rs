//! A value and where it comes from. Every number that a report prints can be traced through these.

use crate::source::Place;

use super::Dialect;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Written in a file.
    Written(Place),
    /// Nothing is written; the product decides.
    Default(ProductDefault),
    /// Followed from something else, told in words ("the only region of its endpoint").
    Derived(String),
}

/// What a product does when nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductDefault {
    /// The product.
    pub product: &'static str,
    /// The version in which this default was read.
    pub version: &'static str,
}

impl ProductDefault {
    /// The default of a dialect's product in the version that is modelled.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        let (product, version) = dialect.product();
        Self { product, version }
    }
}

impl std::fmt::Display for ProductDefault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "default of {} {}", self.product, self.version)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Written(place) => place.fmt(f),
            Self::Default(default) => default.fmt(f),
            Self::Derived(why) => f.write_str(why),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value that stands in a file.
    pub const fn written(value: T, place: Place) -> Self {
        Self {
            value,
            origin: Origin::Written(place),
        }
    }

    /// A value that a product fills in.
    pub const fn default_of(value: T, dialect: Dialect) -> Self {
        Self {
            value,
            origin: Origin::Default(ProductDefault::of(dialect)),
        }
    }

    /// A value that follows from something else.
    pub fn derived(value: T, why: impl Into<String>) -> Self {
        Self {
            value,
            origin: Origin::Derived(why.into()),
        }
    }

    /// Where it is written, if it is.
    pub const fn place(&self) -> Option<&Place> {
        if let Origin::Written(place) = &self.origin {
            Some(place)
        } else {
            None
        }
    }

    /// Whether it stands in a file.
    pub const fn is_written(&self) -> bool {
        matches!(self.origin, Origin::Written(_))
    }

    /// The same origin with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting {
            value: change(self.value),
            origin: self.origin,
        }
    }

    /// A view that borrows the value.
    pub fn as_ref(&self) -> Setting<&T> {
        Setting {
            value: &self.value,
            origin: self.origin.clone(),
        }
    }
}
