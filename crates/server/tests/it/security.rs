//! Hostile inputs by their line in the table of security cases: pictures sent as data URLs, and the
//! lines that wait for a route. Other lines stand where their part is tested: `S…` and `F01`/`F02`
//! in `egress/` (as addresses of results in `channels/hostile.rs`, with `U01`), `F04`/`F05` in `worker/images.rs`, `J…` in `http/bad_requests.rs`, `H…` in
//! `http/connections.rs`, `P…` in `http/query.rs`, `http/files.rs` and `dialects/`, `C…` in `api/login.rs`,
//! `D12` and `D13` in the renderer's own tests.

use serde_json::{Value, json};

use crate::support::pictures::{data_url, png};
use crate::support::{Answer, TestApp};

/// A GIF of one pixel: header, one frame, end.
const GIF_HEADER: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
const GIF_FRAME: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x01\x4c\0";
/// A lossless WebP of one pixel.
const WEBP: &[u8] =
    b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";

async fn create(app: &TestApp, picture: &str) -> Answer {
    let body = json!({
        "model": "grok-image-video", "prompt": "a fox", "seconds": 1, "resolution": "480p",
        "image_urls": [picture],
    });
    app.post_with(&app.test_api_key, "/v1/video/generations", &body).await
}

fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1, [1, 2, 3]);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_urls_that_are_refused() {
    let app = TestApp::start().await;
    let truncated = &png(64, 64, [9, 9, 9])[..120];
    let cases: &[(&str, String, &str)] = &[
        ("D01", "data:text/html;base64,PHNjcmlwdD4=".into(), "image_unsupported"),
        ("D02", "data:image/svg+xml,<svg onload=alert(1)>".into(), "image_unsupported"),
        ("D02b", data_url("image/png", b"<svg onload='x'></svg>"), "image_unsupported"),
        ("D03", "data:image/png;base64,%%%".into(), "image_url_invalid"),
        ("D07", data_url("image/png", &png_of_size(60_000, 60_000)), "image_too_large"),
        ("D09", data_url("image/png", &png_of_size(0, 4)), "image_unsupported"),
        ("D09b", data_url("image/png", &png_of_size(4, 0x8000_0000)), "image_unsupported"),
        ("D12", data_url("image/png", truncated), "image_unsupported"),
        ("empty", "data:image/png;base64,".into(), ""),
        ("bare", "iVBORw0KGgo=".into(), "image_url_invalid"),
    ];
    for (line, picture, code) in cases {
        let answer = create(&app, picture).await;
        let body: Value = answer.json();
        assert_eq!(answer.status, 400, "{line}: {body}");
        if !code.is_empty() {
            assert_eq!(body["code"], *code, "{line}: {body}");
        }
    }
    let list = app.get("/v1/video/generations").await.json();
    assert_eq!(list["data"], json!([]), "a refused request left a task");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_of_every_kind_become_videos() {
    let app = TestApp::start().await;
    let spec = rushes_render::RenderSpec {
        prompt: String::new(),
        seed: 1,
        width: 96,
        height: 64,
        seconds: 1,
        images: Vec::new(),
        caption: false,
    };
    let film = rushes_render::render(&spec, 1, &rushes_render::Control::new()).expect("a film");
    let mut frames = GIF_HEADER.to_vec();
    for _ in 0..10_000 {
        frames.extend_from_slice(GIF_FRAME);
    }
    frames.push(b';');
    let spaced = data_url("image/png", &png(8, 8, [1, 2, 3])).replace(',', ", ");
    let cases: &[(&str, String)] = &[
        ("png", data_url("image/png", &png(64, 48, [200, 30, 30]))),
        ("jpeg", data_url("image/jpeg", &film.poster_jpeg)),
        ("webp", data_url("image/webp", WEBP)),
        ("D10 gif of 10,000 frames", data_url("image/gif", &frames)),
        ("a type that does not fit", data_url("image/png", &film.poster_jpeg)),
    ];
    for (line, picture) in cases {
        let answer = create(&app, picture).await;
        let body = answer.json();
        assert_eq!(answer.status, 200, "{line}: {body}");
        let ended = app.wait(body["task_id"].as_str().expect("an id")).await;
        assert_eq!(ended["data"]["status"], "SUCCESS", "{line}: {ended}");
    }
    // D04: white space within base64 is accepted or refused, but never a fault of ours.
    assert!(matches!(create(&app, &spaced).await.status, 200 | 400));
    app.finish().await;
}

/// D06: 200 MB of base64 are refused by their announced length.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_limit_is_refused_before_it_is_decoded() {
    let app = TestApp::start().await;
    let picture = format!("data:image/png;base64,{}", "A".repeat(33 * 1024 * 1024));
    let answer = create(&app, &picture).await;
    assert_eq!(answer.status, 413);
    app.finish().await;
}

/// Lines whose route is not there yet. The day a route appears this test fails, and its lines have
/// to be written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_wait_for_their_route() {
    let app = TestApp::start().await;
    let pending = [("P08", "GET", "/assets/%2e%2e/%2e%2e/etc/passwd".to_owned())];
    for (line, method, path) in pending {
        let answer = app.send(app.request(method, &path)).await;
        assert_eq!(answer.status, 404, "{line} is no longer pending: write its test");
    }
    // U01 and D14 are in `egress/download`, `channels/matrix` and `channels/pictures`; W01 is in
    // `webhooks/`: what cannot be registered in `endpoints`, what cannot be called back in
    // `callback`, a name that leads elsewhere at the fourth try in `faults`.
    app.finish().await;
}
