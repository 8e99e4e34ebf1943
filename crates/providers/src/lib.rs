//! One file per kind of upstream, all behind the trait [`Provider`].
//!
//! Guarantees: a provider only translates between a job and its upstream. It owns no state, no
//! clock, no retry and no database (`preview` alone holds a handle to the app's [`RenderPool`]),
//! so the same call with the same answer of the upstream always means the same. What happens next
//! is the worker's decision, taken from [`UpstreamErrorKind`] and [`Descriptor`].
//! Not here: leases, back-off, files, money.

mod answer;
mod error;
mod fields;
pub mod gateway;
mod http;
mod job;
pub mod openai_videos;
mod pool;
mod preset;
pub mod preview;
mod progress;
mod registry;
mod status;
mod words;
pub mod xai;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use rushes_domain::channel::Resubmit;

pub use self::http::{
    ANSWER_BYTES_MAX, Http, HttpAnswer, HttpBody, HttpFault, HttpRequest, Operation, Part,
    path_segment,
};
pub use error::{UpstreamError, UpstreamErrorKind};
pub use job::{JobHandle, JobImage, ProviderJob, UpstreamId};
pub use pool::{PoolFull, PoolState, RenderJob, RenderPool};
pub use preset::{PollSchedule, Preset, PresetCost, PresetModels, TIMEOUTS_DEFAULT};
pub use progress::{Media, Progress};
pub use registry::Registry;

/// A boxed future that can cross threads, so that a registry can hold `dyn Provider`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Upstream jobs that one task may cost at most where a repetition is allowed but not free
/// ([`Resubmit::Few`]).
pub const SUBMITS_FEW_MAX: u32 = 3;

/// What the program has to know of a provider before it calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The name in task rows and in `data.provider`.
    pub name: &'static str,
    /// What channels can be made from; none for the preview renderer, which needs no channel.
    pub presets: &'static [Preset],
    /// Whether jobs can be called off.
    pub cancels: bool,
    /// Whether [`rushes_domain::job::EngineOptions`] are sent on.
    pub sends_options: bool,
}

impl Descriptor {
    /// The preset of a name.
    pub fn preset(&self, name: &str) -> Option<&'static Preset> {
        self.presets.iter().find(|preset| preset.name == name)
    }
}

/// The upstream of one call.
#[derive(Clone, Copy)]
pub struct Upstream<'a> {
    /// The way to it.
    pub http: &'a dyn Http,
    /// What it was made from.
    pub preset: &'static Preset,
}

impl fmt::Debug for Upstream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upstream")
            .field("preset", &self.preset.name)
            .finish_non_exhaustive()
    }
}

/// What a look at an upstream showed that took the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It lists its models.
    Models(Vec<String>),
    /// It answers, but has no list: whether it knows the models cannot be seen for free.
    NoList,
}

/// Translates between a job and one kind of upstream.
pub trait Provider: Send + Sync {
    /// What the worker has to know.
    fn descriptor(&self) -> &'static Descriptor;

    /// How many more jobs can be taken at the moment, if that can be known here.
    fn room(&self) -> usize {
        usize::MAX
    }

    /// Hands a job over; at most one request leaves.
    fn submit<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>>;

    /// Asks how a job is doing. Asking again after the end gives the same answer until
    /// [`Provider::forget`].
    fn poll<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<Progress, UpstreamError>>;

    /// Asks the upstream to stop. That it did is proved by a poll, not by the answer to this.
    fn cancel<'a>(
        &'a self,
        upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<(), UpstreamError>>;

    /// Looks at the upstream with the credential, for free.
    fn check<'a>(&'a self, upstream: Upstream<'a>) -> BoxFuture<'a, Result<Check, UpstreamError>>;

    /// The task is over: drops what this process keeps in memory for the job. Sends nothing.
    fn forget(&self, _id: &UpstreamId) {}
}
