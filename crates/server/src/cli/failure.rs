//! How a command ends: the exit codes, and what is said when it did not work.

use std::process::ExitCode;

use rushes_domain::account::has_checksum;
use rushes_sdk::Error;
use serde_json::json;

use super::text::escape;
use crate::app::StartError;

/// Exit codes of contract 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The task failed; for `serve` and `doctor`: something is wrong.
    TaskFailed = 1,
    /// Wrong usage, or the server refused the request.
    Refused = 2,
    /// Timed out; the task goes on.
    TimedOut = 3,
    /// The server cannot be reached.
    Unreachable = 4,
    /// Ctrl-C, as shells report it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    code: String,
    message: String,
    /// What to do about it; further lines.
    hint: Option<String>,
    /// The API's own body, for `--json`.
    body: Option<Vec<u8>>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        let code = match exit {
            Exit::Done | Exit::TaskFailed => "failed",
            Exit::Refused => "usage",
            Exit::TimedOut => "timeout",
            Exit::Unreachable => "unreachable",
            Exit::Interrupted => "interrupted",
        };
        Self { exit, code: code.to_owned(), message: message.into(), hint: None, body: None }
    }

    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// The same with another exit code.
    pub(super) fn with_exit(self, exit: Exit) -> Self {
        Self { exit, code: Self::new(exit, "").code, ..self }
    }

    /// The same with one more line that says what to do.
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = Some(match self.hint.take() {
            Some(known) => format!("{known}\n{hint}"),
            None => hint,
        });
        self
    }

    /// The same with this body of the API, unless it has one.
    pub(super) fn or_body(mut self, body: &[u8]) -> Self {
        self.body.get_or_insert_with(|| body.to_vec());
        self
    }

    /// For people, on standard error.
    pub(super) fn text(&self) -> String {
        let message = escape(&self.message);
        match &self.hint {
            Some(hint) => format!("error: {message}\n{hint}"),
            None => format!("error: {message}"),
        }
    }

    /// For programs: the API's own body, or one of the same shape where no server spoke.
    pub(super) fn json(&self) -> Vec<u8> {
        match &self.body {
            Some(body) if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() => {
                body.clone()
            }
            _ => {
                let (code, message) = (&self.code, &self.message);
                let error = json!({
                    "code": code, "message": message, "type": "client_error",
                    "param": null, "request_id": null,
                });
                json!({"code": code, "message": message, "data": null, "error": error})
                    .to_string()
                    .into_bytes()
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::TaskFailed { .. } => Exit::TaskFailed,
            Error::Timeout { .. } => Exit::TimedOut,
            Error::Unreachable { .. } | Error::Protocol(_) => Exit::Unreachable,
            // A proxy answers in place of a gateway that is not there.
            Error::Api { code, .. } if code.starts_with("http_5") => Exit::Unreachable,
            _ => Exit::Refused,
        };
        let hint = match &error {
            Error::Unreachable { refused: true, .. } => {
                Some("is the gateway running? start it with `rushes serve`".to_owned())
            }
            Error::Api { code, .. } if code == "invalid_api_key" => {
                Some(key_hint(crate::config::read_variable("RUSHES_API_KEY").as_deref()))
            }
            // Other scopes are missing for other reasons, which the message tells.
            Error::Api { code, message, .. }
                if code == "permission_denied" && message.contains("operator") =>
            {
                Some(
                    "on the gateway's own machine --data-dir DIR needs no key; elsewhere \
                     RUSHES_API_KEY has to be an operator's, with the scope \"manage\""
                        .to_owned(),
                )
            }
            Error::Api { code, message, .. }
                if code == "permission_denied" && message.contains("manage") =>
            {
                Some(
                    "on the gateway's own machine --data-dir DIR needs no key; elsewhere \
                 RUSHES_API_KEY needs the scope \"manage\""
                        .to_owned(),
                )
            }
            Error::Api { request_id: Some(id), status: 500.., .. } => {
                Some(format!("request id for the operator: {}", escape(id)))
            }
            _ => None,
        };
        let message = match &error {
            Error::TaskFailed { task } => format!("{} failed: {error}", task.value.id),
            _ => error.to_string(),
        };
        let (code, body) = (error.code().to_owned(), error.body().map(<[u8]>::to_vec));
        Self { exit, code, message, hint, body }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let exit = match error {
            StartError::Config(_) => Exit::Refused,
            _ => Exit::TaskFailed,
        };
        Self::new(exit, error.to_string())
    }
}

/// Why a key may be unknown. Those that a gateway makes tell by their last characters whether they
/// were copied whole.
fn key_hint(key: Option<&str>) -> String {
    let mistyped = key.is_some_and(|key| !has_checksum(key));
    let hint = "is RUSHES_API_KEY this gateway's? bootstrap.json holds the first keys";
    if mistyped {
        return format!(
            "{hint}\nits checksum is wrong: unless it was made elsewhere, it was cut or mistyped"
        );
    }
    hint.to_owned()
}
