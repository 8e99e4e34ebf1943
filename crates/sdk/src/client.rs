//! The client: one method for each call of the API.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::error::Error;
use crate::model::Model;
use crate::task::{Deleted, ListQuery, Task, TaskPage};
use crate::transport::{ANSWER_BYTES_MAX, Answer, Call};

/// Time for a connection to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence after which a download counts as broken, unless the builder says otherwise.
const SILENCE_MAX_DEFAULT: Duration = Duration::from_secs(30);
/// Tries of a call in all, unless the builder says otherwise.
const ATTEMPTS_MAX_DEFAULT: u32 = 3;
/// Longest time that the server holds an answer back (`Prefer: wait=N`), in seconds.
pub(crate) const HOLD_SECONDS_MAX: u64 = 60;

/// What a call gave: the value, and the body that it was read from.
#[derive(Clone)]
pub struct Response<T> {
    /// What was read from the body.
    pub value: T,
    /// The body as it came.
    pub body: Vec<u8>,
    /// HTTP status of the answer; a task's own is [`Task::status`].
    pub http_status: u16,
    pub(crate) headers: HeaderMap,
}

/// Shows what kind of answer it was, never what it says: that may be a key that was just made.
impl<T> std::fmt::Debug for Response<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Response");
        shown.field("http_status", &self.http_status).field("request_id", &self.request_id());
        shown.field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl<T> Response<T> {
    /// A header of the answer, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// By which the operator finds the request in the log.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, body, http_status, headers } = self;
        Response { value: change(value), body, http_status, headers }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A gateway and a key for it. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Arc<Url>,
    pub(crate) authorization: HeaderValue,
    pub(crate) attempts_max: u32,
    /// Of a download.
    pub(crate) silence_max: Duration,
}

/// Shows the address, never the key.
impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// Settings of a [`Client`] that rarely change.
pub struct ClientBuilder {
    base_url: String,
    api_key: String,
    user_agent: String,
    attempts_max: u32,
    silence_max: Duration,
}

/// Shows the address, never the key.
impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("ClientBuilder");
        // A user name or a password, which `build` refuses, is not shown either.
        let base_url = Url::parse(&self.base_url).map(|url| url.origin().ascii_serialization());
        shown.field("origin", &base_url.ok()).field("user_agent", &self.user_agent);
        shown.field("attempts_max", &self.attempts_max);
        shown.field("silence_max", &self.silence_max).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// How the client names itself; `rushes-sdk/<version>` unless set.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Tries of a call in all, at least 1: further ones follow a passing fault (no connection, 408,
    /// 429, 500, 502 to 504), and only where a repetition is safe.
    #[must_use]
    pub fn attempts_max(mut self, attempts_max: u32) -> Self {
        self.attempts_max = attempts_max.max(1);
        self
    }

    /// Silence after which a download ([`Client::download`]) counts as broken and goes on over
    /// another connection; 30 seconds unless set. [`Client::follow`] has its own.
    #[must_use]
    pub fn silence_max(mut self, silence_max: Duration) -> Self {
        self.silence_max = silence_max;
        self
    }

    /// The client, or why the address or the key cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let base = parse_base_url(&self.base_url)?;
        let authorization = bearer(&self.api_key)?;
        let is_loopback = match base.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(&self.user_agent)
                .connect_timeout(CONNECT_TIMEOUT)
                // A redirect would repeat a POST, and carry the key to another host.
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never());
            // A proxy cannot reach this machine's own loopback.
            if is_loopback { builder.no_proxy() } else { builder }
        };
        // Fails if the process has chosen one before; then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = builder()
            .build()
            // A machine without root certificates (a bare container) still speaks plain HTTP.
            .or_else(|_| builder().tls_certs_only([]).build())
            .map_err(|source| Error::Invalid(format!("no HTTP client: {source}")))?;
        let (attempts_max, silence_max) = (self.attempts_max, self.silence_max);
        Ok(Client { http, base: Arc::new(base), authorization, attempts_max, silence_max })
    }
}

impl Client {
    /// A client of the gateway at `base_url` (with or without `/v1`), with the usual settings.
    ///
    /// ```
    /// use rushes_sdk::Client;
    /// assert!(Client::new("https://video.example.com", "sk-test-0123456789abcdef").is_ok());
    /// assert!(Client::new("video.example.com", "sk-test-0123456789abcdef").is_err());
    /// ```
    pub fn new(base_url: &str, api_key: &str) -> Result<Self, Error> {
        Self::builder(base_url, api_key).build()
    }

