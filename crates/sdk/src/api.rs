//! The gateway's JSON API (`/api/…`): accounts, keys, money, settings.
//!
//! Guarantees: reads are repeated after a passing fault, changes only if the caller says that a
//! repetition is harmless. Not here: types for each answer. They are plain JSON, as the API sends
//! them.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Client, Response};
use crate::error::Error;
use crate::transport::{ANSWER_BYTES_MAX, Answer, Call};

/// Largest table that is read, in bytes: 200,000 lines of a ledger fit.
const TABLE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A request to the JSON API. The key needs the scope `manage`.
#[derive(Clone)]
pub struct ApiRequest {
    method: Method,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    is_repeatable: bool,
    patience_seconds: u64,
}

/// Shows what is asked where, never the body: it may hold a password.
impl std::fmt::Debug for ApiRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("ApiRequest");
        shown.field("method", &self.method).field("segments", &self.segments);
        shown.field("query", &self.query).finish_non_exhaustive()
    }
}

impl ApiRequest {
    fn new(method: Method, segments: &[&str], body: Option<Value>) -> Self {
        let is_repeatable = method == Method::GET;
        let segments = segments.iter().map(ToString::to_string).collect();
        Self { method, segments, query: Vec::new(), body, is_repeatable, patience_seconds: 0 }
    }

    /// Reads what is at `/api/…`. Segments are escaped: a name with a slash is one segment.
    pub fn get(segments: &[&str]) -> Self {
        Self::new(Method::GET, segments, None)
    }

    /// Makes or does something.
    pub fn post(segments: &[&str], body: Value) -> Self {
        Self::new(Method::POST, segments, Some(body))
    }

    /// Changes something; fields that are absent stay as they are.
    pub fn patch(segments: &[&str], body: Value) -> Self {
        Self::new(Method::PATCH, segments, Some(body))
    }

    /// Removes something.
    pub fn delete(segments: &[&str]) -> Self {
        Self::new(Method::DELETE, segments, None)
    }

    /// Adds `name=value` to the query; `None` adds nothing.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Waits so many seconds longer for the answer than otherwise.
    #[must_use]
    pub fn patient(mut self, seconds: u64) -> Self {
        self.patience_seconds = seconds;
        self
    }

    /// Lets the request be sent again after a broken connection: doing it twice is as doing it
    /// once.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }
}

impl Client {
    /// Sends a request to the JSON API and reads its JSON.
    ///
    /// # Errors
    /// A refusal of the gateway is [`Error::Api`] with its code and message.
    pub async fn api(&self, request: &ApiRequest) -> Result<Response<Value>, Error> {
        let answer = self.call(&self.api_call(request, ANSWER_BYTES_MAX)?).await?;
        self.read(answer)
    }

    /// Reads a table (`….csv`) of the JSON API as text.
    ///
    /// # Errors
    /// As [`Client::api`]; an answer that is no UTF-8 is [`Error::Protocol`].
    pub async fn api_table(&self, request: &ApiRequest) -> Result<String, Error> {
        let answer = self.call(&self.api_call(request, TABLE_BYTES_MAX)?).await?;
        let Answer { body, .. } = answer;
        String::from_utf8(body).map_err(|_| Error::Protocol("the table is not UTF-8".into()))
    }

    fn api_call(&self, request: &ApiRequest, answer_bytes_max: usize) -> Result<Call, Error> {
        let mut url = self.url_below("api", &request.segments)?;
        for (name, value) in &request.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let body = request.body.as_ref().map(serde_json::to_vec).transpose();
        let body =
            body.map_err(|source| Error::Invalid(format!("the request is no JSON: {source}")))?;
        Ok(Call {
            method: request.method.clone(),
            is_repeatable: request.is_repeatable,
            patience_seconds: request.patience_seconds,
            answer_bytes_max,
            ..Call::post(url, body.map(Bytes::from))
        })
    }
}
