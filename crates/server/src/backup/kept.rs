//! Backups that the gateway makes of itself, in a folder of its data directory.
//!
//! Guarantees: of those with videos, and of those without, the newest [`NEWEST_MAX`] are kept, and the
//! last of each of the newest [`DAYS_MAX`] days that have one, so that no number of them made at once
//! pushes out what was there before; the one that was just made is never among those that go. Files with
//! other names are nobody's business here. None has the secrets, so that a copy of the folder alone
//! opens no key and no link. Not here: that they outlive the disk, for which somebody has to copy them
//! elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rushes_domain::Timestamp;

use super::{BackupError, Options, Progress, Saved, at, save};

/// The folder in the data directory.
pub(crate) const BACKUPS_FOLDER: &str = "backups";
/// How many of the newest are kept.
pub(crate) const NEWEST_MAX: usize = 3;
/// Of how many days the last one is kept.
pub(crate) const DAYS_MAX: usize = 7;
const BEGINNING: &str = "rushes-";
const ENDING: &str = ".tar";
/// What stands before the ending where the videos are in it.
const WITH_VIDEOS: &str = "-videos";
/// How a moment is written: so that it sorts as text does, and that no file system minds.
const MOMENT: &str = "%Y%m%dT%H%M%S%3f";
/// Characters of a moment, and of its day.
const MOMENT_LENGTH: usize = 18;
const DAY_LENGTH: usize = 8;

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
        if Name::of(&name).is_some()
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

/// Makes one, and lets go of those that are not kept any more.
///
/// # Errors
/// As of [`save`].
pub(crate) fn make(
    data_dir: &Path,
    with_files: bool,
    now: Timestamp,
    progress: &mut Progress<'_>,
) -> Result<(String, Saved), BackupError> {
    let folder = folder(data_dir);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    make_private(&folder);
    for name in names(data_dir).map_err(at(&folder))? {
        if is_rest(&name) {
            // Of one that was interrupted; that it goes is no condition of a new one.
            let _ = fs::remove_file(folder.join(name));
        }
    }
    let videos = if with_files { WITH_VIDEOS } else { "" };
    let name = format!("{BEGINNING}{}{videos}{ENDING}", moment(now));
    let options = Options {
        without_files: !with_files,
        without_secrets: true,
        within: true,
        ..Options::default()
    };
    let saved = save(data_dir, &folder.join(&name), options, now, progress)?;
    let names = list(data_dir).map_err(at(&folder))?.into_iter().map(|kept| kept.name);
    for old in superseded(names.collect(), &name) {
        fs::remove_file(folder.join(&old)).map_err(at(&folder))?;
    }
    Ok((name, saved))
}

/// Those that go; `names` has the newest first.
fn superseded(names: Vec<String>, made: &str) -> Vec<String> {
    // Of those without videos, and of those with them.
    let mut seen = [(0, Vec::new()), (0, Vec::new())];
    let mut going = Vec::new();
    for name in names {
        let Some(Name { day, has_videos }) = Name::of(&name) else { continue };
        let (count, days) = &mut seen[usize::from(has_videos)];
        *count += 1;
        let is_last_of_day = !days.iter().any(|known| known == day);
        if is_last_of_day {
            days.push(day.to_owned());
        }
        let is_kept = *count <= NEWEST_MAX || (is_last_of_day && days.len() <= DAYS_MAX);
        if !is_kept && name != made {
            going.push(name);
        }
    }
    going
}

/// What a backup's name says.
struct Name<'n> {
    day: &'n str,
    has_videos: bool,
}

impl<'n> Name<'n> {
    /// Of a file that was made here.
    fn of(name: &'n str) -> Option<Self> {
        let middle = name.strip_prefix(BEGINNING)?.strip_suffix(ENDING)?;
        let (moment, has_videos) = match middle.strip_suffix(WITH_VIDEOS) {
            Some(moment) => (moment, true),
            None => (middle, false),
        };
        let is_moment = moment.len() == MOMENT_LENGTH
            && moment
                .char_indices()
                .all(|(at, it)| if at == DAY_LENGTH { it == 'T' } else { it.is_ascii_digit() });
        let day = moment.get(..DAY_LENGTH).filter(|_| is_moment)?;
        Some(Self { day, has_videos })
    }
}

/// Whether a file is what an interrupted backup left: a part of one with a name of here.
fn is_rest(name: &str) -> bool {
    name.split_once(&format!("{ENDING}."))
        .is_some_and(|(stem, _)| Name::of(&format!("{stem}{ENDING}")).is_some())
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

fn moment(now: Timestamp) -> String {
    let shown = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    shown.strftime(MOMENT).to_string()
}

#[cfg(unix)]
fn make_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // Its files are private by themselves.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn make_private(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(day: u32, second: u32, videos: &str) -> String {
        format!("rushes-202611{day:02}T0102{second:02}000{videos}.tar")
    }

    #[test]
    fn days_and_videos_are_kept_apart_and_the_newest_one_stays() {
        // Ten of today, and one of each of nine days before; one with videos, long ago.
        let mut names: Vec<String> = (0..10).rev().map(|second| name(28, second, "")).collect();
        names.extend((19..28).rev().map(|day| name(day, 0, "")));
        names.push(name(1, 0, "-videos"));
        let going = superseded(names.clone(), &names[0]);
        let stays: Vec<&String> = names.iter().filter(|it| !going.contains(it)).collect();
        let mut expected: Vec<String> = (7..10).rev().map(|second| name(28, second, "")).collect();
        expected.extend((22..28).rev().map(|day| name(day, 0, "")));
        expected.push(name(1, 0, "-videos"));
        assert_eq!(stays, expected.iter().collect::<Vec<_>>());
        // A clock that was set back: the one that was made has the oldest name.
        let made = name(10, 0, "");
        names.insert(names.len() - 1, made.clone());
        assert!(!superseded(names, &made).contains(&made));
    }

    #[test]
    fn other_files_are_left_alone() {
        for name in ["mine.tar", "rushes-old.tar", "rushes-20261128T205900000.tar.gz", "x.part"] {
            assert!(Name::of(name).is_none(), "{name}");
        }
        assert!(is_rest("rushes-20261128T205900000-videos.tar.17.part.db"));
        assert!(!is_rest("rushes-old.tar.1.part") && !is_rest("mine.tar.gz"));
    }
}
