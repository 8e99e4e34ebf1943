//! How channels and presets look in the JSON API, and what a new channel needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_domain::channel::{
    ChannelTimeouts, ImageDelivery, ImageFit, ModelCost, Resubmit, ResultLinks,
};
use rushes_domain::{Ticks, Timestamp};
use rushes_providers::PresetModels;
use rushes_store::{ChannelRow, ChannelSource, GroupRow};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::super::view::{Money, value};
use super::super::dashboard::HealthView;
use super::tested::LastTest;
use crate::channels::breaker::BreakerState;
use crate::channels::spec::ChannelSpec;
use crate::openapi::new::needing;
use crate::openapi::words;

/// A channel: what was said about it, what it has, what is known of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the answer")]
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Channel {
    #[schema(examples("xai-eu"))]
    name: String,
    /// The preset that it was made from.
    #[schema(examples("xai"))]
    provider: String,
    /// Where it is, without `/v1`.
    #[schema(format = "uri", examples("https://api.x.ai"))]
    base_url: String,
    /// Our models that it serves, and the upstream's names for them.
    #[schema(value_type = BTreeMap<String, String>)]
    #[schema(examples(json!({ "grok-image-video": "grok-imagine-video" })))]
    models: Map<String, Value>,
    /// Higher ones are asked first.
    priority: u32,
    /// Its share among channels of the same priority; 0 takes nothing.
    weight: u32,
    /// Most jobs that it has at a time.
    max_concurrency: u32,
    /// The names of the groups that it serves; null for all.
    #[schema(required)]
    groups: Option<Vec<String>>,
    /// What each of our models costs the operator; one that is not named costs nothing.
    costs: BTreeMap<String, Cost>,
    #[schema(inline, value_type = words::ImageFitWord)]
    image_fit: ImageFit,
    #[schema(inline, value_type = words::ImageDeliveryWord)]
    images: ImageDelivery,
    /// Origins other than its own that its results may come from.
    media_origins: Vec<String>,
    #[schema(inline, value_type = words::ResultLinksWord)]
    result_links: ResultLinks,
    timeouts: Timeouts,
    /// From one poll of a job to the next, in milliseconds.
    poll_interval_ms: u64,
    #[schema(inline, value_type = words::ResubmitWord)]
    resubmit: Resubmit,
    /// Whether it takes new jobs.
    enabled: bool,
    /// Always `channel`.
    #[schema(pattern = "^channel$")]
    object: &'static str,
    id: i64,
    #[schema(inline, value_type = words::ChannelSourceWord)]
    source: &'static str,
    /// Whether it is changed in the configuration alone.
    read_only: bool,
    /// The part of its credential that is shown; null if it has none.
    #[schema(required, examples("…f3Qk"))]
    api_key: Option<String>,
    /// Whether jobs can be sent: its preset is known here and its credential can be opened.
    in_force: bool,
    /// Null while it is not in force.
    #[schema(required, inline, value_type = Option<words::BreakerWord>)]
    breaker: Option<&'static str>,
    /// How many jobs it has now.
    jobs: u32,
    /// What the jobs cost the operator that brought a video.
    spent: Money,
    /// What jobs may have cost that brought none.
    lost: Money,
    /// How many submits there were of which nobody knows whether they were taken.
    ambiguous_submits: u64,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970.
    changed_at: i64,
    /// The kind of the error with which its breaker turned last; null if not since the start.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    breaker_reason: Option<&'static str>,
    /// When its breaker turned last, in seconds since 1970.
    #[schema(required)]
    breaker_changed_at: Option<i64>,
    /// How long until an open breaker lets a probe through.
    #[schema(required)]
    next_probe_ms: Option<i64>,
    /// Its calls of the last two hours; null while it is not in force.
    #[schema(required)]
    health: Option<HealthView>,
    /// What its jobs cost of the tasks made in the last 24 hours.
    cost_24h: Money,
    /// Whether only the newest tasks were looked at for that.
    cost_24h_capped: bool,
    /// What its last test found; null if it was never tested.
    #[schema(required)]
    last_test: Option<LastTest>,
}

