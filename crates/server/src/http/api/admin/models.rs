//! `/api/admin/models`: prices, and whether a model may be used.
//!
//! Guarantees: changes are made one after another, and one that is committed is in force; each set of prices has a version, and a hold
//! keeps the one that it was priced with.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use axum::routing::{get, patch};
use rushes_domain::catalogue::Model;
use rushes_domain::{ApiError, ErrorCode};
use rushes_store::Tx;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::actor::Actor;
use super::super::{input, view};
use super::not_there;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::prices::{ModelChanges, PriceError, Priced, Prices};

/// Versions on a page when nothing is said, and at most.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 199;

pub(super) fn routes() -> Router<Arc<Http>> {
    Router::new()
        .route("/api/admin/models", get(list))
        .route("/api/admin/models/{model}", patch(change))
        .route("/api/admin/prices", get(versions))
}

async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let priced = http.app.prices.current();
    let models = http.app.prices.base().models();
    let data = models.iter().map(|model| shown(model, &priced)).collect();
    view::ok(&view::List::whole(data))
}

/// A model of the configuration as it is in force.
fn shown(base: &Model, priced: &Priced) -> Value {
    let in_force = priced.catalogue.models().iter().find(|model| model.id == base.id);
    let mut value = prices_of(in_force.unwrap_or(base));
    if let Value::Object(fields) = &mut value {
        fields.insert("object".to_owned(), json!("model_settings"));
        fields.insert("id".to_owned(), json!(base.id));
        fields.insert("aliases".to_owned(), json!(base.aliases));
        fields.insert("name".to_owned(), json!(base.name));
        fields.insert("enabled".to_owned(), json!(in_force.is_some()));
        fields.insert("default".to_owned(), prices_of(base));
        fields.insert("version".to_owned(), json!(priced.version));
    }
    value
}

fn prices_of(model: &Model) -> Value {
    let per_second: BTreeMap<&str, String> = model
        .price_per_second
        .iter()
        .map(|(resolution, price)| (resolution.as_str(), price.to_string()))
        .collect();
    json!({
        "price_per_second": per_second,
        "price_per_image": model.price_per_image.to_string(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    price_per_second: BTreeMap<String, String>,
    price_per_image: Option<String>,
    enabled: Option<bool>,
    /// Back to the configuration's prices, before the rest of this change.
    #[serde(default)]
    reset: bool,
}

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
    let values = (shown(&model, &before), shown(&model, &after));
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    limit: Option<u32>,
    after: Option<i64>,
}

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
    let data = rows
        .iter()
        .map(|row| {
            json!({
                "object": "price_version",
                "version": row.version,
                "prices": serde_json::from_str::<Value>(&row.prices).unwrap_or_default(),
                "actor": row.actor,
                "created_at": row.created_at.unix_seconds(),
            })
        })
        .collect();
    view::ok(&view::List::page(data, next))
}
