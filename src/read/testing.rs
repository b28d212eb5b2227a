//! What the readers' tests share: a text read as a file of a dialect, and what came of it.

use std::path::PathBuf;

use crate::source::{SourceFile, parse_yaml};
use crate::system::prices::Prices;
use crate::system::{Plan, RemarkKind, Route, System};

use super::{Document, Reader};

/// A text as the file at this path, which the reader must recognise.
pub(super) fn read(reader: &Reader, path: impl Into<PathBuf>, text: &str) -> System {
    let file = SourceFile::new(path, text);
    let roots = parse_yaml(&file).unwrap();
    let prices = Prices::shipped();
    let document = Document {
        file,
        roots,
        prices: &prices,
    };
    assert!((reader.recognises)(&document));
    (reader.read)(&document)
}

/// The route of a name.
pub(super) fn route<'a>(system: &'a System, name: &str) -> &'a Route {
    system.routes.iter().find(|route| route.name == name).unwrap()
}

/// What remarks of a kind say.
pub(super) fn remarks(system: &System, kind: RemarkKind) -> Vec<&str> {
    let all = system.remarks.iter().filter(|remark| remark.kind == kind);
    all.map(|remark| remark.message.as_str()).collect()
}

/// The models' providers in the order of the attempts, repetitions within one step not counted.
pub(super) fn providers(system: &System, plan: &Plan) -> Vec<String> {
    let attempts = plan.attempts();
    attempts
        .iter()
        .map(|attempt| system.deployment(attempt.deployment).provider.value.clone())
        .collect()
}
