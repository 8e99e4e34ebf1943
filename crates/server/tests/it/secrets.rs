//! No secret in a log line, whatever the level (reliability I11): not a key, right or wrong, not the
//! signature of a link, not the local token.

use std::fs::File;

use rushes_server::data_dir::read_note;
use serde_json::{Value, json};

use crate::support::binary::{Binary, client, data_dir};

const WRONG_KEY: &str = "sk-0123456789abcdefghijABCDEFGHIJ0123456789wrongKEY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_reaches_the_log() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let log = folder.path().join("log");
    let file = File::create(&log).expect("a log file");
    let level = [("RUSHES_LOG__LEVEL", "trace")];
    let binary = Binary::start_logging_to(folder.path(), &level, file.into()).await;
    let url = format!("{}/v1/video/generations", binary.base_url);
    let client = client();
    let mut secrets = vec![
        binary.api_key.clone(),
        binary.test_api_key.clone(),
        WRONG_KEY.to_owned(),
        read_note(&data_dir(folder.path())).expect("a note").token,
    ];

    let refused = client.get(&url).bearer_auth(WRONG_KEY).send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    let body = json!({
        "model": "grok-image-video", "prompt": "a fox", "seconds": 1, "resolution": "480p",
    });
    let created = client
        .post(&url)
        .bearer_auth(&binary.test_api_key)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .expect("an answer");
    let created: Value = read(created).await;
    let poll = client
        .get(format!("{url}/{}", created["task_id"].as_str().expect("an id")))
        .bearer_auth(&binary.api_key)
        .header("prefer", "wait=60");
    let ended: Value = read(poll.send().await.expect("an answer")).await;
    let link = ended["data"]["result_url"].as_str().expect("a link").to_owned();
    let (_, signature) = link.rsplit_once("sig=").expect("a signature");
    secrets.push(signature.to_owned());
    for address in [link.clone(), link.replace("sig=", "sig=0")] {
        client.get(address).send().await.expect("an answer");
    }
    assert!(binary.terminate().await.success());

    let text = std::fs::read_to_string(&log).expect("a log");
    assert!(text.contains("/v1/video/generations"), "the log is empty: {text}");
    for secret in secrets {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&secret)).collect();
        assert!(lines.is_empty(), "{secret} stands in the log: {lines:?}");
    }
}

async fn read(answer: reqwest::Response) -> Value {
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}