/// What is known of a channel besides its row.
#[derive(Debug, Default)]
pub(super) struct Facts<'f> {
    pub(super) in_force: Option<&'f Arc<crate::channels::Channel>>,
    pub(super) jobs: u32,
    pub(super) groups: &'f [GroupRow],
    pub(super) now: Timestamp,
    pub(super) now_ms: i64,
    pub(super) cost_24h: Ticks,
    pub(super) is_cost_capped: bool,
    pub(super) last_test: Option<LastTest>,
}

/// What a model costs the operator, in dollars.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelCost)]
struct Cost {
    /// For each resolution, the dollars of a second.
    #[schema(examples(json!({ "720p": "0.07" })))]
    per_second: BTreeMap<String, String>,
    /// The dollars of a picture.
    #[schema(examples("0.002"))]
    per_image: String,
}

impl From<&ModelCost> for Cost {
    fn from(cost: &ModelCost) -> Self {
        let per_second = cost.per_second.iter();
        let per_second =
            per_second.map(|(resolution, ticks)| (resolution.clone(), ticks.to_string())).collect();
        Self { per_second, per_image: cost.per_image.to_string() }
    }
}

/// Limits in time, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
#[schema(as = ChannelTimeouts)]
struct Timeouts {
    /// Of a whole submit, with its pictures.
    submit_ms: u64,
    /// Of a whole poll.
    poll_ms: u64,
    /// Of a whole download.
    download_ms: u64,
}

impl From<ChannelTimeouts> for Timeouts {
    fn from(timeouts: ChannelTimeouts) -> Self {
        let ChannelTimeouts { submit_ms, poll_ms, download_ms } = timeouts;
        Self { submit_ms, poll_ms, download_ms }
    }
}

impl Channel {
    /// A channel with everything that is known of it. Its credential shows its end alone.
    pub(super) fn of(row: &ChannelRow, facts: Facts<'_>) -> Self {
        let Facts { in_force, jobs, groups, now, now_ms, .. } = facts;
        let terms = &row.terms;
        let runtime = in_force.map(|channel| &channel.runtime);
        let breaker = runtime.map(|it| it.breaker(|it| (it.state(now_ms), it.next_change(now_ms))));
        let turn = runtime.and_then(|it| it.health(|health| health.last_turn()));
        let opens_at = breaker.filter(|(state, _)| *state == BreakerState::Open);
        let models = terms.models.iter().map(|it| (it.ours.clone(), json!(it.theirs))).collect();
        Self {
            name: terms.name.clone(),
            provider: terms.preset.clone(),
            base_url: terms.base_url.clone(),
            models,
            priority: terms.priority,
            weight: terms.weight,
            max_concurrency: terms.max_concurrency,
            groups: names(terms.groups.as_deref(), groups),
            costs: terms.costs.iter().map(|(model, it)| (model.clone(), it.into())).collect(),
            image_fit: terms.image_fit,
            images: terms.images,
            media_origins: terms.media_origins.clone(),
            result_links: terms.result_links,
            timeouts: terms.timeouts.into(),
            poll_interval_ms: terms.poll_interval_ms,
            resubmit: terms.resubmit,
            enabled: terms.enabled,
            object: "channel",
            id: row.id.0,
            source: row.source.as_str(),
            read_only: row.source == ChannelSource::Config,
            api_key: credential(row),
            in_force: in_force.is_some(),
            breaker: breaker.map(|(state, _)| state.as_str()),
            jobs,
            spent: row.spent.into(),
            lost: row.lost.into(),
            ambiguous_submits: row.ambiguous_count,
            created_at: row.created_at.unix_seconds(),
            changed_at: row.changed_at.unix_seconds(),
            breaker_reason: turn.and_then(|turn| turn.reason),
            breaker_changed_at: turn.map(|turn| turn.at.unix_seconds()),
            next_probe_ms: opens_at.and_then(|(_, next_ms)| next_ms.map(|at| at - now_ms)),
            health: runtime.map(|it| it.health(|health| HealthView::of(health, now))),
            cost_24h: facts.cost_24h.into(),
            cost_24h_capped: facts.is_cost_capped,
            last_test: facts.last_test,
        }
    }
}

