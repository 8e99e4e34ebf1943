//! An upstream's answer, read as far as it goes.
//!
//! Guarantees: no body panics or is believed beyond what it says; the status decides first. An id
//! is taken only if it can be kept and put into a path. Not here: what the words of one upstream
//! mean (its provider), and what a status proves (`status`).

use rushes_domain::{Failure, FailureCode};
use serde_json::Value;

use crate::status::kind_of;
use crate::words::{OwnWords, Said, clean, without_sentence};
use crate::{
    Check, HttpAnswer, HttpRequest, Operation, Progress, Upstream, UpstreamError,
    UpstreamErrorKind as Kind, UpstreamId,
};

/// The code with which a gateway of this product refuses what went round in a loop.
const LOOP_DETECTED: &str = "loop_detected";
/// Most bytes of an upstream's id or of a model's name.
const ID_BYTES_MAX: usize = 256;
/// Most models of a list that are read.
const MODELS_MAX: usize = 1_000;
/// Most complaints of a validator that are repeated.
const COMPLAINTS_MAX: usize = 3;
/// Where an error's code may be.
const CODE_PLACES: [&str; 3] = ["/error/code", "/code", "/error/type"];
/// How deep a message may lie in an error.
const MESSAGE_DEPTH_MAX: usize = 4;
/// Most characters of a status word that nobody knows.
const WORD_CHARS_MAX: usize = 40;
/// Longest wait that an upstream can ask for between two polls, in milliseconds.
const AGAIN_MS_MAX: u64 = 60_000;
/// What JavaScript and Python write for numbers that JSON does not have.
const NO_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// An answer with its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    retry_after_ms: Option<u64>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Empty,
    Json(Value),
    Html,
    Text(String),
}

/// Sends a request, once.
///
/// # Errors
/// If no whole answer came.
pub(crate) async fn send(
    upstream: Upstream<'_>,
    request: HttpRequest,
) -> Result<Answer, UpstreamError> {
    let operation = request.operation;
    let answer = upstream.http.send(request).await;
    answer.map(Answer::read).map_err(|fault| fault.into_error(operation))
}

impl Answer {
    fn read(answer: HttpAnswer) -> Self {
        let HttpAnswer { status, retry_after_ms, body } = answer;
        let text = String::from_utf8_lossy(&body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let body = if text.is_empty() {
            Body::Empty
        } else if let Some(value) = parse(&body) {
            Body::Json(value)
        } else if text.starts_with('<') {
            Body::Html
        } else {
            Body::Text(text.to_owned())
        };
        Self { status, retry_after_ms, body }
    }

    /// Whether the upstream says that it did what it was asked.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body, if it is a JSON object.
    pub(crate) fn object(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(value) if value.is_object() => Some(value),
            _ => None,
        }
    }

    /// What the upstream says about an error, cleaned; empty if it says nothing.
    pub(crate) fn words(&self) -> String {
        match &self.body {
            Body::Json(value) => clean(&message_in(value, 0).unwrap_or_default()),
            Body::Text(text) => clean(text),
            Body::Empty | Body::Html => String::new(),
        }
    }

    /// The error's code in lower case with underscores; empty if there is none.
    pub(crate) fn code(&self) -> String {
        self.codes().next().unwrap_or_default()
    }

    fn codes(&self) -> impl Iterator<Item = String> {
        let at = |path| self.object().and_then(|body| body.pointer(path)).map(code_word);
        CODE_PLACES.into_iter().filter_map(at).filter(|code| !code.is_empty())
    }

    /// When to ask again, if the upstream says so.
    pub(crate) fn again_in_ms(&self) -> Option<u64> {
        self.retry_after_ms.filter(|&wait| wait > 0).map(|wait| wait.min(AGAIN_MS_MAX))
    }

    /// A job that is not over.
    pub(crate) fn pending(&self, percent: Option<u8>, started: bool) -> Progress {
        let again_in_ms = self.again_in_ms();
        Progress::Pending { percent, started, again_in_ms, unknown_word: None }
    }

