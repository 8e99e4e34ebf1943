//! A task as gateways of this family show it, in any of the shapes that are in use.
//!
//! Guarantees: the task's own status decides, since what lies deeper is another upstream's raw
//! answer; a word that nobody knows is "still running". Not here: HTTP errors.

use rushes_domain::{FailureCode, Ticks};
use serde_json::Value;

use crate::answer::{Answer, code_word, failed, message_of};
use crate::fields::{media_path, media_url, percent, text, ticks};
use crate::words::{self, clean};
use crate::{Media, Operation, Progress, UpstreamError, UpstreamErrorKind as Kind};

/// Where the gateway says where its result is: absolute, or a path of its own.
const OWN_PATHS: [&str; 3] = ["/result_url", "/url", "/video_url"];
/// Where else an absolute address may be, most of it in the raw answer of the gateway's own
/// upstream. Older versions of New API put the address into `fail_reason`, on success.
const OTHER_PATHS: [&str; 8] = [
    "/output",
    "/metadata/url",
    "/data/content/video_url",
    "/data/video_url",
    "/data/url",
    "/data/output",
    "/data/video/url",
    "/fail_reason",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl Stage {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "not_start" | "queued" | "submitted" | "pending" => Self::Waiting,
            "in_progress" | "running" | "processing" => Self::Running,
            "success" | "succeeded" | "completed" | "done" => Self::Done,
            "failure" | "failed" | "error" | "expired" => Self::Failed,
            "cancelled" | "canceled" => Self::Cancelled,
            _ => return None,
        })
    }
}

/// The two levels of an answer: the whole, and the task in it.
struct Shown<'a> {
    root: &'a Value,
    task: &'a Value,
}

/// How the task is doing.
///
/// # Errors
/// If the answer holds no task.
pub(super) fn progress_of(answer: &Answer) -> Result<Progress, UpstreamError> {
    let missing = || answer.unreadable(Operation::Poll, "a status");
    let root = answer.object().ok_or_else(missing)?;
    let shown = Shown { root, task: root.get("data").filter(|it| it.is_object()).unwrap_or(root) };
    let Some(status) = shown.status() else {
        // Some say with 200 what they mean by 404.
        let is_unknown = answer.code() == "task_not_exist";
        return Err(if is_unknown { answer.error(Kind::Lost) } else { missing() });
    };
    let percent = percent(shown.first(&["/progress"]));
    Ok(match Stage::of(&status) {
        // The word counts and not the progress, which these gateways estimate.
        Some(Stage::Waiting) => answer.pending(percent, false),
        Some(Stage::Running) => answer.pending(percent, true),
        // `UNKNOWN`, with which New API says so itself, among them.
        None => answer.pending_in_a_word(percent, &status),
        Some(Stage::Done) => shown.end(),
        Some(Stage::Failed) => shown.failure(),
        Some(Stage::Cancelled) => failed(FailureCode::Cancelled, &status, &shown.reason()),
    })
}

impl<'a> Shown<'a> {
    /// The value at the first of these places, in the task before the whole.
    fn first(&self, paths: &[&str]) -> Option<&'a Value> {
        let (root, task) = (self.root, self.task);
        let at = |value: &'a Value| {
            paths.iter().filter_map(|path| value.pointer(path)).find(|found| !found.is_null())
        };
        at(task).or_else(|| at(root))
    }

    /// The task's own word, in lower case.
    fn status(&self) -> Option<String> {
        let places = [self.task, self.root].map(|value| value.get("status"));
        let deepest = self.task.pointer("/data/status");
        places.into_iter().chain([deepest]).find_map(text).map(str::to_lowercase)
    }

    fn end(&self) -> Progress {
        if let Some(media) = self.media() {
            return Progress::Done { media, cost: self.cost() };
        }
        let words = "the task is done, but there is no address of a video";
        failed(FailureCode::ResultInvalid, "", words)
    }

    fn media(&self) -> Option<Media> {
        let own = |at: &Value| {
            let at = |path| at.pointer(path);
            OWN_PATHS.iter().find_map(|path| media_url(at(path)).or_else(|| media_path(at(path))))
        };
        let other = |at: &Value| OTHER_PATHS.iter().find_map(|path| media_url(at.pointer(path)));
        [self.task, self.root].into_iter().find_map(|at| own(at).or_else(|| other(at)))
    }

    /// What the other gateway has booked; before that it is only a promise.
    fn cost(&self) -> Option<Ticks> {
        let cost = self.task.get("cost")?;
        let is_posted = text(cost.get("state")) == Some("posted");
        if is_posted { ticks(cost.get("ticks")) } else { None }
    }

    fn failure(&self) -> Progress {
        let code = self.first(&["/error/code", "/data/error/code"]);
        let (code, reason) = (code.map(code_word).unwrap_or_default(), self.reason());
        failed(failure_code(&code, &reason), &code, &reason)
    }

    fn reason(&self) -> String {
        if let Some(reason) = text(self.task.get("fail_reason")) {
            return clean(reason);
        }
        let error = self.first(&["/error", "/data/error", "/fail_reason", "/message"]);
        message_of(error)
    }
}

/// Codes of the contract, as far as they mean the same one gateway further; else by the words.
fn failure_code(code: &str, reason: &str) -> FailureCode {
    match code {
        "moderated" => FailureCode::Moderated,
        "upstream_unavailable" | "no_channel" => FailureCode::UpstreamUnavailable,
        "loop_detected" => FailureCode::LoopDetected,
        "result_invalid" => FailureCode::ResultInvalid,
        "cancelled" => FailureCode::Cancelled,
        code if code.starts_with("image_") => FailureCode::ImageFetchFailed,
        // Its deadline, its upstream or its own fault: for us it is one upstream that failed.
        "deadline_exceeded"
        | "internal_error"
        | "upstream_error"
        | "upstream_lost"
        | "upstream_submit_ambiguous" => FailureCode::UpstreamError,
        code => words::failure_code(code, reason),
    }
}
