//! `rushes webhooks` over a running gateway, with a receiver behind it; and that no secret of
//! theirs reaches the log, whatever its level.
#![cfg(not(target_vendor = "apple"))]

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use super::{Ended, run};
use crate::support::binary::Binary;
use crate::support::receiver::{Receiver, Reply, authority_file};

/// A command over the directory of the running server.
fn local(folder: &Path, arguments: &[&str]) -> Ended {
    run(folder, &[], &[arguments, &["--data-dir", "data"]].concat())
}

fn ids(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_made_tested_looked_at_and_deleted_by_command() {
    let folder = tempdir().expect("a folder");
    let log = folder.path().join("log");
    let certificates = authority_file(folder.path());
    let environment = [
        ("SSL_CERT_FILE", certificates.as_str()),
        ("RUSHES_EGRESS__ALLOW", "127.0.0.0/8,::1/128"),
        ("RUSHES_LOG__LEVEL", "trace"),
    ];
    let file = File::create(&log).expect("a log file");
    let server = Binary::start_logging_to(folder.path(), &environment, file.into()).await;
    let receiver = Receiver::start();
    let place = folder.path().to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let folder = place.as_path();
        let empty = local(folder, &["webhooks", "list"]).expect(0);
        assert!(empty.stderr.contains("none"), "{}", empty.stderr);
        local(folder, &["webhooks", "create", "http://hooks.example/"]).expect(2);
        let url = receiver.url("localhost", "/hook?canary=in-the-path");
        let made = local(folder, &["webhooks", "create", &url, "--description", "ours"]).expect(0);
        let secret = made.stdout.trim().to_owned();
        assert!(secret.starts_with("whsec_"), "{}", made.stdout);
        assert!(made.stderr.contains("shown this once"), "{}", made.stderr);
        let list = local(folder, &["webhooks", "list", "--json"]).expect(0).json();
        let id = list["data"][0]["id"].to_string();
        let shown = local(folder, &["webhooks", "show", &id, "--user", "owner"]).expect(0);
        assert!(shown.stdout.contains("ours") && shown.stdout.contains("video.completed"));

        let tested = local(folder, &["webhooks", "test", &id]).expect(0);
        assert!(tested.stdout.contains("delivered: answered with 200"), "{}", tested.stdout);
        receiver.answer(|_| Reply::status(500, "\u{1b}[31mno"));
        let tested = local(folder, &["webhooks", "test", &id, "--json"]).expect(1);
        let tested: Value = serde_json::from_str(&tested.stdout).expect("JSON");
        assert_eq!(tested["reason"], "test_failed");
        let failed = tested["id"].as_str().expect("an id");
        let one = local(folder, &["webhooks", "deliveries", &id, failed]).expect(0);
        assert!(one.stdout.contains("answered with status 500"), "{}", one.stdout);
        assert!(!one.stdout.contains('\u{1b}'), "{}", one.stdout);
        let page = ["webhooks", "deliveries", &id, "--status", "failed", "--json"];
        assert_eq!(ids(&local(folder, &page).expect(0).json()), [failed]);

        receiver.answer(|_| Reply::status(200, ""));
        local(folder, &["webhooks", "replay", &id, failed]).expect(0);
        local(folder, &["webhooks", "replay", &id, "--since", "1h"]).expect(0);
        local(folder, &["webhooks", "replay", &id]).expect(2);
        let set = ["webhooks", "set", &id, "--event-types", "video.failed", "--disable"];
        let changed = local(folder, &set).expect(0);
        assert!(changed.stdout.contains("operator"), "{}", changed.stdout);
        local(folder, &["webhooks", "set", &id]).expect(2);
        local(folder, &["webhooks", "set", &id, "--enable"]).expect(0);
        let rotated = local(folder, &["webhooks", "rotate", &id]).expect(0).stdout;
        local(folder, &["webhooks", "test", &id]).expect(0);
        local(folder, &["webhooks", "delete", &id]).expect(0);
        local(folder, &["webhooks", "show", &id]).expect(2);

        let mut secrets = vec![secret, rotated.trim().to_owned(), "in-the-path".to_owned()];
        for call in receiver.calls() {
            let signatures = call.header("webhook-signature").split(' ');
            secrets.extend(signatures.map(|it| it.trim_start_matches("v1,").to_owned()));
        }
        secrets
    });
    let secrets = work.await.expect("no panic");
    assert!(server.terminate().await.success());
    let text = std::fs::read_to_string(&log).expect("a log");
    assert!(text.contains("/api/admin/accounts/{account}/webhooks"), "the log is empty: {text}");
    assert!(secrets.len() >= 7, "the canary is awake: {}", secrets.len());
    for secret in secrets {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&secret)).collect();
        assert!(lines.is_empty(), "{secret} stands in the log: {lines:?}");
    }
}
