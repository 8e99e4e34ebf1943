//! The built-in preview renderer as a provider: no network, no cost, no AI.
//!
//! Guarantees: a job that the pool does not know (a restart, an evicted result) is `Lost`, which
//! for a provider that may resubmit freely means "draw it again". What a test prompt asks for
//! ([`rushes_domain::directive`]) is played here, as an answer of the upstream: scripted ends never reach the
//! pool, so a thousand stalled test tasks take nothing from paying ones.
//! Not here: `[[deadline]]` and `[[expire]]`, which are about the task and its file.

use std::future::ready;
use std::sync::Arc;

use rushes_domain::directive::Directives;
use rushes_domain::{Failure, FailureCode, TaskId};

use crate::{
    BoxFuture, Check, Descriptor, JobHandle, Media, PollSchedule, PoolFull, PoolState, Preset,
    PresetModels, Progress, Provider, ProviderJob, RenderJob, RenderPool, Resubmit,
    TIMEOUTS_DEFAULT, Upstream, UpstreamError, UpstreamErrorKind, UpstreamId,
};

/// The provider's name, as tasks show it.
pub const NAME: &str = "preview";
/// Between two polls of a job that nothing happens to, in milliseconds: the pool reports the start
/// and the end of a render by itself.
const IDLE_POLL_MS: u64 = 5_000;
/// When to try again after the pool's line was full, in milliseconds.
const FULL_RETRY_MS: u64 = 1_000;
/// Highest per cent before the end.
const PERCENT_MAX: u8 = 99;

/// Between two polls of a job that is being drawn, in milliseconds.
const POLL_INTERVAL_MS: u32 = 1_000;

static DESCRIPTOR: Descriptor =
    Descriptor { name: NAME, presets: &[PRESET], cancels: true, sends_options: false };

/// No channel is made from it: it says how the worker treats previews.
pub const PRESET: Preset = Preset {
    name: NAME,
    description: "The built-in preview renderer.",
    base_url: None,
    needs_credential: false,
    resubmit: Resubmit::Free,
    refuses_with_503: false,
    poll: PollSchedule { first_ms: 0, interval_ms: POLL_INTERVAL_MS },
    max_concurrency: 1,
    timeouts: TIMEOUTS_DEFAULT,
    models: PresetModels::Same,
    costs: &[],
    takes_image_urls: false,
};

/// The provider over the app's render pool.
pub struct Preview {
    pool: Arc<dyn RenderPool>,
}

impl Preview {
    /// A provider that draws in `pool`.
    pub fn new(pool: Arc<dyn RenderPool>) -> Self {
        Self { pool }
    }

    fn start(&self, job: &ProviderJob) -> Result<UpstreamId, UpstreamError> {
        let id = UpstreamId::new(job.task_id.hex());
        if is_scripted(&job.directives) {
            return Ok(id);
        }
        let render = RenderJob {
            task_id: job.task_id,
            account_id: job.account_id,
            prompt: job.prompt.clone(),
            seed: job.seed,
            width: job.width,
            height: job.height,
            seconds: job.seconds,
            images: job.images.iter().filter_map(|image| image.bytes().cloned()).collect(),
            caption: job.caption,
        };
        match self.pool.start(render) {
            Ok(()) => Ok(id),
            Err(full @ PoolFull) => {
                Err(UpstreamError::new(UpstreamErrorKind::Busy, full.to_string())
                    .with_retry_after_ms(FULL_RETRY_MS))
            }
        }
    }

    fn look(&self, job: &JobHandle<'_>) -> Result<Progress, UpstreamError> {
        if let Some(hold) = Hold::of(job) {
            if job.cancel_requested {
                return Ok(cancelled());
            }
            return Ok(hold.progress());
        }
        if let Some(failure) = scripted_failure(job.directives) {
            return Ok(Progress::Failed(failure));
        }
        let lost = || UpstreamError::new(UpstreamErrorKind::Lost, "the pool has no such job");
        let task_id = task_of(job.upstream_id).ok_or_else(lost)?;
        match self.pool.state(task_id) {
            PoolState::Unknown => Err(lost()),
            PoolState::Waiting => Ok(Progress::Pending {
                percent: Some(0),
                started: false,
                again_in_ms: Some(IDLE_POLL_MS),
                unknown_word: None,
            }),
            PoolState::Running { permille } => {
                let percent = u8::try_from(permille / 10).unwrap_or(PERCENT_MAX).min(PERCENT_MAX);
                Ok(Progress::Pending {
                    percent: Some(percent),
                    started: true,
                    again_in_ms: None,
                    unknown_word: None,
                })
            }
            PoolState::Done { video, poster } => {
                let media = Media::Bytes { video, poster: Some(poster) };
                Ok(Progress::Done { media, cost: None })
            }
            PoolState::Failed(failure) => Ok(Progress::Failed(failure)),
            PoolState::Cancelled => Ok(cancelled()),
        }
    }
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Preview").finish_non_exhaustive()
    }
}

