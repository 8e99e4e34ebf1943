//! What an operator writes about a channel, and how it becomes terms: over a preset for a new one,
//! over what is there for a change.
//!
//! Guarantees: terms that come out passed `domain::channel`'s checks, name models of the catalogue
//! and groups that exist. A credential is never part of them.

use std::collections::BTreeMap;

use rushes_domain::catalogue::Catalogue;
use rushes_domain::channel::{
    ChannelTerms, ImageDelivery, ImageFit, ModelCost, ModelMapping, ResultLinks,
};
use rushes_domain::{ApiError, GroupId, Ticks};
use rushes_providers::{Preset, PresetModels, Provider};
use rushes_store::GroupRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::SecretText;
use crate::openapi::texts::{Origin, Price};
use crate::openapi::words::{ImageDeliveryWord, ImageFitWord, ResultLinksWord};

/// Highest price of a second or an image, in dollars.
const COST_DOLLARS_MAX: i64 = 10_000;
/// Longest credential, in bytes.
const CREDENTIAL_BYTES_MAX: usize = 4_096;

/// A channel as it is written down; what is absent stays as it is, or is the preset's.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelChange)]
pub struct ChannelSpec {
    /// Your name for it.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples("xai-eu"))]
    pub name: Option<String>,
    /// The preset that it begins with (`GET /api/admin/presets`) and keeps.
    #[schema(examples("xai"))]
    pub provider: Option<String>,
    /// Where it is, without `/v1`; the preset's if everybody's is at one place.
    #[schema(max_length = 512, pattern = "^https?://[^?#]+$", format = "uri")]
    #[schema(examples("https://api.x.ai"))]
    pub base_url: Option<String>,
    /// Its credential, which no answer shows. Another `base_url` needs it anew.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4_096)]
    #[schema(pattern = "^[!-~]+$", format = Password)]
    pub api_key: Option<SecretText>,
    /// Our models that it serves, and the upstream's names for them; 1 to 64.
    #[schema(examples(json!({ "grok-image-video": "grok-imagine-video" })))]
    pub models: Option<BTreeMap<String, String>>,
    /// Higher ones are asked first.
    #[schema(maximum = 1_000)]
    pub priority: Option<u32>,
    /// Its share among channels of the same priority; 0 takes nothing.
    #[schema(maximum = 1_000)]
    pub weight: Option<u32>,
    /// Most jobs that it has at a time.
    #[schema(minimum = 1, maximum = 10_000)]
    pub max_concurrency: Option<u32>,
    /// The groups that it serves, by name or as `id:5`; an empty list is all.
    #[schema(examples(json!(["default"])))]
    pub groups: Option<Vec<String>>,
    /// What each of our models costs you; one that is not named costs nothing.
    pub costs: Option<BTreeMap<String, CostSpec>>,
    /// How pictures are fitted.
    #[schema(inline, value_type = Option<ImageFitWord>)]
    pub image_fit: Option<ImageFit>,
    /// How pictures are sent.
    #[schema(inline, value_type = Option<ImageDeliveryWord>)]
    pub images: Option<ImageDelivery>,
    /// Origins other than its own that its results may come from.
    #[schema(inline, value_type = Option<Vec<Origin>>, max_items = 16)]
    pub media_origins: Option<Vec<String>>,
    /// Whose addresses of results are given out.
    #[schema(inline, value_type = Option<ResultLinksWord>)]
    pub result_links: Option<ResultLinks>,
    /// Limits in time.
    #[serde(default)]
    pub timeouts: TimeoutsSpec,
    /// From one poll of a job to the next, in milliseconds.
    #[schema(minimum = 50, maximum = 300_000)]
    pub poll_interval_ms: Option<u64>,
    /// Whether it takes new jobs.
    pub enabled: Option<bool>,
}

/// What a model costs the operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelCostInput)]
pub struct CostSpec {
    /// For each resolution, the dollars of a second.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Price>, examples(json!({ "720p": "0.07" })))]
    pub per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(inline, value_type = Option<Price>)]
    pub per_image: Option<String>,
}

/// Limits in time, in milliseconds; absent ones stay as they are.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelTimeoutsInput)]
pub struct TimeoutsSpec {
    /// Of a whole submit, with its pictures.
    #[schema(minimum = 100, maximum = 600_000)]
    pub submit_ms: Option<u64>,
    /// Of a whole poll.
    #[schema(minimum = 100, maximum = 600_000)]
    pub poll_ms: Option<u64>,
    /// Of a whole download.
    #[schema(minimum = 100, maximum = 600_000)]
    pub download_ms: Option<u64>,
}

