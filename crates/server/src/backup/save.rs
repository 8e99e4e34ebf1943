//! From a data directory into a file.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_domain::Timestamp;
use rushes_store::{
    KeptImage, Store, StoreOptions, counts, integrity_faults, kept_images, kept_videos,
    schema_version, withdraw_all_results, withdraw_image, withdraw_result,
};

use super::archive::Archive;
use super::manifest::{MANIFEST, Manifest};
use super::{BackupError, Nobody, Scrap, at};
use crate::app::STORE_FILE;
use crate::bootstrap::BOOTSTRAP_FILE;
use crate::secrets::SECRET_FILE;

/// What to leave out, and whether a file may be replaced.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// No videos; pictures of unfinished tasks are kept, since these go on with them.
    pub without_files: bool,
    /// Neither the secret key nor the first keys, and no key that can be copied again.
    pub without_secrets: bool,
    /// Replace the file.
    pub force: bool,
    /// The file may be inside the data directory.
    pub within: bool,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The same as in the file.
    pub manifest: Manifest,
    /// What the entries take together, in bytes.
    pub bytes: u64,
    /// Videos that were removed while the backup was made.
    pub withdrawn: u64,
    /// What is odd, in words: a picture of an unfinished task that is gone, a secret key that
    /// stands elsewhere.
    pub warnings: Vec<String>,
}

/// Hears of each file with the bytes so far, and says whether to go on.
pub type Progress<'p> = dyn FnMut(usize, u64) -> ControlFlow<()> + 'p;

/// Writes a backup of `data_dir` to `target`.
///
/// # Errors
/// If there is no store, if the target is there already or inside the data directory, and if
/// anything cannot be read or written; then there is no target.
pub fn save(
    data_dir: &Path,
    target: &Path,
    options: Options,
    now: Timestamp,
    progress: &mut Progress<'_>,
) -> Result<Saved, BackupError> {
    let place = Place::check(data_dir, target, options)?;
    // SQLite leaves its two helpers behind where reader and writer close at the same moment.
    let helpers = ["-wal", "-shm"].map(|ending| Scrap(beside(&place.snapshot, ending)));
    let _scraps = (helpers, [&place.part, &place.snapshot].map(|path| Scrap(path.clone())));
    let original = Store::open_to_read(&data_dir.join(STORE_FILE))?;
    let copied = original.backup_blocking(&place.snapshot);
    original.close_blocking();
    copied?;
    let snapshot = Store::open(
        &place.snapshot,
        StoreOptions { readers: 1, opened_at: now },
        Arc::new(Nobody),
    )?;
    let written = write(data_dir, &place, &snapshot, options, now, progress);
    snapshot.close_blocking();
    let saved = written?;
    fs::rename(&place.part, &place.target).map_err(at(&place.target))?;
    sync_folder(&place.target)?;
    Ok(saved)
}

/// Where the file goes, and what is written on the way.
struct Place {
    target: PathBuf,
    part: PathBuf,
    snapshot: PathBuf,
}

impl Place {
    fn check(data_dir: &Path, target: &Path, options: Options) -> Result<Self, BackupError> {
        let refused = |text: String| Err(BackupError::Refused(text));
        if !data_dir.join(STORE_FILE).is_file() {
            return refused(format!("{} holds no store to back up", data_dir.display()));
        }
        let Some(name) = target.file_name() else {
            return refused(format!("{} is no name of a file", target.display()));
        };
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(at(folder))?;
        let data_dir = data_dir.canonicalize().map_err(at(data_dir))?;
        if folder.starts_with(&data_dir) && !options.within {
            return refused("a backup inside the data directory would be lost with it".to_owned());
        }
        let target = folder.join(name);
        if target.is_dir() || (target.exists() && !options.force) {
            let shown = target.display();
            return refused(format!("{shown} is there already; --force replaces a file"));
        }
        // Of this process alone: two backups may run at once.
        let unique = format!(".{}.part", std::process::id());
        let part = beside(&target, &unique);
        let snapshot = beside(&target, &format!("{unique}.db"));
        Ok(Self { target, part, snapshot })
    }
}

