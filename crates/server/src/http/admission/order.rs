//! An order for a video becomes a task, or leaves nothing behind.
//!
//! Guarantees: the checks come in contract 2's order, whatever the door. The answer's bytes are
//! made before the write, so that a repetition with the same idempotency key gets the very same
//! ones; 200 is sent after the commit.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use rushes_domain::account::KeyKind;
use rushes_domain::admission::check_money;
use rushes_domain::job::{EngineOptions, Job};
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::Pairs;
use rushes_domain::route::Lane;
use rushes_domain::{ApiError, KeyId, TaskId, Ticks, Timestamp, webhook};
use rushes_store::{
    CreateOutcome, NewIdempotency, NewTask, Replay, Shown, StoreError, create_task,
};
use sha2::{Digest as _, Sha256};

use super::headers::ignored_fields;
use super::images::{self, Written};
use super::refusal::{callback_not_registered, key_reused, no_channel, refused};
use super::{Checked, Door, Marks, Origin, check, standing};
use crate::channels::lane_for;
use crate::http::auth::Caller;
use crate::http::body::{Format, ReadBody};
use crate::http::error::{HttpError, shutting_down};
use crate::http::fair::Place;
use crate::http::{Http, json, to_json};

/// Bodies from this size on are parsed off the event loop, in bytes.
pub(in crate::http) const PARSE_INLINE_BYTES_MAX: usize = 64 * 1024;

const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const RUSHES_IGNORED_FIELDS: HeaderName = HeaderName::from_static("rushes-ignored-fields");

/// A request whose body has arrived.
pub(super) struct Order {
    pub(super) http: Arc<Http>,
    pub(super) caller: Caller,
    /// The key's secret, where it was shown.
    pub(super) shown: Option<Shown>,
    pub(super) door: Door,
    pub(super) origin: Origin,
    pub(super) marks: Marks,
}

impl Order {
    /// Every check in contract 2's order, then the task.
    pub(super) async fn run(self, body: ReadBody) -> Result<Response, HttpError> {
        let is_large = body.bytes.len() > PARSE_INLINE_BYTES_MAX;
        let ReadBody { bytes, format, place } = body;
        let read = self.door.request;
        let meant = self.marks.idempotency_key.is_some().then(|| self.meant());
        let (request, fingerprint) =
            off_the_loop(is_large, move || parse(read, &bytes, &format, meant)).await??;
        let ignored = ignored_fields(&self.ignored(&request).await?);
        let answered = match self.replay(fingerprint).await? {
            Some(answered) => answered,
            None => match self.make(request, fingerprint, is_large, place).await {
                Ok(answered) => answered,
                // An equal request may have been faster, and have taken the last of the money.
                Err(refusal) => self.replay(fingerprint).await?.ok_or(refusal)?,
            },
        };
        Ok(with_ignored_fields(answered, ignored))
    }

    /// What the key adds to the meaning of the order.
    fn meant(&self) -> Meant {
        let key = &self.caller.0;
        // A key that was shown is no part of the body, and any of the account's repeats an order.
        Meant { kind: key.kind, chosen: self.shown.is_none().then_some(key.id) }
    }

    /// The fields of the request that nobody looks at: unknown ones, and settings for engines where
    /// none serves the model.
    async fn ignored(&self, request: &VideoRequest) -> Result<Vec<String>, HttpError> {
        let mut names = request.ignored_fields().to_vec();
        let options = request.option_fields();
        if !options.is_empty() && !self.sends_options(request).await? {
            names.extend(options.into_iter().map(str::to_owned));
        }
        Ok(names)
    }

    /// Whether settings for engines may reach one.
    async fn sends_options(&self, request: &VideoRequest) -> Result<bool, HttpError> {
        let app = &self.http.app;
        let priced = app.prices.current();
        let Some(model) = request.model().and_then(|name| priced.catalogue.find(name)) else {
            return Ok(false);
        };
        let key = &self.caller.0;
        let roster = app.channels.current(&app.store).await?;
        Ok(match lane_for(&roster, key.kind, &model.id, key.group_id) {
            Some(Lane::Model(_)) => roster.sends_options(&model.id, key.group_id),
            _ => false,
        })
    }

    /// The answer that this idempotency key got before.
    async fn replay(&self, fingerprint: [u8; 32]) -> Result<Option<Response>, HttpError> {
        let Some(key) = self.marks.idempotency_key.clone() else { return Ok(None) };
        let app = &self.http.app;
        let account_id = self.caller.account_id();
        let (route, now) = (self.door.route, app.clock.now());
        let found = app
            .store
            .read(move |tx| rushes_store::find_replay(tx, account_id, route, &key, now))
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
        place: Option<Place>,
    ) -> Result<Response, HttpError> {
        let http = Arc::clone(&self.http);
        let caller = self.caller.clone();
        let checked = off_the_loop(is_large, move || check(&http.app, &caller, request)).await??;
        let callback_url = checked.job.callback_url.as_deref();
        look_at_callback(&self.http, &self.caller, callback_url).await?;
        self.look_at_balance(checked.price).await?;
        let decoding = &self.http.decoding;
        // Held until the task is written.
        let ticket = decoding.admit(self.caller.account_id(), &checked.images)?;
        // From here on the ticket counts the memory, so the place among large bodies is free.
        drop(place);
        if let Some(ticket) = &ticket {
            images::decode_all(decoding, ticket, &checked.images).await?;
        }
        let lane = self.look_at_service(&checked.job).await?;
        self.write(checked, lane, fingerprint).await
    }

