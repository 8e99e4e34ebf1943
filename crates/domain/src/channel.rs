//! What an operator says about an upstream deployment: a *channel*.
//!
//! Guarantees: [`ChannelTerms::check`] accepts only terms that every part of the program can act
//! on; names, addresses, numbers and lists have limits. Not here: credentials (sealed in the
//! store, opened by the server), presets (the providers'), and which task goes where (`route`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::id::GroupId;
use crate::money::{MoneyError, Ticks};

/// Most channels at a time.
pub const CHANNELS_MAX: usize = 100;
/// Most characters of a channel's name.
pub const CHANNEL_NAME_CHARS_MAX: usize = 64;
/// Most models of one channel.
pub const CHANNEL_MODELS_MAX: usize = 64;
/// Most bytes of a channel's address, or of one of its media origins.
pub const CHANNEL_URL_BYTES_MAX: usize = 512;
/// Most further origins that a channel's results may come from.
pub const MEDIA_ORIGINS_MAX: usize = 16;
/// Highest priority; 0 is the lowest.
pub const PRIORITY_MAX: u32 = 1_000;
/// Highest weight.
pub const WEIGHT_MAX: u32 = 1_000;
/// Most jobs that a channel may have at a time.
pub const CONCURRENCY_MAX: u32 = 10_000;
/// Shortest and longest time-out, in milliseconds.
pub const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 100..=600_000;
/// Shortest and longest time between two polls of a job, in milliseconds.
pub const POLL_INTERVAL_MS: std::ops::RangeInclusive<u64> = 50..=300_000;

/// Whether a job may be sent again when nobody knows whether the upstream has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resubmit {
    /// A second job costs nothing: again and again until the task's deadline.
    Free,
    /// A second job costs little: three in all.
    Few,
    /// The submit carries the task's id as its idempotency key: repeating it is exact.
    Keyed,
    /// A second job costs money: never. The task ends as `upstream_submit_ambiguous`.
    Never,
}

/// How a picture is brought into the ratio that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFit {
    /// Cut so that it fills the frame.
    #[default]
    Cover,
    /// Whole, with bars of its own blurred self.
    Contain,
    /// Untouched, whatever its ratio.
    AsIs,
}

/// How pictures reach the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageDelivery {
    /// Fetched, checked and fitted here; their bytes are sent.
    #[default]
    Inline,
    /// An address is handed on as it is: the upstream fetches it. Data URLs are sent as bytes.
    PassThrough,
}

/// Whose address of a finished video the customer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultLinks {
    /// Ours: the video is fetched, checked and kept here.
    #[default]
    Own,
    /// The upstream's own, where it can be handed on: nothing is fetched, checked or kept.
    Upstream,
}

/// One of our models and what the upstream calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelMapping {
    /// The canonical id in the catalogue.
    pub ours: String,
    /// The upstream's name.
    pub theirs: String,
}

/// What a model costs the operator.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCost {
    /// Of a second, by resolution.
    pub per_second: BTreeMap<String, Ticks>,
    /// Of an input image.
    #[serde(default)]
    pub per_image: Ticks,
}

/// Limits in time of whole requests to a channel, in milliseconds. Connecting and silence have
/// limits of their own, the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTimeouts {
    /// A whole submit, with its pictures.
    pub submit_ms: u64,
    /// A whole poll, cancel or check.
    pub poll_ms: u64,
    /// The download of a whole result.
    pub download_ms: u64,
}