/// A path with something after its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn sync_folder(target: &Path) -> Result<(), BackupError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn write(
    data_dir: &Path,
    place: &Place,
    snapshot: &Store,
    options: Options,
    now: Timestamp,
    progress: &mut Progress<'_>,
) -> Result<Saved, BackupError> {
    let faults = snapshot.read_blocking(integrity_faults)?;
    if let Some(fault) = faults.first() {
        let text = format!("the database is damaged ({fault}); see `rushes doctor`");
        return Err(BackupError::Damaged(text));
    }
    let mut archive = Archive::create(&place.part, now.unix_seconds())?;
    let mut warnings = Vec::new();
    let withdrawn = if options.without_files {
        snapshot.write_blocking(move |tx| withdraw_all_results(tx, now))?;
        0
    } else {
        add_videos(data_dir, snapshot, &mut archive, &mut warnings, now, progress)?
    };
    add_images(data_dir, snapshot, &mut archive, &mut warnings, progress)?;
    if options.without_secrets {
        // Useless without secret.key, but whoever gets that later should not find them here.
        snapshot.write_blocking(|tx| {
            rushes_store::keys::drop_sealed_keys(tx)?;
            rushes_store::drop_webhook_secrets(tx)?;
            rushes_store::drop_credentials(tx)
        })?;
    } else {
        for name in [SECRET_FILE, BOOTSTRAP_FILE] {
            if !archive.add(name, &data_dir.join(name))? {
                warnings.push(format!("there is no {name}; keep what stands in for it"));
            }
        }
    }
    let (counts, schema_version) =
        snapshot.read_blocking(|tx| Ok((counts(tx)?, schema_version(tx)?)))?;
    // Closed, the snapshot is one file without a log beside it.
    snapshot.close_blocking();
    archive.add(STORE_FILE, &place.snapshot)?;
    let manifest = Manifest {
        secrets: !options.without_secrets,
        files: !options.without_files,
        entries: std::mem::take(&mut archive.entries),
        ..Manifest::new(counts, schema_version, now.unix_seconds())
    };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| BackupError::Damaged(format!("no manifest: {error}")))?;
    archive.add_bytes(MANIFEST, &text)?;
    let bytes = archive.bytes;
    archive.finish().map_err(at(&place.part))?;
    Ok(Saved { manifest, bytes, withdrawn, warnings })
}

/// Adds every video with its poster. One that the server removed meanwhile is withdrawn from the
/// snapshot; tells how many there were. One whose bytes changed is added as it is: better than none.
fn add_videos(
    data_dir: &Path,
    snapshot: &Store,
    archive: &mut Archive,
    warnings: &mut Vec<String>,
    now: Timestamp,
    progress: &mut Progress<'_>,
) -> Result<u64, BackupError> {
    let mut withdrawn = 0;
    let mut after = None;
    loop {
        let page = snapshot.read_blocking(move |tx| kept_videos(tx, after))?;
        let Some(last) = page.last() else { return Ok(withdrawn) };
        after = Some(last.task_id);
        for video in page {
            let mut is_whole = archive.add(&video.path, &data_dir.join(&video.path))?;
            let saved = archive.entries.last().filter(|_| is_whole);
            if saved
                .is_some_and(|it| (it.bytes, &it.sha256) != (video.bytes_len, &video.sha256_hex))
            {
                let path = &video.path;
                warnings.push(format!("{path} is not what was stored; it is saved as it is"));
            }
            if let Some(poster) = &video.poster_path {
                is_whole &= archive.add(poster, &data_dir.join(poster))?;
            }
            if !is_whole {
                let id = video.task_id;
                snapshot.write_blocking(move |tx| withdraw_result(tx, id, now))?;
                withdrawn += 1;
            }
            if progress(archive.entries.len(), archive.bytes).is_break() {
                return Err(BackupError::Stopped);
            }
        }
    }
}

/// Adds every picture. A picture goes when its task ends: one that went meanwhile is withdrawn from the
/// snapshot, in which its task has not ended yet.
fn add_images(
    data_dir: &Path,
    snapshot: &Store,
    archive: &mut Archive,
    warnings: &mut Vec<String>,
    progress: &mut Progress<'_>,
) -> Result<(), BackupError> {
    let mut after = String::new();
    loop {
        let from = std::mem::take(&mut after);
        let page = snapshot.read_blocking(move |tx| kept_images(tx, &from))?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.path);
        for KeptImage { task_id, path } in page {
            if !archive.add(&path, &data_dir.join(&path))? {
                warnings.push(format!(
                    "the picture {path} of {task_id} went while this backup was made, most likely \
                     because the task ended; restored, the task fetches it again, or fails if it \
                     came with the request"
                ));
                snapshot.write_blocking(move |tx| withdraw_image(tx, &path))?;
            }
            if progress(archive.entries.len(), archive.bytes).is_break() {
                return Err(BackupError::Stopped);
            }
        }
    }
}
