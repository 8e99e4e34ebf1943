//! The dialects: which one a request speaks, its key, and what its script makes of the answer.

mod gateway;
mod openai;
mod xai;

use serde_json::Value;

use crate::form::Body;
use crate::jobs::{Job, NewJob};
use crate::script::{Behaviour, Phase, Script};
use crate::wire::{Answer, Request};
use crate::{Inside, disturb, film};

/// One family of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Xai,
    OpenAi,
    Gateway,
}

impl Dialect {
    fn error(self, status: u16, code: &str, message: &str) -> Answer {
        match self {
            Self::Xai => xai::error(status, code, message),
            Self::OpenAi => openai::error(status, code, message),
            Self::Gateway => gateway::error(status, code, message),
        }
    }

    /// What a poll is answered with.
    fn poll(self, inside: &Inside, job: &mut Job, behaviour: Option<&Behaviour>) -> Answer {
        match self {
            Self::Xai => xai::poll(inside, job, behaviour),
            Self::OpenAi => openai::poll(inside, job, behaviour),
            Self::Gateway => gateway::poll(inside, job, behaviour),
        }
    }
}

/// What a path asks for.
enum Route<'p> {
    Submit,
    Poll(&'p str),
    Cancel(&'p str),
    Content(&'p str),
    List,
    Models,
}

fn route(request: &Request) -> Option<(Dialect, Route<'_>)> {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    let gateway = path.strip_prefix("/v1/video/generations");
    match (method, path) {
        ("POST", "/v1/videos/generations") => return Some((Dialect::Xai, Route::Submit)),
        ("POST", "/v1/videos") => return Some((Dialect::OpenAi, Route::Submit)),
        ("GET", "/v1/videos") => return Some((Dialect::OpenAi, Route::List)),
        ("GET", "/v1/models" | "/v1/video-generation-models") => {
            return Some((Dialect::OpenAi, Route::Models));
        }
        ("POST", "/v1/video/generations") => return Some((Dialect::Gateway, Route::Submit)),
        _ => {}
    }
    if let Some(rest) = gateway.and_then(|rest| rest.strip_prefix('/')) {
        return match (method, rest.strip_suffix("/cancel")) {
            ("POST", Some(id)) => Some((Dialect::Gateway, Route::Cancel(id))),
            ("GET", None) => Some((Dialect::Gateway, Route::Poll(rest))),
            _ => None,
        };
    }
    let id = path.strip_prefix("/v1/videos/")?;
    match (method, id.strip_suffix("/content")) {
        ("GET", Some(id)) => Some((Dialect::OpenAi, Route::Content(id))),
        ("DELETE", None) => Some((Dialect::OpenAi, Route::Cancel(id))),
        ("GET", None) if id.starts_with("video_") => Some((Dialect::OpenAi, Route::Poll(id))),
        ("GET", None) => Some((Dialect::Xai, Route::Poll(id))),
        _ => None,
    }
}

pub(crate) fn answer(inside: &Inside, request: &Request) -> Answer {
    let Some((dialect, route)) = route(request) else {
        return Answer::json(
            404,
            &serde_json::json!({"error": {"code": 404,
            "message": "The requested resource was not found"}}),
        );
    };
    if let Some(key) = &inside.options.api_key
        && request.header("authorization") != Some(&format!("Bearer {key}"))
    {
        return dialect.error(401, "unauthorized", "Incorrect API key provided");
    }
    match route {
        Route::Submit => submit(inside, dialect, request),
        Route::Poll(id) => with_job(inside, dialect, id, Phase::Poll, |job, behaviour| {
            dialect.poll(inside, job, behaviour)
        }),
        Route::Cancel(id) => with_job(inside, dialect, id, Phase::Cancel, |job, _| {
            job.is_cancelled = true;
            match dialect {
                Dialect::OpenAi => openai::deleted(job),
                Dialect::Xai | Dialect::Gateway => dialect.poll(inside, job, None),
            }
        }),
        Route::List => openai::list(inside, request),
        Route::Content(id) => film::content(inside, id),
        Route::Models => {
            let behaviour = inside.state().script.take(Phase::Models);
            special(dialect, behaviour.as_ref(), |_| openai::models())
        }
    }
}

fn with_job(
    inside: &Inside,
    dialect: Dialect,
    id: &str,
    phase: Phase,
    work: impl FnOnce(&mut Job, Option<&Behaviour>) -> Answer,
) -> Answer {
    let mut state = inside.state();
    let state = &mut *state;
    let behaviour = state.jobs.behaviour(id, phase, &mut state.script);
    let Some(job) = state.jobs.find(id) else {
        return dialect.error(404, "not-found", "unknown job");
    };
    special(dialect, behaviour.as_ref(), |behaviour| work(job, behaviour))
}

/// Statuses and disturbances of the wire are the same in all dialects; the rest is the dialect's.
fn special(
    dialect: Dialect,
    behaviour: Option<&Behaviour>,
    work: impl FnOnce(Option<&Behaviour>) -> Answer,
) -> Answer {
    match behaviour {
        Some(Behaviour::Status(status)) => dialect.error(*status, code_of(*status), "as asked for"),
        Some(Behaviour::RetryAfter(value)) => {
            let mut answer = dialect.error(429, code_of(429), "Too many requests");
            answer.headers.push(("retry-after", value.clone()));
            answer
        }
        Some(behaviour) => disturb(work(Some(behaviour)), behaviour),
        None => work(None),
    }
}

const fn code_of(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        402 | 403 => "permission-denied",
        404 => "not-found",
        429 => "resource-exhausted",
        500..=599 => "internal",
        _ => "invalid-argument",
    }
}

fn submit(inside: &Inside, dialect: Dialect, request: &Request) -> Answer {
    let Some(body) = Body::read(request) else {
        return dialect.error(400, "invalid-argument", "the body cannot be read");
    };
    let checked = match dialect {
        Dialect::Xai => xai::check(&body),
        Dialect::OpenAi => openai::check(inside.options.flavour, &body),
        Dialect::Gateway => gateway::check(request, &body),
    };
    if let Some(refusal) = checked {
        return refusal;
    }
    let prompt = body.text("prompt").unwrap_or_default();
    let script = Script::parse(&prompt);
    let mut state = inside.state();
    // Counted over all submits of a prompt: a repeated one goes on where the last one stood.
    let own = state.submits.entry(prompt.clone()).or_insert_with(|| script.clone());
    let own = own.take(Phase::Submit);
    let behaviour = own.or_else(|| state.script.take(Phase::Submit));
    // What is refused is not taken.
    if let Some(Behaviour::Status(_) | Behaviour::RetryAfter(_)) = behaviour {
        return special(dialect, behaviour.as_ref(), |_| openai::models());
    }
    let new = NewJob {
        id: id_of(inside, dialect),
        prompt,
        request: Value::Object(body.fields),
        idempotency_key: request.header("idempotency-key").map(str::to_owned),
        files: body.files.iter().map(|(_, bytes)| bytes.len()).collect(),
        script,
    };
    let id = state.jobs.take(new, inside.options.takes);
    let Some(job) = state.jobs.find(&id) else {
        return dialect.error(500, "internal", "the job is gone");
    };
    let whole = match dialect {
        Dialect::Xai => xai::taken(job),
        Dialect::OpenAi => openai::poll(inside, job, None),
        Dialect::Gateway => gateway::taken(job),
    };
    match behaviour {
        Some(behaviour) => disturb(whole, &behaviour),
        None => whole,
    }
}

fn id_of(inside: &Inside, dialect: Dialect) -> String {
    let id = uuid::Uuid::from_u128(u128::from(random()));
    match dialect {
        Dialect::Xai => id.to_string(),
        Dialect::OpenAi if inside.options.flavour == crate::Flavour::VllmOmni => {
            format!("video_gen_{}", id.simple())
        }
        Dialect::OpenAi => format!("video_{}", id.simple()),
        Dialect::Gateway => format!("task_{}", id.simple()),
    }
}

/// A number that no other job of the process has.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    hasher.finish()
}
