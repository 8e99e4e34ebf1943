//! `kill -9` of the real binary between an event and its delivery: nothing is lost, and each end
//! keeps its one id.

use std::collections::BTreeSet;

use rushes_domain::Clock as _;
use rushes_server::clock::SystemClock;
use rushes_server::data_dir::read_note;
use rushes_store::Store;
use serde_json::{Value, json};

use crate::support::binary::{Binary, client, data_dir};
use crate::support::eventually;
use crate::support::receiver::{Receiver, Reply, authority_file};

/// Lives of the gateway that end by a kill.
const ROUNDS: usize = 9;
/// Tasks of one life.
const TASKS: usize = 6;

async fn send(request: reqwest::RequestBuilder, body: &Value) -> Value {
    let request = request.header("content-type", "application/json").body(body.to_string());
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let bytes = response.bytes().await.expect("a body");
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Creates tasks that fail, and waits until each has: from then on its event is to be told.
async fn failed_tasks(binary: &Binary) -> Vec<String> {
    let client = client();
    let url = format!("{}/v1/video/generations", binary.base_url);
    let body = json!({
        "model": "grok-image-video", "prompt": "[[fail: as asked]]", "seconds": 1,
        "resolution": "480p",
    });
    let mut events = Vec::new();
    for _ in 0..TASKS {
        let made = send(client.post(&url).bearer_auth(&binary.test_api_key), &body).await;
        let id = made["task_id"].as_str().expect("an id").to_owned();
        let request = client
            .get(format!("{url}/{id}"))
            .bearer_auth(&binary.test_api_key)
            .header("prefer", "wait=30");
        let response = request.send().await.expect("an answer");
        let shown = response.bytes().await.expect("a body");
        let shown: Value = serde_json::from_slice(&shown).expect("JSON");
        assert_eq!(shown["data"]["status"], "FAILURE", "{shown}");
        events.push(format!("evt_{}_2", id.strip_prefix("task_").expect("a prefix")));
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_between_event_and_delivery_loses_none() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = authority_file(folder.path());
    let environment =
        [("SSL_CERT_FILE", file.as_str()), ("RUSHES_EGRESS__ALLOW", "127.0.0.0/8,::1/128")];
    let receiver = Receiver::start();
    let mut expected = BTreeSet::new();
    for round in 0..ROUNDS {
        // In one life the receiver says nothing, in the next it takes what comes, and the kill hits
        // whatever stands between that and its being written down.
        let is_silent = round % 2 == 0;
        let heard = receiver.calls().len();
        receiver.answer(move |_| if is_silent { Reply::Hang } else { Reply::status(200, "") });
        let binary = Binary::start(folder.path(), &environment).await;
        if round == 0 {
            let token = read_note(&data_dir(folder.path())).expect("a note").token;
            let path = format!("{}/api/admin/accounts/owner/webhooks", binary.base_url);
            let body = json!({
                "url": receiver.url("localhost", "/hook"), "event_types": ["video.failed"],
            });
            send(client().post(path).bearer_auth(token), &body).await;
        }
        expected.extend(failed_tasks(&binary).await);
        if !is_silent {
            eventually("something arrives", async || {
                (receiver.calls().len() > heard).then_some(())
            })
            .await;
        }
        binary.kill();
    }

    let heard_before = receiver.calls().len();
    receiver.answer(|_| Reply::status(200, ""));
    let binary = Binary::start(folder.path(), &environment).await;
    let store = Store::open_to_read(&data_dir(folder.path()).join("rushes.db")).expect("it opens");
    eventually("everything is delivered", async || {
        let sql = "SELECT COUNT(*) FROM webhook_deliveries WHERE status <> 'delivered'";
        let left = store.read(move |tx| tx.value::<i64>(sql, &[])).await.expect("readable");
        (left == Some(0)).then_some(())
    })
    .await;
    assert!(binary.terminate().await.success());
    let calls = receiver.calls();
    assert!(calls.len() > heard_before, "the kills left nothing to be sent");
    let heard: BTreeSet<_> = calls.iter().map(|it| it.header("webhook-id").to_owned()).collect();
    assert_eq!(heard, expected, "an event was lost, or told under another id");
    let now = SystemClock.now();
    let violations = store.read(move |tx| rushes_store::check_invariants(tx, now)).await;
    assert_eq!(violations.expect("readable"), []);
    store.close().await;
}
