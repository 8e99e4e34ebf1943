//! `/api/admin/models`: prices, and whether a model may be used.
//!
//! Guarantees: changes are made one after another, and one that is committed is in force; each set
//! of prices has a version, and a hold keeps the one that it was priced with.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use rushes_domain::catalogue::Model;
use rushes_domain::{ApiError, ErrorCode};
use rushes_store::{PriceVersion, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::{input, view};
use super::not_there;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::refusals;
use crate::openapi::texts::Price;
use crate::prices::{ModelChanges, PriceError, Priced, Prices};

/// Versions on a page when nothing is said, and at most.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 199;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(change)).routes(routes!(versions))
}

/// A model as operators see it.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelSettings)]
struct Shown {
    /// For each resolution, the dollars of a second.
    #[schema(examples(json!({ "480p": "0.06", "720p": "0.09" })))]
    price_per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(examples("0.005"))]
    price_per_image: String,
    /// Always `model_settings`.
    #[schema(pattern = "^model_settings$")]
    object: &'static str,
    #[schema(examples("grok-image-video"))]
    id: String,
    /// Other names that requests may call it by.
    aliases: Vec<String>,
    /// For people.
    name: String,
    /// Whether it may be used.
    enabled: bool,
    /// What the configuration says, to which a reset goes back.
    default: ModelPrices,
    /// The version of the prices in force, of all models.
    version: i64,
}

/// What a model costs.
#[derive(Serialize, ToSchema)]
struct ModelPrices {
    /// For each resolution, the dollars of a second.
    #[schema(examples(json!({ "480p": "0.06", "720p": "0.09" })))]
    price_per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(examples("0.005"))]
    price_per_image: String,
}

/// The models of the configuration, whether or not they may be used, with their prices.
#[utoipa::path(get, path = "/api/admin/models", operation_id = "listModelSettings",
    tag = "settings", responses((status = 200, body = view::List<Shown>), refusals::ApiLook))]
async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let priced = http.app.prices.current();
    let models = http.app.prices.base().models();
    let data = models.iter().map(|model| shown(model, &priced)).collect();
    view::ok(&view::List::whole(data))
}

/// A model of the configuration as it is in force.
fn shown(base: &Model, priced: &Priced) -> Shown {
    let in_force = priced.catalogue.models().iter().find(|model| model.id == base.id);
    let ModelPrices { price_per_second, price_per_image } = prices_of(in_force.unwrap_or(base));
    Shown {
        price_per_second,
        price_per_image,
        object: "model_settings",
        id: base.id.clone(),
        aliases: base.aliases.clone(),
        name: base.name.clone(),
        enabled: in_force.is_some(),
        default: prices_of(base),
        version: priced.version,
    }
}

fn prices_of(model: &Model) -> ModelPrices {
    let per_second = model.price_per_second.iter();
    let per_second =
        per_second.map(|(resolution, price)| (resolution.clone(), price.to_string())).collect();
    ModelPrices { price_per_second: per_second, price_per_image: model.price_per_image.to_string() }
}

/// A change of a model; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ModelChange)]
struct Change {
    /// For each resolution that changes, the dollars of a second.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Price>, examples(json!({ "720p": "0.09" })))]
    price_per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(inline, value_type = Option<Price>)]
    price_per_image: Option<String>,
    /// Whether it may be used; one model must be.
    enabled: Option<bool>,
    /// Back to the configuration's prices, before the rest of this change.
    #[serde(default)]
    reset: bool,
}

/// A model by its name.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct ModelPath {
    /// The model's id, or an alias.
    #[param(example = "grok-image-video")]
    model: String,
}

/// Changes a model's prices, or whether it may be used.
///
/// Prices hold for the next create; a task keeps those that it was made at.
#[utoipa::path(patch, path = "/api/admin/models/{model}", operation_id = "changeModelSettings",
    tag = "settings", params(ModelPath), request_body = Change,
    responses((status = 200, body = Shown), refusals::ApiChange))]
async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Change = input::read(&parts.headers, body).await?;
    let model =
        http.app.prices.base().find(&name).ok_or_else(|| not_there("model", &name))?.clone();
    Arc::clone(&http).to_its_end(async move { put(&http, &actor, model, wanted).await }).await
}

