//! `/api/admin/channels`: the upstream deployments behind the models.
//!
//! Guarantees: a credential goes in and never comes out; what is declared in the configuration is
//! changed there alone; a change is in force with its commit. Not here: what a test finds
//! (`channels::probe`).

mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use rushes_domain::channel::CHANNELS_MAX;
use rushes_domain::{ApiError, ChannelId, ErrorCode};
use rushes_providers::{Preset, Provider};
use rushes_store::{
    AuditEntry, ChannelOutcome, ChannelRow, ChannelSource, GroupRow, StoreError, Tx,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::{input, view as shared};
use super::not_there;
use crate::channels::declared::seal;
use crate::channels::probe;
use crate::channels::spec::{ChannelSpec, Known};
use crate::http::Http;
use crate::http::error::HttpError;

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/admin/channels", get(list).post(create))
        .route("/api/admin/channels/{channel}", get(show).patch(change).delete(remove))
        .route("/api/admin/channels/{channel}/test", post(test))
        .route("/api/admin/presets", get(presets))
}

/// The channel in a path: its id, or its name.
async fn find(http: &Http, text: &str) -> Result<ChannelRow, HttpError> {
    let (name, id) = (text.to_owned(), text.parse().ok().map(ChannelId));
    let find = move |tx: &mut Tx<'_>| {
        if let Some(id) = id
            && let Some(found) = rushes_store::channel(tx, id)?
        {
            return Ok(Some(found));
        }
        rushes_store::channel_by_name(tx, &name)
    };
    let found = http.app.store.read(find).await?;
    Ok(found.ok_or_else(|| not_there("channel", text))?)
}

async fn groups(http: &Http) -> Result<Vec<GroupRow>, HttpError> {
    Ok(http.app.store.read(rushes_store::groups).await?)
}

/// A channel with everything that is known of it.
async fn shown(http: &Http, row: ChannelRow, groups: &[GroupRow]) -> Result<Value, HttpError> {
    let id = row.id;
    let jobs = http.app.store.read(move |tx| rushes_store::jobs_of_channel(tx, id)).await?;
    let roster = http.app.channels.current(&http.app.store).await?;
    let now_ms = http.app.clock.monotonic_ms();
    Ok(view::channel(&row, roster.find(id), jobs, groups, now_ms))
}

async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let groups = groups(&http).await?;
    let mut data = Vec::new();
    for row in http.app.store.read(rushes_store::channels).await? {
        data.push(shown(&http, row, &groups).await?);
    }
    shared::ok(&shared::list(data, None))
}

async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let row = find(&http, &name).await?;
    let groups = groups(&http).await?;
    shared::ok(&shown(&http, row, &groups).await?)
}

/// What channels can be made from.
async fn presets(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let presets = http.app.registry.presets().map(|(_, preset)| view::preset(preset)).collect();
    shared::ok(&shared::list(presets, None))
}

fn preset_of<'h>(
    http: &'h Http,
    name: Option<&str>,
) -> Result<(&'h Arc<dyn Provider>, &'static Preset), ApiError> {
    name.and_then(|name| http.app.registry.find_preset(name)).ok_or_else(|| {
        let known: Vec<&str> = http.app.registry.presets().map(|(_, it)| it.name).collect();
        let text = format!("provider must be one of {}", known.join(", "));
        ApiError::invalid("provider", text)
    })
}

async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: ChannelSpec = input::read(&parts.headers, body).await?;
    let (provider, preset) = preset_of(&http, wanted.provider.as_deref())?;
    let (app, groups) = (&http.app, groups(&http).await?);
    let known = Known { catalogue: app.prices.base(), groups: &groups };
    let terms = wanted.new_terms(&**provider, preset, known)?;
    let credential = wanted.credential()?;
    // Sealed for its row: one channel is added at a time.
    let _turn = http.setting_changes.lock().await;
    let id = app.store.read(rushes_store::next_channel_id).await?;
    let sealed = credential.map(|it| seal(&app.credentials, &*app.ids, id, it));
    let (name, now) = (terms.name.clone(), app.clock.now());
    let object = format!("channel {name}");
    let entry = actor.entry(now, "channel.add", object, None, (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        let outcome = rushes_store::add_channel(
            tx,
            id,
            &terms,
            sealed.as_ref(),
            ChannelSource::Operator,
            now,
        )?;
        note(tx, &entry, None, &outcome)?;
        Ok(outcome)
    };
    let row = done(app.store.write(write).await?, &name)?;
    shared::answer(StatusCode::CREATED, &shown(&http, row, &groups).await?)
}

