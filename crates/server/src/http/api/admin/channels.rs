//! `/api/admin/channels`: the upstream deployments behind the models.
//!
//! Guarantees: a credential goes in and never comes out; what is declared in the configuration is
//! changed there alone; a change is in force with its commit. Not here: what a test finds
//! (`channels::probe`).

mod draft;
mod tested;
mod view;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::channel::{CHANNELS_MAX, ChannelTerms};
use rushes_domain::{ApiError, ChannelId, ErrorCode, Ticks};
use rushes_providers::{Preset, Provider};
use rushes_store::{ChannelOutcome, ChannelRow, ChannelSource, GroupRow, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::{input, view as shared};
use super::{id_in, not_there};
use crate::app::App;
use crate::channels::declared::seal;
use crate::channels::probe;
use crate::channels::spec::{ChannelSpec, Known};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::refusals;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(test))
        .routes(routes!(draft::probe))
        .routes(routes!(presets))
}

/// A channel by its name.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct ChannelPath {
    /// The channel's name, or `id:` and its id.
    #[param(example = "xai-eu")]
    channel: String,
}

/// The channel in a path: its name, or `id:` and its id.
pub(super) fn channel_named(tx: &mut Tx<'_>, text: &str) -> Result<ChannelRow, StoreError> {
    let found = match id_in(text) {
        Some(id) => rushes_store::channel(tx, ChannelId(id))?,
        None => rushes_store::channel_by_name(tx, text)?,
    };
    Ok(found.ok_or_else(|| not_there("channel", text))?)
}

/// [`channel_named`] by itself.
async fn find(http: &Http, text: &str) -> Result<ChannelRow, HttpError> {
    let text = text.to_owned();
    Ok(http.app.store.read(move |tx| channel_named(tx, &text)).await?)
}

async fn groups(http: &Http) -> Result<Vec<GroupRow>, HttpError> {
    Ok(http.app.store.read(rushes_store::groups).await?)
}

/// Where the last test of a channel is kept.
fn test_setting(id: ChannelId) -> String {
    format!("channel_test.{id}")
}

/// A channel with everything that is known of it.
async fn shown(
    http: &Http,
    row: ChannelRow,
    groups: &[GroupRow],
) -> Result<view::Channel, HttpError> {
    let id = row.id;
    let app = &http.app;
    let read = move |tx: &mut Tx<'_>| {
        let kept = rushes_store::setting(tx, &test_setting(id))?;
        Ok((rushes_store::jobs_of_channel(tx, id)?, kept))
    };
    let (jobs, kept) = app.store.read(read).await?;
    // What never cost anything cost nothing today; nobody has to look for it.
    let has_cost = row.spent != Ticks::ZERO || row.lost != Ticks::ZERO;
    let costs = if has_cost { Some(http.dashboards.costs(app).await?) } else { None };
    let roster = app.channels.current(&app.store).await?;
    let facts = view::Facts {
        in_force: roster.find(id),
        jobs,
        groups,
        now: app.clock.now(),
        now_ms: app.clock.monotonic_ms(),
        cost_24h: costs.as_ref().map_or(Ticks::ZERO, |costs| costs.of(id)),
        is_cost_capped: costs.is_some_and(|costs| costs.is_capped),
        last_test: kept.and_then(|text| serde_json::from_str(&text).ok()),
    };
    Ok(view::Channel::of(&row, facts))
}

/// The channels: the upstreams that make the videos, with what is known of each.
#[utoipa::path(get, path = "/api/admin/channels", operation_id = "listChannels",
    tag = "channels",
    responses((status = 200, body = shared::List<view::Channel>), refusals::ApiLook))]
async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let groups = groups(&http).await?;
    let mut data = Vec::new();
    for row in http.app.store.read(rushes_store::channels).await? {
        data.push(shown(&http, row, &groups).await?);
    }
    shared::ok(&shared::List::whole(data))
}

/// A channel, with what is known of it.
#[utoipa::path(get, path = "/api/admin/channels/{channel}", operation_id = "getChannel",
    tag = "channels", params(ChannelPath),
    responses((status = 200, body = view::Channel), refusals::ApiLook))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let row = find(&http, &name).await?;
    let groups = groups(&http).await?;
    shared::ok(&shown(&http, row, &groups).await?)
}

/// The presets: what channels can be made from.
#[utoipa::path(get, path = "/api/admin/presets", operation_id = "listPresets", tag = "channels",
    responses((status = 200, body = shared::List<view::Preset>), refusals::ApiLook))]
