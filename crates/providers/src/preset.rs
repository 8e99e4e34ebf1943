//! What a provider knows of its upstreams before anybody configured one.

use rushes_domain::channel::{ChannelTimeouts, Resubmit};

/// When to ask how a job is doing, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollSchedule {
    /// From the hand-over to the first poll.
    pub first_ms: u32,
    /// From one poll to the next, unless the upstream asks for more time.
    pub interval_ms: u32,
}

/// Which models a new channel serves if the operator does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetModels {
    /// These: our id and the upstream's.
    Fixed(&'static [(&'static str, &'static str)]),
    /// All of the catalogue, under our own names.
    Same,
    /// Nobody can know: the operator has to say.
    Ask,
}

/// What a model costs the operator: dollars as text, a second by resolution and an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetCost {
    /// Our model.
    pub model: &'static str,
    /// Resolution and dollars a second.
    pub per_second: &'static [(&'static str, &'static str)],
    /// Dollars an image.
    pub per_image: &'static str,
}

/// A kind of deployment that a provider speaks to, with everything that a channel starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name on the command line, such as `vllm-omni`.
    pub name: &'static str,
    /// One sentence on what it is for.
    pub description: &'static str,
    /// Where it is, if everybody's is at the same place.
    pub base_url: Option<&'static str>,
    /// Whether it is of no use without a credential.
    pub needs_credential: bool,
    /// Whether a submit may be repeated.
    pub resubmit: Resubmit,
    /// Whether a 503 proves that a submit was not taken; else it is ambiguous, as 500, 502 and 504.
    pub refuses_with_503: bool,
    /// When to poll.
    pub poll: PollSchedule,
    /// Jobs that it may have at a time.
    pub max_concurrency: u32,
    /// Its limits in time.
    pub timeouts: ChannelTimeouts,
    /// What it serves.
    pub models: PresetModels,
    /// What it costs.
    pub costs: &'static [PresetCost],
    /// Whether pictures at addresses can be handed on as addresses.
    pub takes_image_urls: bool,
}

/// Limits in time that fit most upstreams.
pub const TIMEOUTS_DEFAULT: ChannelTimeouts =
    ChannelTimeouts { submit_ms: 60_000, poll_ms: 30_000, download_ms: 120_000 };

/// Limits in time for upstreams that take whole pictures from far away. Too short a submit is dear:
/// nobody knows then whether the job was taken.
pub(crate) const TIMEOUTS_UPLOAD: ChannelTimeouts =
    ChannelTimeouts { submit_ms: 120_000, ..TIMEOUTS_DEFAULT };