async fn put(
    http: &Http,
    actor: &Actor,
    model: Model,
    wanted: Change,
) -> Result<Response, HttpError> {
    let app = &http.app;
    // One change at a time: each begins with what the one before left.
    let _turn = http.setting_changes.lock().await;
    let before = app.prices.current();
    let changes = changed(&before.changes, &model.id, wanted);
    let catalogue = app.prices.check(&changes).map_err(refusal)?;
    let now = app.clock.now();
    let after = Priced { catalogue, version: before.version, changes };
    let values = (view::value(&shown(&model, &before)), view::value(&shown(&model, &after)));
    let object = format!("model {}", model.id);
    let (catalogue, changes) = (after.catalogue.clone(), after.changes.clone());
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let version = Prices::write(tx, &catalogue, &changes, &actor.name(), now)?;
        let entry = actor.entry(now, "model.update", object.clone(), None, values.clone());
        rushes_store::audit(tx, &entry)?;
        Ok(version)
    };
    let version = http.change(actor, change).await?;
    app.prices.put(Priced { version, ..after });
    view::ok(&shown(&model, &app.prices.current()))
}

fn changed(before: &ModelChanges, id: &str, wanted: Change) -> ModelChanges {
    let mut changes = before.clone();
    let mut change = changes.remove(id).unwrap_or_default();
    if wanted.reset {
        let enabled = change.enabled;
        change = crate::prices::ModelChange { enabled, ..Default::default() };
    }
    change.price_per_second.extend(wanted.price_per_second);
    change.price_per_image = wanted.price_per_image.or(change.price_per_image);
    change.enabled = wanted.enabled.or(change.enabled);
    changes.insert(id.to_owned(), change);
    changes
}

fn refusal(error: PriceError) -> ApiError {
    match error {
        PriceError::Catalogue(rushes_domain::catalogue::CatalogueError::Count(0)) => {
            ApiError::new(ErrorCode::Conflict, "at least one model must stay enabled")
                .with_param("enabled")
        }
        other => ApiError::new(ErrorCode::InvalidRequest, other.to_string()),
    }
}

/// Which versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// How many: 0 counts as 1, and more than 199 as 199.
    #[param(default = 50)]
    limit: Option<u32>,
    /// Only versions before this one: the `next_after` of the page before.
    after: Option<i64>,
}

/// A version of the prices.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceVersion)]
struct ShownVersion {
    /// Always `price_version`.
    #[schema(pattern = "^price_version$")]
    object: &'static str,
    /// Its number, which holds and lines of the ledger name.
    version: i64,
    /// For each model that could be used, what it cost.
    prices: BTreeMap<String, VersionPrices>,
    /// Who set them.
    actor: String,
    /// Seconds since 1970.
    created_at: i64,
}

/// What a model cost.
#[derive(Serialize, Deserialize, ToSchema)]
struct VersionPrices {
    /// For each resolution, the dollars of a second.
    #[schema(examples(json!({ "480p": "0.06", "720p": "0.09" })))]
    per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(examples("0.005"))]
    per_image: String,
}

impl From<&PriceVersion> for ShownVersion {
    fn from(row: &PriceVersion) -> Self {
        Self {
            object: "price_version",
            version: row.version,
            // The gateway's own text (`Prices::write`).
            prices: serde_json::from_str(&row.prices).unwrap_or_default(),
            actor: row.actor.clone(),
            created_at: row.created_at.unix_seconds(),
        }
    }
}

/// The versions of the prices, the latest first.
#[utoipa::path(get, path = "/api/admin/prices", operation_id = "listPriceVersions",
    tag = "settings", params(Wanted),
    responses((status = 200, body = view::List<ShownVersion>), refusals::ApiLook))]
async fn versions(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let read = move |tx: &mut Tx<'_>| rushes_store::list_prices(tx, wanted.after, limit + 1);
    let mut rows = http.app.store.read(read).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.version.to_string());
    view::ok(&view::List::page(rows.iter().map(ShownVersion::from).collect(), next))
}
