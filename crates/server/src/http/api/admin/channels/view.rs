//! How channels and presets look in the JSON API.

use std::sync::Arc;

use rushes_domain::channel::{ChannelTerms, ModelCost};
use rushes_providers::{Preset, PresetModels};
use rushes_store::{ChannelRow, ChannelSource, GroupRow};
use serde_json::{Map, Value, json};

use super::super::super::view::{Money, moment};
use crate::channels::Channel;

/// A channel: its terms, what it has, what is known of it. The credential shows its end alone.
pub(super) fn channel(
    row: &ChannelRow,
    in_force: Option<&Arc<Channel>>,
    jobs: u32,
    groups: &[GroupRow],
    now_ms: i64,
) -> Value {
    let breaker = in_force.map(|channel| channel.runtime.breaker(|it| it.state(now_ms).as_str()));
    let mut value = terms(&row.terms, &names(row.terms.groups.as_deref(), groups));
    if let Value::Object(fields) = &mut value {
        let more = json!({
            "object": "channel",
            "id": row.id.0,
            "source": row.source.as_str(),
            "read_only": row.source == ChannelSource::Config,
            "api_key": credential(row),
            "in_force": in_force.is_some(),
            "breaker": breaker,
            "jobs": jobs,
            "spent": Money::from(row.spent),
            "lost": Money::from(row.lost),
            "ambiguous_submits": row.ambiguous_count,
            "created_at": moment(Some(row.created_at)),
            "changed_at": moment(Some(row.changed_at)),
        });
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    }
    value
}

/// What the audit log keeps of a channel.
pub(super) fn audited(row: &ChannelRow) -> Value {
    let groups = row.terms.groups.as_ref();
    let groups = groups.map(|ids| ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>());
    let mut value = terms(&row.terms, &json!(groups));
    if let Value::Object(fields) = &mut value {
        fields.insert("api_key".to_owned(), credential(row));
    }
    value
}

fn credential(row: &ChannelRow) -> Value {
    match (&row.sealed, row.credential_hint.as_str()) {
        (None, _) => Value::Null,
        (Some(_), "") => json!("…"),
        (Some(_), hint) => json!(format!("…{hint}")),
    }
}

fn names(ids: Option<&[rushes_domain::GroupId]>, groups: &[GroupRow]) -> Value {
    let name = |id: &rushes_domain::GroupId| {
        let group = groups.iter().find(|group| group.id == *id);
        group.map_or_else(|| id.0.to_string(), |group| group.terms.name.clone())
    };
    ids.map_or(Value::Null, |ids| json!(ids.iter().map(name).collect::<Vec<_>>()))
}

fn terms(terms: &ChannelTerms, groups: &Value) -> Value {
    let models: Map<String, Value> =
        terms.models.iter().map(|it| (it.ours.clone(), json!(it.theirs))).collect();
    let costs: Map<String, Value> =
        terms.costs.iter().map(|(model, it)| (model.clone(), cost(it))).collect();
    json!({
        "name": terms.name,
        "provider": terms.preset,
        "base_url": terms.base_url,
        "models": models,
        "priority": terms.priority,
        "weight": terms.weight,
        "max_concurrency": terms.max_concurrency,
        "groups": groups,
        "costs": costs,
        "image_fit": terms.image_fit,
        "images": terms.images,
        "media_origins": terms.media_origins,
        "result_links": terms.result_links,
        "timeouts": terms.timeouts,
        "poll_interval_ms": terms.poll_interval_ms,
        "resubmit": terms.resubmit,
        "enabled": terms.enabled,
    })
}

fn cost(cost: &ModelCost) -> Value {
    let per_second: Map<String, Value> = cost
        .per_second
        .iter()
        .map(|(resolution, ticks)| (resolution.clone(), json!(ticks.to_string())))
        .collect();
    json!({ "per_second": per_second, "per_image": cost.per_image.to_string() })
}

/// A preset.
pub(super) fn preset(preset: &'static Preset) -> Value {
    let models = match preset.models {
        PresetModels::Fixed(pairs) => {
            let pairs = pairs.iter().map(|(ours, theirs)| ((*ours).to_owned(), json!(theirs)));
            Value::Object(pairs.collect())
        }
        PresetModels::Same => json!("same"),
        PresetModels::Ask => Value::Null,
    };
    json!({
        "object": "preset",
        "name": preset.name,
        "description": preset.description,
        "base_url": preset.base_url,
        "needs_api_key": preset.needs_credential,
        "models": models,
        "max_concurrency": preset.max_concurrency,
        "resubmit": preset.resubmit,
        "poll_interval_ms": preset.poll.interval_ms,
        "takes_image_urls": preset.takes_image_urls,
    })
}
