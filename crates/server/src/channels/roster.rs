//! The channels of one moment.

use std::sync::Arc;

use rushes_domain::route::{RouteChannel, Routes};
use rushes_domain::{ChannelId, GroupId};

use super::Channel;
use crate::config::PreviewMode;
use rushes_domain::channel::ImageDelivery;

/// All channels in force, and whether live keys get previews.
#[derive(Debug, Default)]
pub struct Roster {
    channels: Vec<Arc<Channel>>,
    live_previews: bool,
}

impl Roster {
    /// A roster. `is_seen` says that there was a channel once.
    pub fn new(channels: Vec<Arc<Channel>>, is_seen: bool, preview: PreviewMode) -> Self {
        let live_previews = match preview {
            PreviewMode::Always => true,
            PreviewMode::Auto => !is_seen,
            PreviewMode::Off => false,
        };
        Self { channels, live_previews }
    }

    /// All channels.
    pub fn all(&self) -> &[Arc<Channel>] {
        &self.channels
    }

    /// The channel of an id.
    pub fn find(&self, id: ChannelId) -> Option<&Arc<Channel>> {
        self.channels.iter().find(|channel| channel.id() == id)
    }

    /// Whether live keys are served by the preview renderer.
    pub fn live_keys_get_previews(&self) -> bool {
        self.live_previews
    }

    /// Whether a channel serves the model for a group, now or when it has room again.
    pub fn serves(&self, model_id: &str, group_id: GroupId) -> bool {
        self.channels.iter().any(|channel| {
            let terms = &channel.row.terms;
            terms.enabled
                && terms.weight > 0
                && terms.upstream_model(model_id).is_some()
                && terms.serves_group(group_id)
        })
    }

    /// Whether a channel that serves the model for a group sends engine options on.
    pub fn sends_options(&self, model_id: &str, group_id: GroupId) -> bool {
        self.channels.iter().any(|channel| {
            let terms = &channel.row.terms;
            terms.enabled
                && terms.upstream_model(model_id).is_some()
                && terms.serves_group(group_id)
                && channel.provider.descriptor().sends_options
        })
    }

    /// What there is room for, by what is known in this process; what the channels have already is
    /// for the store to say.
    pub fn routes(&self, preview_room: u32, now_ms: i64) -> Routes {
        let channels = self.channels.iter().map(|channel| {
            let terms = &channel.row.terms;
            let places = channel.runtime.submit_steps.available_permits();
            let places = u32::try_from(places).unwrap_or(u32::MAX);
            let sendable = channel.runtime.breaker(|breaker| breaker.sendable(now_ms));
            RouteChannel {
                id: channel.id(),
                models: terms.models.iter().map(|mapping| mapping.ours.clone()).collect(),
                groups: terms.groups.clone(),
                priority: terms.priority,
                weight: terms.weight,
                concurrency_max: terms.max_concurrency,
                sendable: sendable.min(places),
                takes_new: terms.enabled,
                passes_image_urls: terms.images == ImageDelivery::PassThrough
                    && channel.preset.takes_image_urls,
            }
        });
        Routes::new(preview_room, channels.collect())
    }

    /// The next moment, on the monotonic clock, at which a breaker lets something through again.
    pub fn next_change(&self, now_ms: i64) -> Option<i64> {
        let changes = self
            .channels
            .iter()
            .filter_map(|channel| channel.runtime.breaker(|breaker| breaker.next_change(now_ms)));
        changes.min()
    }
}
