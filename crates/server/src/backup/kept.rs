//! Backups that the gateway makes of itself, in a folder of its data directory.
//!
//! Guarantees: the newest [`KEPT_MAX`] are kept, and what an interrupted one left goes with the next;
//! none has the secrets, so that a copy of the folder alone opens no key and no link. Not here: that
//! they outlive the disk, for which somebody has to copy them elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rushes_domain::Timestamp;

use super::{BackupError, Options, Saved, at, save};

/// The folder in the data directory.
pub(crate) const BACKUPS_FOLDER: &str = "backups";
/// How many are kept; the oldest goes when there would be one more.
pub(crate) const KEPT_MAX: usize = 7;
const ENDING: &str = ".tar";

/// A backup in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its file's name.
    pub(crate) name: String,
    /// Its size, in bytes.
    pub(crate) bytes: u64,
    /// When it was finished, in seconds since 1970.
    pub(crate) created_at: i64,
}

/// Those that there are, the newest first.
pub(crate) fn list(data_dir: &Path) -> io::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    for name in names(data_dir)? {
        if name.ends_with(ENDING)
            && let Ok(metadata) = fs::metadata(folder(data_dir).join(&name))
        {
            let modified = metadata.modified().ok();
            let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            let created_at = since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX));
            kept.push(Kept { name, bytes: metadata.len(), created_at });
        }
    }
    // The name begins with the moment.
    kept.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(kept)
}

/// Makes one, and lets the oldest go.
///
/// # Errors
/// As of [`save`].
pub(crate) fn make(
    data_dir: &Path,
    with_files: bool,
    now: Timestamp,
) -> Result<(String, Saved), BackupError> {
    let folder = folder(data_dir);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    make_private(&folder);
    for name in names(data_dir).map_err(at(&folder))? {
        if !name.ends_with(ENDING) {
            // One that was interrupted; that it goes is no condition of a new one.
            let _ = fs::remove_file(folder.join(name));
        }
    }
    let name = format!("rushes-{}{ENDING}", moment(now));
    let options = Options {
        without_files: !with_files,
        without_secrets: true,
        within: true,
        ..Options::default()
    };
    let saved = save(data_dir, &folder.join(&name), options, now, &mut |_, _| {})?;
    for old in list(data_dir).map_err(at(&folder))?.into_iter().skip(KEPT_MAX) {
        fs::remove_file(folder.join(&old.name)).map_err(at(&folder))?;
    }
    Ok((name, saved))
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join(BACKUPS_FOLDER)
}

fn names(data_dir: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(folder(data_dir)) {
        Ok(entries) => {
            entries.map(|it| Ok(it?.file_name().to_string_lossy().into_owned())).collect()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A moment that sorts as text does, and that no file system minds.
fn moment(now: Timestamp) -> String {
    let shown = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    shown.strftime("%Y%m%dT%H%M%S%3f").to_string()
}

#[cfg(unix)]
fn make_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // Its files are private by themselves.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn make_private(_folder: &Path) {}
