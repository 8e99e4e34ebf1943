//! Which channel gets a task next.
//!
//! Guarantees: [`Routes::choose`] is pure. The highest priority that has room and takes jobs is
//! asked, weighted inside it; a task that a channel may have already goes to that channel and no
//! other. Not here: why a channel takes no jobs (its breaker, its operator), and writing down what
//! was chosen.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::id::{ChannelId, GroupId};

/// The queue in which a task waits for a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// For the built-in preview renderer.
    Preview,
    /// For any channel that serves the model.
    Model(String),
    /// For the one channel that may have the job already.
    Channel(ChannelId),
}

const MODEL_PREFIX: &str = "model/";
const CHANNEL_PREFIX: &str = "channel/";
const PREVIEW: &str = "preview";

impl fmt::Display for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preview => formatter.write_str(PREVIEW),
            Self::Model(model) => write!(formatter, "{MODEL_PREFIX}{model}"),
            Self::Channel(id) => write!(formatter, "{CHANNEL_PREFIX}{id}"),
        }
    }
}

/// The text is no lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a lane")]
pub struct InvalidLane;

impl FromStr for Lane {
    type Err = InvalidLane;

    fn from_str(text: &str) -> Result<Self, InvalidLane> {
        if text == PREVIEW {
            return Ok(Self::Preview);
        }
        if let Some(model) = text.strip_prefix(MODEL_PREFIX) {
            return Ok(Self::Model(model.to_owned()));
        }
        let number = text.strip_prefix(CHANNEL_PREFIX).ok_or(InvalidLane)?;
        number.parse().map(|id| Self::Channel(ChannelId(id))).map_err(|_| InvalidLane)
    }
}

/// A channel as the choice sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChannel {
    /// Which one.
    pub id: ChannelId,
    /// Our ids of the models that it serves.
    pub models: Vec<String>,
    /// The groups that it serves; none is every group.
    pub groups: Option<Vec<GroupId>>,
    /// Higher ones are asked first.
    pub priority: u32,
    /// Share among equals; 0 takes nothing.
    pub weight: u32,
    /// Jobs that it may have at a time.
    pub concurrency_max: u32,
    /// Jobs that it can be sent now, whatever it has: what its breaker lets through, and how many
    /// hand-overs may be under way.
    pub sendable: u32,
    /// Whether it takes tasks that no channel had before.
    pub takes_new: bool,
    /// Whether pictures at addresses are handed on as they are.
    pub passes_image_urls: bool,
}

impl RouteChannel {
    fn serves(&self, model: &str, group_id: GroupId) -> bool {
        self.takes_new
            && self.weight > 0
            && self.models.iter().any(|id| id == model)
            && self.groups.as_ref().is_none_or(|groups| groups.contains(&group_id))
    }
}

/// A lane from which tasks can be taken now, and of which groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLane {
    /// The lane.
    pub lane: Lane,
    /// The groups whose tasks can go somewhere; none is every group.
    pub groups: Option<Vec<GroupId>>,
}

impl OpenLane {
    /// Whether a group's tasks can be taken from it.
    pub fn serves_group(&self, group_id: GroupId) -> bool {
        self.groups.as_ref().is_none_or(|groups| groups.contains(&group_id))
    }
}

/// What there is room for at one moment; taking from it makes it smaller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes {
    preview_room: u32,
    channels: Vec<(RouteChannel, u32)>,
}

impl Routes {
    /// Room for `preview_room` previews and what the channels say; a channel starts with its whole
    /// concurrency, see [`Self::occupy`].
    pub fn new(preview_room: u32, channels: Vec<RouteChannel>) -> Self {
        let channels = channels.into_iter().map(|channel| {
            let room = channel.concurrency_max.min(channel.sendable);
            (channel, room)
        });
        Self { preview_room, channels: channels.collect() }
    }

    /// The channels.
    pub fn ids(&self) -> impl Iterator<Item = ChannelId> {
        self.channels.iter().map(|(channel, _)| channel.id)
    }

