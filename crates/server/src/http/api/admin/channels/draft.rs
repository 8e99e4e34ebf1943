//! `POST /api/admin/channels/probe`: a look at an upstream before there is a channel.
//!
//! Guarantees: sends one request that costs nothing, to the address and with the key of the body
//! alone; nothing of it is kept but a line of the audit log that says where to, written before; no key of
//! another channel is used, and few are under way at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use rushes_domain::channel::ChannelTerms;
use rushes_domain::{ApiError, ChannelId, Ticks};
use rushes_store::{ChannelRow, ChannelSource, Tx};
use serde_json::{Value, json};

use super::super::super::{input, view as shared};
use super::tested::Probed;
use super::{groups, preset_of, view};
use crate::app::App;
use crate::channels::probe;
use crate::channels::spec::{ChannelSpec, Known};
use crate::http::Http;
use crate::http::api::actor::Actor;
use crate::http::error::HttpError;
use crate::openapi::refusals;

/// The name of what has none yet.
const DRAFT_NAME: &str = "draft";

/// Looks at an upstream that is not a channel yet: whether it answers, its key, its models.
///
/// The body is that of a new channel; name and models may be left out. It costs nothing.
#[utoipa::path(post, path = "/api/admin/channels/probe", operation_id = "probeChannel",
    tag = "channels", request_body(content = view::NewChannel,
        example = json!({ "name": "xai-eu", "provider": "xai", "api_key": "xai-0123456789abcdef" })),
    responses((status = 200, body = Probed), refusals::ApiChange))]
pub(super) async fn probe(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let mut wanted: ChannelSpec = input::read(&parts.headers, body).await?;
    let app = &http.app;
    let (provider, preset) = preset_of(app, wanted.provider.as_deref())?;
    let has_models = wanted.models.is_some();
    wanted.name.get_or_insert_with(|| DRAFT_NAME.to_owned());
    if !has_models {
        // Terms need some; which is what the operator is about to find out.
        let models = app.prices.base().models().iter();
        wanted.models = Some(models.map(|it| (it.id.clone(), it.id.clone())).collect());
    }
    let known_groups = groups(&http).await?;
    let known = Known { catalogue: app.prices.base(), groups: &known_groups };
    let terms = wanted.new_terms(&**provider, preset, known)?;
    let channel = app
        .channels
        .draft(row_of(app, terms), wanted.credential()?)
        .map_err(|problem| ApiError::invalid(problem.field, problem.message))?;
    let _turn = http.upkeep.probe_turn()?;
    let (now, base_url) = (app.clock.now(), channel.row.terms.base_url.clone());
    let entry = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let values = (Value::Null, json!({ "base_url": base_url }));
        rushes_store::audit(tx, &actor.entry(now, "channel.probe", "channel", None, values))
    };
    http.change(&actor, entry).await?;
    let report = probe::look(app, &channel, has_models).await;
    let suggested = suggested(app, preset, report.models.as_deref().unwrap_or_default());
    shared::ok(&Probed::of(report, suggested))
}

fn row_of(app: &App, terms: ChannelTerms) -> ChannelRow {
    let now = app.clock.now();
    ChannelRow {
        id: ChannelId::PREVIEW,
        terms,
        sealed: None,
        credential_hint: String::new(),
        source: ChannelSource::Operator,
        spent: Ticks::ZERO,
        lost: Ticks::ZERO,
        ambiguous_count: 0,
        created_at: now,
        changed_at: now,
    }
}

/// What the upstream most likely calls our models: as the preset does, or as we do.
fn suggested(
    app: &App,
    preset: &rushes_providers::Preset,
    listed: &[String],
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for model in app.prices.base().models() {
        let of_preset = match preset.models {
            rushes_providers::PresetModels::Fixed(pairs) => {
                pairs.iter().find(|(ours, _)| *ours == model.id).map(|(_, theirs)| *theirs)
            }
            _ => None,
        };
        let names = of_preset.into_iter().chain([model.id.as_str()]);
        let mut names = names.chain(model.aliases.iter().map(String::as_str));
        if let Some(theirs) = names.find(|name| listed.iter().any(|it| it == name)) {
            found.insert(model.id.clone(), theirs.to_owned());
        }
    }
    found
}
