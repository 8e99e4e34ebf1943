//! `/control/…`: what a test or a person asks of the server itself.

use serde_json::{Value, json};

use crate::Inside;
use crate::jobs::Jobs;
use crate::script::Script;
use crate::wire::{Answer, Request};

pub(crate) fn answer(inside: &Inside, request: &Request) -> Answer {
    let mut state = inside.state();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/control/jobs") => {
            let jobs: Vec<Value> = state
                .jobs
                .all
                .iter()
                .map(|job| {
                    json!({
                        "id": job.id,
                        "prompt": job.prompt,
                        "request": job.request,
                        "idempotency_key": job.idempotency_key,
                        "files": job.files,
                        "polls": job.polls,
                    })
                })
                .collect();
            Answer::json(200, &json!({ "data": jobs }))
        }
        ("GET", "/control/counts") => Answer::json(
            200,
            &json!({
                "accepted": state.jobs.all.len(),
                "max_running": state.jobs.max_running,
                "requests": state.requests.len(),
            }),
        ),
        // The body is lines as in a prompt: `<<poll: 404 x3>>`.
        ("POST", "/control/behaviours") => {
            state.script = Script::parse(&String::from_utf8_lossy(&request.body));
            Answer::json(200, &json!({}))
        }
        ("DELETE", "/control/behaviours") => {
            state.script = Script::default();
            Answer::json(200, &json!({}))
        }
        ("POST", "/control/reset") => {
            state.script = Script::default();
            state.jobs = Jobs::default();
            state.requests.clear();
            Answer::json(200, &json!({}))
        }
        _ => Answer::json(404, &json!({ "error": "no such control" })),
    }
}
