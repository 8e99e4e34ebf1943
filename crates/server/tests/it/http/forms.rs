//! Creates as `multipart/form-data`: the same request in another coat.

use pretty_assertions::assert_eq;
use serde_json::json;

use super::left::left;
use super::{GENERATIONS, small};
use crate::support::forms::Form;
use crate::support::pictures::{data_url, png};
use crate::support::{Options, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_with_files_becomes_a_video() {
    let app = TestApp::start().await;
    let form = Form::of(&small("a fox"))
        .file("image_urls", &png(64, 48, [200, 30, 30]))
        .file("image_urls", &png(64, 48, [30, 200, 30]))
        .text("metadata[order]", "7")
        .text("user", "u");
    let answer = app.post_form(&app.test_api_key, GENERATIONS, form).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.header("rushes-ignored-fields"), "user");
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    let ended = app.wait(&id).await;
    assert_eq!(ended["data"]["status"], "SUCCESS", "{ended}");
    assert_eq!(ended["data"]["metadata"], json!({ "order": "7" }));
    app.finish().await;
}

/// One idempotency key for both coats: the file is what the data URL is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_repeats_what_json_began() {
    let app = TestApp::start().await;
    let picture = png(8, 8, [1, 2, 3]);
    let mut body = small("[[stall]]");
    body["input_reference"] = json!(data_url("image/png", &picture));
    let request = || {
        let request = app.bare_request("POST", GENERATIONS).bearer_auth(&app.test_api_key);
        request.header("idempotency-key", "both")
    };
    let first = app.send(request().body(body.to_string())).await;
    assert_eq!(first.status, 200, "{}", first.json());
    let form = Form::of(&small("[[stall]]")).file("input_reference", &picture);
    let again = app.send(form.into_body(request())).await;
    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = Form::of(&small("[[stall]]")).file("input_reference", &png(8, 8, [3, 2, 1]));
    assert_eq!(app.send(other.into_body(request())).await.status, 422);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_refused_leaves_nothing_behind() {
    let app = Options::default()
        .toml("[limits]\njson_body_bytes_max = 2000\nform_body_bytes_max = 5000")
        .start()
        .await;
    let before = left(&app).await;
    let send = async |form: Form| {
        let answer = app.post_form(&app.test_api_key, GENERATIONS, form).await;
        let code = answer.json()["code"].as_str().unwrap_or("").to_owned();
        (answer.status, code)
    };
    let file = |bytes: &[u8]| Form::of(&small("a fox")).file("image", bytes);
    let said = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(send(file(b"no picture")).await, said(400, "image_unsupported"));
    assert_eq!(send(file(b"")).await, said(400, "image_unsupported"));
    assert_eq!(send(file(&[0; 6000])).await, said(413, "request_too_large"));
    let unknown = Form::of(&small("a fox")).file("first_frame", &png(8, 8, [1, 2, 3]));
    assert_eq!(send(unknown).await, said(400, "invalid_request"));
    assert_eq!(send(Form::default().text("model", "x")).await, said(400, "model_not_found"));
    let request = app.request("POST", GENERATIONS);
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    let answer = app.send(request.body(small("a fox").to_string())).await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("invalid_request")));
    assert_eq!(left(&app).await, before);
    // A form may be larger than JSON may.
    let padded = [png(8, 8, [1, 2, 3]), vec![0; 3000]].concat();
    assert_eq!(send(file(&padded)).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estimate_takes_a_form_too() {
    let app = TestApp::start().await;
    let form = Form::of(&small("a fox")).file("image", &png(8, 8, [1, 2, 3]));
    let path = format!("{GENERATIONS}/estimate");
    let answer = app.post_form(&app.api_key, &path, form).await;
    assert_eq!((answer.status, &answer.json()["mode"]), (200, &json!("image_to_video")));
    app.finish().await;
}
