//! Every 400 of contract 2's table, sentence by sentence; each leaves nothing behind.

use serde_json::{Value, json};

use super::errors::refused;
use super::left::left;
use super::{CREATES, GENERATIONS, small, with};
use crate::support::{TestApp, pictures};

const URL: &str = "https://images.example.com/a.png";
const OTHER_URL: &str = "https://images.example.com/b.png";
const MODEL: &str = "grok-image-video";
const NO_MODEL: &str = "model field is required";

/// A request and its refusal. A message that starts with `…` is a part of the whole.
struct Case {
    body: Value,
    code: &'static str,
    message: &'static str,
    param: &'static str,
}

fn case(body: Value, code: &'static str, message: &'static str, param: &'static str) -> Case {
    Case { body, code, message, param }
}

fn invalid(body: Value, message: &'static str, param: &'static str) -> Case {
    case(body, "invalid_request", message, param)
}

fn pictured(model: &str, images: &Value) -> Value {
    json!({"model": model, "prompt": "rain", "image_urls": images})
}

/// Every case at every door.
async fn check(cases: Vec<Case>) {
    let app = TestApp::start().await;
    let before = left(&app).await;
    let doors = CREATES.into_iter().flat_map(|path| cases.iter().map(move |case| (path, case)));
    for (path, Case { body, code, message, param }) in doors {
        if *message == NO_MODEL && path != GENERATIONS {
            // The other dialects have a default.
            continue;
        }
        let answer = app.post(path, body).await;
        let shown: String = format!("{path}: {body}").chars().take(200).collect();
        assert_eq!(answer.status, 400, "{shown}: {}", answer.json());
        let text = refused(&answer, 400, code);
        match message.strip_prefix('…') {
            Some(part) => assert!(text.contains(part), "{shown}: {text}"),
            None => assert_eq!(text, *message, "{shown}"),
        }
        assert!(text.len() < 600, "{shown}: a message of {} bytes", text.len());
        assert_eq!(answer.json()["error"]["param"], *param, "{shown}: {text}");
    }
    assert_eq!(left(&app).await, before);
    app.finish().await;
}

#[tokio::test]
async fn model_and_prompt() {
    let unnamed = |model: Value| json!({"model": model, "prompt": "x"});
    check(vec![
        invalid(json!({}), NO_MODEL, "model"),
        invalid(unnamed(json!("")), NO_MODEL, "model"),
        invalid(unnamed(json!(null)), NO_MODEL, "model"),
        invalid(unnamed(json!(["x"])), "…model must be a string", "model"),
        invalid(json!({"model": MODEL}), "prompt is required", "prompt"),
        invalid(small(""), "prompt is required", "prompt"),
        invalid(small(" \u{200b}\n\u{feff} "), "prompt is required", "prompt"),
        invalid(small("a\u{0}b"), "…prompt", "prompt"),
        invalid(with("prompt", json!(5)), "…prompt must be a string", "prompt"),
        invalid(small(&"x".repeat(4097)), "…4096", "prompt"),
        case(
            unnamed(json!("nope")),
            "model_not_found",
            "model \"nope\" does not exist; GET /v1/models lists yours",
            "model",
        ),
        case(unnamed(json!("m".repeat(10_000))), "model_not_found", "…does not exist", "model"),
        case(unnamed(json!("../../admin")), "model_not_found", "…does not exist", "model"),
    ])
    .await;
}

#[tokio::test]
async fn parameters() {
    let width_alone = json!({"model": MODEL, "prompt": "x", "width": 1280});
    check(vec![
        invalid(with("seconds", json!(0)), "…seconds", "seconds"),
        invalid(with("seconds", json!(16)), "…15", "seconds"),
        invalid(with("seconds", json!(-1)), "…seconds", "seconds"),
        invalid(with("seconds", json!(1e9)), "…seconds", "seconds"),
        invalid(with("seconds", json!(6.5)), "…seconds", "seconds"),
        invalid(with("seconds", json!(true)), "…seconds", "seconds"),
        invalid(
            with("duration", json!(7)),
            "seconds and duration differ (1 and 7); send one of them",
            "seconds",
        ),
        invalid(with("aspect_ratio", json!("5:1")), "…16:9", "aspect_ratio"),
        invalid(with("resolution", json!("4k")), "…720p", "resolution"),
        invalid(with("n", json!(1_000_000)), "…n ", "n"),
        invalid(with("metadata", json!({"a": 1})), "…metadata", "metadata"),
        invalid(width_alone, "width and height must be sent together", "height"),
        invalid(json!({"model": MODEL, "prompt": "x", "size": "99999x99999"}), "…size", "size"),
    ])
    .await;
}

