//! `POST /v1/video/generations`: a request becomes a task, or leaves nothing behind.
//!
//! Guarantees: the checks come in contract 2's order. From the moment that the body has arrived
//! the work is a task of its own and runs to its end, whether or not the client still listens.
//! The answer's bytes are made before the write, so that a repetition with the same idempotency
//! key gets the very same ones; 200 is sent after the commit.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rushes_domain::account::KeyKind;
use rushes_domain::job::Job;
use rushes_domain::request::VideoRequest;
use rushes_domain::{ApiError, ErrorCode, Ticks};
use rushes_store::{
    AccountLimits, CreateOutcome, NewIdempotency, NewTask, Replay, StoreError, create_task,
};
use tracing::Instrument as _;

use super::images::{self, Incoming, Written};
use crate::dialects::native;
use crate::http::auth::Caller;
use crate::http::body::{self, ReadBody};
use crate::http::error::{HttpError, shutting_down};
use crate::http::observe::RequestId;
use crate::http::proxies::{Peer, client_address};
use crate::http::rate::Allowance;
use crate::http::{Http, json, models, to_json};

/// The route as idempotency keys know it.
const ROUTE: &str = "POST /v1/video/generations";
/// The only provider so far.
const PREVIEW: &str = "preview";
/// The door's name in the task's row.
const DOOR: &str = "api";
/// Longest idempotency key, in characters.
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Most characters of a `User-Agent` that are kept.
const USER_AGENT_CHARS_MAX: usize = 256;
/// Most ignored fields that the header names, and most bytes of it.
const IGNORED_FIELDS_MAX: usize = 20;
const IGNORED_FIELDS_BYTES_MAX: usize = 4096;
/// Bodies from this size on are parsed off the event loop, in bytes.
const PARSE_INLINE_BYTES_MAX: usize = 64 * 1024;
/// Seconds after which to try again when nothing serves the model.
const NO_CHANNEL_RETRY_SECONDS: u32 = 30;
/// Seconds after which to try again when too many tasks wait.
const QUEUE_FULL_RETRY_SECONDS: u32 = 5;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const RUSHES_IGNORED_FIELDS: HeaderName = HeaderName::from_static("rushes-ignored-fields");

/// What is escaped in a name within `Rushes-Ignored-Fields`: whatever is no token character, and
/// the comma that separates the names.
const NOT_IN_A_NAME: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'%').add(b',').add(b';').add(b'\\').add(b'<').add(b'>');

/// The handler: key (by the extractor), rate limit, body; then [`Order::run`].
pub(in crate::http) async fn create(
    State(http): State<Arc<Http>>,
    caller: Caller,
    request: Request,
) -> Response {
    let allowance = http.app.create_limiter.take(caller.account_id());
    let outcome = if allowance.is_allowed {
        receive(http, caller, request).await
    } else {
        Err(rate_limited(&allowance))
    };
    let mut response = outcome.into_response();
    allowance.write(response.headers_mut());
    response
}

async fn receive(
    http: Arc<Http>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let idempotency_key = idempotency_key(&parts.headers)?;
    let limits = &http.app.config.limits;
    let body = body::read_json(&parts.headers, body, limits, &http.large_bodies).await?;
    let order = Order { origin: Origin::of(&http, &parts), http, caller, idempotency_key };
    let tracker = order.http.app.tracker.clone();
    let work = tracker.spawn(order.run(body).instrument(tracing::Span::current()));
    work.await.map_err(|source| HttpError::internal(&source))?
}

/// Where a request came from.
#[derive(Debug)]
struct Origin {
    client_address: Option<String>,
    user_agent: Option<String>,
    request_id: String,
}

/// A request whose body has arrived.
struct Order {
    http: Arc<Http>,
    caller: Caller,
    origin: Origin,
    idempotency_key: Option<String>,
}

/// A request that passed every check that needs no look at the store.
struct Checked {
    job: Job,
    images: Vec<Incoming>,
    price: Ticks,
}

