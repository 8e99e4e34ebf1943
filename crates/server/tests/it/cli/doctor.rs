//! `rushes doctor`: quiet where all is well, exit 1 where something is broken.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use super::run;
use crate::support::binary::{Binary, data_dir};

fn verdict(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().expect("a list");
    let found = checks.iter().find(|found| found["check"] == check).expect("the check was made");
    found["verdict"].as_str().expect("a word").to_owned()
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
fn a_healthy_directory_passes_and_a_lost_file_is_named() {
    let folder = tempdir().expect("a folder");
    used(folder.path());
    let small = [("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "1")];
    let report = run(folder.path(), &small, &["doctor", "--data-dir", "d", "--json"]);
    let report = report.expect(0).json();
    assert_eq!(report["ok"], true);
    for check in ["config", "data", "disk", "permissions", "lock", "store", "files", "videos"] {
        assert_eq!(verdict(&report, check), "ok", "{check}: {report}");
    }

    let files = folder.path().join("d/files");
    let video = fs::read_dir(&files)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|ending| ending == "mp4"))
        .expect("a video");
    for (number, word) in
        (1..=12).map(|number| (number, if matches!(number, 8 | 11 | 12) { "skip" } else { "ok" }))
    {
        assert_eq!(verdict(&report, &format!("I{number}")), word, "I{number}: {report}");
    }

    // One byte is another; the length tells nothing.
    let mut bytes = fs::read(&video).expect("read");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&video, &bytes).expect("written");
    run(folder.path(), &small, &["doctor", "--data-dir", "d", "--quick"]).expect(0);
    let ended = run(folder.path(), &small, &["doctor", "--data-dir", "d"]).expect(1);
    assert!(ended.stdout.contains("its SHA-256 is another"), "{}", ended.stdout);
    bytes.truncate(last);
    fs::write(&video, &bytes).expect("written");
    let ended = run(folder.path(), &small, &["doctor", "--data-dir", "d", "--quick"]).expect(1);
    assert!(ended.stdout.contains("but was stored with"), "{}", ended.stdout);

    fs::remove_file(&video).expect("removed");
    let ended = run(folder.path(), &small, &["doctor", "--data-dir", "d"]).expect(1);
    let name = video.file_name().expect("a name").to_string_lossy();
    assert!(ended.stdout.contains(&*name), "{}", ended.stdout);
    assert!(ended.stderr.contains("2 checks failed"), "{}", ended.stderr);
    let full = [("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "9000000000000000000")];
    let report = run(folder.path(), &full, &["doctor", "--data-dir", "d", "--json"]);
    assert_eq!(verdict(&report.expect(1).json(), "disk"), "fail");
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