async fn presets(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let presets =
        http.app.registry.presets().map(|(_, preset)| view::Preset::from(preset)).collect();
    shared::ok(&shared::List::whole(presets))
}

fn preset_of<'h>(
    app: &'h App,
    name: Option<&str>,
) -> Result<(&'h Arc<dyn Provider>, &'static Preset), ApiError> {
    name.and_then(|name| app.registry.find_preset(name)).ok_or_else(|| {
        let known: Vec<&str> = app.registry.presets().map(|(_, it)| it.name).collect();
        let text = format!("provider must be one of {}", known.join(", "));
        ApiError::invalid("provider", text)
    })
}

/// Adds a channel, from a preset and what is said here over it.
#[utoipa::path(post, path = "/api/admin/channels", operation_id = "createChannel",
    tag = "channels", request_body(content = view::NewChannel,
        example = json!({ "name": "xai-eu", "provider": "xai", "api_key": "xai-0123456789abcdef" })),
    responses((status = 201, body = view::Channel), refusals::ApiChange))]
async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: ChannelSpec = input::read(&parts.headers, body).await?;
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let (provider, preset) = preset_of(&app, wanted.provider.as_deref())?;
        let groups = rushes_store::groups(tx)?;
        let known = Known { catalogue: app.prices.base(), groups: &groups };
        let terms = wanted.new_terms(&**provider, preset, known)?;
        // Sealed for its row.
        let id = rushes_store::next_channel_id(tx)?;
        let sealed = wanted.credential()?.map(|it| seal(&app.credentials, &*app.ids, id, it));
        let source = ChannelSource::Operator;
        let outcome = rushes_store::add_channel(tx, id, &terms, sealed.as_ref(), source, now)?;
        let row = done(outcome, &terms.name)?;
        let values = (Value::Null, view::audited(&row));
        let object = format!("channel {}", terms.name);
        rushes_store::audit(tx, &actor.entry(now, "channel.add", object, None, values))?;
        Ok((row, groups))
    };
    let (row, groups) = http.change(&actor, change).await?;
    shared::answer(StatusCode::CREATED, &shown(&http, row, &groups).await?)
}

fn done(outcome: ChannelOutcome, name: &str) -> Result<ChannelRow, ApiError> {
    let conflict = |text: String| Err(ApiError::new(ErrorCode::Conflict, text));
    match outcome {
        ChannelOutcome::Done(row) => Ok(*row),
        ChannelOutcome::NameTaken => conflict(format!("there is a channel {name:?} already")),
        ChannelOutcome::TooMany => conflict(format!("there are {CHANNELS_MAX} channels already")),
        ChannelOutcome::InUse(count) => conflict(format!(
            "{count} unfinished tasks are with this channel; disable it, and remove it when they \
             have ended"
        )),
        ChannelOutcome::NotFound => Err(not_there("channel", name)),
    }
}

/// Refuses to touch what the configuration declares.
fn require_own(row: &ChannelRow) -> Result<(), ApiError> {
    if row.source == ChannelSource::Operator {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::Conflict,
        "this channel is declared in the configuration; change it there and restart the gateway",
    ))
}

/// Changes a channel.
///
/// What the configuration declares is changed there alone, and `base_url` only while no task is with
/// the channel.
#[utoipa::path(patch, path = "/api/admin/channels/{channel}", operation_id = "changeChannel",
    tag = "channels", params(ChannelPath), request_body = ChannelSpec,
    responses((status = 200, body = view::Channel), refusals::ApiChange))]
async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: ChannelSpec = input::read(&parts.headers, body).await?;
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let before = channel_named(tx, &name)?;
        require_own(&before)?;
        let (_, preset) = preset_of(&app, Some(&before.terms.preset))?;
        let groups = rushes_store::groups(tx)?;
        let known = Known { catalogue: app.prices.base(), groups: &groups };
        let terms = wanted.changed_terms(&before.terms, preset, known)?;
        let credential = wanted.credential()?;
        check_address(&before, &terms, credential.is_some())?;
        let id = before.id;
        if terms.base_url != before.terms.base_url {
            check_jobs(rushes_store::unfinished_with_channel(tx, id)?)?;
        }
        let sealed = credential.map(|it| seal(&app.credentials, &*app.ids, id, it));
        let outcome = rushes_store::update_channel(tx, id, &terms, sealed.as_ref(), now)?;
        let row = done(outcome, &terms.name)?;
        let values = (view::audited(&before), view::audited(&row));
        let object = format!("channel {}", before.terms.name);
        rushes_store::audit(tx, &actor.entry(now, "channel.update", object, None, values))?;
        Ok((row, groups))
    };
    let (row, groups) = http.change(&actor, change).await?;
    shared::ok(&shown(&http, row, &groups).await?)
}

