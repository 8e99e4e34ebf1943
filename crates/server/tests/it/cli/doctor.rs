//! `rushes doctor`: quiet where all is well, exit 1 where something is broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_store::{Store, StoreOptions, params};
use serde_json::Value;
use tempfile::tempdir;

use super::run;
use crate::support::binary::{Binary, data_dir};

/// Room on the disk is not what these tests are about.
const SMALL: [(&str, &str); 1] = [("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "1")];

fn finding<'r>(report: &'r Value, check: &str) -> &'r Value {
    let checks = report["checks"].as_array().expect("a list");
    checks.iter().find(|found| found["check"] == check).expect("the check was made")
}

fn verdict(report: &Value, check: &str) -> String {
    finding(report, check)["verdict"].as_str().expect("a word").to_owned()
}

/// A directory with one finished task in it.
fn used(folder: &Path) {
    let arguments = ["generate", "rain", "--seconds", "4", "--resolution", "480p"];
    run(folder, &[], &[&arguments[..], &["--data-dir", "d", "-o", "v.mp4"]].concat()).expect(0);
}

#[test]
fn without_a_directory_there_is_a_warning_and_still_no_directory() {
    let folder = tempdir().expect("a folder");
    let report = run(folder.path(), &[], &["doctor", "--json"]).expect(0).json();
    assert_eq!(verdict(&report, "data"), "warn");
    assert_eq!(verdict(&report, "clock"), "ok");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_healthy_directory_passes_and_each_invariant_is_named() {
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let ended = run(folder.path(), &SMALL, &["doctor", "--data-dir", "d", "--json"]);
    let report = ended.expect(0).json();
    assert_eq!(report["ok"], true);
    for check in ["config", "data", "disk", "permissions", "lock", "store", "files"] {
        assert_eq!(verdict(&report, check), "ok", "{check}: {report}");
    }
    let text = run(folder.path(), &SMALL, &["doctor", "--data-dir", "d"]).expect(0).stdout;
    for number in 1..=12 {
        let check = format!("I{number}");
        let is_looked_at = !matches!(number, 11 | 12);
        let found = finding(&report, &check);
        assert_eq!(found["verdict"], if is_looked_at { "ok" } else { "skip" }, "{found}");
        let name = found["name"].as_str().expect("a name");
        let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some(&*check));
        let line = line.expect("a line");
        assert!(line.contains(name), "{line}");
        assert_eq!(line.contains("not checkable here: "), !is_looked_at, "{line}");
    }
    let full = [("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "9000000000000000000")];
    let report = run(folder.path(), &full, &["doctor", "--data-dir", "d", "--json"]);
    assert_eq!(verdict(&report.expect(1).json(), "disk"), "fail");
}

/// The words of everything in the report that failed.
fn failed(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().expect("a list");
    let failed = checks.iter().filter(|check| check["verdict"] == "fail");
    failed.map(|check| check["check"].as_str().expect("a word")).collect()
}

/// The only file in a folder with this ending.
fn file_with(folder: &Path, ending: &str) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|it| it == ending)).expect("a file")
}

/// What becomes of a file's bytes; none if the file goes.
type Damage<'d> = &'d dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// One file damaged in one way at a time.
#[test]
fn a_video_that_is_not_what_was_stored_is_named_by_its_invariant() {
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let files = folder.path().join("d/files");
    let (video, poster) = (file_with(&files, "mp4"), file_with(&files, "jpg"));
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[1_000] ^= 1;
        Some(bytes)
    };
    let cases: [(&Path, Damage<'_>, &str, bool); 4] = [
        // The length tells nothing.
        (&video, &flipped, "its SHA-256 is another", false),
        (&video, &|bytes| Some(bytes[1..].to_vec()), "but was stored with", true),
        (&video, &|_| None, "is missing", true),
        (&poster, &|_| None, "is missing", true),
    ];
    for (path, damage, words, is_seen_quickly) in cases {
        let good = fs::read(path).expect("a file");
        match damage(&good) {
            Some(bad) => fs::write(path, bad).expect("written"),
            None => fs::remove_file(path).expect("removed"),
        }
        let doctor = ["doctor", "--data-dir", "d", "--json"];
        let report = run(folder.path(), &SMALL, &doctor).expect(1).json();
        assert_eq!(failed(&report), ["I7"], "{report}");
        let detail = finding(&report, "I7")["detail"].as_str().expect("words").to_owned();
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(detail.contains(words) && detail.contains(&*name), "{detail}");
        let quick = run(folder.path(), &SMALL, &[&doctor[..], &["--quick"]].concat());
        quick.expect(i32::from(is_seen_quickly));
        fs::write(path, good).expect("written");
    }
    run(folder.path(), &SMALL, &["doctor", "--data-dir", "d"]).expect(0);
}