    /// Says how many jobs a channel has already.
    pub fn occupy(&mut self, id: ChannelId, jobs: u32) {
        for (channel, room) in &mut self.channels {
            if channel.id == id {
                let free = channel.concurrency_max.saturating_sub(jobs);
                *room = free.min(channel.sendable);
            }
        }
    }

    /// The lanes from which something can be taken, each once.
    pub fn open_lanes(&self) -> Vec<OpenLane> {
        let mut lanes: BTreeMap<Lane, Option<Vec<GroupId>>> = BTreeMap::new();
        if self.preview_room > 0 {
            lanes.insert(Lane::Preview, None);
        }
        for (channel, _) in self.channels.iter().filter(|(_, room)| *room > 0) {
            lanes.insert(Lane::Channel(channel.id), None);
            if !channel.takes_new || channel.weight == 0 {
                continue;
            }
            for model in &channel.models {
                let groups =
                    lanes.entry(Lane::Model(model.clone())).or_insert_with(|| Some(Vec::new()));
                match (&channel.groups, groups.as_mut()) {
                    (None, _) => *groups = None,
                    (Some(more), Some(known)) => known.extend(more),
                    (Some(_), None) => {}
                }
            }
        }
        lanes.into_iter().map(|(lane, groups)| OpenLane { lane, groups }).collect()
    }

    /// The channel for a task of a lane and a group, [`ChannelId::PREVIEW`] for a preview; none if
    /// there is no room. Channels that refused it lately are asked last; `draw` decides between
    /// equals.
    pub fn choose(
        &self,
        lane: &Lane,
        group_id: GroupId,
        refused_by: &[ChannelId],
        draw: u64,
    ) -> Option<ChannelId> {
        let model = match lane {
            Lane::Preview => return (self.preview_room > 0).then_some(ChannelId::PREVIEW),
            Lane::Channel(id) => {
                let has_room =
                    |(channel, room): &(RouteChannel, u32)| channel.id == *id && *room > 0;
                return self.channels.iter().any(has_room).then_some(*id);
            }
            Lane::Model(model) => model,
        };
        let all: Vec<&RouteChannel> = self
            .channels
            .iter()
            .filter(|(channel, room)| *room > 0 && channel.serves(model, group_id))
            .map(|(channel, _)| channel)
            .collect();
        let fresh: Vec<&RouteChannel> =
            all.iter().copied().filter(|channel| !refused_by.contains(&channel.id)).collect();
        weighted(if fresh.is_empty() { &all } else { &fresh }, draw)
    }

    /// Takes a place of what was chosen.
    pub fn take(&mut self, id: ChannelId) {
        if id == ChannelId::PREVIEW {
            self.preview_room = self.preview_room.saturating_sub(1);
            return;
        }
        for (channel, room) in &mut self.channels {
            if channel.id == id {
                *room = room.saturating_sub(1);
            }
        }
    }

    /// Whether a channel hands on pictures at addresses as they are.
    pub fn passes_image_urls(&self, id: ChannelId) -> bool {
        self.channels.iter().any(|(channel, _)| channel.id == id && channel.passes_image_urls)
    }

    /// Whether anything serves the model for a group, now or when there is room again.
    pub fn serves(&self, model: &str, group_id: GroupId) -> bool {
        self.channels.iter().any(|(channel, _)| channel.serves(model, group_id))
    }

    /// Whether another channel than those that refused the task serves its model.
    pub fn has_other(&self, model: &str, group_id: GroupId, refused_by: &[ChannelId]) -> bool {
        self.channels.iter().any(|(channel, _)| {
            channel.serves(model, group_id) && !refused_by.contains(&channel.id)
        })
    }
}

/// One of those with the highest priority, by weight.
fn weighted(channels: &[&RouteChannel], draw: u64) -> Option<ChannelId> {
    let highest = channels.iter().map(|channel| channel.priority).max()?;
    let equals = || channels.iter().filter(|channel| channel.priority == highest);
    let total: u64 = equals().map(|channel| u64::from(channel.weight)).sum();
    let mut left = draw.checked_rem(total)?;
    for channel in equals() {
        let weight = u64::from(channel.weight);
        if left < weight {
            return Some(channel.id);
        }
        left -= weight;
    }
    None
}
