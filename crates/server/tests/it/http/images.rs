//! Images within a create: written before the answer, refused without a trace.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GENERATIONS;
use super::left::left;
use crate::support::{TestApp, pictures};

fn with_images(images: &[String]) -> Value {
    json!({"model": "grok-image-video", "prompt": "[[stall]]", "seconds": 2, "resolution": "480p",
        "image_urls": images})
}

#[tokio::test]
async fn a_data_url_is_on_the_disk_when_the_answer_comes() {
    let app = TestApp::start().await;
    let bytes = pictures::png(40, 30, [200, 10, 10]);
    let images = [pictures::data_url("image/png", &bytes), pictures::png_data_url([1, 2, 3])];
    let id = app.create_with(&app.test_api_key, &with_images(&images)).await;
    let id = id.parse().expect("an id");
    let store = &app.app().store;
    let rows = store.read(move |tx| rushes_store::images(tx, id)).await.expect("readable");
    assert_eq!(rows.len(), 2);
    let path = rows[0].path.clone().expect("a path");
    let kept = std::fs::read(app.data_dir().join(path)).expect("the file");
    assert_eq!(kept, bytes);
    let hash = format!("{:x}", Sha256::digest(&bytes));
    assert_eq!(rows[0].sha256_hex.as_deref(), Some(hash.as_str()));
    assert_eq!(rows[0].mime.as_deref(), Some("image/png"));
    app.finish().await;
}

#[tokio::test]
async fn a_picture_that_is_cut_off_is_found_by_decoding_it() {
    let app = TestApp::start().await;
    let before = left(&app).await;
    let mut bytes = pictures::png(200, 200, [5, 5, 5]);
    bytes.truncate(bytes.len() / 2);
    let images = [pictures::png_data_url([1, 2, 3]), pictures::data_url("image/png", &bytes)];
    let answer = app.post(GENERATIONS, &with_images(&images)).await;
    let body = answer.json();
    assert_eq!(answer.status, 400, "{body}");
    assert_eq!(body["code"], "image_unsupported");
    assert_eq!(body["error"]["param"], "image_urls[1]");
    assert_eq!(left(&app).await, before);
    app.finish().await;
}
