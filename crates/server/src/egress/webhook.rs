//! Calling a customer's own address with something that happened.
//!
//! Guarantees: only https, only names, never the gateway itself, and for the rest the rules of the
//! pictures; the name is looked up and vetted anew at each call, since it may lead elsewhere by
//! now; redirects are not followed; never more than [`ANSWER_BYTES_MAX`] of an answer are read, and
//! nothing is waited for longer than [`EgressOptions::webhook_timeout_ms`] in all. No message and no
//! log line holds a path or a query: they are secrets more often than not.
//!
//! Not here: when it is tried, what the answer means, and signing.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use rushes_domain::webhook::check_webhook_url;
use rushes_domain::{ApiError, Timestamp};
use url::Url;

use super::cause::{Cause, Times, causes_text, duration_words};
use super::guard::Refusal;
use super::resolver::NameRefused;
use super::{Egress, EgressOptions, retry_after};

/// Most bytes of an answer that are read: 4 KB.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Longest time for a look at what a name means, in milliseconds.
const LOOK_UP_MS: u64 = 5_000;

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The status.
    pub status: u16,
    /// The beginning of the body, as far as it came in time.
    pub body: Bytes,
    /// What `Retry-After` asks for, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WebhookError {
    /// A clause without any URL.
    pub message: String,
    /// Whether the URL, or its host by now, leads where the gateway does not go.
    pub blocked: bool,
}

impl From<Refusal> for WebhookError {
    fn from(refusal: Refusal) -> Self {
        Self { message: refusal.words("webhook"), blocked: true }
    }
}

impl Egress {
    /// What a look at the text of a URL shows that is to be called.
    ///
    /// # Errors
    /// `invalid_request` for the field.
    pub fn check_webhook(&self, field: &str, url: &str) -> Result<Url, ApiError> {
        let own_host = self.options.own_host.as_deref();
        check_webhook_url(field, url, &|address| self.guard.allows(address), own_host)
    }

    /// The same, and what its name means at this moment.
    ///
    /// # Errors
    /// As [`Egress::check_webhook`]; also if the name cannot be resolved or an address of it is not
    /// public.
    pub async fn vet_webhook(&self, field: &str, url: &str) -> Result<Url, ApiError> {
        let url = self.check_webhook(field, url)?;
        let host = url.host_str().unwrap_or_default();
        let limit = Duration::from_millis(LOOK_UP_MS);
        let problem = match tokio::time::timeout(limit, self.resolver.look_up(host)).await {
            Ok(Ok(_vetted)) => return Ok(url),
            Ok(Err(NameRefused::NotPublic)) => "the host's address is not public",
            Ok(Err(NameRefused::Lookup(_) | NameRefused::NoAddress)) | Err(_) => {
                "the host name could not be resolved"
            }
        };
        Err(ApiError::invalid(field, format!("{field}: {problem}")))
    }

    /// Posts a JSON body. One try; `headers` go with it.
    ///
    /// # Errors
    /// [`WebhookError`] if no answer's head came.
    pub async fn post_webhook(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        now: Timestamp,
    ) -> Result<WebhookAnswer, WebhookError> {
        let limit_ms = self.options.webhook_timeout_ms;
        let limit = Duration::from_millis(limit_ms);
        let deadline = tokio::time::Instant::now() + limit;
        let asked = tokio::time::timeout(limit, self.ask_webhook(url, headers, body)).await;
        let outcome = match asked {
            Ok(Ok(response)) => {
                let retry_after_ms = response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| retry_after::parse(value.as_bytes(), now));
                let status = response.status().as_u16();
                // What the head says counts, whatever becomes of the rest.
                let body = beginning(response, deadline).await;
                Ok(WebhookAnswer { status, body, retry_after_ms })
            }
            Ok(Err(error)) => Err(error),
            Err(_elapsed) => {
                let words = duration_words(limit_ms);
                let message = format!("there was no answer within {words}");
                Err(WebhookError { message, blocked: false })
            }
        };
        if let Err(error) = &outcome {
            let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            if error.blocked {
                tracing::warn!(host, "webhook not sent: {error}");
            } else {
                tracing::debug!(host, "webhook not sent: {error}");
            }
        }
        outcome
    }

    /// The request, up to the end of the answer's head.
    async fn ask_webhook(
        &self,
        url: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, WebhookError> {
        let checked = self.check_webhook("url", url);
        let url =
            checked.map_err(|error| WebhookError { message: error.message, blocked: true })?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let response = request.send().await.map_err(|error| self.webhook_fault(&url, &error))?;
        if self.is_vetted(&url, &response) { Ok(response) } else { Err(Refusal::NotPublic.into()) }
    }

    fn webhook_fault(&self, url: &Url, error: &reqwest::Error) -> WebhookError {
        let EgressOptions { connect_timeout_ms, idle_timeout_ms, .. } = *self.options;
        let times = Times { connect_ms: connect_timeout_ms, idle_ms: idle_timeout_ms };
        let host = url.host_str();
        tracing::debug!(host, causes = causes_text(error), "a webhook's request failed");
        match Cause::of(error) {
            (Cause::NotPublic, _) => Refusal::NotPublic.into(),
            (cause, _) => WebhookError { message: cause.words(times), blocked: false },
        }
    }
}

/// The first bytes of a body, as far as they come before the deadline.
async fn beginning(mut response: Response, deadline: tokio::time::Instant) -> Bytes {
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX {
        match tokio::time::timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                body.extend(chunk.iter().take(ANSWER_BYTES_MAX - body.len()));
            }
            _ => break,
        }
    }
    body.into()
}
