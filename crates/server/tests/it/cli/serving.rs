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
    for field in ["console_url", "console_login_url", "admin_user", "admin_password"] {
        assert!(first.contains(known[field].as_str().expect(field)), "{field}: {first}");
    }
    let base_url = known["base_url"].as_str().expect("an address");
    assert!(first.contains(&format!("{base_url}/docs\n")), "{first}");
    assert!(!first.contains('\u{1b}'), "no colours into a pipe: {first}");

    let second = greeting(serve(folder.path(), &["--data-dir", "d"]));
    assert!(second.contains("http://127.0.0.1:"), "{second}");
    assert!(second.contains("bootstrap.json") && second.contains("/docs"), "{second}");
    assert!(second.contains("/console/\n") && second.contains(" login-link "), "{second}");
    for secret in ["sk-", "#t=", known["admin_password"].as_str().expect("a password")] {
        assert!(!second.contains(secret), "{secret}: {second}");
    }
}

#[test]
fn a_preset_key_is_the_owners_and_what_is_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempdir().expect("a folder");
    let preset = "sk-preset_of_an-operator-0123456789";
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "d", "--json"];
    let environment = [("RUSHES_BOOTSTRAP_API_KEY", preset)];
    let mut child = rushes(folder.path(), &environment, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let started: Value = serde_json::from_str(&line).expect("one JSON value");
    assert_eq!(started["api_key"], preset);
    let base_url = started["base_url"].as_str().expect("a URL");
    let remote = [("RUSHES_BASE_URL", base_url), ("RUSHES_API_KEY", preset)];
    run(folder.path(), &remote, &["tasks"]).expect(0);
    for (name, mode) in [
        ("d", 0o700),
        ("d/bootstrap.json", 0o600),
        ("d/server.json", 0o600),
        ("d/secret.key", 0o600),
    ] {
        let metadata = std::fs::metadata(folder.path().join(name)).expect(name);
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    stop(&mut child);
    assert!(!folder.path().join("d/server.json").exists(), "the note goes with a clean stop");

    for wrong in ["sk-short", "sk-test-0123456789012345678901234567890123456789", "no-key-at-all"] {
        let environment = [("RUSHES_BOOTSTRAP_API_KEY", wrong)];
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "e"];
        let ended = run(folder.path(), &environment, &arguments).expect(1);
        assert!(ended.stderr.contains("RUSHES_BOOTSTRAP_API_KEY"), "{}", ended.stderr);
        assert!(!ended.stderr.contains(wrong), "the key is not repeated: {}", ended.stderr);
    }
}

#[test]
fn a_password_in_the_file_that_will_not_do_stops_the_first_start() {
    let folder = tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("d")).expect("a folder");
    let file = serde_json::json!({
        "base_url": "", "admin_password": "hunter2",
        "api_key": format!("sk-{}", "a".repeat(48)),
        "test_api_key": format!("sk-test-{}", "b".repeat(48)),
    });
    std::fs::write(folder.path().join("d/bootstrap.json"), file.to_string()).expect("written");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "d"];
    let ended = run(folder.path(), &[], &arguments).expect(1);
    assert!(ended.stderr.contains("admin_password in bootstrap.json"), "{}", ended.stderr);
    assert!(ended.stderr.contains("10 to 256 characters"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn whoever_lost_the_first_link_gets_another() {
    let folder = tempdir().expect("a folder");
    let mut child = serve(folder.path(), &["--data-dir", "d", "--json"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let started: Value = serde_json::from_str(&line).expect("one JSON value");
    let base_url = started["base_url"].as_str().expect("a URL");
    assert_eq!(started["console_url"], format!("{base_url}/console/"));
    let other = run(folder.path(), &[], &["login-link", "--data-dir", "d"]).expect(0);
    assert!(other.stdout.starts_with(&format!("{base_url}/console/login#t=")), "{}", other.stdout);
    assert_ne!(other.stdout.trim(), started["console_login_url"].as_str().expect("a link"));
    assert!(!other.stderr.contains("no gateway runs"), "{}", other.stderr);
    stop(&mut child);
    // Without a gateway the token holds, but not the address.
    let other = run(folder.path(), &[], &["login-link", "owner", "--data-dir", "d"]).expect(0);
    assert!(other.stderr.contains("no gateway runs here"), "{}", other.stderr);
}

#[test]
fn passwords_in_the_open_are_warned_of_at_the_start() {
    for (public_url, is_warned) in
        [("http://192.168.1.5:8080", true), ("https://v.example.com", false)]
    {
        let folder = tempdir().expect("a folder");
        let mut child = rushes(
            folder.path(),
            &[],
            &["serve", "--listen", "127.0.0.1:0", "--data-dir", "d", "--public-url", public_url],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        stop(&mut child);
        let mut log = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut log).expect("a log");
        assert_eq!(log.contains("travel in the open"), is_warned, "{public_url}: {log}");
    }
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