/// A key is given to one address: whoever changes that has to know the key.
fn check_address(
    before: &ChannelRow,
    terms: &ChannelTerms,
    has_credential: bool,
) -> Result<(), ApiError> {
    if terms.base_url == before.terms.base_url || before.sealed.is_none() || has_credential {
        return Ok(());
    }
    let text = "api_key is required when base_url changes, so that a key never goes to another \
                place than the one it was given for";
    Err(ApiError::invalid("api_key", text))
}

/// Jobs are asked after where they were sent, and nowhere else knows them.
fn check_jobs(unfinished: u64) -> Result<(), ApiError> {
    if unfinished == 0 {
        return Ok(());
    }
    let text = format!(
        "{unfinished} unfinished tasks are with this channel at its address; add another channel for \
         the new one, or disable this and change base_url when they have ended"
    );
    Err(ApiError::new(ErrorCode::Conflict, text).with_param("base_url"))
}

/// Removes a channel that no unfinished task is with, and its credential.
#[utoipa::path(delete, path = "/api/admin/channels/{channel}", operation_id = "deleteChannel",
    tag = "channels", params(ChannelPath),
    responses((status = 200, body = tested::Removed), refusals::ApiDeed))]
async fn remove(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let row = channel_named(tx, &name)?;
        require_own(&row)?;
        let removed = done(rushes_store::remove_channel(tx, row.id, now)?, &name)?;
        let values = (view::audited(&row), Value::Null);
        let object = format!("channel {}", row.terms.name);
        rushes_store::audit(tx, &actor.entry(now, "channel.remove", object, None, values))?;
        Ok(removed)
    };
    let row = http.change(&actor, change).await?;
    shared::ok(&tested::Removed::from(&row))
}

/// What a test may do.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ChannelTestInput)]
struct TestInput {
    /// Whether a real video may be made, the cheapest that there is, which costs you money.
    spend: bool,
}

/// Tests a channel: for free, or with a real video.
///
/// `findings` says in words what was seen.
#[utoipa::path(post, path = "/api/admin/channels/{channel}/test", operation_id = "testChannel",
    tag = "channels", params(ChannelPath), request_body = TestInput,
    responses((status = 200, body = tested::Tested), refusals::ApiChange))]
async fn test(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: TestInput = input::read(&parts.headers, body).await?;
    // A video that was ordered is paid for whether or not somebody still waits to hear of it.
    let work = Arc::clone(&http);
    http.to_its_end(async move { look(&work, &actor, &name, wanted.spend).await }).await
}

async fn look(http: &Http, actor: &Actor, name: &str, spend: bool) -> Result<Response, HttpError> {
    let row = find(http, name).await?;
    let app = &http.app;
    let roster = app.channels.current(&app.store).await?;
    let Some(channel) = roster.find(row.id) else {
        let text = "the channel is not in force: its preset is unknown here or its key cannot be \
                    opened; the log says which";
        return Err(ApiError::new(ErrorCode::Conflict, text).into());
    };
    let place = spend.then(|| channel.runtime.paid_test.try_acquire()).transpose();
    let _place = place.map_err(|_| {
        let text = "a test of this channel that costs money is under way; wait until it has ended";
        ApiError::new(ErrorCode::Conflict, text)
    })?;
    if spend {
        let (now, id, name) = (app.clock.now(), row.id.0, row.terms.name.clone());
        let change = move |tx: &mut Tx<'_>, actor: &Actor| {
            actor.require_operator()?;
            let values = (Value::Null, json!({ "channel_id": id, "spend": true }));
            let object = format!("channel {name}");
            rushes_store::audit(tx, &actor.entry(now, "channel.test", object, None, values))
        };
        http.change(actor, change).await?;
    }
    let report = probe::run(app, channel, spend).await?;
    let (id, now) = (row.id, app.clock.now());
    let kept = tested::LastTest::of(&report, spend, now);
    let text = serde_json::to_string(&kept).map_err(|source| HttpError::internal(&source))?;
    let keep = move |tx: &mut Tx<'_>| rushes_store::set_setting(tx, &test_setting(id), &text, now);
    app.store.write(keep).await?;
    shared::ok(&tested::Tested::of(report, &row.terms.name))
}