#[tokio::test]
async fn images_that_do_not_fit() {
    let conflict = |code_field: &str, value: Value| {
        let mut body = pictured(MODEL, &json!([URL]));
        body[code_field] = value;
        body
    };
    let both = json!({"model": MODEL, "prompt": "x", "input_reference": URL,
        "reference_images": [URL]});
    let references = "invalid_reference_images";
    check(vec![
        case(
            pictured("grok-video-1.5", &json!([])),
            references,
            "grok-video-1.5 only supports exactly one reference image",
            "image_urls",
        ),
        case(
            pictured("grok-video-1.5", &json!([URL, OTHER_URL])),
            references,
            "grok-video-1.5 only supports exactly one reference image",
            "image_urls",
        ),
        case(
            pictured(MODEL, &json!(vec![URL; 8])),
            references,
            "grok-image-video supports at most 7 reference images",
            "image_urls",
        ),
        case(
            both,
            references,
            "input_reference and reference_images cannot be used together",
            "input_reference",
        ),
        case(
            conflict("input_reference", json!(OTHER_URL)),
            references,
            "image_urls and input_reference hold different images; send one of them",
            "input_reference",
        ),
        invalid(conflict("first_frame", json!(URL)), "…image_urls", "first_frame"),
        invalid(conflict("video_url", json!("https://x.example.com/a.mp4")), "…video", "video_url"),
    ])
    .await;
}

#[tokio::test]
async fn images_that_are_none() {
    let text = pictures::data_url("image/png", b"this is text, whatever its name says");
    let svg = "data:image/svg+xml,<svg onload=alert(1)>";
    let html = pictures::data_url("text/html", b"<script>");
    let huge = pictures::data_url("image/png", &huge_png());
    let good = pictures::png_data_url([1, 2, 3]);
    let bare = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB";
    check(vec![
        case(
            pictured(MODEL, &json!([bare])),
            "image_url_invalid",
            "…data:image/png;base64,",
            "image_urls",
        ),
        case(pictured(MODEL, &json!(["/a.png"])), "image_url_invalid", "…", "image_urls"),
        case(pictured(MODEL, &json!(["//127.0.0.1/x"])), "image_url_invalid", "…", "image_urls"),
        case(pictured(MODEL, &json!([""])), "image_url_invalid", "…", "image_urls"),
        case(pictured(MODEL, &json!([html])), "image_unsupported", "…", "image_urls"),
        case(pictured(MODEL, &json!([svg])), "image_unsupported", "…", "image_urls"),
        case(pictured(MODEL, &json!([text])), "image_unsupported", "…image 1", "image_urls[0]"),
        case(pictured(MODEL, &json!([good, huge])), "image_too_large", "…image 2", "image_urls[1]"),
    ])
    .await;
}

/// A header that says 60000 × 60000.
fn huge_png() -> Vec<u8> {
    let mut png = pictures::png(1, 1, [0, 0, 0]);
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    png
}

/// The S-lines of the security cases that the text alone shows.
const BLOCKED: [&str; 32] = [
    "http://127.0.0.1/a.png",
    "http://localhost/a.png",
    "http://LOCALHOST./a.png",
    "http://0.0.0.0:8080/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/latest/meta-data/",
    "http://[::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "http://127.0.0.1#@good.com/",
    "http://good.com:22/",
    "http://good.com:6379/",
    "unix:/var/run/docker.sock",
];

#[tokio::test]
async fn urls_that_are_visibly_private_in_every_field_and_form() {
    let app = TestApp::start().await;
    let before = left(&app).await;
    for url in BLOCKED {
        for (field, image) in [
            ("image_urls", json!([url])),
            ("image", json!(url)),
            ("input_reference", json!({"image_url": {"url": url}})),
            ("reference_images", json!([{"url": url}, URL])),
        ] {
            let answer = app.post(GENERATIONS, &with(field, image)).await;
            refused(&answer, 400, "image_url_blocked");
        }
    }
    assert_eq!(left(&app).await, before);
    app.finish().await;
}