/// What a spec is held against.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The models.
    pub catalogue: &'a Catalogue,
    /// The groups.
    pub groups: &'a [GroupRow],
}

impl ChannelSpec {
    /// The terms of a new channel.
    ///
    /// # Errors
    /// The first field that is missing or cannot be used.
    pub fn new_terms(
        &self,
        provider: &dyn Provider,
        preset: &'static Preset,
        known: Known<'_>,
    ) -> Result<ChannelTerms, ApiError> {
        let required = |field: &str, text: &str| ApiError::invalid(field, text.to_owned());
        let name = self.name.clone().ok_or_else(|| required("name", "name is required"))?;
        let base_url = self.base_url.clone().or_else(|| preset.base_url.map(str::to_owned));
        let base_url = base_url.ok_or_else(|| {
            let text = format!(
                "base_url is required: a {} is wherever you run it, for example \
                 http://10.0.0.5:8000",
                preset.name
            );
            required("base_url", &text)
        })?;
        if preset.needs_credential && self.api_key.is_none() {
            let text = format!("api_key is required: {} does not answer without one", preset.name);
            return Err(required("api_key", &text));
        }
        let terms = ChannelTerms {
            name,
            preset: preset.name.to_owned(),
            provider: provider.descriptor().name.to_owned(),
            base_url,
            models: preset_models(preset, known.catalogue),
            priority: 0,
            weight: 1,
            max_concurrency: preset.max_concurrency,
            groups: None,
            costs: preset_costs(preset),
            image_fit: ImageFit::default(),
            images: ImageDelivery::default(),
            media_origins: Vec::new(),
            result_links: ResultLinks::default(),
            timeouts: preset.timeouts,
            poll_interval_ms: u64::from(preset.poll.interval_ms),
            resubmit: preset.resubmit,
            enabled: true,
        };
        self.changed_terms(&terms, preset, known)
    }

    /// Terms after a change.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn changed_terms(
        &self,
        before: &ChannelTerms,
        preset: &'static Preset,
        known: Known<'_>,
    ) -> Result<ChannelTerms, ApiError> {
        let mut terms = before.clone();
        if self.provider.as_deref().is_some_and(|name| name != before.preset) {
            let text = "a channel's provider stays; add another channel and remove this one";
            return Err(ApiError::invalid("provider", text));
        }
        set(&mut terms.name, self.name.as_ref());
        set(&mut terms.base_url, self.base_url.as_ref());
        set(&mut terms.priority, self.priority.as_ref());
        set(&mut terms.weight, self.weight.as_ref());
        set(&mut terms.max_concurrency, self.max_concurrency.as_ref());
        set(&mut terms.image_fit, self.image_fit.as_ref());
        set(&mut terms.images, self.images.as_ref());
        set(&mut terms.media_origins, self.media_origins.as_ref());
        set(&mut terms.result_links, self.result_links.as_ref());
        set(&mut terms.timeouts.submit_ms, self.timeouts.submit_ms.as_ref());
        set(&mut terms.timeouts.poll_ms, self.timeouts.poll_ms.as_ref());
        set(&mut terms.timeouts.download_ms, self.timeouts.download_ms.as_ref());
        set(&mut terms.poll_interval_ms, self.poll_interval_ms.as_ref());
        set(&mut terms.enabled, self.enabled.as_ref());
        if let Some(models) = &self.models {
            terms.models = mappings(models, known.catalogue)?;
        }
        if let Some(names) = &self.groups {
            terms.groups = groups(names, known.groups)?;
        }
        if let Some(costs) = &self.costs {
            terms.costs = self::costs(costs, known.catalogue)?;
        }
        if terms.images == ImageDelivery::PassThrough && !preset.takes_image_urls {
            let text =
                format!("{} takes no addresses of images: images must be inline", preset.name);
            return Err(ApiError::invalid("images", text));
        }
        if terms.models.is_empty() {
            let text = format!(
                "models is required: say which of our models this {} serves and what it calls \
                 them, as OURS=THEIRS",
                preset.name
            );
            return Err(ApiError::invalid("models", text));
        }
        terms.check().map_err(|problem| ApiError::invalid(problem.field, problem.message))
    }

    /// The credential, if one is given.
    ///
    /// # Errors
    /// One that no header can carry.
    pub fn credential(&self) -> Result<Option<&str>, ApiError> {
        let Some(key) = &self.api_key else { return Ok(None) };
        let key = key.expose();
        let is_usable = !key.is_empty()
            && key.len() <= CREDENTIAL_BYTES_MAX
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable {
            return Ok(Some(key));
        }
        let text = "api_key must be visible ASCII characters without spaces";
        Err(ApiError::invalid("api_key", text))
    }
}