/// The line in the audit log, in the transaction of the change.
fn note(
    tx: &mut Tx<'_>,
    entry: &AuditEntry,
    before: Option<&ChannelRow>,
    outcome: &ChannelOutcome,
) -> Result<(), StoreError> {
    let ChannelOutcome::Done(row) = outcome else { return Ok(()) };
    let mut entry = entry.clone();
    entry.before = before.map(|row| view::audited(row).to_string());
    entry.after = Some(view::audited(row).to_string());
    rushes_store::audit(tx, &entry)
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

async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: ChannelSpec = input::read(&parts.headers, body).await?;
    let _turn = http.setting_changes.lock().await;
    let before = find(&http, &name).await?;
    require_own(&before)?;
    let (_, preset) = preset_of(&http, Some(&before.terms.preset))?;
    let (app, groups) = (&http.app, groups(&http).await?);
    let known = Known { catalogue: app.prices.base(), groups: &groups };
    let terms = wanted.changed_terms(&before.terms, preset, known)?;
    let (id, now) = (before.id, app.clock.now());
    let credential = wanted.credential()?;
    // A key is given to one address: whoever changes that has to know the key.
    if terms.base_url != before.terms.base_url && before.sealed.is_some() && credential.is_none() {
        let text = "api_key is required when base_url changes, so that a key never goes to another \
                    place than the one it was given for";
        return Err(ApiError::invalid("api_key", text).into());
    }
    let sealed = credential.map(|it| seal(&app.credentials, &*app.ids, id, it));
    let new_name = terms.name.clone();
    let object = format!("channel {}", before.terms.name);
    let entry = actor.entry(now, "channel.update", object, None, (Value::Null, Value::Null));
    let write = move |tx: &mut Tx<'_>| {
        let outcome = rushes_store::update_channel(tx, id, &terms, sealed.as_ref(), now)?;
        note(tx, &entry, Some(&before), &outcome)?;
        Ok(outcome)
    };
    let row = done(app.store.write(write).await?, &new_name)?;
    shared::ok(&shown(&http, row, &groups).await?)
}

async fn remove(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let row = find(&http, &name).await?;
    require_own(&row)?;
    let (id, now) = (row.id, http.app.clock.now());
    let values = (view::audited(&row), Value::Null);
    let object = format!("channel {}", row.terms.name);
    let entry = actor.entry(now, "channel.remove", object, None, values);
    let write = move |tx: &mut Tx<'_>| {
        let outcome = rushes_store::remove_channel(tx, id, now)?;
        if matches!(outcome, ChannelOutcome::Done(_)) {
            rushes_store::audit(tx, &entry)?;
        }
        Ok(outcome)
    };
    let row = done(http.app.store.write(write).await?, &name)?;
    shared::ok(&json!({ "object": "channel_removed", "id": row.id.0, "name": row.terms.name }))
}

/// What a test may do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TestInput {
    /// Whether a real video may be made, which costs the operator money.
    spend: bool,
}

async fn test(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: TestInput = input::read(&parts.headers, body).await?;
    let row = find(&http, &name).await?;
    let app = &http.app;
    let roster = app.channels.current(&app.store).await?;
    let Some(channel) = roster.find(row.id) else {
        let text = "the channel is not in force: its preset is unknown here or its key cannot be \
                    opened; the log says which";
        return Err(ApiError::new(ErrorCode::Conflict, text).into());
    };
    if wanted.spend {
        let (now, id) = (app.clock.now(), row.id.0);
        let values = (Value::Null, json!({ "channel_id": id, "spend": true }));
        let object = format!("channel {}", row.terms.name);
        let entry = actor.entry(now, "channel.test", object, None, values);
        app.store.write(move |tx| rushes_store::audit(tx, &entry)).await?;
    }
    let report = probe::run(app, channel, wanted.spend).await;
    shared::ok(&report.to_json(&row.terms.name))
}
