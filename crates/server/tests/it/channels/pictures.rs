//! What reaches an upstream of a customer's pictures and settings.

use fake_upstream::{FakeUpstream, Flavour};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{add, end_of, fake, gateway};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::pictures::{crc32, data_url, png};

/// The one job that was taken.
fn request(upstream: &FakeUpstream) -> Value {
    upstream.jobs().remove(0).request
}

fn with_picture() -> Value {
    json!({
        "model": "grok-image-video", "prompt": "a boat", "seconds": 4, "resolution": "480p",
        "aspect_ratio": "9:16", "image_urls": [data_url("image/png", &png(64, 64, [200, 40, 40]))],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_picture_goes_in_the_ratio_that_was_asked_for() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let id = app.create(&with_picture()).await;
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    let sent = request(&upstream);
    assert_eq!(sent.get("aspect_ratio"), None, "the video takes the picture's");
    let url = sent["image"]["url"].as_str().unwrap();
    let (head, data) = url.split_once(',').unwrap();
    assert!(head.starts_with("data:image/") && head.ends_with(";base64"), "{head}");
    let bytes = STANDARD.decode(data).unwrap();
    let probe = rushes_render::probe(&bytes).unwrap();
    let (width, height) = (f64::from(probe.width), f64::from(probe.height));
    let ratio = width / height;
    assert!((0.55..0.575).contains(&ratio), "{width} x {height} is not 9:16");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d14_what_a_picture_says_of_places_and_people_is_not_forwarded() {
    const SECRET: &[u8] = b"GPS 48.8584 N 2.2945 E <script>";
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let mut picture = png(64, 36, [20, 80, 160]);
    picture.splice(33..33, text_chunk(SECRET));
    assert!(picture.windows(SECRET.len()).any(|window| window == SECRET));
    let order = json!({
        "model": "grok-image-video", "prompt": "a boat", "seconds": 4, "resolution": "480p",
        "image_urls": [data_url("image/png", &picture)],
    });
    let id = app.create(&order).await;
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    let sent = request(&upstream);
    let (_, data) = sent["image"]["url"].as_str().unwrap().split_once(',').unwrap();
    let bytes = STANDARD.decode(data).unwrap();
    assert!(rushes_render::decode(&bytes).is_ok());
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET));
    app.finish().await;
}

/// A `tEXt` chunk (PNG, section 11.3.3.2), to stand behind the header.
fn text_chunk(text: &[u8]) -> Vec<u8> {
    let mut body = b"tEXtComment\0".to_vec();
    body.extend_from_slice(text);
    let mut chunk = u32::try_from(body.len() - 4).unwrap().to_be_bytes().to_vec();
    let checksum = crc32(&body);
    chunk.append(&mut body);
    chunk.extend_from_slice(&checksum.to_be_bytes());
    chunk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_for_engines_reach_those_that_know_them_and_are_named_elsewhere() {
    let app = gateway().await;
    let settings = json!({
        "model": "grok-image-video", "prompt": "a boat", "seconds": 4, "resolution": "480p",
        "seed": 7, "negative_prompt": "people", "fps": 16, "guidance_scale": 4.5,
        "num_inference_steps": 30,
    });
    let named = |answer: &crate::support::Answer| answer.header("rushes-ignored-fields").to_owned();
    let answer = app.post("/v1/video/generations", &settings).await;
    let all = "seed, negative_prompt, fps, guidance_scale, num_inference_steps";
    assert_eq!((answer.status, named(&answer).as_str()), (200, all), "a preview knows none");
    let upstream = fake(Flavour::VllmOmni).await;
    add(&app, "engine", "vllm-omni", &upstream, json!({})).await;
    let answer = app.post("/v1/video/generations", &settings).await;
    assert_eq!((answer.status, named(&answer).as_str()), (200, ""));
    let id = answer.json()["task_id"].as_str().unwrap().to_owned();
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    let sent = request(&upstream);
    for (field, value) in [
        ("seed", "7"),
        ("negative_prompt", "people"),
        ("fps", "16"),
        ("guidance_scale", "4.5"),
        ("num_inference_steps", "30"),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }
    let mut wrong = settings.clone();
    wrong["fps"] = json!(1_000);
    let refused = app.post("/v1/video/generations", &wrong).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("fps")));
    app.finish().await;
}