fn set<T: Clone>(place: &mut T, given: Option<&T>) {
    if let Some(value) = given {
        place.clone_from(value);
    }
}

/// Models of the catalogue alone: an operator may have replaced the built-in ones.
fn preset_models(preset: &Preset, catalogue: &Catalogue) -> Vec<ModelMapping> {
    let mapping = |ours: &str, theirs: &str| ModelMapping {
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
    };
    match preset.models {
        PresetModels::Fixed(pairs) => pairs
            .iter()
            .filter(|(ours, _)| catalogue.models().iter().any(|model| model.id == *ours))
            .map(|(ours, theirs)| mapping(ours, theirs))
            .collect(),
        PresetModels::Same => {
            catalogue.models().iter().map(|model| mapping(&model.id, &model.id)).collect()
        }
        PresetModels::Ask => Vec::new(),
    }
}

/// A test of the providers holds that every preset's amounts are amounts.
fn preset_costs(preset: &Preset) -> BTreeMap<String, ModelCost> {
    let amount = |text: &str| Ticks::parse_dollars(text).unwrap_or_default();
    let cost = |cost: &rushes_providers::PresetCost| {
        let per_second = cost.per_second.iter();
        let per_second =
            per_second.map(|(resolution, text)| ((*resolution).to_owned(), amount(text))).collect();
        (cost.model.to_owned(), ModelCost { per_second, per_image: amount(cost.per_image) })
    };
    preset.costs.iter().map(cost).collect()
}

fn canonical(name: &str, catalogue: &Catalogue) -> Result<String, ApiError> {
    let found = catalogue.find(name).map(|model| model.id.clone());
    found.ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        let known: Vec<&str> = catalogue.models().iter().map(|model| model.id.as_str()).collect();
        let text = format!("models: there is no model {shown:?}; there are {}", known.join(", "));
        ApiError::invalid("models", text)
    })
}

fn mappings(
    models: &BTreeMap<String, String>,
    catalogue: &Catalogue,
) -> Result<Vec<ModelMapping>, ApiError> {
    let mapping = |(ours, theirs): (&String, &String)| {
        Ok(ModelMapping { ours: canonical(ours, catalogue)?, theirs: theirs.trim().to_owned() })
    };
    models.iter().map(mapping).collect()
}

fn groups(names: &[String], known: &[GroupRow]) -> Result<Option<Vec<GroupId>>, ApiError> {
    if names.is_empty() {
        return Ok(None);
    }
    let find = |name: &String| {
        // As in paths: no name has a colon, so that a name of digits is never taken for an id.
        let id = name.strip_prefix("id:").and_then(|id| id.parse().ok()).map(GroupId);
        let found = known.iter().find(|group| match id {
            Some(id) => group.id == id,
            None => group.terms.name.eq_ignore_ascii_case(name),
        });
        found.map(|group| group.id).ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            ApiError::invalid("groups", format!("groups: there is no group {shown:?}"))
        })
    };
    let mut ids = names.iter().map(find).collect::<Result<Vec<GroupId>, ApiError>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

fn costs(
    costs: &BTreeMap<String, CostSpec>,
    catalogue: &Catalogue,
) -> Result<BTreeMap<String, ModelCost>, ApiError> {
    let amount = |text: &String| {
        let most = Ticks(COST_DOLLARS_MAX * rushes_domain::money::TICKS_PER_DOLLAR);
        let ticks = Ticks::parse_dollars(text).ok();
        ticks.filter(|ticks| (Ticks::ZERO..=most).contains(ticks)).ok_or_else(|| {
            let text = "costs must be dollars as text, such as \"0.07\", from 0 to 10000";
            ApiError::invalid("costs", text)
        })
    };
    let cost = |(model, cost): (&String, &CostSpec)| {
        let per_second = cost.per_second.iter();
        let per_second = per_second
            .map(|(resolution, text)| Ok((resolution.clone(), amount(text)?)))
            .collect::<Result<_, ApiError>>()?;
        let per_image = cost.per_image.as_ref().map(amount).transpose()?.unwrap_or_default();
        Ok((canonical(model, catalogue)?, ModelCost { per_second, per_image }))
    };
    costs.iter().map(cost).collect()
}