impl Provider for Preview {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn room(&self) -> usize {
        self.pool.room()
    }

    fn submit<'a>(
        &'a self,
        _upstream: Upstream<'a>,
        job: &'a ProviderJob,
    ) -> BoxFuture<'a, Result<UpstreamId, UpstreamError>> {
        Box::pin(ready(self.start(job)))
    }

    fn poll<'a>(
        &'a self,
        _upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<Progress, UpstreamError>> {
        Box::pin(ready(self.look(job)))
    }

    fn cancel<'a>(
        &'a self,
        _upstream: Upstream<'a>,
        job: &'a JobHandle<'a>,
    ) -> BoxFuture<'a, Result<(), UpstreamError>> {
        if let Some(task_id) = task_of(job.upstream_id) {
            self.pool.cancel(task_id);
        }
        Box::pin(ready(Ok(())))
    }

    fn check<'a>(&'a self, _upstream: Upstream<'a>) -> BoxFuture<'a, Result<Check, UpstreamError>> {
        Box::pin(ready(Ok(Check::NoList)))
    }

    fn forget(&self, id: &UpstreamId) {
        if let Some(task_id) = task_of(id) {
            self.pool.forget(task_id);
        }
    }
}

/// A test prompt's wish that the job is not over yet.
enum Hold {
    /// For ever.
    Stall,
    /// For some time more.
    Delay { elapsed_ms: u64, delay_ms: u64 },
}

impl Hold {
    fn of(job: &JobHandle<'_>) -> Option<Self> {
        if job.directives.stall {
            return Some(Self::Stall);
        }
        let delay_ms = job.directives.delay_ms?;
        let elapsed_ms = u64::try_from(job.now.ms_since(job.submitted_at)).unwrap_or(0);
        (elapsed_ms < delay_ms).then_some(Self::Delay { elapsed_ms, delay_ms })
    }

    fn progress(&self) -> Progress {
        let (percent, again_in_ms) = match *self {
            Self::Stall => (None, IDLE_POLL_MS),
            Self::Delay { elapsed_ms, delay_ms } => {
                // `elapsed_ms` is below `delay_ms`, which is therefore not 0.
                let percent = elapsed_ms.saturating_mul(100) / delay_ms;
                let percent = u8::try_from(percent).unwrap_or(PERCENT_MAX).min(PERCENT_MAX);
                let interval_ms = u64::from(POLL_INTERVAL_MS);
                (Some(percent), (delay_ms - elapsed_ms).min(interval_ms))
            }
        };
        let again_in_ms = Some(again_in_ms);
        Progress::Pending { percent, started: true, again_in_ms, unknown_word: None }
    }
}

/// True if the test prompt decides the end, so that nothing has to be drawn.
fn is_scripted(directives: &Directives) -> bool {
    directives.stall || scripted_failure(directives).is_some()
}

fn scripted_failure(directives: &Directives) -> Option<Failure> {
    if let Some(text) = &directives.fail {
        return Some(Failure::with_reason(FailureCode::UpstreamError, text));
    }
    if let Some(status) = directives.fail_image {
        let sentence = image_status_sentence(status);
        return Some(Failure::new(FailureCode::ImageFetchFailed, &sentence));
    }
    directives.moderated.then(|| Failure::new(FailureCode::Moderated, ""))
}

/// What a fetch that was answered with `status` says: the words of a real one (the seed's).
fn image_status_sentence(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    match reason {
        Some(reason) => format!("Fetching image failed with HTTP status {status} {reason}."),
        None => format!("Fetching image failed with HTTP status {status}."),
    }
}

fn cancelled() -> Progress {
    Progress::Failed(Failure::new(FailureCode::Cancelled, ""))
}

fn task_of(id: &UpstreamId) -> Option<TaskId> {
    TaskId::from_hex(id.as_str()).ok()
}
