//! What a reader notices that is wrong with the text itself.

use crate::source::{Edit, Place};

use super::Dialect;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemarkKind {
    /// A key that the product's version does not know.
    UnknownKey,
    /// A key that does nothing where it stands.
    MisplacedKey,
    /// A key that stands twice in one mapping.
    DuplicateKey,
    /// A value of the wrong type or form, or one that stops the product's start.
    InvalidValue,
    /// A number in the wrong unit.
    UnitMistake,
    /// A variable in a syntax that the product does not expand.
    NotExpanded,
    /// A key, or a password as strong as one, that stands in the file.
    LiteralSecret,
    /// A plain word as a password, as local stacks have them.
    LiteralPassword,
    /// Traffic without encryption to a host that is not local.
    PlaintextEndpoint,
    /// A credential, provider or deployment that nothing reaches.
    Unused,
}

/// One thing that a reader noticed. A rule of the same name turns it into a finding.
#[derive(Debug, Clone)]
pub struct Remark {
    /// What is wrong.
    pub kind: RemarkKind,
    /// The dialect whose rules were broken.
    pub dialect: Dialect,
    /// Where: the key or value itself.
    pub place: Place,
    /// One sentence that names the thing and what the product does with it.
    pub message: String,
    /// How to mend it, in words, when it is known.
    pub help: Option<String>,
    /// The edit that mends it, when that is safe.
    pub edits: Vec<Edit>,
    /// Whether the reader is sure.
    pub sure: bool,
}