/// What the statements find is in the store's tests; here it arrives under its number.
#[test]
fn a_broken_row_is_named_by_its_invariant() {
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let store = folder.path().join("d/rushes.db");
    let good = fs::read(&store).expect("a database");
    for (damage, number) in [
        ("UPDATE tasks SET percent = 99", "I2"),
        ("UPDATE tasks SET cost_state = 'held'", "I4"),
        ("UPDATE accounts SET credits_ticks = credits_ticks + 1", "I5"),
        ("UPDATE tasks SET result_removed_at = 5", "I7"),
        ("UPDATE accounts SET queued_count = 1", "I10"),
    ] {
        let opened = Store::open(&store, StoreOptions::default(), Arc::new(()));
        let opened = opened.expect("a store");
        opened.write_blocking(move |tx| tx.exec(damage, params![])).expect("damaged");
        opened.close_blocking();
        let ended = run(folder.path(), &SMALL, &["doctor", "--data-dir", "d", "--json"]);
        let report = ended.expect(1).json();
        assert_eq!(failed(&report), [number], "{damage}: {report}");
        fs::write(&store, &good).expect("written");
    }
}

#[cfg(unix)]
#[test]
fn secrets_that_others_may_read_fail() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let path = folder.path().join("d/bootstrap.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    let ended = run(folder.path(), &[], &["doctor", "--data-dir", "d"]).expect(1);
    assert!(ended.stdout.contains("bootstrap.json"), "{}", ended.stdout);
}

#[test]
fn a_lost_or_cut_secret_fails_and_a_given_one_does_not() {
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let path = folder.path().join("d/secret.key");
    fs::write(&path, b"too short").expect("written");
    let report = run(folder.path(), &[], &["doctor", "--data-dir", "d", "--json"]);
    assert_eq!(verdict(&report.expect(1).json(), "secret"), "fail");
    fs::remove_file(&path).expect("removed");
    let report = run(folder.path(), &SMALL, &["doctor", "--data-dir", "d", "--json"]).expect(0);
    let report = report.json();
    let found = finding(&report, "secret");
    assert_eq!(found["verdict"], "warn", "as after a restore without secrets");
    assert!(found["detail"].as_str().expect("a text").contains("is missing"), "{found}");
    let digits = "00".repeat(32);
    let small = "RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN";
    let given = [("RUSHES_SECRET_KEY", &*digits), (small, "1")];
    let report = run(folder.path(), &given, &["doctor", "--data-dir", "d", "--json"]);
    assert_eq!(verdict(&report.expect(0).json(), "secret"), "ok");
}

#[test]
fn a_database_that_is_none_fails() {
    let folder = tempdir().expect("a folder");
    fs::create_dir(folder.path().join("d")).expect("made");
    fs::write(folder.path().join("d/rushes.db"), "this is not a database ".repeat(500)).unwrap();
    let report = run(folder.path(), &[], &["doctor", "--data-dir", "d", "--json"]);
    assert_eq!(verdict(&report.expect(1).json(), "store"), "fail");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_is_asked_and_not_disturbed() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let path = data_dir(folder.path());
    let path = path.to_str().expect("Unicode");
    let ended = run(folder.path(), &[], &["doctor", "--data-dir", path]);
    assert!(ended.stdout.contains(&format!("held by process {}", gateway.pid())));
    assert!(gateway.terminate().await.success());
}
