//! Tests and scenarios as cases.

mod case;
mod expected;
mod row;
mod scenarios;
mod sources;
mod test;
mod vars;

use std::collections::BTreeMap;

use crate::eval::suite::{Case, SuiteError};
use crate::source::{Entry, Node, Place};

use super::document::Home;
use super::files;
use super::graders::Graders;
use super::variants::Column;
use case::Cases;
use test::Test;

/// What a configuration says of its tests.
pub(super) struct Written<'a> {
    pub(super) default: Option<&'a Node>,
    pub(super) tests: Option<&'a Node>,
    pub(super) scenarios: Option<&'a Node>,
    /// `metadata` of the configuration: that of `defaultTest`, when it has none.
    pub(super) metadata: Option<&'a Node>,
    /// The configuration itself.
    pub(super) place: &'a Place,
}

/// The cases, what should be known of them, and the graders that they name.
pub(super) fn read<'a>(
    written: &Written<'_>,
    columns: &'a [Column],
    graders: Graders<'a>,
    repeats: u32,
    home: &'a Home,
) -> Result<(Vec<Case>, Vec<String>, Graders<'a>), SuiteError> {
    let default = default_test(written, home)?;
    let mut tests = match written.tests {
        Some(node) => sources::read(node, home)?,
        None => Vec::new(),
    };
    // As in promptfoo: without tests there is one that says nothing, unless there are scenarios.
    if tests.is_empty() && written.scenarios.is_none() {
        tests.push(Test::empty(written.place));
    }
    if let Some(node) = written.scenarios {
        tests.extend(scenarios::read(node, home)?);
    }
    let mut cases = Cases {
        home,
        columns,
        graders,
        repeats,
        made: Vec::new(),
        notes: Vec::new(),
        ids: BTreeMap::new(),
    };
    for test in tests {
        cases.add(&test.over(&default))?;
    }
    Ok((cases.made, cases.notes, cases.graders))
}

fn default_test(written: &Written<'_>, home: &Home) -> Result<Test, SuiteError> {
    let metadata: Vec<Entry> = written
        .metadata
        .map(Node::entries)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut test = match written.default {
        None => Test::empty(written.place),
        Some(node) => match node.as_str() {
            Some(text) if text.starts_with("file://") => {
                let loaded = home.load(&node.place, &home.folder.join(home.filled(files::bare(text))))?;
                Test::read(&loaded, home, "`defaultTest`")?
            }
            _ => Test::read(node, home, "`defaultTest`")?,
        },
    };
    if test.metadata.is_empty() {
        test.metadata = metadata;
    }
    Ok(test)
}