/// Everything about a channel that is no secret and no state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelTerms {
    /// The operator's name for it; unique.
    pub name: String,
    /// The preset that it was made from, such as `vllm-omni`.
    pub preset: String,
    /// The provider that speaks to it, such as `openai_videos`.
    pub provider: String,
    /// Where it is, without the `/v1` that every path begins with.
    pub base_url: String,
    /// What it serves.
    pub models: Vec<ModelMapping>,
    /// Higher ones are asked first.
    pub priority: u32,
    /// Share among channels of the same priority; 0 takes nothing.
    pub weight: u32,
    /// Jobs that it may have at a time.
    pub max_concurrency: u32,
    /// The groups that it serves; none is every group.
    pub groups: Option<Vec<GroupId>>,
    /// What it costs the operator, by our model; a model that is not here costs nothing.
    pub costs: BTreeMap<String, ModelCost>,
    /// How pictures are fitted.
    pub image_fit: ImageFit,
    /// How pictures are sent.
    pub images: ImageDelivery,
    /// Origins other than its own that its results may come from by the trusted client, such as
    /// `https://cdn.example.com`.
    pub media_origins: Vec<String>,
    /// Whose addresses of results are given out.
    #[serde(default)]
    pub result_links: ResultLinks,
    /// Limits in time.
    pub timeouts: ChannelTimeouts,
    /// From one poll of a job to the next, in milliseconds.
    pub poll_interval_ms: u64,
    /// Whether a submit may be repeated; the preset's.
    pub resubmit: Resubmit,
    /// Whether it takes new jobs.
    pub enabled: bool,
}

/// A field of a channel's terms that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ChannelProblem {
    /// The field's name in JSON.
    pub field: &'static str,
    /// A whole sentence that names the field, what is allowed and what was given.
    pub message: String,
}

impl ChannelProblem {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl ChannelTerms {
    /// The terms themselves if they can be used, with the address in its plain form.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn check(mut self) -> Result<Self, ChannelProblem> {
        check_name(&self.name)?;
        self.base_url = plain_base_url(&self.base_url)?;
        self.check_models()?;
        for (field, value, most) in [
            ("priority", self.priority, PRIORITY_MAX),
            ("weight", self.weight, WEIGHT_MAX),
            ("max_concurrency", self.max_concurrency, CONCURRENCY_MAX),
        ] {
            if value > most {
                let message = format!("{field} can be at most {most}, but {value} was given");
                return Err(ChannelProblem::new(field, message));
            }
        }
        if self.max_concurrency == 0 {
            let message = "max_concurrency must be 1 or more; disable the channel to stop it";
            return Err(ChannelProblem::new("max_concurrency", message));
        }
        self.check_times()?;
        if self.media_origins.len() > MEDIA_ORIGINS_MAX {
            let message = format!("media_origins can hold at most {MEDIA_ORIGINS_MAX} origins");
            return Err(ChannelProblem::new("media_origins", message));
        }
        let origins: Result<Vec<String>, _> =
            self.media_origins.iter().map(|text| plain_origin(text)).collect();
        self.media_origins = origins?;
        Ok(self)
    }

