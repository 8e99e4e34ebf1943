//! Checks of the store: the database file, the invariants, and files against rows.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rushes_domain::{Clock as _, TaskId, Timestamp};
use rushes_store::{KeptVideo, Store, check_invariants, integrity_faults, kept_paths, kept_videos};
use sha2::{Digest as _, Sha256};

use super::Finding;
use crate::app::STORE_FILE;
use crate::clock::SystemClock;
use crate::storage::{FILES_FOLDER, IMAGES_FOLDER};

/// Most sentences of one kind that are shown.
const SENTENCES_MAX: usize = 5;
/// Ending of a file that is still being written.
const TEMPORARY_ENDING: &str = ".part";

/// All checks that need the database.
pub(super) async fn examine(data_dir: &Path, is_quick: bool) -> Vec<Finding> {
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
    let mut findings = vec![integrity(&store).await];
    findings.extend(invariants(&store, now).await);
    findings.push(files(&store, data_dir).await);
    findings.push(videos(&store, data_dir, is_quick).await);
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

/// What each invariant says, and why some cannot be looked at here (`docs/reliability.md`).
const INVARIANTS: [(&str, &str, Option<&str>); 12] = [
    ("I1", "every open hold has its task", None),
    ("I2", "each task has one end or none, and its history agrees", None),
    ("I3", "no task has more jobs upstream than its channel allows", None),
    ("I4", "each hold is resolved once, and none is open for too long", None),
    ("I5", "the ledger adds up to the balances, and to what keys and days have used", None),
    ("I6", "each idempotency key has one task", None),
    ("I7", "each kept video is described", None),
    ("I8", "", Some("there are no webhooks yet")),
    ("I9", "nothing is unfinished past its deadline", None),
    ("I10", "places are counted right, and every queue moves", None),
    ("I11", "", Some("secrets in logs: only a look at the logs tells")),
    ("I12", "", Some("readiness after a crash: only a crash tells")),
];

async fn invariants(store: &Store, now: Timestamp) -> Vec<Finding> {
    let violations = match store.read(move |tx| check_invariants(tx, now)).await {
        Ok(violations) => violations,
        Err(error) => {
            return vec![Finding::fail("invariants", format!("cannot be checked: {error}"))];
        }
    };
    let finding = |&(invariant, fine, why_not): &(&'static str, &str, Option<&str>)| {
        if let Some(why) = why_not {
            return Finding::skip(invariant, format!("not checked here: {why}"));
        }
        let broken = violations.iter().filter(|violation| violation.invariant == invariant);
        let sentences: Vec<String> = broken.map(|violation| violation.detail.clone()).collect();
        verdict(invariant, &sentences, fine)
    };
    INVARIANTS.iter().map(finding).collect()
}

/// I7: the bytes of each kept video are those that were stored.
async fn videos(store: &Store, data_dir: &Path, is_quick: bool) -> Finding {
    const CHECK: &str = "videos";
    let (mut after, mut count, mut faults) = (None, 0_usize, Vec::new());
    loop {
        let page = match store.read(move |tx| kept_videos(tx, after)).await {
            Ok(page) => page,
            Err(error) => return Finding::fail(CHECK, format!("cannot be checked: {error}")),
        };
        let Some(last) = page.last() else { break };
        after = Some(last.task_id);
        count += page.len();
        let folder = data_dir.to_owned();
        let look = move || page.iter().filter_map(|it| fault(&folder, it, is_quick)).collect();
        let found: Vec<(TaskId, String)> =
            tokio::task::spawn_blocking(look).await.unwrap_or_default();
        faults.extend(found);
    }
    // A video may have ended its time between the row and the file.
    let mut sentences = Vec::new();
    for (id, sentence) in faults {
        let is_kept = store.read(move |tx| rushes_store::task(tx, id)).await;
        let result = is_kept.ok().flatten().and_then(|task| task.result);
        if result.is_some_and(|result| result.removed_at.is_none()) {
            sentences.push(sentence);
        }
    }
    let how = if is_quick { "length" } else { "length and SHA-256" };
    verdict(CHECK, &sentences, &format!("{count} videos have their {how}"))
}

fn fault(data_dir: &Path, video: &KeptVideo, is_quick: bool) -> Option<(TaskId, String)> {
    let path = data_dir.join(&video.path);
    let say = |what: String| Some((video.task_id, format!("{} {what}", video.path)));
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(source) => return say(format!("cannot be read: {source}")),
    };
    if length != video.bytes_len {
        return say(format!("has {length} bytes, but was stored with {}", video.bytes_len));
    }
    if is_quick {
        return None;
    }
    match sha256_hex(&path) {
        Ok(found) if found == video.sha256_hex => None,
        Ok(_) => say("is not what was stored: its SHA-256 is another".to_owned()),
        Err(source) => say(format!("cannot be read: {source}")),
    }
}

fn sha256_hex(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hasher) = (fs::File::open(path)?, Sha256::new());
    std::io::copy(&mut file, &mut hasher)?;
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The sweeper: every row's file is there, and every file has a row.
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