impl Order {
    async fn run(self, body: ReadBody) -> Result<Response, HttpError> {
        let is_large = body.bytes.len() > PARSE_INLINE_BYTES_MAX;
        let bytes = body.bytes;
        let has_key = self.idempotency_key.is_some();
        let (request, fingerprint) = off_the_loop(is_large, move || parse(&bytes, has_key)).await??;
        let ignored = ignored_fields(request.ignored_fields());
        let answered = match self.replay(fingerprint).await? {
            Some(answered) => answered,
            None => match self.make(request, fingerprint, is_large).await {
                Ok(answered) => answered,
                // An equal request may have been faster, and have taken the last of the money.
                Err(refusal) => self.replay(fingerprint).await?.ok_or(refusal)?,
            },
        };
        // The place among the large bodies is given back only now that the images are gone.
        drop(body.place);
        Ok(with_ignored_fields(answered, ignored))
    }

    /// The answer that this idempotency key got before.
    async fn replay(&self, fingerprint: [u8; 32]) -> Result<Option<Response>, HttpError> {
        let Some(key) = self.idempotency_key.clone() else { return Ok(None) };
        let app = &self.http.app;
        let account_id = self.caller.account_id();
        let now = app.clock.now();
        let found = app
            .store
            .read(move |tx| rushes_store::find_replay(tx, account_id, ROUTE, &key, now))
            .await?;
        match found {
            None => Ok(None),
            Some(Replay { fingerprint: known, .. }) if known != fingerprint => Err(key_reused()),
            Some(Replay { status, body, .. }) => Ok(Some(replayed(status, body))),
        }
    }

    /// Every check, then the task.
    async fn make(
        &self,
        request: VideoRequest,
        fingerprint: [u8; 32],
        is_large: bool,
    ) -> Result<Response, HttpError> {
        let http = Arc::clone(&self.http);
        let caller = self.caller.clone();
        let checked = off_the_loop(is_large, move || check(&http, &caller, request)).await??;
        self.look_at_balance(checked.price).await?;
        images::decode_all(&self.http.app, &checked.images).await?;
        self.look_at_service()?;
        self.write(checked, fingerprint).await
    }

    /// A look before the work of decoding; what counts is the hold within the write.
    async fn look_at_balance(&self, needed: Ticks) -> Result<(), HttpError> {
        if needed == Ticks::ZERO {
            return Ok(());
        }
        let account_id = self.caller.account_id();
        let balance =
            self.http.app.store.read(move |tx| rushes_store::balance(tx, account_id)).await?;
        if balance.available < needed {
            return Err(insufficient_quota(needed, balance.available));
        }
        Ok(())
    }

    /// Whether a new task would be served at all.
    fn look_at_service(&self) -> Result<(), HttpError> {
        if !models::is_served(&self.http, &self.caller) {
            return Err(no_channel());
        }
        self.http.disk.check(&self.http.app)?;
        if self.http.app.stop.is_cancelled() {
            return Err(shutting_down().into());
        }
        Ok(())
    }

    async fn write(
        &self,
        checked: Checked,
        fingerprint: [u8; 32],
    ) -> Result<Response, HttpError> {
        let app = &self.http.app;
        let id = app.ids.task_id();
        let Checked { job, images, price } = checked;
        let mut written = Written::write(app, id, images).await?;
        let mut task = self.new_task(id, job, price);
        task.images = std::mem::take(&mut written.images);
        let body = match to_json(native::created(&task)) {
            Ok(body) => body,
            Err(error) => {
                written.remove().await;
                return Err(error);
            }
        };
        task.idempotency = self.idempotency_key.clone().map(|key| NewIdempotency {
            key,
            fingerprint,
            route: ROUTE,
            response_status: StatusCode::OK.as_u16(),
            response_body: body.clone(),
        });
        let outcome = app.store.write(move |tx| create_task(tx, &task)).await;
        if may_have_left_nothing(&outcome) {
            written.remove().await;
        }
        match outcome? {
            CreateOutcome::Created(row) => {
                tracing::info!(task_id = %row.id, model = %row.model_id, "a task was accepted");
                Ok(json(StatusCode::OK, body))
            }
            CreateOutcome::Replayed { status, body } => Ok(replayed(status, body)),
            CreateOutcome::KeyReused => Err(key_reused()),
            CreateOutcome::InsufficientQuota { needed, available } => {
                Err(insufficient_quota(needed, available))
            }
            CreateOutcome::QueueFull { waiting } => Err(queue_full(waiting)),
            CreateOutcome::AccountDisabled => Err(account_disabled()),
        }
    }

