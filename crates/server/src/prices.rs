//! The catalogue in force: the configuration's models with the operator's prices, and the version
//! that holds are priced with.
//!
//! Guarantees: each set of prices has a number in the store, so that a hold's version says for ever
//! what it was priced with; a change is in force once it is committed. A model that an operator
//! switched off is not in the catalogue.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use rushes_domain::catalogue::{Catalogue, CatalogueError, Model};
use rushes_domain::{Ticks, Timestamp};
use rushes_store::{Store, StoreError, Tx, add_prices, set_setting, setting};
use serde::{Deserialize, Serialize};

/// Where the operator's changes are kept.
const OVERRIDES_SETTING: &str = "operator.models";

/// What an operator changed about one model; text in dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelChange {
    /// Price of a second by resolution.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub price_per_second: BTreeMap<String, String>,
    /// Price of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_image: Option<String>,
    /// False: nobody may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Changes by the model's id.
pub type ModelChanges = BTreeMap<String, ModelChange>;

/// The catalogue with the version of its prices.
#[derive(Debug)]
pub struct Priced {
    /// The models that are switched on.
    pub catalogue: Catalogue,
    /// The number of these prices in the store.
    pub version: i64,
    /// What differs from the configuration.
    pub changes: ModelChanges,
}

/// A set of changes that is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// A model or a price is not valid.
    #[error("{0}")]
    Invalid(String),
    /// The catalogue would not hold together.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// The catalogue of the configuration, and the one in force.
#[derive(Debug)]
pub struct Prices {
    base: Catalogue,
    current: RwLock<Arc<Priced>>,
}

impl Prices {
    /// The configuration's catalogue with the operator's changes. Changes that do not fit it any
    /// more (a model is gone) are passed over, and said in the log.
    pub fn load(base: Catalogue, store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let text = store.read_blocking(|tx| setting(tx, OVERRIDES_SETTING))?;
        let mut changes: ModelChanges = match text.as_deref().map(serde_json::from_str) {
            None => ModelChanges::new(),
            Some(Ok(changes)) => changes,
            Some(Err(error)) => return Err(StoreError::Corrupt(format!("model changes: {error}"))),
        };
        changes.retain(|id, _| base.find(id).is_some());
        let catalogue = merged(&base, &changes).unwrap_or_else(|error| {
            tracing::error!(%error, "the operator's prices do not fit the configuration's models");
            changes.clear();
            base.clone()
        });
        let text = prices_text(&catalogue);
        let version =
            store.write_blocking(move |tx| add_prices(tx, &text, "configuration", now))?;
        let current = Priced { catalogue, version, changes };
        Ok(Self { base, current: RwLock::new(Arc::new(current)) })
    }

    /// The catalogue in force.
    pub fn current(&self) -> Arc<Priced> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every model of the configuration, switched on or not.
    pub fn base(&self) -> &Catalogue {
        &self.base
    }

    /// The catalogue that a set of changes would give.
    pub fn check(&self, changes: &ModelChanges) -> Result<Catalogue, PriceError> {
        merged(&self.base, changes)
    }

    /// Writes changes down and gives the version of their prices; to be followed by
    /// [`Prices::put`] once it is committed.
    pub fn write(
        tx: &mut Tx<'_>,
        catalogue: &Catalogue,
        changes: &ModelChanges,
        actor: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let text = serde_json::to_string(changes)
            .map_err(|error| StoreError::Sql(format!("model changes: {error}")))?;
        set_setting(tx, OVERRIDES_SETTING, &text, now)?;
        add_prices(tx, &prices_text(catalogue), actor, now)
    }

    /// Takes a committed catalogue into force.
    pub fn put(&self, priced: Priced) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(priced);
    }
}

fn merged(base: &Catalogue, changes: &ModelChanges) -> Result<Catalogue, PriceError> {
    if let Some(id) = changes.keys().find(|id| base.models().iter().all(|model| model.id != **id)) {
        return Err(PriceError::Invalid(format!("there is no model {id:?}")));
    }
    let mut models = Vec::new();
    for model in base.models() {
        let Some(change) = changes.get(&model.id) else {
            models.push(model.clone());
            continue;
        };
        if change.enabled != Some(false) {
            models.push(apply(model, change)?);
        }
    }
    Ok(Catalogue::from_models(models)?)
}

fn apply(model: &Model, change: &ModelChange) -> Result<Model, PriceError> {
    let mut model = model.clone();
    let read = |field: &str, text: &str| {
        rushes_domain::Ticks::parse_dollars(text)
            .map_err(|error| PriceError::Invalid(format!("{field} of {}: {error}", model.id)))
    };
    let mut per_second = model.price_per_second.clone();
    for (resolution, text) in &change.price_per_second {
        per_second.insert(resolution.clone(), read("price_per_second", text)?);
    }
    let per_image = change.price_per_image.as_deref();
    let per_image = per_image.map(|text| read("price_per_image", text)).transpose()?;
    model.price_per_second = per_second;
    model.price_per_image = per_image.unwrap_or(model.price_per_image);
    Ok(model)
}

/// What a version keeps of a model: prices as text in dollars.
#[derive(Serialize)]
struct Kept<'a> {
    per_image: String,
    per_second: BTreeMap<&'a str, String>,
}

impl<'a> From<&'a Model> for Kept<'a> {
    fn from(model: &'a Model) -> Self {
        let text =
            |(resolution, price): (&'a String, &Ticks)| (resolution.as_str(), price.to_string());
        Self {
            per_image: model.price_per_image.to_string(),
            per_second: model.price_per_second.iter().map(text).collect(),
        }
    }
}

/// What a version keeps: the prices of every model. Versions are compared by this text, so that its
/// form must stay as it is.
fn prices_text(catalogue: &Catalogue) -> String {
    let prices: BTreeMap<&str, Kept<'_>> =
        catalogue.models().iter().map(|model| (model.id.as_str(), model.into())).collect();
    serde_json::to_string(&prices).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another form of the same prices would be a new version in every store that there is.
    #[test]
    fn the_text_of_prices_stays_as_it_was_first_written() {
        let text = prices_text(&Catalogue::embedded());
        let first = r#"{"grok-image-video":{"per_image":"0.005","per_second":{"480p":"0.06","720p":"0.09"}},"#;
        assert!(text.starts_with(first), "{text}");
    }
}