    /// A look before the work of decoding; what counts is the hold within the write.
    async fn look_at_balance(&self, needed: Ticks) -> Result<(), HttpError> {
        if needed == Ticks::ZERO {
            return Ok(());
        }
        let standing = standing(&self.http.app, &self.caller).await?;
        check_money(&standing, needed).map_or(Ok(()), |refusal| Err(refused(&refusal)))
    }

    /// The queue for the task, if anything serves it at all.
    async fn look_at_service(&self, job: &Job) -> Result<Lane, HttpError> {
        let (app, key) = (&self.http.app, &self.caller.0);
        let roster = app.channels.current(&app.store).await?;
        let lane = lane_for(&roster, key.kind, &job.model_id, key.group_id);
        let lane = lane.ok_or_else(no_channel)?;
        self.http.disk.check(&self.http.app).await?;
        if self.http.app.stop.is_cancelled() {
            return Err(shutting_down().into());
        }
        Ok(lane)
    }

    async fn write(
        &self,
        checked: Checked,
        lane: Lane,
        fingerprint: [u8; 32],
    ) -> Result<Response, HttpError> {
        let app = &self.http.app;
        let now = app.jump.now().await?;
        let id = app.ids.task_id();
        let Checked { job, images, price, price_version } = checked;
        let mut written = Written::write(app, id, images).await?;
        let mut task = self.new_task(id, job, price, lane, now);
        task.price_version = price_version;
        task.images = std::mem::take(&mut written.images);
        let body = match to_json((self.door.answer)(&task)) {
            Ok(body) => body,
            Err(error) => {
                written.remove().await;
                return Err(error);
            }
        };
        task.idempotency = self.marks.idempotency_key.clone().map(|key| NewIdempotency {
            key,
            fingerprint,
            route: self.door.route,
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
            CreateOutcome::Refused(refusal) => Err(refused(&refusal)),
        }
    }

    fn new_task(&self, id: TaskId, job: Job, price: Ticks, lane: Lane, now: Timestamp) -> NewTask {
        let config = &self.http.app.config;
        let key = &self.caller.0;
        // A test prompt may shorten its task's time, never lengthen it.
        let shortened_ms = job.directives.deadline_ms.unwrap_or(u64::MAX);
        let run_timeout_ms = config.task.run_timeout_ms.min(shortened_ms);
        NewTask {
            id,
            account_id: key.account_id,
            key_id: key.id,
            shown: self.shown.clone(),
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
            // Previews know none of them.
            options: if lane == Lane::Preview { EngineOptions::default() } else { job.options },
            hops: self.marks.hops,
            price,
            price_version: 1,
            door: self.origin.door,
            dialect: self.door.dialect,
            client_address: Some(self.origin.address.to_string()),
            user_agent: self.origin.client.clone(),
            request_id: self.origin.request_id.clone(),
            callback_url: job.callback_url,
            run_timeout_ms: clamp_ms(run_timeout_ms),
            queue_timeout_ms: clamp_ms(config.task.queue_timeout_ms),
            now,
            limits: config.account.limits(),
            idempotency: None,
            lane,
        }
    }
}

/// The body as a request; the fingerprint is only worth its time when there is a key to keep.
fn parse(
    read: fn(Pairs<'_>) -> VideoRequest,
    bytes: &Bytes,
    format: &Format,
    meant: Option<Meant>,
) -> Result<(VideoRequest, [u8; 32]), ApiError> {
    let request = read(format.pairs(bytes)?);
    let fingerprint = meant.map_or([0; 32], |meant| fingerprint(&request, meant));
    Ok((request, fingerprint))
}

/// What the key adds to the meaning of an order.
#[derive(Clone, Copy)]
struct Meant {
    kind: KeyKind,
    /// The key, if it was chosen in the body.
    chosen: Option<KeyId>,
}

/// What the order means. A test key's is another one than a live key's of the same words: a preview
/// is no answer for who pays for a video.
fn fingerprint(request: &VideoRequest, meant: Meant) -> [u8; 32] {
    let of_request = request.fingerprint();
    let of_kind = match meant.kind {
        KeyKind::Live => of_request,
        KeyKind::Test => {
            Sha256::new_with_prefix(b"test").chain_update(of_request).finalize().into()
        }
    };
    let Some(id) = meant.chosen else { return of_kind };
    let chosen = Sha256::new_with_prefix(b"key").chain_update(id.0.to_be_bytes());
    chosen.chain_update(of_kind).finalize().into()
}

/// Whether an enabled webhook of the caller's account has the callback URL's host. It is asked again
/// at each attempt.
pub(super) async fn look_at_callback(
    http: &Http,
    caller: &Caller,
    url: Option<&str>,
) -> Result<(), HttpError> {
    let Some(host) = url.and_then(webhook::host_of) else { return Ok(()) };
    let account_id = caller.account_id();
    let of_host = host.clone();
    let look = move |tx: &mut rushes_store::Tx<'_>| {
        rushes_store::endpoint_of_host(tx, account_id, &of_host)
    };
    match http.app.store.read(look).await? {
        Some(_) => Ok(()),
        None => Err(callback_not_registered(&host)),
    }
}

/// Runs `work` here, or on a thread of its own if it takes long.
pub(in crate::http) async fn off_the_loop<T, F>(is_long: bool, work: F) -> Result<T, HttpError>
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
