//! The way to one channel: addresses below its own, signed with its credential, limited in time.
//!
//! Guarantees: a request goes to the channel's address with the path appended and nowhere else; the
//! credential goes to that origin alone. A body is read up to [`ANSWER_BYTES_MAX`], whatever the
//! server says of its length. [`HttpFault::NotSent`] is only said where nothing can have arrived:
//! before a connection is ready to be written to. A fault says in words what is wrong and never
//! holds the credential, a path or a query. Not here: what an answer means, and repeating anything.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Request, Response};
use rushes_domain::channel::{ChannelProblem, ChannelTerms, ChannelTimeouts};
use rushes_providers::{
    ANSWER_BYTES_MAX, BoxFuture, Http, HttpAnswer, HttpBody, HttpFault, HttpRequest, Operation,
};
use url::{Origin, Url};

use super::cause::{Cause, causes_text, duration_words};
use super::credential::Credential;
use super::fetch::is_encoded;
use super::trusted::{ObserveRequests, RequestOutcome, Trusted};
use super::{multipart, retry_after};

/// Random bytes of a form's boundary.
const BOUNDARY_BYTES: usize = 16;

/// The way to one channel.
#[derive(Clone)]
pub struct ChannelHttp {
    trusted: Trusted,
    base: Url,
    media_origins: Vec<Origin>,
    credential: Option<Credential>,
    timeouts: ChannelTimeouts,
    observer: Arc<dyn ObserveRequests>,
}

impl fmt::Debug for ChannelHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ChannelHttp")
            .field("base", &self.base.as_str())
            .field("credential", &self.credential)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

impl Http for ChannelHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpAnswer, HttpFault>> {
        Box::pin(self.send_once(request))
    }
}

