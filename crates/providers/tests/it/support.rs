//! A pool that draws nothing and an upstream that answers what a test says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use bytes::Bytes;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::{AccountId, TaskId, Timestamp};
use rushes_providers::{
    BoxFuture, Http, HttpAnswer, HttpFault, HttpRequest, JobHandle, JobImage, PoolFull, PoolState,
    Preset, ProviderJob, RenderJob, RenderPool, Upstream, UpstreamId,
};

/// The task of all tests here.
pub(crate) const TASK: TaskId = TaskId::new(0x0190_0000_0000_7000_8000_0000_0000_0001);
/// When it was handed over.
pub(crate) const SUBMITTED_AT: Timestamp = Timestamp::from_unix_seconds(1_780_000_000);

#[derive(Debug, Default)]
pub(crate) struct FakePool {
    pub(crate) states: Mutex<BTreeMap<TaskId, PoolState>>,
    pub(crate) started: Mutex<Vec<RenderJob>>,
    pub(crate) calls: Mutex<Vec<&'static str>>,
    pub(crate) is_full: bool,
}

impl FakePool {
    pub(crate) fn set(&self, state: PoolState) {
        self.states.lock().unwrap().insert(TASK, state);
    }
}

impl RenderPool for FakePool {
    fn start(&self, job: RenderJob) -> Result<(), PoolFull> {
        if self.is_full {
            return Err(PoolFull);
        }
        self.set(PoolState::Waiting);
        self.started.lock().unwrap().push(job);
        Ok(())
    }

    fn state(&self, task_id: TaskId) -> PoolState {
        self.states.lock().unwrap().get(&task_id).cloned().unwrap_or(PoolState::Unknown)
    }

    fn cancel(&self, _task_id: TaskId) {
        self.calls.lock().unwrap().push("cancel");
        self.set(PoolState::Cancelled);
    }

    fn forget(&self, task_id: TaskId) {
        self.calls.lock().unwrap().push("forget");
        self.states.lock().unwrap().remove(&task_id);
    }

    fn room(&self) -> usize {
        if self.is_full { 0 } else { 7 }
    }

    fn running(&self) -> usize {
        0
    }

    fn take_changed(&self) -> Vec<TaskId> {
        Vec::new()
    }

    fn stop(&self) {}
}

/// An upstream without a socket: it gives its answers in order and keeps what it was sent.
#[derive(Debug, Default)]
pub(crate) struct FakeHttp {
    pub(crate) answers: Mutex<VecDeque<Result<HttpAnswer, HttpFault>>>,
    pub(crate) requests: Mutex<Vec<HttpRequest>>,
}

impl FakeHttp {
    pub(crate) fn answering(
        answers: impl IntoIterator<Item = Result<HttpAnswer, HttpFault>>,
    ) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    pub(crate) fn upstream(&self, preset: &'static Preset) -> Upstream<'_> {
        Upstream { http: self, preset }
    }
}

impl Http for FakeHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpAnswer, HttpFault>> {
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        let none = || Err(HttpFault::Broken("the test has no answer to this".into()));
        Box::pin(std::future::ready(answer.unwrap_or_else(none)))
    }
}

pub(crate) fn job(directives: Directives) -> ProviderJob {
    ProviderJob {
        task_id: TASK,
        account_id: AccountId(3),
        model: "grok-image-video".into(),
        prompt: "a red fox".into(),
        mode: Mode::ImageToVideo,
        seconds: 6,
        width: 1280,
        height: 720,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        images: vec![JobImage::Bytes {
            mime: "image/png".into(),
            bytes: Bytes::from_static(b"picture"),
        }],
        options: EngineOptions::default(),
        hops: 1,
        directives,
        seed: 42,
        caption: true,
    }
}

pub(crate) fn handle<'a>(
    id: &'a UpstreamId,
    directives: &'a Directives,
    elapsed_ms: i64,
) -> JobHandle<'a> {
    JobHandle {
        upstream_id: id,
        prompt: "",
        negative_prompt: None,
        directives,
        submitted_at: SUBMITTED_AT,
        now: SUBMITTED_AT.plus_ms(elapsed_ms),
        cancel_requested: false,
    }
}
