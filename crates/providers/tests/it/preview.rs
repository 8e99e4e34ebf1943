use std::sync::Arc;

use bytes::Bytes;
use pretty_assertions::assert_eq;
use rushes_domain::directive::Directives;
use rushes_domain::{AccountId, Failure, FailureCode};
use rushes_providers::preview::{PRESET, Preview};
use rushes_providers::{
    Check, JobHandle, Media, PoolState, Progress, Provider, ProviderJob, RenderJob, RenderPool,
    UpstreamError, UpstreamErrorKind, UpstreamId,
};

use crate::support::{FakeHttp, FakePool, TASK, handle, job};

fn setup() -> (Arc<FakePool>, Preview, UpstreamId) {
    let pool = Arc::new(FakePool::default());
    let preview = Preview::new(Arc::clone(&pool) as Arc<dyn RenderPool>);
    (pool, preview, UpstreamId::new(TASK.hex()))
}

async fn submit(preview: &Preview, job: &ProviderJob) -> Result<UpstreamId, UpstreamError> {
    let http = FakeHttp::default();
    let outcome = preview.submit(http.upstream(&PRESET), job).await;
    assert!(http.requests.lock().unwrap().is_empty(), "previews need no network");
    outcome
}

async fn ask(preview: &Preview, job: &JobHandle<'_>) -> Result<Progress, UpstreamError> {
    let http = FakeHttp::default();
    let outcome = preview.poll(http.upstream(&PRESET), job).await;
    assert!(http.requests.lock().unwrap().is_empty(), "previews need no network");
    outcome
}

async fn cancel(preview: &Preview, job: &JobHandle<'_>) {
    let http = FakeHttp::default();
    preview.cancel(http.upstream(&PRESET), job).await.unwrap();
    assert!(http.requests.lock().unwrap().is_empty(), "previews need no network");
}

async fn poll(
    preview: &Preview,
    directives: &Directives,
    elapsed_ms: i64,
) -> Result<Progress, UpstreamError> {
    let id = UpstreamId::new(TASK.hex());
    ask(preview, &handle(&id, directives, elapsed_ms)).await
}