impl ChannelHttp {
    pub(super) fn new(
        trusted: Trusted,
        terms: &ChannelTerms,
        credential: Option<Credential>,
        observer: Arc<dyn ObserveRequests>,
    ) -> Result<Self, ChannelProblem> {
        let parse = |field: &'static str, text: &str| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let message = format!("{field} holds no URL that can be used");
            url.ok_or(ChannelProblem { field, message })
        };
        let base = parse("base_url", &terms.base_url)?;
        let origins: Result<_, _> = terms
            .media_origins
            .iter()
            .map(|text| parse("media_origins", text).map(|url| url.origin()))
            .collect();
        let (media_origins, timeouts) = (origins?, terms.timeouts);
        Ok(Self { trusted, base, media_origins, credential, timeouts, observer })
    }

    /// The limits in time of whole requests.
    pub(super) const fn timeouts(&self) -> ChannelTimeouts {
        self.timeouts
    }

    /// The host of the channel's address.
    pub(super) fn host(&self) -> Option<&str> {
        self.base.host_str()
    }

    /// The client behind it.
    pub(super) const fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// The header for the channel's own origin, if it takes one.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        self.credential.as_ref().map(Credential::header)
    }

    /// Whether a text holds the channel's key.
    pub(super) fn is_secret_in(&self, text: &str) -> bool {
        self.credential.as_ref().is_some_and(|credential| credential.is_in(text))
    }

    /// Whether a URL lies on the channel's own origin.
    pub(super) fn is_own_origin(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    /// Whether a URL lies on one of the further origins that the operator named.
    pub(super) fn is_media_origin(&self, url: &Url) -> bool {
        self.media_origins.contains(&url.origin())
    }

    /// The channel's address with a path appended; `None` if that would not stay below it, or not
    /// be read by the server as it is written here.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        let text = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&text).ok()?;
        // A parser takes `%2E%2E` for `..`, drops line breaks and turns backslashes.
        let is_as_written = url.as_str() == text && url.fragment().is_none();
        (path.starts_with('/') && is_as_written && self.is_own_origin(&url)).then_some(url)
    }

    async fn send_once(&self, request: HttpRequest) -> Result<HttpAnswer, HttpFault> {
        let operation = request.operation;
        let clock = &self.trusted.clock;
        let started_ms = clock.monotonic_ms();
        let limit_ms = match operation {
            Operation::Submit => self.timeouts.submit_ms,
            Operation::Poll | Operation::Cancel | Operation::Check => self.timeouts.poll_ms,
        };
        let limit = Duration::from_millis(limit_ms);
        let answered = tokio::time::timeout(limit, self.exchange(request)).await;
        let outcome = answered.unwrap_or_else(|_elapsed| {
            let limit = duration_words(limit_ms);
            Err(HttpFault::Broken(format!("timed out: no whole answer came within {limit}")))
        });
        let took_ms = clock.monotonic_ms().saturating_sub(started_ms).max(0).unsigned_abs();
        let seen = match &outcome {
            Ok(answer) => RequestOutcome::Answered(answer.status),
            Err(HttpFault::NotSent(_)) => RequestOutcome::NotSent,
            Err(HttpFault::Broken(_)) => RequestOutcome::Broken,
        };
        self.observer.observed(operation, seen, Duration::from_millis(took_ms));
        if let Err(fault) = &outcome {
            let host = self.host();
            tracing::debug!(host, operation = operation.as_str(), "no answer: {fault}");
        }
        outcome
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpAnswer, HttpFault> {
        let client = match request.operation {
            Operation::Submit => &self.trusted.submits,
            Operation::Poll | Operation::Cancel | Operation::Check => &self.trusted.kept,
        };
        let request = self.prepare(request)?;
        let response = client.execute(request).await.map_err(|error| self.fault(&error))?;
        let now = self.trusted.clock.now();
        let asked = response.headers().get(RETRY_AFTER);
        let retry_after_ms = asked.and_then(|value| retry_after::parse(value.as_bytes(), now));
        let status = response.status().as_u16();
        let body = self.body(response).await?;
        Ok(HttpAnswer { status, retry_after_ms, body })
    }

    /// The request as it is sent; what cannot be sent is a defect of the provider.
    fn prepare(&self, request: HttpRequest) -> Result<Request, HttpFault> {
        let unusable = |what: &str| HttpFault::NotSent(format!("{what} cannot be sent"));
        let url = self
            .url(&request.path)
            .ok_or_else(|| unusable("a path that does not stay below the channel's address"))?;
        let mut prepared = Request::new(request.method, url);
        let headers = prepared.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, text) in request.headers {
            let name = HeaderName::try_from(name).map_err(|_| unusable("a header of this name"))?;
            let value = HeaderValue::try_from(text)
                .map_err(|_| unusable(&format!("this value of the header {name}")))?;
            headers.insert(name, value);
        }
        if let Some(value) = self.authorization() {
            headers.insert(AUTHORIZATION, value);
        }
        let body = match request.body {
            HttpBody::None => return Ok(prepared),
            HttpBody::Json(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                json
            }
            HttpBody::Multipart(parts) => {
                let (content_type, form) = multipart::encode(&parts, &self.boundary());
                let value = HeaderValue::try_from(content_type).map_err(|_| unusable("a form"))?;
                headers.insert(CONTENT_TYPE, value);
                form
            }
        };
        *prepared.body_mut() = Some(body.into());
        Ok(prepared)
    }

    /// A boundary that no part was made to hold.
    fn boundary(&self) -> String {
        use std::fmt::Write as _;
        let mut bytes = [0_u8; BOUNDARY_BYTES];
        self.trusted.ids.fill(&mut bytes);
        bytes.iter().fold(String::from("rushes-"), |mut text, byte| {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }

    /// The whole body, if it is sent plainly and within its limit.
    async fn body(&self, mut response: Response) -> Result<Bytes, HttpFault> {
        if is_encoded(&response) {
            let message = "the answer is compressed, which was not asked for";
            return Err(HttpFault::Broken(message.to_owned()));
        }
        let too_long =
            || HttpFault::Broken(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
        let announced = response.content_length().map_or(Some(0), |len| usize::try_from(len).ok());
        if announced.is_none_or(|announced| announced > ANSWER_BYTES_MAX) {
            return Err(too_long());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error))? {
            if chunk.len() > ANSWER_BYTES_MAX - body.len() {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// What a transport error proves, in the operator's words; its causes go to the log.
    fn fault(&self, error: &reqwest::Error) -> HttpFault {
        let host = self.host();
        tracing::debug!(host, causes = causes_text(error), "a channel's request failed");
        let (cause, is_unsent) = Cause::of(error);
        let words = cause.words(self.trusted.times);
        if is_unsent { HttpFault::NotSent(words) } else { HttpFault::Broken(words) }
    }
}
