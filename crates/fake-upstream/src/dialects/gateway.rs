//! The contract of gateways like Rushes itself.

use serde_json::{Value, json};

use crate::Inside;
use crate::form::Body;
use crate::jobs::{Job, Stage};
use crate::script::Behaviour;
use crate::wire::{Answer, Request};

/// Gateways that a request may have passed.
const HOPS_MAX: u32 = 3;

pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let code = match status {
        401 => "invalid_api_key",
        402 | 403 => "insufficient_quota",
        404 => "task_not_exist",
        429 => "rate_limited",
        500..=599 if code == "internal" => "internal_error",
        _ if code == "invalid-argument" => "invalid_request",
        _ => code,
    };
    let error = json!({ "code": code, "message": message, "type": "error" });
    Answer::json(
        status,
        &json!({
            "code": code, "message": message, "data": null, "error": error,
        }),
    )
}

pub(super) fn check(request: &Request, body: &Body) -> Option<Answer> {
    let hops: u32 = request.header("rushes-hops").and_then(|it| it.parse().ok()).unwrap_or(0);
    if hops > HOPS_MAX {
        return Some(error(508, "loop_detected", "too many gateways"));
    }
    body.text("prompt").is_none().then(|| error(400, "invalid_request", "prompt is required"))
}

pub(super) fn taken(job: &Job) -> Answer {
    Answer::json(
        200,
        &json!({
            "id": job.id, "task_id": job.id, "object": "video", "model": job.request["model"],
            "status": "queued", "progress": 0, "created_at": 1_780_000_000,
        }),
    )
}

pub(super) fn poll(inside: &Inside, job: &mut Job, behaviour: Option<&Behaviour>) -> Answer {
    let polls = job.polled();
    let url = format!("{}/files/{}.mp4", inside.base_url, job.id);
    let mut state = match job.stage() {
        Stage::Queued => ("QUEUED", json!("0%")),
        Stage::Running(per_cent) => ("IN_PROGRESS", json!(format!("{per_cent}%"))),
        Stage::Done => ("SUCCESS", json!("100%")),
        Stage::Cancelled => ("FAILURE", json!("100%")),
    };
    let mut failure = match job.stage() {
        Stage::Cancelled => Some(("cancelled", "The task was cancelled.")),
        _ => None,
    };
    let mut url = if job.stage() == Stage::Done { url } else { String::new() };
    let mut fail = |code, message| {
        failure = Some((code, message));
        ("FAILURE", json!("100%"))
    };
    match behaviour {
        Some(Behaviour::Fail | Behaviour::Expired) => {
            state = fail("upstream_error", "The model failed to generate this video.");
        }
        Some(Behaviour::Moderated | Behaviour::ModeratedEmpty) => {
            state = fail("moderated", "The request was rejected by content moderation.");
        }
        Some(Behaviour::ImageFailed) => {
            let text = "Image URL could not be fetched: Fetching image failed with HTTP status 404 \
                        Not Found.";
            state = fail("image_fetch_failed", text);
        }
        Some(Behaviour::UnknownStatus) => state = ("UNKNOWN", json!("3%")),
        Some(Behaviour::Stall) => state = ("IN_PROGRESS", json!("50%")),
        Some(Behaviour::Back) if polls.is_multiple_of(2) => state = ("IN_PROGRESS", json!("60%")),
        Some(Behaviour::Back) => state = ("QUEUED", json!("1%")),
        Some(Behaviour::Progress(value)) => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            state = ("IN_PROGRESS", value);
        }
        Some(Behaviour::NoUrl) => {
            (state, url) = (("SUCCESS", json!("100%")), String::new());
        }
        Some(Behaviour::Url(address)) => {
            (state, url) = (("SUCCESS", json!("100%")), address.clone());
        }
        _ => {}
    }
    if state.0 != "SUCCESS" {
        url.clear();
    }
    let mut data = json!({
        "task_id": job.id, "status": state.0, "progress": state.1, "result_url": url,
        "fail_reason": failure.map_or("", |(_, text)| text),
        "cost": { "amount": "0.08", "ticks": "800000000", "state": "posted" },
    });
    if let (Some((code, message)), Value::Object(fields)) = (failure, &mut data) {
        fields.insert("error".to_owned(), json!({ "code": code, "message": message }));
    }
    Answer::json(200, &json!({ "code": "success", "message": "", "data": data }))
}
