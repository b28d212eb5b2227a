//! A lower room never imports a higher one.

use std::path::Path;

use crate::support::root;

/// The rooms from low to high; those in one row do not import one another.
const ROOMS: &[&[&str]] = &[
    &["clock", "rng", "exit", "source"],
    &["system", "stats", "wire", "store"],
    &["report"],
    &["read", "embedded"],
    &["provider"],
    &["retrieve"],
    &["pipeline"],
    &["audit", "eval", "chaos"],
    &["cli"],
];

/// Pairs of one row, or upward, that are meant.
const ALLOWED: &[(&str, &str)] = &[];

#[test]
fn no_room_imports_a_higher_one() {
    let level = |room: &str| ROOMS.iter().position(|row| row.contains(&room));
    let mut wrong = Vec::new();
    let mut imports = 0;
    each_file(&root("src"), &mut |path, text| {
        let inside = path.strip_prefix(root("src")).unwrap();
        let room = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let Some(own) = level(&room) else {
            assert!(
                ["lib", "main"].contains(&room.as_str()),
                "{room} is no room of tests/it/layering.rs"
            );
            return;
        };
        // Tests may drive higher rooms.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        if path.file_name().unwrap() == "tests.rs" {
            return;
        }
        for (at, _) in code.match_indices("crate::") {
            let other: String = code[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            let Some(theirs) = level(&other) else { continue };
            imports += 1;
            let meant = other == room || theirs < own || ALLOWED.contains(&(room.as_str(), other.as_str()));
            if !meant {
                wrong.push(format!("{}: {room} imports {other}", inside.display()));
            }
        }
    });
    assert!(imports > 100, "only {imports} imports were seen");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn each_file(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
