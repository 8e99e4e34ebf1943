use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pretty_assertions::assert_eq;
use rushes_domain::{AccountId, FailureCode, TaskId};
use rushes_providers::{PoolFull, PoolState, RenderJob, RenderPool as _};
use rushes_render::{Control, RenderError, RenderSpec, Video};
use rushes_server::render_pool::{ThreadRenderPool, WAITING_MAX};
use tokio::sync::Notify;

/// How long a thread may take to do what it must.
const PATIENCE: Duration = Duration::from_secs(20);

/// A pool whose renders begin and end as the test says.
struct Stage {
    pool: ThreadRenderPool,
    began: Receiver<String>,
    go_on: Sender<()>,
    rung: Arc<Notify>,
}

impl Stage {
    fn new(slots: usize) -> Self {
        let (began_sender, began) = channel();
        let (go_on, may_go_on) = channel();
        let may_go_on = Mutex::new(may_go_on);
        let rung = Arc::new(Notify::new());
        let render = move |spec: &RenderSpec, _threads: usize, control: &Control| {
            began_sender.send(spec.prompt.clone()).unwrap();
            draw(spec, control, &may_go_on)
        };
        let pool = ThreadRenderPool::with_renderer(slots, 1, Arc::clone(&rung), Box::new(render));
        Self { pool, began, go_on, rung }
    }

    fn start(&self, task: u128, account: i64, prompt: &str) -> Result<(), PoolFull> {
        self.pool.start(RenderJob {
            task_id: TaskId::new(task),
            account_id: AccountId(account),
            prompt: prompt.into(),
            seed: 1,
            width: 480,
            height: 480,
            seconds: 1,
            images: Vec::new(),
            caption: false,
        })
    }

    fn next(&self) -> String {
        self.began.recv_timeout(PATIENCE).expect("a render begins")
    }

    fn state(&self, task: u128) -> PoolState {
        self.pool.state(TaskId::new(task))
    }

