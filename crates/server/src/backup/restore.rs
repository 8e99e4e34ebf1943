//! From a file into a data directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_domain::Timestamp;
use rushes_store::{
    Store, StoreOptions, check_invariants, embedded_migrations, integrity_faults, kept_paths,
};
use sha2::{Digest as _, Sha256};
use tar::{Archive, EntryType};

use super::archive::{Hashing, hex};
use super::manifest::{Entry, FORMAT, MANIFEST, Manifest};
use super::{BackupError, Nobody, at};
use crate::app::STORE_FILE;
use crate::bootstrap::BOOTSTRAP_FILE;
use crate::data_dir::{DataDir, LOCK_FILE};
use crate::private::make_folder;
use crate::secrets::SECRET_FILE;
use crate::storage::{FILES_FOLDER, IMAGES_FOLDER};

/// Where everything is unpacked and looked at first.
const STAGE: &str = "restore.part";
/// Largest manifest, in bytes: about a million files.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files of a data directory that are no video and no picture.
const SINGLE_FILES: [&str; 3] = [SECRET_FILE, BOOTSTRAP_FILE, STORE_FILE];
/// Sentences of one kind that a refusal names.
const SENTENCES_MAX: usize = 3;

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
}

/// Unpacks the backup `source` into `data_dir`, which has no store yet.
///
/// # Errors
/// If the directory has a store or is in use, or if the backup is not whole; then nothing of it is
/// there.
pub fn restore(source: &Path, data_dir: &Path, now: Timestamp) -> Result<Restored, BackupError> {
    let is_new = !data_dir.exists();
    let restored = restore_into(source, data_dir, now);
    if restored.is_err() && is_new {
        // Only what opening the directory made: a folder with anything else in it stays.
        let _ = fs::remove_file(data_dir.join(LOCK_FILE));
        let _ = fs::remove_dir(data_dir);
    }
    restored
}

fn restore_into(source: &Path, data_dir: &Path, now: Timestamp) -> Result<Restored, BackupError> {
    let file = File::open(source).map_err(at(source))?;
    let home = DataDir::open(data_dir)?;
    check_empty(home.path())?;
    let stage = Stage::make(&home.path().join(STAGE))?;
    let manifest = unpack(file, &stage.0)?;
    check_present(home.path(), &manifest)?;
    examine(&stage.0, now)?;
    publish(&stage.0, home.path())?;
    Ok(Restored { manifest })
}

/// A folder that goes, with what is still in it.
struct Stage(PathBuf);

impl Stage {
    fn make(path: &Path) -> Result<Self, BackupError> {
        // What a restore left that was killed.
        match fs::remove_dir_all(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(at(path)(source));
            }
            _ => {}
        }
        for folder in ["", FILES_FOLDER, IMAGES_FOLDER] {
            make_folder(&path.join(folder)).map_err(at(path))?;
        }
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next restore.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn check_empty(data_dir: &Path) -> Result<(), BackupError> {
    let shown = data_dir.display();
    if data_dir.join(STORE_FILE).exists() {
        return Err(BackupError::Refused(format!(
            "{shown} has a store already; name another --data-dir, or move it away"
        )));
    }
    // SQLite would play another store's log into this one.
    for ending in ["-wal", "-shm", "-journal"] {
        let name = format!("{STORE_FILE}{ending}");
        if data_dir.join(&name).exists() {
            return Err(BackupError::Refused(format!(
                "{shown} has a {name} that belongs to another store; move it away"
            )));
        }
    }
    for folder in [FILES_FOLDER, IMAGES_FOLDER] {
        let path = data_dir.join(folder);
        let is_used = match fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(source) if source.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(at(&path)(source)),
        };
        if is_used {
            let shown = path.display();
            return Err(BackupError::Refused(format!("{shown} is not empty; move it away")));
        }
    }
    Ok(())
}

