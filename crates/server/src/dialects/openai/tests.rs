use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::job::{Job, Mode};
use rushes_domain::request::json::read_pairs;
use serde_json::{Value as Json, json};

use super::*;
use crate::dialects::samples::{NOW, at, failed, links, new_task, row, succeeded, told};

fn job(body: &Json) -> Result<Job, rushes_domain::ApiError> {
    let text = body.to_string();
    let request = request(read_pairs(text.as_bytes())?);
    request.into_job(&Catalogue::embedded(), KeyKind::Live, &|_| false)
}

fn with(more: &Json) -> Json {
    let mut body = json!({ "model": "sora-2", "prompt": "a boat" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn requests_as_its_clients_send_them() {
    let whole = job(&with(&json!({ "seconds": "8", "size": "1280x720" }))).unwrap();
    assert_eq!(
        (whole.model_id.as_str(), whole.model_name.as_str()),
        ("grok-image-video", "sora-2")
    );
    assert_eq!((whole.seconds, whole.width, whole.height), (8, 1280, 720));

    let bare = job(&json!({ "prompt": "a boat" })).unwrap();
    assert_eq!((bare.model_name.as_str(), bare.seconds), ("grok-image-video", 4));
    assert_eq!((bare.aspect_ratio.as_str(), bare.resolution.as_str()), ("9:16", "720p"));

    let reference = json!({ "input_reference": { "image_url": "https://example.com/a.png" } });
    assert_eq!(job(&with(&reference)).unwrap().mode, Mode::ImageToVideo);
    let extra = json!({ "aspect_ratio": "1:1", "size": "1280x720" });
    let extra = job(&with(&extra)).unwrap();
    assert_eq!((extra.aspect_ratio.as_str(), extra.ignored_fields), ("1:1", vec!["size".into()]));
}

/// Every size of the family becomes the nearest that the models offer.
#[test]
fn sizes_become_what_is_offered() {
    let expected = [
        ("720x1280", "9:16", "720p", (720, 1280)),
        ("1280x720", "16:9", "720p", (1280, 720)),
        ("1024x1792", "9:16", "720p", (720, 1280)),
        ("1792x1024", "16:9", "720p", (1280, 720)),
        ("1080x1920", "9:16", "720p", (720, 1280)),
        ("1920x1080", "16:9", "720p", (1280, 720)),
    ];
    assert_eq!(SIZES.map(|(size, _, _)| size), expected.map(|(size, ..)| size));
    for (size, ratio, resolution, pixels) in expected {
        let job = job(&with(&json!({ "size": size }))).unwrap();
        assert_eq!((job.aspect_ratio.as_str(), job.resolution.as_str()), (ratio, resolution));
        assert_eq!((job.width, job.height), pixels, "{size}");
    }
    let other = job(&with(&json!({ "size": "480x480" }))).unwrap();
    assert_eq!((other.aspect_ratio.as_str(), other.resolution.as_str()), ("1:1", "480p"));
    assert!(job(&with(&json!({ "size": "1000x300" }))).is_err());
}

#[test]
fn what_would_be_another_video_is_refused() {
    for (more, param) in [
        (json!({ "characters": [{ "id": "c" }] }), "characters"),
        (json!({ "video": { "id": "video_1" } }), "video"),
        (
            json!({ "image_reference": "{\"image_url\":\"https://example.com/a.png\"}" }),
            "image_reference",
        ),
        (json!({ "video_reference": "{}" }), "video_reference"),
        (json!({ "audio_reference": "{}" }), "audio_reference"),
        (json!({ "input_reference": { "file_id": "f" } }), "input_reference"),
    ] {
        let error = job(&with(&more)).expect_err(param);
        assert_eq!(error.param.as_deref(), Some(param), "{error}");
    }
    for (field, advice) in REFUSED {
        let error = job(&with(&json!({ field: { "url": "https://example.com/a.png" } })));
        let message = error.expect_err(field).message;
        assert_eq!(message, format!("{field} is not supported: {advice}"));
    }
}

#[test]
fn a_create_word_by_word() {
    let body = String::from_utf8(created(&new_task(KeyKind::Live)).unwrap()).unwrap();
    assert_eq!(
        body,
        r#"{"id":"video_019700000000700080000000000000ab","object":"video","model":"grok-image-video","status":"queued","progress":0,"created_at":1780000000,"completed_at":null,"expires_at":null,"prompt":"rain","seconds":"6","size":"1280x720","remixed_from_video_id":null,"error":null,"url":"","video_url":""}"#
    );
}

#[test]
fn every_state_word_by_word() {
    let running = TaskRow { state: State::Running, percent: 42, started_at: Some(at(2)), ..row() };
    let forgotten = TaskRow { prompt: String::new(), ..failed() };
    let cases = [
        (
            running,
            r#"{"id":"video_019700000000700080000000000000ab","object":"video","model":"grok-imagine-video","status":"in_progress","progress":42,"created_at":1780000000,"completed_at":null,"expires_at":null,"prompt":"rain","seconds":"6","size":"1280x720","remixed_from_video_id":null,"error":null,"url":"","video_url":""}"#,
        ),
        (
            succeeded(),
            r#"{"id":"video_019700000000700080000000000000ab","object":"video","model":"grok-imagine-video","status":"completed","progress":100,"created_at":1780000000,"completed_at":1780000009,"expires_at":1780086409,"prompt":"rain","seconds":"6","size":"1280x720","remixed_from_video_id":null,"error":null,"url":"https://video.example.com/files/task_019700000000700080000000000000ab.mp4?…","video_url":"https://video.example.com/files/task_019700000000700080000000000000ab.mp4?…"}"#,
        ),
        (
            forgotten,
            r#"{"id":"video_019700000000700080000000000000ab","object":"video","model":"grok-imagine-video","status":"failed","progress":100,"created_at":1780000000,"completed_at":1780000009,"expires_at":null,"prompt":null,"seconds":"6","size":"1280x720","remixed_from_video_id":null,"error":{"code":"image_fetch_failed","message":"Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad Request."},"url":"","video_url":""}"#,
        ),
    ];
    for (row, expected) in cases {
        assert_eq!(told(&row, task), expected);
    }
}

#[test]
fn states_have_the_four_words() {
    for (state, started_at, word) in [
        (State::Parked, None, "queued"),
        (State::Queued, None, "queued"),
        (State::Submitting, None, "queued"),
        (State::Running, None, "queued"),
        (State::Running, Some(at(1)), "in_progress"),
        (State::Finalizing, Some(at(1)), "in_progress"),
        (State::Succeeded, Some(at(1)), "completed"),
        (State::Failed, Some(at(1)), "failed"),
        (State::Cancelled, None, "failed"),
    ] {
        assert_eq!(status(&TaskRow { state, started_at, ..row() }), word, "{state:?}");
    }
}

#[test]
fn lists_name_their_ends() {
    let links = links();
    let (one, other) = (row(), TaskRow { id: TaskId::new(7), ..row() });
    let view =
        |row| View { row, links: &links, now: NOW, queue_position: None, is_held_back: false };
    let page: Json =
        serde_json::from_slice(&list(&[view(&one), view(&other)], true).unwrap()).unwrap();
    assert_eq!(page["object"], "list");
    assert_eq!(page["has_more"], true);
    assert_eq!(page["first_id"], "video_019700000000700080000000000000ab");
    assert_eq!(page["last_id"], "video_00000000000000000000000000000007");
    assert_eq!(page["data"][1]["id"], page["last_id"]);
    let empty: Json = serde_json::from_slice(&list(&[], false).unwrap()).unwrap();
    let expected = json!({
        "object": "list", "data": [], "has_more": false, "first_id": null, "last_id": null,
    });
    assert_eq!(empty, expected);
}

#[test]
fn a_deleted_video_keeps_the_name_that_it_was_asked_by() {
    let body = String::from_utf8(deleted("video_1").unwrap()).unwrap();
    assert_eq!(body, r#"{"id":"video_1","object":"video.deleted","deleted":true}"#);
}
