use std::collections::HashSet;

use rushes_domain::request::VideoRequest;
use serde_json::{Value, json};

use crate::support::{PNG, URL, body_with, hex};

fn fingerprint(body: &str) -> [u8; 32] {
    VideoRequest::parse_json(body.as_bytes()).expect(body).fingerprint()
}

fn of(more: &Value) -> [u8; 32] {
    fingerprint(&body_with(more).to_string())
}

#[test]
fn order_names_spellings_and_defaults_do_not_matter() {
    let same = [
        r#"{"model":"m","prompt":"p","seconds":4,"image_urls":["https://example.com/a.png"]}"#,
        r#"{"image":"https://example.com/a.png","duration":"4.0","prompt":"p","model":"m"}"#,
        r#"{"model":"m","prompt":"\u0070","aspect_ratio":"16:9","resolution":"720P","input_reference":{"image_url":"https://example.com/a.png"},"user":5}"#,
        r#"{"model":"m","prompt":"p","n":1,"metadata":{},"images":[{"url":"https://example.com/a.png"}],"ratio":" 16:9"}"#,
    ];
    let all: HashSet<_> = same.into_iter().map(fingerprint).collect();
    assert_eq!(all.len(), 1);
    assert_eq!(
        of(&json!({"metadata": {"a": "1", "b": "2"}})),
        fingerprint(
            r#"{"metadata":{"b":"2","a":"1"},"prompt":"a red kite","model":"grok-image-video"}"#
        )
    );
    assert_eq!(
        of(&json!({"image": PNG})),
        of(&json!({"image": "data:image/jpeg;base64,iVBO Rw0KGgo"}))
    );
}

#[test]
fn everything_that_changes_the_video_changes_the_fingerprint() {
    let different = [
        json!({}),
        json!({"model": "grok-imagine-video"}),
        json!({"prompt": "a red kite "}),
        json!({"seconds": 5}),
        json!({"resolution": "480p"}),
        json!({"ratio": "1:1"}),
        json!({"size": "1280x720"}),
        json!({"size": "854x480"}),
        json!({"image": URL}),
        json!({"image": PNG}),
        json!({"image": [URL, PNG]}),
        json!({"image": [PNG, URL]}),
        json!({"reference_images": [URL]}),
        json!({"metadata": {"a": "b"}}),
        json!({"metadata": {"ab": ""}}),
        json!({"metadata": {"callback": URL}}),
        json!({"callback_url": URL}),
        json!({"callback_url": "https://example.com/hook"}),
        json!({"seconds": 6.5}),
        json!({"seconds": true}),
        json!({"n": 2}),
        json!({"seed": 5}),
        json!({"seed": 6}),
        json!({"fps": 5}),
        json!({"guidance_scale": 5}),
        json!({"num_inference_steps": 5}),
        json!({"negative_prompt": "5"}),
        json!({"prompt": ""}),
        json!({"model": ""}),
    ];
    let all: HashSet<_> = different.iter().map(of).collect();
    assert_eq!(all.len(), different.len());
}

/// Rows of old requests are compared with new ones: a change must be meant, with a new version.
#[test]
fn the_fingerprint_is_stable() {
    let hex = hex(&of(&json!({"image": PNG, "metadata": {"a": "b"}})));
    assert_eq!(hex, "bd4378f23157946bc66e25e8f8591497c31666c918c07feed2523a40875850bf");
}