    fn check_models(&self) -> Result<(), ChannelProblem> {
        let count = self.models.len();
        if count == 0 || count > CHANNEL_MODELS_MAX {
            return Err(ChannelProblem::new(
                "models",
                format!(
                    "a channel must serve 1 to {CHANNEL_MODELS_MAX} models, but {count} are named; \
                     name them as OURS=THEIRS"
                ),
            ));
        }
        for (index, mapping) in self.models.iter().enumerate() {
            let ModelMapping { ours, theirs } = mapping;
            if theirs.is_empty() || theirs.len() > 256 || theirs.chars().any(char::is_control) {
                let message = format!("the upstream's name of model {ours} is not usable");
                return Err(ChannelProblem::new("models", message));
            }
            if self.models.iter().take(index).any(|earlier| earlier.ours == *ours) {
                let message = format!("model {ours} is named twice");
                return Err(ChannelProblem::new("models", message));
            }
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), ChannelProblem> {
        let ChannelTimeouts { submit_ms, poll_ms, download_ms } = self.timeouts;
        for (what, value) in
            [("submit_ms", submit_ms), ("poll_ms", poll_ms), ("download_ms", download_ms)]
        {
            if !TIMEOUT_MS.contains(&value) {
                let (least, most) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
                let message =
                    format!("timeouts.{what} must be {least} to {most}, but {value} was given");
                return Err(ChannelProblem::new("timeouts", message));
            }
        }
        if !POLL_INTERVAL_MS.contains(&self.poll_interval_ms) {
            let (least, most) = (POLL_INTERVAL_MS.start(), POLL_INTERVAL_MS.end());
            let given = self.poll_interval_ms;
            let message =
                format!("poll_interval_ms must be {least} to {most}, but {given} was given");
            return Err(ChannelProblem::new("poll_interval_ms", message));
        }
        Ok(())
    }

    /// What the upstream calls one of our models, if the channel serves it.
    pub fn upstream_model(&self, ours: &str) -> Option<&str> {
        let mapping = self.models.iter().find(|mapping| mapping.ours == ours)?;
        Some(&mapping.theirs)
    }

    /// Whether accounts of a group may be served.
    pub fn serves_group(&self, group_id: GroupId) -> bool {
        self.groups.as_ref().is_none_or(|groups| groups.contains(&group_id))
    }

    /// What a job costs the operator by the terms; nothing where they do not say.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn cost(
        &self,
        model: &str,
        resolution: &str,
        seconds: u32,
        images: u32,
    ) -> Result<Ticks, MoneyError> {
        let Some(cost) = self.costs.get(model) else { return Ok(Ticks::ZERO) };
        let per_second = cost.per_second.get(resolution).copied().unwrap_or_default();
        let time = per_second.checked_mul(i64::from(seconds))?;
        time.checked_add(cost.per_image.checked_mul(i64::from(images))?)
    }
}

fn check_name(name: &str) -> Result<(), ChannelProblem> {
    let is_plain = name.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if is_plain && starts_well && name.len() <= CHANNEL_NAME_CHARS_MAX {
        return Ok(());
    }
    Err(ChannelProblem::new(
        "name",
        format!(
            "a channel's name is 1 to {CHANNEL_NAME_CHARS_MAX} letters, digits, dots, dashes and \
             underscores, beginning with a letter or digit"
        ),
    ))
}

/// The address without a slash and without `/v1` at its end, so that both spellings are right.
///
/// # Errors
/// Anything but an absolute `http(s)` URL without credentials, query and fragment, whose host is no
/// link-local address.
pub fn plain_base_url(text: &str) -> Result<String, ChannelProblem> {
    let invalid = |why: &str| {
        ChannelProblem::new(
            "base_url",
            format!("base_url must be a URL such as https://api.example.com, but {why}"),
        )
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid("none was given"));
    }
    if text.len() > CHANNEL_URL_BYTES_MAX {
        return Err(invalid("a longer one was given"));
    }
    let url = Url::parse(text).map_err(|error| invalid(&format!("this one is not: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid("this one has another scheme"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("this one holds credentials; give the key on standard input instead"));
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) | None => None,
    };
    if address.is_some_and(is_link_local) {
        return Err(invalid("this one is link-local, where machines keep their own secrets"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("this one has a query or a fragment"));
    }
    let plain = url.as_str().trim_end_matches('/');
    let plain = plain.strip_suffix("/v1").unwrap_or(plain).trim_end_matches('/');
    Ok(plain.to_owned())
}

/// Addresses of the link alone (RFC 3927, RFC 4291 section 2.5.6): what answers there is the machine's
/// provider, with the machine's credentials.
#[must_use]
pub fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn plain_origin(text: &str) -> Result<String, ChannelProblem> {
    let plain = Url::parse(text.trim())
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https") && text.len() <= CHANNEL_URL_BYTES_MAX
        })
        .filter(|url| matches!(url.path(), "" | "/") && url.query().is_none())
        .map(|url| url.origin().ascii_serialization());
    plain.ok_or_else(|| {
        let message = "media_origins must be origins such as https://cdn.example.com";
        ChannelProblem::new("media_origins", message)
    })
}