async fn failure(directives: &Directives) -> Failure {
    let (pool, preview, _) = setup();
    submit(&preview, &job(directives.clone())).await.unwrap();
    assert!(pool.started.lock().unwrap().is_empty(), "nothing has to be drawn");
    match poll(&preview, directives, 0).await.unwrap() {
        Progress::Failed(failure) => failure,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn pending(percent: Option<u8>, started: bool, again_in_ms: Option<u64>) -> Progress {
    Progress::Pending { percent, started, again_in_ms, unknown_word: None }
}

#[tokio::test]
async fn a_submit_starts_the_render_and_is_named_by_the_task() {
    let (pool, preview, id) = setup();
    assert_eq!(submit(&preview, &job(Directives::default())).await.unwrap(), id);
    let expected = RenderJob {
        task_id: TASK,
        account_id: AccountId(3),
        prompt: "a red fox".into(),
        seed: 42,
        width: 1280,
        height: 720,
        seconds: 6,
        images: vec![Bytes::from_static(b"picture")],
        caption: true,
    };
    assert_eq!(*pool.started.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn a_full_pool_is_busy_and_says_when_to_come_back() {
    let pool = Arc::new(FakePool { is_full: true, ..FakePool::default() });
    let preview = Preview::new(pool);
    assert_eq!(preview.room(), 0);
    let error = submit(&preview, &job(Directives::default())).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::Busy);
    assert_eq!(error.retry_after_ms, Some(1_000));
}

#[tokio::test]
async fn a_poll_tells_what_the_pool_knows() {
    let (pool, preview, _) = setup();
    let none = Directives::default();
    let lost = poll(&preview, &none, 0).await.unwrap_err();
    assert_eq!(lost.kind, UpstreamErrorKind::Lost);

    let video = Bytes::from_static(b"film");
    let poster = Bytes::from_static(b"still");
    let broken = Failure::new(FailureCode::UpstreamError, "encoder");
    let table = [
        (PoolState::Waiting, pending(Some(0), false, Some(5_000))),
        (PoolState::Running { permille: 0 }, pending(Some(0), true, None)),
        (PoolState::Running { permille: 456 }, pending(Some(45), true, None)),
        (PoolState::Running { permille: 1000 }, pending(Some(99), true, None)),
        (
            PoolState::Done { video: video.clone(), poster: poster.clone() },
            Progress::Done { media: Media::Bytes { video, poster: Some(poster) }, cost: None },
        ),
        (PoolState::Failed(broken.clone()), Progress::Failed(broken)),
        (PoolState::Cancelled, Progress::Failed(Failure::new(FailureCode::Cancelled, ""))),
    ];
    for (state, expected) in table {
        pool.set(state);
        assert_eq!(poll(&preview, &none, 0).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn an_id_that_is_no_task_is_lost_and_harmless() {
    let (pool, preview, _) = setup();
    let id = UpstreamId::new("not-hex");
    let none = Directives::default();
    let job = handle(&id, &none, 0);
    assert_eq!(ask(&preview, &job).await.unwrap_err().kind, UpstreamErrorKind::Lost);
    cancel(&preview, &job).await;
    preview.forget(&id);
    assert!(pool.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn cancel_and_forget_reach_the_pool() {
    let (pool, preview, id) = setup();
    let none = Directives::default();
    submit(&preview, &job(none.clone())).await.unwrap();
    cancel(&preview, &handle(&id, &none, 0)).await;
    assert_eq!(
        poll(&preview, &none, 0).await.unwrap(),
        Progress::Failed(Failure::new(FailureCode::Cancelled, ""))
    );
    preview.forget(&id);
    assert_eq!(*pool.calls.lock().unwrap(), ["cancel", "forget"]);
}

#[tokio::test]
async fn fail_gives_the_customers_own_sentence() {
    let directives =
        Directives { fail: Some("余额不足 for real".into()), ..Default::default() };
    let failure = failure(&directives).await;
    assert_eq!(failure.code, FailureCode::UpstreamError);
    assert_eq!(failure.reason, "余额不足 for real");
}

#[tokio::test]
async fn fail_image_speaks_like_a_fetch_that_really_failed() {
    let table = [
        (
            400,
            "Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad Request.",
        ),
        (
            404,
            "Image URL could not be fetched: Fetching image failed with HTTP status 404 Not Found.",
        ),
        (
            418,
            "Image URL could not be fetched: Fetching image failed with HTTP status 418 I'm a teapot.",
        ),
        (599, "Image URL could not be fetched: Fetching image failed with HTTP status 599."),
    ];
    for (status, sentence) in table {
        let directives = Directives { fail_image: Some(status), ..Default::default() };
        let failure = failure(&directives).await;
        assert_eq!(failure.code, FailureCode::ImageFetchFailed);
        assert_eq!(failure.reason, sentence);
    }
}

#[tokio::test]
async fn moderated_fails_with_our_sentence() {
    let directives = Directives { moderated: true, ..Default::default() };
    let failure = failure(&directives).await;
    assert_eq!(failure.code, FailureCode::Moderated);
    assert_eq!(failure.reason, format!("{}.", FailureCode::Moderated.sentence()));
}

#[tokio::test]
async fn a_delay_holds_back_what_is_done_and_shows_progress() {
    let (pool, preview, _) = setup();
    let directives = Directives { delay_ms: Some(30_000), ..Default::default() };
    submit(&preview, &job(directives.clone())).await.unwrap();
    assert_eq!(pool.started.lock().unwrap().len(), 1);
    pool.set(PoolState::Done { video: Bytes::new(), poster: Bytes::new() });

    let at = |elapsed_ms| poll(&preview, &directives, elapsed_ms);
    assert_eq!(at(0).await.unwrap(), pending(Some(0), true, Some(1_000)));
    assert_eq!(at(15_000).await.unwrap(), pending(Some(50), true, Some(1_000)));
    assert_eq!(at(29_700).await.unwrap(), pending(Some(99), true, Some(300)));
    assert_eq!(at(-60_000).await.unwrap(), pending(Some(0), true, Some(1_000)));
    assert!(matches!(at(30_000).await.unwrap(), Progress::Done { .. }));
}

#[tokio::test]
async fn a_delay_goes_with_a_failure() {
    let (_, preview, _) = setup();
    let directives = Directives { delay_ms: Some(2_000), moderated: true, ..Default::default() };
    submit(&preview, &job(directives.clone())).await.unwrap();
    assert!(matches!(poll(&preview, &directives, 1_999).await, Ok(Progress::Pending { .. })));
    assert!(matches!(poll(&preview, &directives, 2_000).await, Ok(Progress::Failed(_))));
}

#[tokio::test]
async fn a_stalled_job_never_ends_and_draws_nothing() {
    let (pool, preview, _) = setup();
    let directives = Directives { stall: true, fail: Some("no".into()), ..Default::default() };
    submit(&preview, &job(directives.clone())).await.unwrap();
    assert!(pool.started.lock().unwrap().is_empty());
    let hours_48 = 48 * 3_600_000;
    for elapsed_ms in [0, 1_000, hours_48] {
        assert_eq!(
            poll(&preview, &directives, elapsed_ms).await.unwrap(),
            pending(None, true, Some(5_000))
        );
    }
}

#[tokio::test]
async fn a_held_job_stops_when_the_client_asked_for_it() {
    let (_, preview, id) = setup();
    let stalled = Directives { stall: true, ..Default::default() };
    let delayed = Directives { delay_ms: Some(10_000), ..Default::default() };
    for directives in [stalled, delayed] {
        let job = JobHandle { cancel_requested: true, ..handle(&id, &directives, 5_000) };
        cancel(&preview, &job).await;
        let cancelled = Progress::Failed(Failure::new(FailureCode::Cancelled, ""));
        assert_eq!(ask(&preview, &job).await.unwrap(), cancelled);
    }
}

#[tokio::test]
async fn a_check_finds_nothing_to_look_at() {
    let (_, preview, _) = setup();
    let http = FakeHttp::default();
    assert_eq!(preview.check(http.upstream(&PRESET)).await.unwrap(), Check::NoList);
    assert!(http.requests.lock().unwrap().is_empty());
}
