//! Checks of the store: the database file, the invariants, and files against rows.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rushes_domain::{Clock as _, Timestamp};
use rushes_store::{Store, check_invariants, integrity_faults, kept_paths};

use super::Finding;
use crate::app::STORE_FILE;
use crate::clock::SystemClock;
use crate::storage::{FILES_FOLDER, IMAGES_FOLDER};

/// Most sentences of one kind that are shown.
const SENTENCES_MAX: usize = 5;
/// Ending of a file that is still being written.
const TEMPORARY_ENDING: &str = ".part";

/// All checks that need the database.
pub(super) async fn examine(data_dir: &Path) -> Vec<Finding> {
    const CHECK: &str = "store";
    let path = data_dir.join(STORE_FILE);
    if !path.exists() {
        return vec![Finding::warn(CHECK, "no store yet; the first `rushes serve` makes it")];
    }
    let now = SystemClock.now();
    let opened = tokio::task::spawn_blocking(move || Store::open_to_read(&path));
    let store = match opened.await {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => return vec![Finding::fail(CHECK, format!("cannot be opened: {error}"))],
        Err(error) => return vec![Finding::fail(CHECK, format!("cannot be opened: {error}"))],
    };
    let findings =
        vec![integrity(&store).await, invariants(&store, now).await, files(&store, data_dir).await];
    store.close().await;
    findings
}

async fn integrity(store: &Store) -> Finding {
    const CHECK: &str = "store";
    match store.read(integrity_faults).await {
        Err(error) => Finding::fail(CHECK, format!("cannot be read: {error}")),
        Ok(faults) => verdict(CHECK, &faults, "the database file is whole"),
    }
}

async fn invariants(store: &Store, now: Timestamp) -> Finding {
    const CHECK: &str = "invariants";
    match store.read(move |tx| check_invariants(tx, now)).await {
        Err(error) => Finding::fail(CHECK, format!("cannot be checked: {error}")),
        Ok(violations) => {
            let sentences: Vec<String> = violations
                .iter()
                .map(|violation| format!("{} {}", violation.invariant, violation.detail))
                .collect();
            verdict(CHECK, &sentences, "tasks, ledger and counters agree")
        }
    }
}

/// I7 and the sweeper: every row's file is there, and every file has a row.
async fn files(store: &Store, data_dir: &Path) -> Finding {
    const CHECK: &str = "files";
    // Files first: one that comes in between then has its row, and is not taken for an orphan.
    let present = match names(data_dir) {
        Ok(present) => present,
        Err(source) => return Finding::fail(CHECK, format!("cannot be listed: {source}")),
    };
    let expected = match store.read(kept_paths).await {
        Ok(expected) => expected,
        Err(error) => return Finding::fail(CHECK, format!("cannot be checked: {error}")),
    };
    // Asked of the disk once more: a video may have been stored since the listing.
    let missing: Vec<String> = expected
        .iter()
        .filter(|path| !present.contains(*path) && !data_dir.join(path).exists())
        .map(|path| format!("{path} is missing"))
        .collect();
    if !missing.is_empty() {
        return verdict(CHECK, &missing, "");
    }
    let orphan_count = present.iter().filter(|path| !expected.contains(*path)).count();
    match orphan_count {
        0 => Finding::ok(CHECK, format!("{} files, each with its row", present.len())),
        count => {
            let detail = format!("{count} files without a row; the server removes them in time");
            Finding::warn(CHECK, detail)
        }
    }
}

fn names(data_dir: &Path) -> std::io::Result<HashSet<String>> {
    let mut names = HashSet::new();
    for folder in [FILES_FOLDER, IMAGES_FOLDER] {
        let path = data_dir.join(folder);
        if !path.exists() {
            continue;
        }
        for entry in fs::read_dir(path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.ends_with(TEMPORARY_ENDING) {
                names.insert(format!("{folder}/{name}"));
            }
        }
    }
    Ok(names)
}

fn verdict(check: &'static str, faults: &[String], fine: &str) -> Finding {
    if faults.is_empty() {
        return Finding::ok(check, fine);
    }
    let mut detail = faults[..faults.len().min(SENTENCES_MAX)].join("; ");
    if faults.len() > SENTENCES_MAX {
        let _ = write!(detail, "; and {} more", faults.len() - SENTENCES_MAX);
    }
    Finding::fail(check, detail)
}