    fn new_task(&self, id: rushes_domain::TaskId, job: Job, price: Ticks) -> NewTask {
        let config = &self.http.app.config;
        let key = &self.caller.0;
        NewTask {
            id,
            account_id: key.account_id,
            key_id: key.id,
            key_kind: key.kind,
            model_id: job.model_id,
            model_name: job.model_name,
            prompt: job.prompt,
            mode: job.mode,
            seconds: job.seconds,
            seconds_requested: job.seconds_requested,
            aspect_ratio: job.aspect_ratio,
            resolution: job.resolution,
            width: job.width,
            height: job.height,
            images: Vec::new(),
            metadata: job.metadata,
            ignored_fields: job.ignored_fields,
            directives: job.directives,
            price,
            door: DOOR,
            client_address: self.origin.client_address.clone(),
            user_agent: self.origin.user_agent.clone(),
            request_id: self.origin.request_id.clone(),
            run_timeout_ms: clamp_ms(config.task.run_timeout_ms),
            queue_timeout_ms: clamp_ms(config.task.queue_timeout_ms),
            now: self.http.app.clock.now(),
            limits: AccountLimits {
                in_flight_max: config.account.in_flight_max,
                waiting_max: config.account.waiting_max,
            },
            idempotency: None,
            provider: PREVIEW,
        }
    }
}

impl Origin {
    fn of(http: &Http, parts: &Parts) -> Self {
        let trusted = &http.app.config.trusted_proxies;
        let peer = parts.extensions.get::<Peer>();
        let user_agent = parts.headers.get(USER_AGENT).map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().take(USER_AGENT_CHARS_MAX).collect()
        });
        Self {
            client_address: peer
                .map(|&peer| client_address(&parts.headers, peer, trusted).to_string()),
            user_agent,
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.0.to_string())
                .unwrap_or_default(),
        }
    }
}

/// The body as a request; the fingerprint is only worth its time when there is a key to keep.
fn parse(bytes: &Bytes, has_key: bool) -> Result<(VideoRequest, [u8; 32]), ApiError> {
    let request = VideoRequest::parse_json(bytes)?;
    let fingerprint = if has_key { request.fingerprint() } else { [0; 32] };
    Ok((request, fingerprint))
}

/// Model and prompt, then parameters, image headers and the price.
fn check(http: &Http, caller: &Caller, request: VideoRequest) -> Result<Checked, HttpError> {
    let app = &http.app;
    let key = &caller.0;
    request.find_model(&app.catalogue)?;
    // Lists of models on keys and groups come with accounts; their 403 belongs here.
    let allow = &app.config.egress.allow;
    let is_allowed = |address| allow.iter().any(|network| network.contains(&address));
    let mut job = request.into_job(&app.catalogue, key.kind, &is_allowed)?;
    let images = images::probe_all(std::mem::take(&mut job.images))?;
    let price = match key.kind {
        KeyKind::Test => Ticks::ZERO,
        KeyKind::Live => job
            .list_price
            .scale_millionths(key.multiplier_millionths)
            .map_err(|source| HttpError::internal(&source))?,
    };
    Ok(Checked { job, images, price })
}

/// Runs `work` here, or on a thread of its own if it takes long.
async fn off_the_loop<T, F>(is_long: bool, work: F) -> Result<T, HttpError>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if !is_long {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|source| HttpError::internal(&source))
}

/// Whether the images may go: the task is not there for certain. After a fault of the disk nobody
/// knows; the orphan sweep does, after the next start.
fn may_have_left_nothing(outcome: &Result<CreateOutcome, StoreError>) -> bool {
    match outcome {
        Ok(outcome) => !matches!(outcome, CreateOutcome::Created(_)),
        Err(StoreError::Io(_) | StoreError::Corrupt(_) | StoreError::Closed) => false,
        Err(_) => true,
    }
}

