//! The OpenAI Videos API, and two engines that speak it.

use serde_json::{Value, json};

use crate::form::Body;
use crate::jobs::{Job, Stage};
use crate::script::Behaviour;
use crate::wire::{Answer, Request};
use crate::{Flavour, Inside};

/// Most videos in one page of the list.
const LIST_MAX: usize = 100;

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
    let has_prompt = body.text("prompt").is_some_and(|prompt| !prompt.is_empty());
    (!has_prompt).then(|| error(400, "missing_prompt", "prompt is required"))
}

/// The models, in the form that all of them share; xAI's list beside it.
pub(super) fn models() -> Answer {
    let ids = [
        "grok-imagine-video",
        "grok-imagine-video-1.5",
        "sora-2",
        "sora-2-pro",
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
    let running = running(inside.options.flavour);
    let mut status = status(inside.options.flavour, job);
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
    let mut answer = Answer::json(200, &video(job, status, &failure));
    answer.headers.push(("openai-poll-after-ms", "50".to_owned()));
    answer
}

/// The object that a job is, with a word and a progress, and what went wrong.
fn video(job: &Job, (word, progress): (&str, Value), failure: &Value) -> Value {
    // The defaults of the API's reference.
    let or = |field: &str, default: &str| {
        job.request.get(field).filter(|it| !it.is_null()).cloned().unwrap_or(json!(default))
    };
    let completed_at = (word == "completed").then_some(job.created_at_seconds + 1);
    json!({
        "id": job.id, "object": "video", "model": job.request["model"], "status": word,
        "progress": progress, "created_at": job.created_at_seconds, "completed_at": completed_at,
        "expires_at": null, "prompt": job.prompt, "seconds": or("seconds", "4"),
        "size": or("size", "720x1280"), "remixed_from_video_id": null, "error": failure,
    })
}

/// All jobs of this dialect that were not deleted, newest first unless asked otherwise. What a
/// script makes of a poll is not in it: a look at the list uses nothing up.
pub(super) fn list(inside: &Inside, request: &Request) -> Answer {
    let limit = request.parameter("limit").and_then(|text| text.parse().ok()).unwrap_or(20_usize);
    if !(1..=LIST_MAX).contains(&limit) {
        return error(400, "invalid_limit", "limit must be between 1 and 100");
    }
    let state = inside.state();
    let is_listed = |job: &&Job| job.id.starts_with("video_") && !job.is_cancelled;
    let mut jobs: Vec<&Job> = state.jobs.all.iter().filter(is_listed).collect();
    if request.parameter("order") != Some("asc") {
        jobs.reverse();
    }
    if let Some(after) = request.parameter("after") {
        let Some(at) = jobs.iter().position(|job| job.id == after) else {
            return error(404, "not_found", "Video not found");
        };
        jobs.drain(..=at);
    }
    let has_more = jobs.len() > limit;
    jobs.truncate(limit);
    let flavour = inside.options.flavour;
    let data: Vec<Value> =
        jobs.iter().map(|job| video(job, status(flavour, job), &Value::Null)).collect();
    let mut list = json!({ "object": "list", "data": data });
    // `SGLang` says neither whether there is more nor where it is.
    if let (Value::Object(fields), true) = (&mut list, flavour != Flavour::Sglang) {
        let id = |job: Option<&&Job>| job.map_or(Value::Null, |job| json!(job.id));
        fields.insert("has_more".to_owned(), json!(has_more));
        fields.insert("first_id".to_owned(), id(jobs.first()));
        fields.insert("last_id".to_owned(), id(jobs.last()));
    }
    Answer::json(200, &list)
}

/// The word and the progress of a job that nothing happens to.
fn status(flavour: Flavour, job: &Job) -> (&'static str, Value) {
    match job.stage() {
        Stage::Queued => ("queued", json!(0)),
        Stage::Running(per_cent) => (running(flavour), json!(per_cent)),
        Stage::Done => ("completed", json!(100)),
        Stage::Cancelled => ("deleted", json!(0)),
    }
}

/// `SGLang` has no word for "under way".
fn running(flavour: Flavour) -> &'static str {
    if flavour == Flavour::Sglang { "queued" } else { "in_progress" }
}
