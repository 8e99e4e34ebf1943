//! The OpenAI Videos API, and two engines that speak it.

use serde_json::{Value, json};

use crate::form::Body;
use crate::jobs::{Job, Stage};
use crate::script::Behaviour;
use crate::wire::Answer;
use crate::{Flavour, Inside};

pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let error = json!({
        "message": message, "type": "invalid_request_error", "param": null, "code": code,
    });
    Answer::json(status, &json!({ "error": error }))
}

pub(super) fn check(flavour: Flavour, body: &Body) -> Option<Answer> {
    if flavour == Flavour::VllmOmni && !body.is_form {
        return Some(error(415, "unsupported_media_type", "multipart/form-data is required"));
    }
    body.text("prompt").is_none().then(|| error(400, "missing_prompt", "prompt is required"))
}

/// The models, in the form that all of them share; xAI's list beside it.
pub(super) fn models() -> Answer {
    let ids = [
        "grok-imagine-video",
        "grok-imagine-video-1.5",
        "wan2.2",
        "grok-image-video",
        "grok-video-1.5",
    ];
    let data: Vec<Value> =
        ids.iter().map(|id| json!({ "id": id, "object": "model", "created": 1 })).collect();
    Answer::json(200, &json!({ "object": "list", "data": data, "models": data }))
}

/// The answer to a `DELETE`.
pub(super) fn deleted(job: &Job) -> Answer {
    Answer::json(200, &json!({ "id": job.id, "object": "video.deleted", "deleted": true }))
}

pub(super) fn poll(inside: &Inside, job: &mut Job, behaviour: Option<&Behaviour>) -> Answer {
    let polls = job.polled();
    let is_sglang = inside.options.flavour == Flavour::Sglang;
    if job.is_cancelled && !is_sglang {
        return error(404, "not_found", "Video not found");
    }
    let running = if is_sglang { "queued" } else { "in_progress" };
    let mut status = match job.stage() {
        Stage::Queued => ("queued", json!(0)),
        Stage::Running(per_cent) => (running, json!(per_cent)),
        Stage::Done => ("completed", json!(100)),
        Stage::Cancelled => ("deleted", json!(0)),
    };
    let mut failure = Value::Null;
    let mut fail = |code: Value, message: &str| {
        failure = json!({ "code": code, "message": message });
        ("failed", json!(0))
    };
    match behaviour {
        // vLLM-Omni has numbers for codes.
        Some(Behaviour::Fail | Behaviour::Expired) => status = fail(json!(500), "it failed"),
        Some(Behaviour::Moderated | Behaviour::ModeratedEmpty) => {
            let text = "Your request was rejected by our content moderation";
            status = fail(json!("moderation_blocked"), text);
        }
        Some(Behaviour::ImageFailed) => {
            let text = "Image URL could not be fetched: Fetching image failed with HTTP status 404";
            status = fail(json!("invalid_image"), text);
        }
        Some(Behaviour::UnknownStatus) => status = ("marinating", json!(3)),
        Some(Behaviour::Stall) => status = (running, json!(50)),
        Some(Behaviour::Back) if polls.is_multiple_of(2) => status = (running, json!(60)),
        Some(Behaviour::Back) => status = ("queued", json!(1)),
        Some(Behaviour::Progress(value)) => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            status = (running, value);
        }
        _ => {}
    }
    let (word, progress) = status;
    // The defaults of the API's reference.
    let or = |field: &str, default: &str| {
        job.request.get(field).filter(|it| !it.is_null()).cloned().unwrap_or(json!(default))
    };
    let mut answer = Answer::json(
        200,
        &json!({
            "id": job.id, "object": "video", "model": job.request["model"], "status": word,
            "progress": progress, "created_at": 1, "seconds": or("seconds", "4"),
            "size": or("size", "720x1280"), "error": failure,
        }),
    );
    answer.headers.push(("openai-poll-after-ms", "50".to_owned()));
    answer
}