    /// A client with settings of its own.
    pub fn builder(base_url: &str, api_key: &str) -> ClientBuilder {
        ClientBuilder {
            base_url: base_url.to_owned(),
            api_key: api_key.to_owned(),
            user_agent: concat!("rushes-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
            attempts_max: ATTEMPTS_MAX_DEFAULT,
            silence_max: SILENCE_MAX_DEFAULT,
        }
    }

    /// The models that the key may use.
    pub async fn models(&self) -> Result<Response<Vec<Model>>, Error> {
        let answer = self.call(&Call::get(self.url(&["models"])?)).await?;
        Ok(self.read::<Enveloped<Vec<Model>>>(answer)?.map(|list| list.data))
    }

    /// One model, by id or alias.
    pub async fn model(&self, id: &str) -> Result<Response<Model>, Error> {
        let answer = self.call(&Call::get(self.url(&["models", id])?)).await?;
        self.read(answer)
    }

    /// A task as it stands.
    pub async fn task(&self, task_id: &str) -> Result<Response<Task>, Error> {
        self.task_held(task_id, Duration::ZERO).await
    }

    /// A task once it has ended, or as it stands after `hold` (whole seconds, at most 60).
    pub(crate) async fn task_held(
        &self,
        task_id: &str,
        hold: Duration,
    ) -> Result<Response<Task>, Error> {
        let mut call = Call::get(self.url(&["video", "generations", task_id])?);
        call.hold_seconds = hold.as_secs().min(HOLD_SECONDS_MAX);
        let answer = self.call(&call).await?;
        Ok(self.read::<Enveloped<Task>>(answer)?.map(|envelope| envelope.data))
    }

    /// The key's account's tasks, newest first.
    pub async fn list(&self, query: &ListQuery) -> Result<Response<TaskPage>, Error> {
        let mut url = self.url(&["video", "generations"])?;
        let pairs = [
            ("limit", query.limit.map(|limit| limit.to_string())),
            ("after", query.after.clone()),
            ("status", query.status.clone()),
            ("model", query.model.clone()),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        let answer = self.call(&Call::get(url)).await?;
        self.read(answer)
    }

    /// Calls a task off. [`Response::http_status`] 202 means that it was already handed over: the end is then what
    /// the upstream says, which [`Client::wait`] tells.
    pub async fn cancel(&self, task_id: &str) -> Result<Response<Task>, Error> {
        let mut call = Call::post(self.url(&["video", "generations", task_id, "cancel"])?, None);
        call.is_repeatable = true;
        let answer = self.call(&call).await?;
        Ok(self.read::<Enveloped<Task>>(answer)?.map(|envelope| envelope.data))
    }

    /// Deletes a task: calls it off if it lives, and takes it and its video out of sight. What was
    /// made stays paid.
    ///
    /// Is not repeated where the answer was lost: the task may be gone by then, and the server
    /// would say that there is none.
    pub async fn delete(&self, task_id: &str) -> Result<Response<Deleted>, Error> {
        let url = self.url(&["video", "generations", task_id])?;
        let answer = self.call(&Call { method: Method::DELETE, ..Call::post(url, None) }).await?;
        self.read(answer)
    }

    /// The address of the gateway, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The address of what is at `/v1/…`.
    pub(crate) fn url(&self, segments: &[&str]) -> Result<Url, Error> {
        self.url_below("v1", segments)
    }

    /// The address of what is at `/root/…`; fails if a segment would not stand there as it is, and
    /// the address be another's.
    pub(crate) fn url_below(&self, root: &str, segments: &[impl AsRef<str>]) -> Result<Url, Error> {
        for segment in segments {
            let segment = segment.as_ref();
            if matches!(segment, "" | "." | "..") || segment.contains(char::is_control) {
                return Err(Error::Invalid(format!("{segment:?} is no id")));
            }
        }
        let mut url = Url::clone(&self.base);
        // `parse_base_url` let no URL through that has no path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(root).extend(segments);
        }
        Ok(url)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<Response<T>, Error> {
        let Answer { status, headers, body } = answer;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Response { value, body, http_status: status, headers }),
            Err(source) => Err(Error::Protocol(format!(
                "{} does not answer like a Rushes gateway ({source}); is the address right?",
                self.base_url()
            ))),
        }
    }
}

/// `{"data": …}` with whatever is beside it.
#[derive(Deserialize)]
struct Enveloped<T> {
    data: T,
}

fn parse_base_url(text: &str) -> Result<Url, Error> {
    let expected = "expected something like https://video.example.com";
    let invalid =
        |why: &str| Err(Error::Invalid(format!("base URL \"{text}\": {why}; {expected}")));
    let Ok(mut url) = Url::parse(text) else { return invalid("not a URL") };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return invalid("not an http or https URL");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Invalid("the base URL must not hold a user name or password".into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return invalid("it has a query or a fragment");
    }
    // Other clients of the same gateway want it with `/v1`, so it is often pasted like that.
    let trimmed = url.path().trim_end_matches('/').to_owned();
    if let Some(rest) = trimmed.strip_suffix("/v1") {
        url.set_path(rest);
    }
    Ok(url)
}

fn bearer(api_key: &str) -> Result<HeaderValue, Error> {
    if api_key.is_empty() {
        return Err(Error::Invalid("the API key is empty".into()));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {api_key}"))
        .map_err(|_| Error::Invalid("the API key holds characters that no key has".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// 128 random bits in hex; `None` if the machine gives none, and then nothing is repeated.
pub(crate) fn random_key() -> Option<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(bytes)))
}

impl Call {
    pub(crate) fn get(url: Url) -> Self {
        Self { method: Method::GET, is_repeatable: true, ..Self::post(url, None) }
    }

    pub(crate) fn post(url: Url, body: Option<bytes::Bytes>) -> Self {
        Self {
            method: Method::POST,
            url,
            body,
            idempotency_key: None,
            is_repeatable: false,
            hold_seconds: 0,
            patience_seconds: 0,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}