    /// A job of which the upstream says something that nobody knows yet: it counts as under way.
    pub(crate) fn pending_in_a_word(&self, percent: Option<u8>, word: &str) -> Progress {
        let word = clean(word).chars().take(WORD_CHARS_MAX).collect();
        let again_in_ms = self.again_in_ms();
        Progress::Pending { percent, started: true, again_in_ms, unknown_word: Some(word) }
    }

    /// What an answer that is no success means, by its status. Its message may repeat the customer's
    /// `own` words.
    pub(crate) fn refusal(
        &self,
        operation: Operation,
        upstream: Upstream<'_>,
        own: &OwnWords,
    ) -> UpstreamError {
        let code = self.code();
        if code == LOOP_DETECTED {
            return self.error(Kind::Loop);
        }
        let text = format!("{code} {}", self.words());
        let codes = self.codes().collect::<Vec<_>>().join(" ");
        let said = Said { codes, text, own };
        self.error(kind_of(self.status, &said, operation, upstream.preset))
    }

    /// An error of `kind` in the upstream's words.
    pub(crate) fn error(&self, kind: Kind) -> UpstreamError {
        let (status, code, words) = (self.status, self.code(), self.words());
        let message = match kind {
            // Customers read these; nothing but the upstream's own words helps them.
            Kind::Refused if !words.is_empty() => words,
            Kind::ImageRefused if !words.is_empty() => {
                without_sentence(FailureCode::ImageFetchFailed, &words).to_owned()
            }
            Kind::Moderated => without_sentence(FailureCode::Moderated, &words).to_owned(),
            _ => {
                let says_more = !code.is_empty() && code != status.to_string();
                let code = if says_more { format!(", {code}") } else { String::new() };
                let words = if words.is_empty() { words } else { format!(": {words}") };
                format!("HTTP status {status}{code}{words}")
            }
        };
        let error = UpstreamError::new(kind, message);
        match self.retry_after_ms {
            Some(wait) => error.with_retry_after_ms(wait),
            None => error,
        }
    }

    /// A success that cannot be read: after a submit the job may exist, else it says nothing.
    pub(crate) fn unreadable(&self, operation: Operation, lacks: &str) -> UpstreamError {
        let kind = match operation {
            Operation::Submit => Kind::Ambiguous,
            _ => Kind::Temporary,
        };
        let what = match &self.body {
            Body::Empty => "no body".to_owned(),
            Body::Html => "an HTML page".to_owned(),
            Body::Text(_) => "a body that is no JSON".to_owned(),
            Body::Json(_) => format!("JSON without {lacks}"),
        };
        let words = self.words();
        let words = if words.is_empty() { words } else { format!(": {words}") };
        let mut error = self.error(kind);
        error.message = format!("HTTP status {} with {what}{words}", self.status);
        error
    }

    /// The job's id at the first of these places where there is a usable one.
    ///
    /// # Errors
    /// Without one the job may exist all the same.
    pub(crate) fn upstream_id(&self, paths: &[&str]) -> Result<UpstreamId, UpstreamError> {
        let found = self.object().and_then(|body| {
            paths.iter().filter_map(|path| body.pointer(path)).find_map(usable_id)
        });
        found.ok_or_else(|| self.unreadable(Operation::Submit, "a usable id"))
    }

    /// What a cancel's answer means; of a job that is gone nothing is left to stop.
    ///
    /// # Errors
    /// If nobody knows whether the upstream will stop.
    pub(crate) fn cancelled(&self, upstream: Upstream<'_>) -> Result<(), UpstreamError> {
        if self.is_success() || matches!(self.status, 404 | 410) {
            return Ok(());
        }
        Err(self.refusal(Operation::Cancel, upstream, &OwnWords::default()))
    }

