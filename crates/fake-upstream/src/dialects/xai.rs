//! xAI's REST video API.

use serde_json::{Value, json};

use crate::Inside;
use crate::form::Body;
use crate::jobs::{Job, Stage};
use crate::script::Behaviour;
use crate::wire::Answer;

const RESOLUTIONS: [&str; 3] = ["480p", "720p", "1080p"];
const RATIOS: [&str; 7] = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"];

pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": code, "error": message }))
}

/// A refusal of what the real one refuses.
pub(super) fn check(body: &Body) -> Option<Answer> {
    let unprocessable = |problem: &str| {
        let text = format!(
            "Failed to deserialize the JSON body into the target type: {problem} at line 1 column 38"
        );
        Some(Answer::of(422, "text/plain", text))
    };
    let fields = &body.fields;
    if let Some(ratio) = fields.get("aspect_ratio").and_then(Value::as_str)
        && !RATIOS.contains(&ratio)
    {
        return unprocessable(&format!("unknown variant `{ratio}`"));
    }
    if let Some(resolution) = fields.get("resolution").and_then(Value::as_str)
        && !RESOLUTIONS.contains(&resolution)
    {
        return unprocessable(&format!("unknown variant `{resolution}`"));
    }
    let images = fields.get("reference_images").and_then(Value::as_array);
    if images.is_some_and(|images| images.iter().any(Value::is_string))
        || fields.get("image").is_some_and(Value::is_string)
    {
        return unprocessable("invalid type: string, expected struct");
    }
    if fields.contains_key("image") && fields.contains_key("reference_images") {
        return Some(error(400, "invalid-argument", "image and reference_images together"));
    }
    let has_prompt = body.text("prompt").is_some_and(|prompt| !prompt.is_empty());
    if !has_prompt && !fields.contains_key("image") && images.is_none() {
        return Some(error(400, "invalid-argument", "A prompt is required"));
    }
    let seconds = fields.get("duration").and_then(Value::as_u64).unwrap_or(8);
    if !(1..=15).contains(&seconds) {
        let text = "Duration must be between 1 and 15 seconds";
        return Some(error(400, "invalid-argument", text));
    }
    let is_known = matches!(
        fields.get("model").and_then(Value::as_str),
        Some("grok-imagine-video" | "grok-imagine-video-1.5")
    );
    (!is_known)
        .then(|| error(404, "not-found", "The model does not exist or your team has no access"))
}

pub(super) fn taken(job: &Job) -> Answer {
    Answer::json(200, &json!({ "request_id": job.id }))
}

pub(super) fn poll(inside: &Inside, job: &mut Job, behaviour: Option<&Behaviour>) -> Answer {
    let polls = job.polled();
    let url = format!("{}/files/{}.mp4", inside.base_url, job.id);
    let pending =
        |progress: Value| Answer::json(202, &json!({ "status": "pending", "progress": progress }));
    let failed = |code: &str, message: &str| {
        let error = json!({ "code": code, "message": message });
        Answer::json(200, &json!({ "status": "failed", "error": error }))
    };
    let done = |video: Value| {
        Answer::json(
            200,
            &json!({
                "status": "done", "progress": 100, "model": job.request["model"], "video": video,
                "usage": { "cost_in_usd_ticks": 800_000_000 },
            }),
        )
    };
    match behaviour {
        Some(Behaviour::Fail) => return failed("internal_error", "the generation failed"),
        Some(Behaviour::Moderated) => {
            return failed("invalid_argument", "Generated video rejected by content moderation.");
        }
        Some(Behaviour::ModeratedEmpty) => {
            return done(json!({ "url": "", "respect_moderation": false }));
        }
        Some(Behaviour::ImageFailed) => {
            let text = "Image URL could not be fetched: Fetching image failed with HTTP status 404";
            return failed("invalid_argument", text);
        }
        Some(Behaviour::Expired) => return Answer::json(200, &json!({ "status": "expired" })),
        Some(Behaviour::UnknownStatus) => {
            return Answer::json(202, &json!({ "status": "marinating", "progress": 3 }));
        }
        Some(Behaviour::NoUrl) => return done(json!({ "duration": 6 })),
        Some(Behaviour::Url(address)) => {
            return done(json!({ "url": address, "respect_moderation": true }));
        }
        Some(Behaviour::Progress(value)) => {
            return pending(serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        }
        Some(Behaviour::Back) => {
            return pending(json!(if polls.is_multiple_of(2) { 60 } else { 1 }));
        }
        Some(Behaviour::Stall) => return pending(json!(50)),
        _ => {}
    }
    match job.stage() {
        Stage::Queued => pending(json!(0)),
        Stage::Running(per_cent) => pending(json!(per_cent)),
        Stage::Cancelled => failed("failed_precondition", "cancelled"),
        Stage::Done => done(json!({ "url": url, "duration": 1, "respect_moderation": true })),
    }
}
