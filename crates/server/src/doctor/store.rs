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
    let videos = videos(&store, data_dir, is_quick).await;
    findings.extend(invariants(&store, now, videos).await);
    findings.push(files(&store, data_dir).await);
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

/// An invariant of `docs/reliability.md`.
struct Invariant {
    number: &'static str,
    name: &'static str,
    look: Look,
}

/// What a look at a data directory can tell of an invariant.
enum Look {
    /// If nothing is found, this is so.
    Fine(&'static str),
    /// Why it can tell nothing.
    NotHere(&'static str),
}

const INVARIANTS: [Invariant; 12] = [
    Invariant {
        number: "I1",
        name: "an acknowledged task is never lost",
        look: Look::Fine("every open hold has its task"),
    },
    Invariant {
        number: "I2",
        name: "exactly one terminal state",
        look: Look::Fine("each task has one end or none, and its history agrees"),
    },
    Invariant {
        number: "I3",
        name: "at most one upstream job per task",
        look: Look::Fine("no task was handed over more often than its channel allows"),
    },
    Invariant {
        number: "I4",
        name: "each hold is resolved exactly once",
        look: Look::Fine("each ended task's hold is resolved, and none is open for too long"),
    },
    Invariant {
        number: "I5",
        name: "the ledger equals the balances, nothing is over its limit",
        look: Look::Fine(
            "accounts, keys, days and months follow from the ledger; keys, accounts, groups and \
             channels keep their limits",
        ),
    },
    Invariant {
        number: "I6",
        name: "one idempotency key, one task",
        look: Look::Fine("each key names one task of its account"),
    },
    Invariant {
        number: "I7",
        name: "SUCCESS means readable bytes",
        look: Look::Fine("each kept video is described"),
    },
    Invariant {
        number: "I8",
        name: "every end gives an event",
        look: Look::Fine("what happened to tasks is told, and seen to be told or given up"),
    },
    Invariant {
        number: "I9",
        name: "nothing stays unfinished past its deadline",
        look: Look::Fine("no unfinished task is a minute over it"),
    },
    Invariant {
        number: "I10",
        name: "concurrency is counted, every queue drains",
        look: Look::Fine("places are counted right, and no task waits without need"),
    },
    Invariant {
        number: "I11",
        name: "no secret in a log line, an error or a result",
        look: Look::NotHere("only a look at the logs tells"),
    },
    Invariant {
        number: "I12",
        name: "ready soon after a crash",
        look: Look::NotHere("only a crash tells"),
    },
];

/// One finding for each invariant. `videos` is what the files said for I7.
async fn invariants(store: &Store, now: Timestamp, videos: Videos) -> Vec<Finding> {
    let violations = match store.read(move |tx| check_invariants(tx, now)).await {
        Ok(violations) => violations,
        Err(error) => {
            return vec![Finding::fail("invariants", format!("cannot be checked: {error}"))];
        }
    };
    let finding = |invariant: &Invariant| {
        let number = invariant.number;
        let mut fine = match invariant.look {
            Look::Fine(fine) => fine.to_owned(),
            Look::NotHere(why) => {
                let detail = format!("not checkable here: {why}");
                return Finding::skip(number, detail).named(invariant.name);
            }
        };
        let broken = violations.iter().filter(|violation| violation.invariant == number);
        let mut sentences: Vec<String> = broken.map(|violation| violation.detail.clone()).collect();
        if number == "I7" {
            sentences.extend(videos.faults.iter().cloned());
            fine = format!("{fine}; {}", videos.fine);
        }
        verdict(number, &sentences, &fine).named(invariant.name)
    };
    INVARIANTS.iter().map(finding).collect()
}

/// What the files of videos say.
struct Videos {
    faults: Vec<String>,
    fine: String,
}

/// I7: the bytes of each kept video are those that were stored, and its still picture is there.
async fn videos(store: &Store, data_dir: &Path, is_quick: bool) -> Videos {
    let how = if is_quick { "length" } else { "length and SHA-256" };
    let mut videos = Videos { faults: Vec::new(), fine: String::new() };
    let (mut after, mut count) = (None, 0_usize);
    loop {
        let page = match store.read(move |tx| kept_videos(tx, after)).await {
            Ok(page) => page,
            Err(error) => {
                videos.faults.push(format!("the videos cannot be checked: {error}"));
                return videos;
            }
        };
        let Some(last) = page.last() else { break };
        after = Some(last.task_id);
        count += page.len();
        let folder = data_dir.to_owned();
        let look = move || page.iter().filter_map(|it| fault(&folder, it, is_quick)).collect();
        let found: Vec<(TaskId, String)> = match tokio::task::spawn_blocking(look).await {
            Ok(found) => found,
            Err(error) => {
                videos.faults.push(format!("the videos cannot be checked: {error}"));
                return videos;
            }
        };
        // A video may have ended its time between the row and the file.
        for (id, sentence) in found {
            let task = store.read(move |tx| rushes_store::task(tx, id)).await.ok().flatten();
            if task.and_then(|task| task.result).is_none_or(|result| result.removed_at.is_none()) {
                videos.faults.push(sentence);
            }
        }
    }
    videos.fine = format!("{count} videos have their {how}");
    videos
}

fn fault(data_dir: &Path, video: &KeptVideo, is_quick: bool) -> Option<(TaskId, String)> {
    let path = data_dir.join(&video.path);
    let say = |what: String| Some((video.task_id, format!("{} {what}", video.path)));
    if let Some(poster) = video.poster_path.as_ref().filter(|it| !data_dir.join(it).is_file()) {
        return Some((video.task_id, format!("{poster} is missing")));
    }
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return say("is missing".to_owned());
        }
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

/// The sweeper: every task's pictures are there, and every file has a row.
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
        .filter(|path| path.starts_with(IMAGES_FOLDER))
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
