//! `LiteLLM` proxy configurations.

use crate::system::{Dialect, System};

use super::{Document, Reader};

/// The reader.
pub const READER: Reader = Reader {
    dialect: Dialect::Litellm,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| root.get("model_list").is_some())
}

fn read(_document: &Document<'_>) -> System {
    System::default()
}