    /// Waits for an end; the pool rings at each.
    async fn end(&self, task: u128) -> PoolState {
        let ended = async {
            loop {
                let state = self.state(task);
                if !matches!(state, PoolState::Waiting | PoolState::Running { .. }) {
                    return state;
                }
                self.rung.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the render ends")
    }
}

/// Waits for its turn to go on, or for a cancel; what then happens is in the prompt.
fn draw(
    spec: &RenderSpec,
    control: &Control,
    may_go_on: &Mutex<Receiver<()>>,
) -> Result<Video, RenderError> {
    while may_go_on.lock().unwrap().recv_timeout(Duration::from_millis(1)).is_err() {
        if control.is_cancelled() {
            return Err(RenderError::Cancelled);
        }
    }
    assert!(!spec.prompt.contains("panic"), "as the test wants");
    if spec.prompt.contains("refuse") {
        return Err(rushes_render::SpecError::Seconds(99).into());
    }
    Ok(Video {
        mp4: spec.prompt.clone().into_bytes(),
        poster_jpeg: b"still".to_vec(),
        width: spec.width,
        height: spec.height,
        frames: 24,
        duration_ms: 1_000,
    })
}

#[tokio::test]
async fn a_film_is_kept_until_it_is_forgotten_and_its_beginning_and_end_are_reported() {
    let stage = Stage::new(1);
    assert_eq!(stage.state(1), PoolState::Unknown);
    stage.start(1, 1, "fox").unwrap();
    assert_eq!(stage.next(), "fox");
    assert_eq!(stage.state(1), PoolState::Running { permille: 0 });
    assert_eq!(stage.pool.take_changed(), [TaskId::new(1)]);
    assert_eq!(stage.pool.take_changed(), []);

    stage.go_on.send(()).unwrap();
    let PoolState::Done { video, poster } = stage.end(1).await else { panic!("no film") };
    assert_eq!((&video[..], &poster[..]), (&b"fox"[..], &b"still"[..]));
    assert_eq!(stage.pool.take_changed(), [TaskId::new(1)]);
    // A second start of the same task changes nothing.
    stage.start(1, 1, "other").unwrap();
    assert!(matches!(stage.state(1), PoolState::Done { .. }));
    stage.pool.forget(TaskId::new(1));
    assert_eq!(stage.state(1), PoolState::Unknown);
}

#[tokio::test]
async fn accounts_take_turns_however_many_jobs_one_of_them_has() {
    let stage = Stage::new(1);
    stage.start(1, 1, "a1").unwrap();
    assert_eq!(stage.next(), "a1");
    for (task, account, prompt) in
        [(2, 1, "a2"), (3, 1, "a3"), (4, 1, "a4"), (5, 2, "b1"), (6, 2, "b2"), (7, 3, "c1")]
    {
        stage.start(task, account, prompt).unwrap();
    }
    let mut order = Vec::new();
    for _ in 0..6 {
        stage.go_on.send(()).unwrap();
        order.push(stage.next());
    }
    assert_eq!(order, ["a2", "b1", "c1", "a3", "b2", "a4"]);
    stage.go_on.send(()).unwrap();
    stage.end(4).await;
}

#[tokio::test]
async fn the_line_is_bounded_and_says_how_much_room_there_is() {
    let stage = Stage::new(1);
    stage.start(1_000, 1, "first").unwrap();
    stage.next();
    assert_eq!(stage.pool.room(), WAITING_MAX);
    for task in 0..WAITING_MAX as u128 {
        stage.start(task, 1, "more").unwrap();
    }
    assert_eq!(stage.pool.room(), 0);
    assert_eq!(stage.start(2_000, 2, "too many"), Err(PoolFull));
    assert_eq!(stage.state(2_000), PoolState::Unknown);
    // What is in line already may be asked for again.
    assert_eq!(stage.start(0, 1, "more"), Ok(()));
    stage.pool.cancel(TaskId::new(0));
    assert_eq!(stage.pool.room(), 1);
}

#[tokio::test]
async fn cancel_takes_a_job_out_of_the_line_and_stops_one_that_is_drawn() {
    let stage = Stage::new(1);
    stage.start(1, 1, "drawn").unwrap();
    stage.next();
    stage.start(2, 1, "in line").unwrap();
    stage.start(3, 1, "last").unwrap();
    stage.pool.cancel(TaskId::new(2));
    assert_eq!(stage.state(2), PoolState::Cancelled);
    stage.pool.cancel(TaskId::new(1));
    assert_eq!(stage.end(1).await, PoolState::Cancelled);
    assert_eq!(stage.next(), "last");
    // A cancelled job can be started anew.
    stage.start(2, 1, "again").unwrap();
    assert_eq!(stage.state(2), PoolState::Waiting);
    // Nothing happens to what has ended.
    stage.go_on.send(()).unwrap();
    stage.end(3).await;
    stage.pool.cancel(TaskId::new(3));
    assert!(matches!(stage.state(3), PoolState::Done { .. }));
}

#[tokio::test]
async fn a_forgotten_render_stops_and_its_end_is_dropped() {
    let stage = Stage::new(1);
    stage.start(1, 1, "old").unwrap();
    stage.next();
    stage.pool.forget(TaskId::new(1));
    assert_eq!(stage.state(1), PoolState::Unknown);
    stage.start(1, 1, "new").unwrap();
    assert_eq!(stage.next(), "new");
    stage.go_on.send(()).unwrap();
    let PoolState::Done { video, .. } = stage.end(1).await else { panic!("no film") };
    assert_eq!(&video[..], b"new");
}

#[tokio::test]
async fn a_panic_and_a_refusal_fail_their_job_and_the_slot_goes_on() {
    let stage = Stage::new(1);
    for (task, prompt) in [(1, "panic"), (2, "refuse"), (3, "panic")] {
        stage.start(task, 1, prompt).unwrap();
    }
    stage.start(4, 1, "fine").unwrap();
    for _ in 0..4 {
        stage.next();
        stage.go_on.send(()).unwrap();
    }
    assert!(matches!(stage.end(4).await, PoolState::Done { .. }));
    let code = |state| match state {
        PoolState::Failed(failure) => failure.code,
        other => panic!("expected a failure, got {other:?}"),
    };
    assert_eq!(code(stage.state(1)), FailureCode::InternalError);
    assert_eq!(code(stage.state(2)), FailureCode::InvalidForUpstream);
    assert_eq!(code(stage.state(3)), FailureCode::InternalError);
}

#[tokio::test]
async fn no_more_films_are_drawn_at_once_than_there_are_slots() {
    let stage = Stage::new(2);
    for task in 1..=3 {
        stage.start(task, 1, "film").unwrap();
    }
    stage.next();
    stage.next();
    assert_eq!(stage.state(3), PoolState::Waiting);
    stage.go_on.send(()).unwrap();
    stage.next();
    assert!(matches!(stage.state(3), PoolState::Running { .. }));
}

#[tokio::test]
async fn stop_ends_everything_and_nothing_counts_as_cancelled() {
    let stage = Stage::new(1);
    stage.start(1, 1, "drawn").unwrap();
    stage.next();
    stage.start(2, 1, "in line").unwrap();
    stage.pool.stop();
    assert_eq!(stage.state(1), PoolState::Unknown);
    assert_eq!(stage.state(2), PoolState::Unknown);
    assert_eq!(stage.pool.room(), 0);
    assert_eq!(stage.start(3, 1, "late"), Err(PoolFull));
    // The thread has let go of the renderer, and with it of the channel's other end.
    drop(stage.pool);
    assert!(stage.began.recv_timeout(PATIENCE).is_err());
}
