//! The system's page: settings with their sources, an examination, backups.

use std::fs;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, refusal, sign_in};
use crate::support::TestApp;

const BACKUPS: &str = "/api/admin/backups";
const DOCTOR: &str = "/api/admin/system/doctor";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_setting_says_where_it_comes_from() {
    let app = TestApp::start().await;
    let system = get(&app, By::Local, "/api/admin/system").await;
    let lines = system["config"].as_array().expect("a list");
    let line = |key: &str| lines.iter().find(|it| it["key"] == key).expect("the setting").clone();
    // The tests start their gateways with flags.
    assert_eq!(line("data_dir")["source"], "flag");
    let kept = json!({ "key": "task.run_timeout_ms", "value": 3_600_000, "source": "default", "hidden": false });
    assert_eq!(line("task.run_timeout_ms")["source"], kept["source"]);
    assert_eq!(line("channels")["value"], json!([]));
    assert_eq!(line("metrics.token")["hidden"], false);
    assert_eq!(system["storage"]["videos_count"], 0);
    assert_eq!(system["storage"]["backups_count"], 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_made_listed_and_holds_no_secret() {
    let app = TestApp::start().await;
    assert_eq!(get(&app, By::Local, BACKUPS).await["data"], json!([]));
    let order = json!({ "model": "grok-image-video", "prompt": "rain", "seconds": 4,
                        "resolution": "480p" });
    let id = app.create(&order).await;
    app.wait(&id).await;
    let made = must(&call(&app, By::Local, "POST", BACKUPS, &json!({ "files": true })).await, 201);
    assert_eq!((&made["tasks"], &made["videos"]), (&json!(1), &json!(1)));
    let listed = get(&app, By::Local, BACKUPS).await;
    assert_eq!(listed["data"][0]["name"], made["name"]);
    let folder = app.app().config.data_dir.join("backups");
    let bytes = fs::read(folder.join(made["name"].as_str().expect("a name"))).expect("the file");
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|it| it == needle);
    assert!(has(b"manifest.json") && !has(b"secret.key") && !has(app.api_key.as_bytes()));
    let log = get(&app, By::Local, "/api/admin/audit?action=backup.create").await;
    assert_eq!(log["data"][0]["after"], json!({ "files": true }));
    // What an interrupted one left goes, and what is somebody else's stays. The newest three of a
    // kind are kept, and those that are made at once push out none with videos.
    fs::write(folder.join("rushes-20260101T000000000.tar.1.part"), "x").expect("a file");
    fs::write(folder.join("mine.tar"), "x").expect("a file");
    for _ in 0..5 {
        must(&call(&app, By::Local, "POST", BACKUPS, &Value::Null).await, 201);
    }
    let listed = get(&app, By::Local, BACKUPS).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(4));
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 5);
    assert!(listed.to_string().contains(made["name"].as_str().expect("a name")));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_examination_names_each_invariant() {
    let app = TestApp::start().await;
    let report = get(&app, By::Local, DOCTOR).await;
    let checks = report["checks"].as_array().expect("a list");
    for number in 1..=12 {
        let word = format!("I{number}");
        assert!(checks.iter().any(|it| it["check"] == word.as_str()), "{word}: {report}");
    }
    assert!(checks.iter().any(|it| it["check"] == "lock" && it["verdict"] == "ok"), "{report}");
    let refused = call(&app, By::Local, "GET", &format!("{DOCTOR}?deep=1"), &Value::Null).await;
    assert_eq!(refused.status, 400);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_it_is_for_operators() {
    let app = TestApp::start().await;
    make_account(&app, "lin", &json!({})).await;
    let cookie = sign_in(&app, "lin").await;
    for (method, path) in [("GET", DOCTOR), ("GET", BACKUPS), ("POST", BACKUPS)] {
        // Who may not is told so before the body is looked at.
        let answer = call(&app, By::Cookie(&cookie), method, path, &Value::Null).await;
        assert_eq!(refusal(&answer), (403, "permission_denied".to_owned()), "{method} {path}");
    }
    assert!(!app.app().config.data_dir.join("backups").exists());
    app.finish().await;
}
