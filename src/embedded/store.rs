//! The folder of models: one folder each, with its files and a manifest.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::ModelError;
use super::manifest::{MANIFEST, Manifest};

/// The models on this disk.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// One model in it, or why it cannot be read.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What is known about it.
    pub manifest: Result<Manifest, ModelError>,
}

impl Store {
    /// The store under a home folder: `{home}/models`. It need not be there yet.
    #[must_use]
    pub fn new(home: &Path) -> Self {
        Self {
            folder: home.join("models"),
        }
    }

    /// Where the models lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder and manifest of a model.
    ///
    /// # Errors
    /// Fails when it is not there or its manifest is broken.
    pub fn open(&self, name: &str) -> Result<(PathBuf, Manifest), ModelError> {
        check_name(name)?;
        let folder = self.folder.join(name);
        if !folder.join(MANIFEST).is_file() {
            return Err(ModelError::new(format!(
                "no model {name:?} in {}; get it by `aisys models pull {name}`, or add it by `aisys models add {name} --from FILE`",
                self.folder.display()
            )));
        }
        let manifest = Manifest::read(&folder)?;
        Ok((folder, manifest))
    }

    /// All models, by name.
    ///
    /// # Errors
    /// Fails when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, ModelError> {
        let mut entries = Vec::new();
        let read = match fs::read_dir(&self.folder) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(entries),
            Err(error) => return Err(self.fail("read", &error)),
        };
        for entry in read {
            let path = entry.map_err(|error| self.fail("read", &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if check_name(&name).is_ok() && path.join(MANIFEST).is_file() {
                let manifest = Manifest::read(&path);
                entries.push(Entry { name, manifest });
            }
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    /// Takes a model away.
    ///
    /// # Errors
    /// Fails when it is not there or the disk does.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        check_name(name)?;
        let folder = self.folder.join(name);
        if !folder.join(MANIFEST).is_file() {
            return Err(ModelError::new(format!(
                "no model {name:?} in {}",
                self.folder.display()
            )));
        }
        fs::remove_dir_all(&folder).map_err(|error| self.fail("remove from", &error))
    }

    /// A folder beside the models, for one that is not whole yet; it goes when it is dropped.
    ///
    /// # Errors
    /// Fails when the disk does.
    pub(super) fn draft(&self) -> Result<TempDir, ModelError> {
        fs::create_dir_all(&self.folder).map_err(|error| self.fail("make", &error))?;
        let draft = tempfile::Builder::new().prefix(".draft-").tempdir_in(&self.folder);
        draft.map_err(|error| self.fail("write into", &error))
    }

    /// Where a download that was cut short waits to go on.
    ///
    /// # Errors
    /// Fails when the disk does.
    pub(super) fn partial(&self, name: &str) -> Result<PathBuf, ModelError> {
        check_name(name)?;
        let folder = self.folder.join(".partial").join(name);
        fs::create_dir_all(&folder).map_err(|error| self.fail("make", &error))?;
        Ok(folder)
    }

    /// Makes a whole model of a folder, at one stroke.
    ///
    /// # Errors
    /// Fails when the name is taken or the disk does.
    pub(super) fn keep(&self, name: &str, folder: &Path, manifest: &Manifest) -> Result<PathBuf, ModelError> {
        self.check_free(name)?;
        manifest.write(folder)?;
        let place = self.folder.join(name);
        fs::rename(folder, &place).map_err(|error| self.fail("write into", &error))?;
        Ok(place)
    }

    /// Whether a name may be given.
    ///
    /// # Errors
    /// Fails when it is taken or no name.
    pub(super) fn check_free(&self, name: &str) -> Result<(), ModelError> {
        check_name(name)?;
        if name == "default" {
            return Err(ModelError::new("the name default is that of the table that ships"));
        }
        if self.folder.join(name).exists() {
            return Err(ModelError::new(format!(
                "there is a model {name:?} in {} already; take it away by `aisys models remove {name}`",
                self.folder.display()
            )));
        }
        Ok(())
    }

    fn fail(&self, what: &str, error: &std::io::Error) -> ModelError {
        ModelError::new(format!("cannot {what} {}: {error}", self.folder.display()))
    }
}

/// A name becomes a folder's: letters, digits, `-`, `_` and `.`, not first.
fn check_name(name: &str) -> Result<(), ModelError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 100 || name.starts_with(['.', '-']) || !name.chars().all(plain) {
        return Err(ModelError::new(format!(
            "{name:?} is no name for a model: letters, digits, -, _ and . are, beginning with a letter or digit"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Kind;
    use super::*;

    fn store() -> (TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        (home, store)
    }

    #[test]
    fn a_model_is_kept_listed_opened_and_removed() {
        let (_home, store) = store();
        assert!(store.list().unwrap().is_empty());
        let draft = store.draft().unwrap();
        let manifest = Manifest::new(Kind::Chat, "here".to_owned(), Vec::new());
        let path = draft.keep();
        store.keep("tiny", &path, &manifest).unwrap();
        assert_eq!(store.open("tiny").unwrap().1, manifest);
        let names: Vec<String> = store.list().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["tiny"]);
        assert!(store.check_free("tiny").unwrap_err().message.contains("already"));
        store.remove("tiny").unwrap();
        assert!(
            store
                .open("tiny")
                .unwrap_err()
                .message
                .contains("aisys models pull tiny")
        );
    }

    #[test]
    fn names_stay_in_the_folder() {
        let (_home, store) = store();
        for name in ["", "..", "../x", "a/b", "a\\b", ".hidden", "-f", "ü", "a b"] {
            assert!(store.open(name).unwrap_err().message.contains("no name"), "{name}");
            assert!(store.remove(name).is_err(), "{name}");
        }
        assert!(store.check_free("default").is_err());
    }

    #[test]
    fn a_broken_manifest_is_shown_and_not_fatal() {
        let (_home, store) = store();
        let folder = store.folder().join("bad");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(MANIFEST), "{").unwrap();
        let entries = store.list().unwrap();
        assert!(
            entries[0]
                .manifest
                .as_ref()
                .unwrap_err()
                .message
                .contains("add it again")
        );
    }
}
