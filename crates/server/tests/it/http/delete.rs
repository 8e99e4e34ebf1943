//! `DELETE`: the task is gone for its owner, and for nobody else.

use serde_json::json;

use super::{GENERATIONS, small, stalled};
use crate::support::{Answer, TestApp, eventually};

async fn delete(app: &TestApp, key: &str, id: &str) -> Answer {
    let request = app.bare_request("DELETE", &format!("{GENERATIONS}/{id}")).bearer_auth(key);
    app.send(request).await
}

async fn code(app: &TestApp, method: &str, path: &str) -> (u16, String) {
    let answer = app.send(app.request(method, path)).await;
    (answer.status, answer.json()["code"].as_str().unwrap_or("").to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_video_is_gone_everywhere_and_stays_paid() {
    let app = TestApp::start().await;
    let id = app.create(&small("rain")).await;
    let link = app.wait(&id).await["data"]["result_url"].as_str().expect("a link").to_owned();
    let row = app.app().views.get(&app.app().store, id.parse().unwrap()).await.unwrap().unwrap();
    let result = row.result.clone().expect("a video");
    let files = [Some(result.path), result.poster_path].into_iter().flatten();
    let files: Vec<_> = files.map(|path| app.data_dir().join(path)).collect();
    let account = row.account_id;
    let paid = async || {
        let read = move |tx: &mut rushes_store::Tx<'_>| rushes_store::balance(tx, account);
        app.app().store.read(read).await.expect("a balance").posted
    };
    let before = paid().await;

    let stranger = app.other_account("x").await;
    assert_eq!(delete(&app, &stranger, &id).await.status, 404);
    let answer = delete(&app, &app.api_key, &id).await;
    assert_eq!(answer.status, 200);
    let expected = json!({ "id": id, "task_id": id, "object": "video.deleted", "deleted": true });
    assert_eq!(answer.json(), expected);

    let gone = (404, "task_not_exist".to_owned());
    let path = format!("{GENERATIONS}/{id}");
    assert_eq!(code(&app, "GET", &path).await, gone);
    assert_eq!(code(&app, "DELETE", &path).await, gone);
    assert_eq!(code(&app, "POST", &format!("{path}/cancel")).await, gone);
    assert_eq!(code(&app, "GET", &link).await, (404, "not_found".to_owned()));
    assert_eq!(app.get(GENERATIONS).await.json()["data"], json!([]));
    eventually("the files are gone", async || {
        files.iter().all(|file| !file.exists()).then_some(())
    })
    .await;
    assert_eq!(paid().await, before, "what was made was paid");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_task_that_lives_is_called_off() {
    let app = TestApp::start().await;
    let id = stalled(&app).await;
    let path = format!("{GENERATIONS}/{id}");
    let waiting = app.request("GET", &path).header("prefer", "wait=60");
    let (waited, deleted) = tokio::join!(app.send(waiting), async {
        eventually("it was handed over", async || {
            (app.get(&path).await.json()["data"]["status"] == "IN_PROGRESS").then_some(())
        })
        .await;
        delete(&app, &app.test_api_key, &id).await
    });
    assert_eq!((waited.status, deleted.status), (404, 200));
    let id = id.parse().expect("an id");
    eventually("it has ended", async || {
        let row = app.app().store.read(move |tx| rushes_store::task(tx, id)).await.unwrap();
        row.filter(|row| row.state == rushes_domain::State::Cancelled)
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_create_does_not_bring_it_back() {
    let app = TestApp::start().await;
    let create = async || {
        let request = app.request("POST", GENERATIONS).header("idempotency-key", "again");
        app.send(request.body(small("rain").to_string())).await
    };
    let first = create().await;
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    app.wait(&id).await;
    assert_eq!(delete(&app, &app.api_key, &id).await.status, 200);
    assert_eq!(create().await.bytes, first.bytes, "one key, one task");
    assert_eq!(app.get(&format!("{GENERATIONS}/{id}")).await.status, 404);
    app.finish().await;
}
