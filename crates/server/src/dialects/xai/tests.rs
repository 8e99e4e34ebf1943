use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::job::{Job, Mode};
use rushes_domain::request::json::read_pairs;
use rushes_domain::{Failure, Ticks};
use rushes_store::TaskRow;
use serde_json::{Value, json};

use super::*;
use crate::dialects::samples::{at, failed, new_task, row, succeeded, told};

const URL: &str = "https://example.com/a.png";

fn job(body: &Value) -> Result<Job, rushes_domain::ApiError> {
    let text = body.to_string();
    let request = request(read_pairs(text.as_bytes())?);
    request.into_job(&Catalogue::embedded(), KeyKind::Live, &|_| false)
}

/// The body that `@ai-sdk/xai` sends, and those of xAI's reference.
#[test]
fn requests_as_its_clients_send_them() {
    let sent = json!({
        "model": "grok-imagine-video", "prompt": "a paper boat", "duration": 6,
        "aspect_ratio": "9:16", "resolution": "720p",
    });
    let whole = job(&sent).unwrap();
    assert_eq!((whole.model_id.as_str(), whole.seconds), ("grok-image-video", 6));
    assert_eq!((whole.aspect_ratio.as_str(), whole.resolution.as_str()), ("9:16", "720p"));

    let bare = job(&json!({ "model": null, "prompt": "a paper boat" })).unwrap();
    assert_eq!((bare.model_name.as_str(), bare.seconds), ("grok-image-video", 8));
    assert_eq!((bare.aspect_ratio.as_str(), bare.resolution.as_str()), ("16:9", "480p"));
    assert_eq!(bare.list_price, Ticks::parse_dollars("0.48").unwrap());

    for (more, mode, count) in [
        (json!({ "image": { "url": URL } }), Mode::ImageToVideo, 1),
        (json!({ "input_reference": { "image_url": URL } }), Mode::ImageToVideo, 1),
        (json!({ "reference_images": [{ "url": URL }] }), Mode::ReferenceToVideo, 1),
        (
            json!({ "reference_images": [{ "url": URL }, { "url": URL }] }),
            Mode::ReferenceToVideo,
            2,
        ),
    ] {
        let mut body = json!({ "model": "grok-imagine-video", "prompt": "a boat" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let job = job(&body).unwrap();
        assert_eq!((job.mode, job.images.len()), (mode, count), "{more}");
    }
}

#[test]
fn what_would_be_another_video_is_refused() {
    for (more, param) in [
        (json!({ "last_frame": { "file_id": "f" } }), "last_frame"),
        (json!({ "keyframes": [{ "image": { "url": URL }, "timestamp_s": 1 }] }), "keyframes"),
        (json!({ "reference_audios": [{ "voice_id": "eve" }] }), "reference_audios"),
        (json!({ "video": { "url": "https://example.com/a.mp4" } }), "video"),
        (json!({ "output": { "upload_url": "https://example.com/put" } }), "output"),
        (json!({ "image": { "file_id": "f" } }), "image_urls"),
        (json!({ "resolution": "1080p" }), "resolution"),
        (json!({ "duration": 16 }), "seconds"),
    ] {
        let mut body = json!({ "model": "grok-imagine-video", "prompt": "a boat" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let error = job(&body).expect_err(param);
        assert_eq!(error.param.as_deref(), Some(param), "{error}");
    }
    // Also where it holds a picture, for which unknown fields are refused in other words.
    for (field, advice) in REFUSED {
        for value in [json!({ "url": URL }), json!([URL]), json!(URL)] {
            let error = job(&json!({ "prompt": "a boat", field: value })).expect_err(field);
            assert_eq!(error.message, format!("{field} is not supported: {advice}"));
        }
    }
    let wrong_model = json!({
        "model": "nope", "prompt": "x", "video": { "url": "https://example.com/a.mp4" },
    });
    assert_eq!(
        job(&wrong_model).unwrap_err().param.as_deref(),
        Some("model"),
        "the model comes first"
    );
    let ignored = json!({
        "prompt": "x", "user": "u", "generate_audio": false, "last_frame": null,
        "storage_options": { "filename": "a.mp4" },
    });
    let job = job(&ignored).unwrap();
    assert_eq!(job.ignored_fields, ["user", "generate_audio", "storage_options"]);
}

#[test]
fn a_create_is_answered_with_a_uuid() {
    let body = String::from_utf8(created(&new_task(KeyKind::Live)).unwrap()).unwrap();
    assert_eq!(body, r#"{"request_id":"01970000-0000-7000-8000-0000000000ab"}"#);
}

#[test]
fn every_state_word_by_word() {
    let expired = |mut row: TaskRow| {
        row.result.as_mut().unwrap().removed_at = Some(at(30));
        row
    };
    let moderated = TaskRow { failure: Some(Failure::new(FailureCode::Moderated, "")), ..failed() };
    let running = TaskRow { state: State::Running, percent: 42, ..row() };
    let cases = [
        (row(), r#"{"status":"pending","progress":0}"#),
        (running, r#"{"status":"pending","progress":42}"#),
        (
            succeeded(),
            r#"{"status":"done","progress":100,"model":"grok-imagine-video","video":{"url":"https://video.example.com/files/task_019700000000700080000000000000ab.mp4?…","duration":6,"respect_moderation":true},"usage":{"cost_in_usd_ticks":5400000000}}"#,
        ),
        (
            expired(succeeded()),
            r#"{"status":"expired","progress":100,"usage":{"cost_in_usd_ticks":5400000000}}"#,
        ),
        (
            failed(),
            r#"{"status":"failed","progress":100,"usage":{"cost_in_usd_ticks":0},"error":{"code":"invalid_argument","message":"Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad Request."}}"#,
        ),
        (
            moderated,
            r#"{"status":"done","progress":100,"model":"grok-imagine-video","video":{"url":"","duration":6,"respect_moderation":false},"usage":{"cost_in_usd_ticks":0},"error":{"code":"invalid_argument","message":"The request or its result was rejected by content moderation."}}"#,
        ),
    ];
    for (row, expected) in cases {
        assert_eq!(told(&row, task), expected);
    }
}

/// `@ai-sdk/xai` polls on until its time is over at a word that it does not know.
#[test]
fn no_state_has_a_word_that_clients_do_not_know() {
    for state in [
        State::Parked,
        State::Queued,
        State::Submitting,
        State::Running,
        State::Finalizing,
        State::Succeeded,
        State::Failed,
        State::Cancelled,
    ] {
        let row = TaskRow { state, ..row() };
        let body: Value = serde_json::from_str(&told(&row, task)).unwrap();
        let word = body["status"].as_str().unwrap();
        assert!(["pending", "done", "failed", "expired"].contains(&word), "{word}");
        assert_eq!(word == "pending", !state.is_terminal());
        assert!(body["video"].is_null() || body["video"]["url"].is_string());
    }
}

#[test]
fn codes_are_those_of_the_reference() {
    for &code in FailureCode::ALL {
        let known = [
            "invalid_argument",
            "permission_denied",
            "failed_precondition",
            "service_unavailable",
            "internal_error",
        ];
        assert!(known.contains(&code_of(code)), "{code:?}");
    }
}

#[test]
fn a_model_word_by_word() {
    let catalogue = Catalogue::embedded();
    let body: Value = serde_json::from_slice(&model(&catalogue.models()[1]).unwrap()).unwrap();
    let fingerprint = body["fingerprint"].as_str().unwrap();
    assert!(fingerprint.starts_with("fp_") && fingerprint.len() == 13, "{fingerprint}");
    assert_eq!(
        body,
        json!({
            "id": "grok-video-1.5", "fingerprint": fingerprint, "created": 1_780_099_200,
            "object": "model", "owned_by": "xai", "version": "1.0",
            "input_modalities": ["text", "image"], "output_modalities": ["video"],
            "aliases": catalogue.models()[1].aliases,
        })
    );
}
