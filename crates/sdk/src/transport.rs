//! One call on the wire: tries, pauses, limits, and the reading of refusals.
//!
//! Guarantees: a call that is not repeatable is tried again only if it provably did not leave, or if
//! the gateway itself said that it did nothing.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::client::Client;
use crate::error::Error;

/// Time for a read's answer, beyond what it was asked to be held back.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a request with a body: tens of megabytes of images over a slow line.
const SEND_TIMEOUT: Duration = Duration::from_secs(300);
/// Pause before the second try; it doubles with each further one. No `Retry-After` is shorter.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest `Retry-After` that is waited for; a longer one is the caller's to decide.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// Largest body of an answer, in bytes.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most characters of a foreign body that an error message shows.
const FOREIGN_WORDS_CHARS_MAX: usize = 200;

/// A call before it is sent.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Bytes>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) is_repeatable: bool,
    /// `Prefer: wait=N`; 0 for none.
    pub(crate) hold_seconds: u64,
    /// Further time for the answer.
    pub(crate) patience_seconds: u64,
    /// Largest answer that is read, in bytes.
    pub(crate) answer_bytes_max: usize,
}

/// A whole answer of a success status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Sends the call, again where that is safe and may help.
    pub(crate) async fn call(&self, call: &Call) -> Result<Answer, Error> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..self.attempts_max {
            match self.call_once(call).await {
                Err(error) if call.may_repeat(&error) => {
                    let asked_for = error.retry_after().map(|after| after.max(FIRST_PAUSE));
                    tokio::time::sleep(asked_for.unwrap_or(pause)).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.call_once(call).await
    }

    async fn call_once(&self, call: &Call) -> Result<Answer, Error> {
        let timeout = match call.body {
            Some(_) => SEND_TIMEOUT,
            None => READ_TIMEOUT + Duration::from_secs(call.hold_seconds),
        };
        let timeout = timeout + Duration::from_secs(call.patience_seconds);
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .timeout(timeout);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if call.hold_seconds > 0 {
            request = request.header("prefer", format!("wait={}", call.hold_seconds));
        }
        let request = request
            .build()
            .map_err(|_| Error::Invalid("a value of the request cannot be sent".into()))?;
        let response = self.http.execute(request).await;
        let response = response.map_err(|source| Error::from_transport(&source, &call.url))?;
        let status = response.status();
        let (headers, body) = read_whole(response, &call.url, call.answer_bytes_max).await?;
        if status.is_success() {
            return Ok(Answer { status: status.as_u16(), headers, body });
        }
        Err(refusal(status, &headers, body))
    }
}

impl Call {
    fn may_repeat(&self, error: &Error) -> bool {
        let is_safe = self.is_repeatable || self.idempotency_key.is_some();
        // Nobody listens: a second does not change that, and the user wants to know.
        !error.is_refused()
            && (error.did_nothing() || is_safe && error.is_passing())
            && error.retry_after().is_none_or(|after| after <= RETRY_AFTER_MAX)
    }
}

impl Error {
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after_seconds: Some(seconds), .. } => {
                Some(Duration::from_secs(u64::from(*seconds)))
            }
            _ => None,
        }
    }
}

/// Headers and body of an answer that is no video.
pub(crate) async fn read_whole(
    mut response: reqwest::Response,
    url: &Url,
    bytes_max: usize,
) -> Result<(HeaderMap, Vec<u8>), Error> {
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    let failed = |source| Error::from_transport(&source, url);
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Error::Protocol("the answer is larger than any of this API".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((headers, body))
}

/// `Retry-After` in seconds; a date or anything else counts as absent.
pub(crate) fn retry_after_seconds(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// The error of an answer that is no success.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Error {
    #[derive(Deserialize)]
    struct Body {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        code: String,
        message: String,
        param: Option<String>,
        request_id: Option<String>,
    }
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let inner = serde_json::from_slice::<Body>(&body).map_or_else(
        |_| Inner {
            code: format!("http_{}", status.as_u16()),
            message: foreign_message(status, header(LOCATION.as_str()).as_deref(), &body),
            param: None,
            request_id: None,
        },
        |body| body.error,
    );
    Error::Api {
        status: status.as_u16(),
        code: inner.code,
        message: inner.message,
        param: inner.param.map(String::into_boxed_str),
        request_id: inner.request_id.or_else(|| header("x-request-id")),
        retry_after_seconds: retry_after_seconds(headers),
        body: body.into(),
    }
}

/// A sentence about an answer that is not the gateway's.
fn foreign_message(status: StatusCode, location: Option<&str>, body: &[u8]) -> String {
    if let Some(location) = location.filter(|_| status.is_redirection()) {
        return format!("the server redirects to {location}; use that address instead");
    }
    let text = String::from_utf8_lossy(body);
    let words: String = text.trim().chars().take(FOREIGN_WORDS_CHARS_MAX).collect();
    if words.is_empty() || words.starts_with('<') {
        return format!("the server answered {status} and gave no reason");
    }
    format!("the server answered {status}: {words}")
}
