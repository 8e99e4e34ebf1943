//! A gateway for one call: nothing set, nothing left behind but the video.

use tempfile::tempdir;

use super::{is_mp4, run};

#[test]
fn generate_alone_makes_a_preview_and_leaves_nothing_else() {
    let folder = tempdir().expect("a folder");
    let temporary = tempdir().expect("a folder");
    let environment = [("TMPDIR", temporary.path().to_str().expect("Unicode"))];
    let arguments = [
        "generate",
        "a red sports car in neon rain 雨夜霓虹",
        "--seconds",
        "4",
        "--resolution",
        "480p",
        "--image",
        "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==",
    ];
    let ended = run(folder.path(), &environment, &arguments).expect(0);

    assert!(is_mp4(&folder.path().join(ended.stdout.trim_end())), "{}", ended.stdout);
    assert_eq!(ended.stderr.matches("not an AI video").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains('$'), "no price where nothing is paid: {}", ended.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    assert_eq!(std::fs::read_dir(temporary.path()).expect("a folder").count(), 0);
}

#[test]
fn with_a_data_directory_the_task_is_kept() {
    let folder = tempdir().expect("a folder");
    let arguments =
        ["generate", "rain", "--seconds", "4", "--resolution", "480p", "--data-dir", "d"];
    run(folder.path(), &[], &[&arguments[..], &["-o", "v.mp4"]].concat()).expect(0);

    assert!(is_mp4(&folder.path().join("v.mp4")));
    assert!(folder.path().join("d/bootstrap.json").exists());
    let tasks = run(folder.path(), &[], &["tasks", "--data-dir", "d"]).expect(0).stdout;
    assert!(tasks.contains("SUCCESS"), "{tasks}");
    let json = run(folder.path(), &[], &["tasks", "--data-dir", "d", "--json"]).expect(0).json();
    assert_eq!(json["data"][0]["cost"]["state"], "posted");
}

#[test]
fn a_refusal_of_the_one_call_gateway_is_exit_2() {
    let folder = tempdir().expect("a folder");
    let ended = run(folder.path(), &[], &["generate", "rain", "--seconds", "99"]).expect(2);
    assert!(ended.stderr.contains("seconds"), "{}", ended.stderr);
    let ended = run(folder.path(), &[], &["generate", " "]).expect(2);
    assert!(ended.stderr.contains("prompt is required"), "{}", ended.stderr);
    run(folder.path(), &[("RUSHES_LISEN", "x")], &["generate", "rain"]).expect(2);
}