/// A secret key that is there already would be lost, and with it whatever it sealed.
fn check_present(data_dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let of_backup = |name: &&&str| manifest.entries.iter().any(|entry| entry.path == **name);
    let singles = [SECRET_FILE, BOOTSTRAP_FILE];
    match singles.iter().filter(of_backup).find(|name| data_dir.join(name).exists()) {
        None => Ok(()),
        Some(name) => Err(BackupError::Refused(format!(
            "{} has a {name} of its own; move it away, or name another --data-dir",
            data_dir.display()
        ))),
    }
}

/// Unpacks every entry into the stage and checks it against the manifest.
fn unpack(file: File, stage: &Path) -> Result<Manifest, BackupError> {
    let mut archive = Archive::new(BufReader::with_capacity(1 << 20, file));
    let mut found: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut manifest = None;
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        if manifest.is_some() {
            return Err(BackupError::Damaged("something follows its manifest".to_owned()));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(BackupError::Damaged(format!("{name:?} is no plain file")));
        }
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut entry)?);
            continue;
        }
        if !is_ours(&name) {
            return Err(BackupError::Damaged(format!("{name:?} belongs to no data directory")));
        }
        if found.contains_key(&name) {
            return Err(BackupError::Damaged(format!("{name} is in it twice")));
        }
        let written = write_file(&mut entry, &stage.join(&name))?;
        found.insert(name, written);
    }
    let manifest = manifest
        .ok_or_else(|| BackupError::Damaged("it has no manifest: it was cut off".to_owned()))?;
    check_entries(&manifest, &found)?;
    Ok(manifest)
}

fn damaged(error: &io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Damaged("it was cut off".to_owned()),
        // Its words quote the file.
        _ => BackupError::Damaged("it is no tar file, or a damaged one".to_owned()),
    }
}

/// True for the names that a backup has: one of the single files, or a plain name in one of the two
/// folders.
fn is_ours(name: &str) -> bool {
    if SINGLE_FILES.contains(&name) {
        return true;
    }
    let Some((folder, file)) = name.split_once('/') else { return false };
    let is_plain = !file.is_empty()
        && !file.starts_with('.')
        && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    [FILES_FOLDER, IMAGES_FOLDER].contains(&folder) && is_plain
}

/// Writes and syncs one file; gives its size and SHA-256.
fn write_file(source: &mut impl Read, path: &Path) -> Result<(u64, String), BackupError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(at(path))?;
    let mut hashing = Hashing { source, hash: Sha256::new(), read: 0 };
    io::copy(&mut hashing, &mut file).map_err(at(path))?;
    file.flush().and_then(|()| file.sync_all()).map_err(at(path))?;
    Ok((hashing.read, hex(&hashing.hash.finalize())))
}

/// What every version of the layout has.
#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