/// The one `Idempotency-Key` header: 1 to 255 visible ASCII characters.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let is_valid = (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(text) if is_valid && values.next().is_none() => Ok(Some(text.to_owned())),
        _ => Err(ApiError::invalid(
            "Idempotency-Key",
            format!(
                "Idempotency-Key must be sent once and be 1 to {IDEMPOTENCY_KEY_CHARS_MAX} \
                 visible ASCII characters, without spaces"
            ),
        )),
    }
}

/// The header that names what was ignored.
fn ignored_fields(names: &[String]) -> Option<HeaderValue> {
    let mut text = String::new();
    for name in names.iter().take(IGNORED_FIELDS_MAX) {
        let name = utf8_percent_encode(name, NOT_IN_A_NAME).to_string();
        if text.len() + name.len() + 2 > IGNORED_FIELDS_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&name);
    }
    HeaderValue::try_from(text).ok().filter(|value| !value.is_empty())
}

fn with_ignored_fields(mut response: Response, ignored: Option<HeaderValue>) -> Response {
    if let Some(names) = ignored {
        response.headers_mut().insert(RUSHES_IGNORED_FIELDS, names);
    }
    response
}

fn replayed(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = json(status, body);
    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

fn clamp_ms(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

fn rate_limited(allowance: &Allowance) -> HttpError {
    let seconds = allowance.reset_seconds.max(1);
    ApiError::new(
        ErrorCode::RateLimited,
        format!("too many creates; the next one is possible in {seconds} s"),
    )
    .with_retry_after(seconds)
    .into()
}

fn key_reused() -> HttpError {
    ApiError::new(
        ErrorCode::IdempotencyKeyReused,
        "this Idempotency-Key was used before with another request body; use a new key",
    )
    .with_param("Idempotency-Key")
    .into()
}

fn insufficient_quota(needed: Ticks, available: Ticks) -> HttpError {
    ApiError::new(
        ErrorCode::InsufficientQuota,
        format!("the balance does not cover this video: ${needed} needed, ${available} left"),
    )
    .into()
}

fn queue_full(waiting: u32) -> HttpError {
    ApiError::new(
        ErrorCode::QueueFull,
        format!("{waiting} of your tasks are waiting already; let some finish first"),
    )
    .with_retry_after(QUEUE_FULL_RETRY_SECONDS)
    .into()
}

fn account_disabled() -> HttpError {
    ApiError::new(ErrorCode::AccountDisabled, ErrorCode::AccountDisabled.title()).into()
}

fn no_channel() -> HttpError {
    ApiError::new(
        ErrorCode::NoChannel,
        "nothing serves this model at the moment: the operator has added no channel for it",
    )
    .with_retry_after(NO_CHANNEL_RETRY_SECONDS)
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &[u8]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        idempotency_key(&headers).map_err(|error| error.code.as_str().to_owned())
    }

    #[test]
    fn h07_idempotency_keys() {
        assert_eq!(key(b"a"), Ok(Some("a".to_owned())));
        assert_eq!(key(&[b'~'; 255]).unwrap().unwrap().len(), 255);
        for bad in [b"".as_slice(), &[b'a'; 256], "🔑".as_bytes(), b"a b", b"\t", b"\xff"] {
            assert_eq!(key(bad), Err("invalid_request".to_owned()), "{bad:?}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn ignored_fields_are_escaped_and_few() {
        let header = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            ignored_fields(&names).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header(&[]), None);
        assert_eq!(header(&["seed", "a,b", "雨\r\n"]).unwrap(), "seed, a%2Cb, %E9%9B%A8%0D%0A");
        let many: Vec<String> = (0..30).map(|number| format!("f{number}")).collect();
        let many = ignored_fields(&many).unwrap();
        assert_eq!(many.to_str().unwrap().split(", ").count(), 20);
    }
}
