//! Checks of the machine: clock, disk, permissions, lock, tools.

use std::fs::{self, OpenOptions, TryLockError};
use std::path::Path;
use std::time::UNIX_EPOCH;

use rushes_domain::{Clock, Timestamp};

use super::Finding;
use crate::app::STORE_FILE;
use crate::config::read_variable;
use crate::data_dir::LOCK_FILE;
use crate::secrets;
use crate::units::size;

/// No machine can be right that shows an earlier time: 2026-01-01, before the first release.
const EARLIEST_UNIX_SECONDS: i64 = 1_767_225_600;
/// A file's time may be so far ahead of the clock, in seconds.
const AHEAD_SECONDS_MAX: i64 = 300;
/// Below so many times the least free space there is a warning.
const ROOM_FACTOR: u64 = 4;
/// Files that nobody else may read.
const PRIVATE_FILES: [&str; 4] = ["bootstrap.json", "secret.key", "server.json", STORE_FILE];

/// The clock is neither unset nor behind what it once was.
pub(super) fn clock(clock: &dyn Clock, data_dir: &Path) -> Finding {
    const CHECK: &str = "clock";
    let now = clock.now().unix_seconds();
    if now < EARLIEST_UNIX_SECONDS {
        return Finding::fail(CHECK, "the machine's clock is years behind; set it (NTP)");
    }
    let ahead = last_write(data_dir).map_or(0, |at| at - now);
    if ahead > AHEAD_SECONDS_MAX {
        let detail = format!("{ahead} seconds behind the store's last write; was it set back?");
        return Finding::fail(CHECK, detail);
    }
    let moment = jiff::Timestamp::from_second(now).map(|at| at.to_string()).unwrap_or_default();
    Finding::ok(CHECK, moment)
}

fn last_write(data_dir: &Path) -> Option<i64> {
    let modified = fs::metadata(data_dir.join(STORE_FILE)).ok()?.modified().ok()?;
    let since_epoch = modified.duration_since(UNIX_EPOCH).ok()?;
    let micros = i64::try_from(since_epoch.as_micros()).ok()?;
    Some(Timestamp(micros).unix_seconds())
}

/// There is room for videos.
pub(super) fn disk(data_dir: &Path, free_bytes_min: u64) -> Finding {
    const CHECK: &str = "disk";
    let free = match fs4::available_space(data_dir) {
        Ok(free) => free,
        Err(source) => return Finding::fail(CHECK, format!("cannot be asked: {source}")),
    };
    let detail = format!("{} free, {} needed", size(free), size(free_bytes_min));
    if free < free_bytes_min {
        Finding::fail(CHECK, format!("{detail}; creates are refused with storage_full"))
    } else if free / ROOM_FACTOR < free_bytes_min {
        Finding::warn(CHECK, detail)
    } else {
        Finding::ok(CHECK, detail)
    }
}

/// The directory can be written, and secrets are readable by their owner only.
pub(super) fn permissions(data_dir: &Path) -> Finding {
    const CHECK: &str = "permissions";
    // `lock` is there after the first start; opening it for writing changes nothing.
    let lock = data_dir.join(LOCK_FILE);
    if lock.exists()
        && let Err(source) = OpenOptions::new().write(true).open(&lock)
    {
        return Finding::fail(CHECK, format!("this user cannot write here: {source}"));
    }
    let is_open = |path: &Path| others_may_read(path).unwrap_or(false);
    let open: Vec<&str> =
        PRIVATE_FILES.into_iter().filter(|name| is_open(&data_dir.join(name))).collect();
    if !open.is_empty() {
        let detail = format!("other users may read {}; chmod 600", open.join(", "));
        return Finding::fail(CHECK, detail);
    }
    if is_open(data_dir) {
        return Finding::warn(CHECK, "other users may look into the directory; chmod 700");
    }
    Finding::ok(CHECK, "private to this user")
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_path: &Path) -> Option<bool> {
    None
}

/// The secret that links, copies of keys and credentials hang on.
pub(super) fn secret(data_dir: &Path) -> Finding {
    const CHECK: &str = "secret";
    if read_variable("RUSHES_SECRET_KEY").is_some() {
        return Finding::ok(CHECK, "given by RUSHES_SECRET_KEY");
    }
    if !data_dir.join(STORE_FILE).exists() {
        return Finding::ok(CHECK, "made with the first start");
    }
    match secrets::is_there(data_dir) {
        Err(fault) => Finding::fail(CHECK, fault),
        Ok(true) => Finding::ok(CHECK, "there"),
        // As after a restore of a backup without secrets.
        Ok(false) => Finding::warn(
            CHECK,
            "secret.key is missing: put it back, or the next start makes a new one, with which old \
             links, copies of keys, channels' credentials and webhooks' secrets are lost",
        ),
    }
}

/// Whether some process holds the directory.
pub(crate) fn is_locked(data_dir: &Path) -> bool {
    let lock = OpenOptions::new().write(true).open(data_dir.join(LOCK_FILE));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether a build on this machine has the video encoder's fast paths.
pub(super) fn nasm() -> Finding {
    const CHECK: &str = "nasm";
    if !cfg!(target_arch = "x86_64") {
        return Finding::ok(CHECK, "not used on this processor");
    }
    let folders = read_variable("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&folders).any(|folder| folder.join("nasm").is_file());
    if is_there {
        Finding::ok(CHECK, "found; a build here has the encoder's fast paths")
    } else {
        let detail = "not found; a build without it encodes previews more slowly. \
                      Install nasm and build again (a ready-made binary does not care)";
        Finding::warn(CHECK, detail)
    }
}