fn read_manifest(source: &mut impl Read) -> Result<Manifest, BackupError> {
    let mut text = Vec::new();
    let mut limited = source.take(MANIFEST_BYTES_MAX);
    limited.read_to_end(&mut text).map_err(|error| damaged(&error))?;
    let unreadable = |error: serde_json::Error| {
        BackupError::Damaged(format!("its manifest cannot be read ({error})"))
    };
    let Format { format } = serde_json::from_slice(&text).map_err(unreadable)?;
    if format > FORMAT {
        let text = format!("it is of a newer layout ({format}); restore it with a newer rushes");
        return Err(BackupError::Damaged(text));
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(unreadable)?;
    let known = embedded_migrations().last().map_or(0, |migration| migration.version);
    if manifest.schema_version > known {
        return Err(BackupError::Damaged(format!(
            "its database is of a newer version ({} by rushes {}); restore it with that",
            manifest.schema_version, manifest.program
        )));
    }
    Ok(manifest)
}

fn check_entries(
    manifest: &Manifest,
    found: &BTreeMap<String, (u64, String)>,
) -> Result<(), BackupError> {
    for Entry { path, bytes, sha256 } in &manifest.entries {
        match found.get(path) {
            None => return Err(BackupError::Damaged(format!("{path} is missing"))),
            Some((size, hash)) if size != bytes || hash != sha256 => {
                return Err(BackupError::Damaged(format!("{path} is not what was saved")));
            }
            Some(_) => {}
        }
    }
    if found.len() != manifest.entries.len() {
        return Err(BackupError::Damaged("it holds files that its manifest does not".to_owned()));
    }
    if !found.contains_key(STORE_FILE) {
        return Err(BackupError::Damaged("it holds no database".to_owned()));
    }
    Ok(())
}

/// Opens the store where it was unpacked, which brings its schema up to date, and looks for faults.
fn examine(stage: &Path, now: Timestamp) -> Result<(), BackupError> {
    let options = StoreOptions { readers: 1, opened_at: now };
    let store = Store::open(&stage.join(STORE_FILE), options, Arc::new(Nobody))?;
    let faults = store.read_blocking(move |tx| {
        let mut faults = integrity_faults(tx)?;
        for violation in check_invariants(tx, now)? {
            // What is late is late because time passed, and the worker's first round mends it.
            if !violation.is_of_time {
                faults.push(format!("{} {}", violation.invariant, violation.detail));
            }
        }
        Ok((faults, kept_paths(tx)?))
    });
    store.close_blocking();
    let (mut faults, kept) = faults?;
    let lost = kept.iter().filter(|path| !stage.join(path).exists());
    faults.extend(lost.map(|path| format!("{path} is missing")));
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(SENTENCES_MAX);
    Err(BackupError::Damaged(faults.join("; ")))
}

/// Moves everything into place, the database last: without it the directory counts as empty. What was
/// moved goes back if something cannot be.
fn publish(stage: &Path, data_dir: &Path) -> Result<(), BackupError> {
    let mut moved = Vec::new();
    let published = publish_all(stage, data_dir, &mut moved);
    if published.is_err() {
        for name in moved {
            // From the stage it is removed with all the rest.
            let _ = fs::rename(data_dir.join(name), stage.join(name));
        }
    }
    published
}

fn publish_all(
    stage: &Path,
    data_dir: &Path,
    moved: &mut Vec<&'static str>,
) -> Result<(), BackupError> {
    let mut put = |name: &'static str| {
        let place = data_dir.join(name);
        fs::rename(stage.join(name), &place).map_err(at(&place))?;
        moved.push(name);
        Ok::<_, BackupError>(())
    };
    for folder in [FILES_FOLDER, IMAGES_FOLDER] {
        let place = data_dir.join(folder);
        match fs::remove_dir(&place) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(at(&place)(source));
            }
            _ => {}
        }
        sync_folder(&stage.join(folder))?;
        put(folder)?;
    }
    for name in [SECRET_FILE, BOOTSTRAP_FILE] {
        if stage.join(name).exists() {
            put(name)?;
        }
    }
    sync_folder(data_dir)?;
    put(STORE_FILE)?;
    sync_folder(data_dir)
}

fn sync_folder(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_put_into_place_is_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, stage) = (folder.path(), folder.path().join(STAGE));
        for path in ["files", "images"] {
            fs::create_dir_all(stage.join(path)).expect("made");
        }
        for path in ["files/a.mp4", "images/a-0", SECRET_FILE, STORE_FILE] {
            fs::write(stage.join(path), path).expect("written");
        }
        // Where the last one should go somebody made a folder meanwhile.
        fs::create_dir_all(home.join(STORE_FILE).join("in the way")).expect("made");
        assert!(publish(&stage, home).is_err());
        let names = fs::read_dir(home)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert_eq!(names, [STAGE, STORE_FILE]);
        assert_eq!(fs::read(stage.join("files/a.mp4")).expect("there"), b"files/a.mp4");
    }

    #[test]
    fn only_names_of_a_data_directory_are_taken() {
        for name in ["rushes.db", "secret.key", "bootstrap.json", "files/a.mp4", "images/0-1.png"] {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            "",
            "lock",
            "server.json",
            "/etc/passwd",
            "../rushes.db",
            "files/../../x",
            "files/a/b",
            "files/",
            "files/.hidden",
            "other/a.mp4",
            "files\\a",
            "rushes.db-wal",
            "./rushes.db",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
