//! `rushes serve`: what is printed when, and where the default directory's server is found.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::tempdir;

use super::{run, rushes};

/// Starts `serve` on a free port, with more arguments; output is piped.
fn serve(folder: &Path, arguments: &[&str]) -> Child {
    let all = [&["serve", "--listen", "127.0.0.1:0"][..], arguments].concat();
    rushes(folder, &[], &all)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

/// Everything that a started server prints; then it is stopped.
fn greeting(mut child: Child) -> String {
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut text = String::new();
    stdout.read_line(&mut text).expect("a first line");
    stop(&mut child);
    stdout.read_to_string(&mut text).expect("the rest");
    text
}

fn stop(child: &mut Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    assert!(child.wait().expect("reaped").success());
}

#[test]
fn the_first_start_prints_keys_and_a_curl_and_later_ones_do_not() {
    let folder = tempdir().expect("a folder");
    let first = greeting(serve(folder.path(), &["--data-dir", "d"]));
    let known = std::fs::read(folder.path().join("d/bootstrap.json")).expect("bootstrap.json");
    let known: Value = serde_json::from_slice(&known).expect("JSON");
    let key = known["api_key"].as_str().expect("a key");
    assert!(first.contains(key), "{first}");
    assert!(first.contains(known["test_api_key"].as_str().expect("a key")), "{first}");
    assert!(first.contains("curl http://127.0.0.1:"), "{first}");
    assert!(!first.contains('\u{1b}'), "no colours into a pipe: {first}");

    let second = greeting(serve(folder.path(), &["--data-dir", "d"]));
    assert!(second.contains("http://127.0.0.1:"), "{second}");
    assert!(second.contains("bootstrap.json"), "{second}");
    assert!(!second.contains("sk-"), "{second}");
}

#[test]
fn a_second_server_in_the_same_directory_is_refused() {
    let folder = tempdir().expect("a folder");
    let mut first = serve(folder.path(), &["--data-dir", "d", "--json"]);
    let mut line = String::new();
    BufReader::new(first.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let second = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "d"];
    let ended = run(folder.path(), &[], &second).expect(1);
    assert!(ended.stderr.contains("in use by another process"), "{}", ended.stderr);
    stop(&mut first);
}

#[test]
fn the_default_directorys_server_is_found_by_all_but_generate() {
    let folder = tempdir().expect("a folder");
    let mut child = serve(folder.path(), &["--json"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let started: Value = serde_json::from_str(&line).expect("one JSON value");
    assert_eq!(started["first_start"], true);
    assert!(started["api_key"].as_str().expect("a key").starts_with("sk-"));
    assert!(folder.path().join(".local/share/rushes/bootstrap.json").exists());

    run(folder.path(), &[], &["models"]).expect(0);
    run(folder.path(), &[], &["tasks"]).expect(0);
    let small = ["generate", "rain", "--seconds", "4", "--resolution", "480p", "-o", "v.mp4"];
    let ended = run(folder.path(), &[], &small).expect(0);
    assert!(ended.stderr.contains("No gateway is set"), "{}", ended.stderr);
    let tasks = run(folder.path(), &[], &["tasks", "--json"]).expect(0).json();
    assert_eq!(tasks["data"].as_array().map(Vec::len), Some(0));
    stop(&mut child);
}