    /// What a list of models says.
    ///
    /// # Errors
    /// If it is not accepted, or no list.
    pub(crate) fn check(&self, upstream: Upstream<'_>) -> Result<Check, UpstreamError> {
        if matches!(self.status, 404 | 405 | 501) {
            return Ok(Check::NoList);
        }
        if !self.is_success() {
            return Err(self.refusal(Operation::Check, upstream, &OwnWords::default()));
        }
        let Body::Json(body) = &self.body else {
            return Err(self.unreadable(Operation::Check, "models"));
        };
        let list = body.get("data").or_else(|| body.get("models")).unwrap_or(body);
        let Some(entries) = list.as_array() else {
            return Err(self.unreadable(Operation::Check, "a list of models"));
        };
        let names = entries.iter().flat_map(model_names).filter(|name| is_usable(name));
        Ok(Check::Models(names.take(MODELS_MAX).map(str::to_owned).collect()))
    }
}

/// The end of a job without a video: the customer's sentence from `words`, and for operators the
/// upstream's code and whatever else is known.
pub(crate) fn failed(code: FailureCode, upstream_code: &str, words: &str) -> Progress {
    let mut failure = Failure::new(code, without_sentence(code, words));
    let parts = [upstream_code, words].into_iter().filter(|part| !part.is_empty());
    failure.internal = parts.collect::<Vec<_>>().join(": ");
    Progress::Failed(failure)
}

/// A code as text: some send numbers.
pub(crate) fn code_word(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text).to_lowercase().replace(['-', ' '], "_"),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A message as text, wherever it lies in `value`; empty if there is none.
pub(crate) fn message_of(value: Option<&Value>) -> String {
    clean(&value.and_then(|value| message_in(value, 0)).unwrap_or_default())
}

fn message_in(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Object(fields) if depth < MESSAGE_DEPTH_MAX => ["error", "message", "detail", "msg"]
            .into_iter()
            .filter_map(|name| fields.get(name))
            .find_map(|inner| message_in(inner, depth + 1)),
        // What FastAPI's validator says: where, and what.
        Value::Array(complaints) if depth > 0 && depth < MESSAGE_DEPTH_MAX => {
            let each = |complaint| {
                let place = complaint_place(complaint);
                message_in(complaint, depth + 1).map(|text| format!("{place}{text}"))
            };
            let lines: Vec<String> =
                complaints.iter().filter_map(each).take(COMPLAINTS_MAX).collect();
            (!lines.is_empty()).then(|| lines.join("; "))
        }
        _ => None,
    }
}

fn complaint_place(complaint: &Value) -> String {
    let steps = complaint.get("loc").and_then(Value::as_array);
    let names: Vec<&str> = steps.into_iter().flatten().filter_map(Value::as_str).collect();
    if names.is_empty() { String::new() } else { format!("{}: ", names.join(".")) }
}

fn usable_id(value: &Value) -> Option<UpstreamId> {
    match value {
        Value::String(id) if is_usable(id) => Some(UpstreamId::new(id.as_str())),
        Value::Number(id) if id.is_i64() || id.is_u64() => Some(UpstreamId::new(id.to_string())),
        _ => None,
    }
}

fn is_usable(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= ID_BYTES_MAX && !name.chars().any(char::is_control)
}

fn model_names(entry: &Value) -> impl Iterator<Item = &str> {
    let aliases = entry.get("aliases").and_then(Value::as_array);
    let id = entry.as_str().or_else(|| entry.get("id").and_then(Value::as_str));
    id.into_iter().chain(aliases.into_iter().flatten().filter_map(Value::as_str))
}

/// JSON, also with a byte order mark or with the numbers that it does not have.
fn parse(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    if let Ok(value) = serde_json::from_slice(body) {
        return Some(value);
    }
    let text = std::str::from_utf8(body).ok()?;
    if !NO_NUMBERS.iter().any(|word| text.contains(word)) {
        return None;
    }
    serde_json::from_str(&with_null_for_no_numbers(text)).ok()
}

fn with_null_for_no_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_in_string) = (text, false);
    loop {
        if !is_in_string
            && let Some(after) = NO_NUMBERS.iter().find_map(|word| rest.strip_prefix(word))
        {
            out.push_str("null");
            rest = after;
            continue;
        }
        let mut letters = rest.chars();
        let Some(letter) = letters.next() else { return out };
        out.push(letter);
        if letter == '"' {
            is_in_string = !is_in_string;
        } else if letter == '\\' {
            out.extend(letters.next());
        }
        rest = letters.as_str();
    }
}