/// What the audit log does not keep of a channel: what nobody said about it.
const NOT_AUDITED: [&str; 19] = [
    "breaker_reason",
    "breaker_changed_at",
    "next_probe_ms",
    "health",
    "cost_24h",
    "cost_24h_capped",
    "last_test",
    "object",
    "id",
    "source",
    "read_only",
    "in_force",
    "breaker",
    "jobs",
    "spent",
    "lost",
    "ambiguous_submits",
    "created_at",
    "changed_at",
];

/// What the audit log keeps of a channel; its groups by their ids.
pub(super) fn audited(row: &ChannelRow) -> Value {
    let mut kept = value(&Channel::of(row, Facts::default()));
    if let Value::Object(fields) = &mut kept {
        fields.retain(|name, _| !NOT_AUDITED.contains(&name.as_str()));
    }
    kept
}

fn credential(row: &ChannelRow) -> Option<String> {
    row.sealed.as_ref().map(|_| format!("…{}", row.credential_hint))
}

/// The groups' names, or the ids of those that are not among `groups`.
fn names(ids: Option<&[rushes_domain::GroupId]>, groups: &[GroupRow]) -> Option<Vec<String>> {
    let name = |id: &rushes_domain::GroupId| {
        let group = groups.iter().find(|group| group.id == *id);
        group.map_or_else(|| id.0.to_string(), |group| group.terms.name.clone())
    };
    ids.map(|ids| ids.iter().map(name).collect())
}

/// What channels can be made from.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preset {
    /// Always `preset`.
    #[schema(pattern = "^preset$")]
    object: &'static str,
    /// What a channel's `provider` says.
    #[schema(examples("xai"))]
    name: &'static str,
    /// For people.
    description: &'static str,
    /// Where it is, if everybody's is at one place.
    #[schema(required)]
    base_url: Option<&'static str>,
    /// Whether a channel of it needs a credential.
    needs_api_key: bool,
    #[schema(required, inline, value_type = Option<ModelsOfPreset>)]
    models: Value,
    /// Most jobs at a time, unless a channel says otherwise.
    max_concurrency: u32,
    #[schema(inline, value_type = words::ResubmitWord)]
    resubmit: Resubmit,
    /// From one poll of a job to the next, in milliseconds, unless a channel says otherwise.
    poll_interval_ms: u32,
    /// Whether a channel of it may say `"images": "pass_through"`.
    takes_image_urls: bool,
}

/// What a preset serves.
struct ModelsOfPreset;

impl ToSchema for ModelsOfPreset {}

impl PartialSchema for ModelsOfPreset {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let pairs = ObjectBuilder::new().additional_properties(Some(text));
        let same = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["same"]));
        OneOfBuilder::new()
            .item(pairs)
            .item(same)
            .description(Some(
                "Our models and the upstream's names for them; `same` for all of ours under our \
                 names; null where the operator has to say.",
            ))
            .into()
    }
}

impl From<&'static rushes_providers::Preset> for Preset {
    fn from(preset: &'static rushes_providers::Preset) -> Self {
        let models = match preset.models {
            PresetModels::Fixed(pairs) => {
                let pairs = pairs.iter().map(|(ours, theirs)| ((*ours).to_owned(), json!(theirs)));
                Value::Object(pairs.collect())
            }
            PresetModels::Same => json!("same"),
            PresetModels::Ask => Value::Null,
        };
        Self {
            object: "preset",
            name: preset.name,
            description: preset.description,
            base_url: preset.base_url,
            needs_api_key: preset.needs_credential,
            models,
            max_concurrency: preset.max_concurrency,
            resubmit: preset.resubmit,
            poll_interval_ms: preset.poll.interval_ms,
            takes_image_urls: preset.takes_image_urls,
        }
    }
}

/// A new channel.
pub(super) struct NewChannel;

impl ToSchema for NewChannel {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ChannelSpec::schemas(schemas);
    }
}

impl PartialSchema for NewChannel {
    fn schema() -> RefOr<Schema> {
        let text = "A new channel; what is absent is the preset's.";
        needing::<ChannelSpec>(text, &["name", "provider"])
    }
}
