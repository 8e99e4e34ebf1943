//! One file per kind of upstream, all behind the trait [`Provider`].
//!
//! Guarantees: a provider only translates between a job and its upstream. It owns no state, no
//! clock, no retry and no database (`preview` alone holds a handle to the app's [`RenderPool`]),
//! so the same call with the same answer of the upstream always means the same. What happens next
//! is the worker's decision, taken from [`UpstreamErrorKind`] and [`Descriptor`].
//! Not here: leases, back-off, files, money.

mod error;
mod job;
mod pool;
pub mod preview;
mod progress;
mod registry;

use std::future::Future;
use std::pin::Pin;

pub use error::{UpstreamError, UpstreamErrorKind};
pub use job::{JobHandle, ProviderJob, UpstreamId};
pub use pool::{PoolFull, PoolState, RenderJob, RenderPool};
pub use progress::{Media, Progress};
pub use registry::Registry;

/// A boxed future that can cross threads, so that a registry can hold `dyn Provider`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Upstream jobs that one task may cost at most where a repetition is allowed but not free
/// ([`Resubmit::Few`]).
pub const SUBMITS_FEW_MAX: u32 = 3;

/// Whether a job may be sent again when nobody knows whether the upstream has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resubmit {
    /// A second job costs nothing: again and again until the task's deadline.
    Free,
    /// A second job costs little: [`SUBMITS_FEW_MAX`] in all.
    Few,
    /// The submit carries the task's id as its idempotency key: repeating it is exact.
    Keyed,
    /// A second job costs money: never. The task ends as `upstream_submit_ambiguous`.
    Never,
}

/// When to ask how a job is doing, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollSchedule {
    /// From the hand-over to the first poll.
    pub first_ms: u32,
    /// From one poll to the next, unless the upstream asks for more time.
    pub interval_ms: u32,
}

/// What the worker has to know of a provider before it calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The name in task rows and in `data.provider`.
    pub name: &'static str,
    /// Whether a submit may be repeated.
    pub resubmit: Resubmit,
    /// When to poll.
    pub poll: PollSchedule,
}

/// Translates between a job and one kind of upstream.
pub trait Provider: Send + Sync {
    /// What the worker has to know.
    fn descriptor(&self) -> &'static Descriptor;

    /// How many more jobs the upstream takes at the moment.
    fn room(&self) -> usize;

    /// Hands a job over; at most one request leaves.
    fn submit<'a>(
        &'a self,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>>;

    /// Asks how a job is doing. Asking again after the end gives the same answer until
    /// [`Provider::forget`].
    fn poll<'a>(&'a self, job: &'a JobHandle<'a>)
    -> BoxFuture<'a, Result<Progress, UpstreamError>>;

    /// Asks the upstream to stop. That it did is proved by a poll, not by the answer to this.
    fn cancel<'a>(&'a self, job: &'a JobHandle<'a>) -> BoxFuture<'a, Result<(), UpstreamError>>;

    /// The task is over: drops what this process keeps in memory for the job. Sends nothing.
    fn forget(&self, _id: &UpstreamId) {}
}
