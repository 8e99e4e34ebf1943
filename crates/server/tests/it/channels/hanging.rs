//! Many tasks in flight at once, and a channel among theirs that never answers again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fake_upstream::script::{Behaviour, Phase};
use fake_upstream::{FakeUpstream, Flavour};
use pretty_assertions::assert_eq;
use rushes_domain::money::CostState;
use rushes_domain::{State, TaskId};
use rushes_store::TaskRow;
use serde_json::json;

use super::{add, admin, fake, order};
use crate::support::{Options, TestApp, eventually};

/// Jobs that each channel has in flight: 500 in all.
const HANGING: usize = 100;
const GOOD: usize = 200;
const ALL: usize = HANGING + 2 * GOOD;
/// How many times as long as without the hanging channel a good one may take, on a machine that
/// does other things too. If it waited for the other's answers it would never be done.
const SLOWER_MAX: u32 = 4;
/// The shortest time that is measured: less is noise.
const MEASURED_MIN: Duration = Duration::from_secs(1);

const SETTINGS: &str = "stop_grace_ms = 300\n\
                        [account]\nin_flight_max = 1000\ncreate_burst = 2000\n\
                        first_credit = \"100000\"";

/// Waits until so many tasks have not ended; by the store, whose answer does not cost what 500 polls
/// would.
async fn until_unfinished(app: &TestApp, count: usize) {
    eventually(&format!("{count} tasks are left"), async || {
        let stats = app.app().store.read(rushes_store::stats).await.unwrap();
        let live: u64 = stats.live.iter().map(|group| group.count).sum();
        (live <= count as u64).then_some(())
    })
    .await;
}

/// Makes tasks of which none ends before its upstream is told so, and waits until all are there.
async fn in_flight(
    app: &TestApp,
    upstreams: &[&FakeUpstream],
    name: &str,
    count: usize,
) -> Vec<TaskId> {
    let accepted = || upstreams.iter().map(|it| it.accepted()).sum::<usize>();
    let before = accepted();
    let mut ids = Vec::new();
    for number in 0..count {
        let id = app.create(&order(&format!("{name} {number}"))).await;
        ids.push(id.parse().unwrap());
    }
    eventually("all jobs were taken", async || (accepted() - before == count).then_some(())).await;
    ids
}

/// The connections that it had go one by one, and the port with the last of them.
async fn listen_again(upstream: &FakeUpstream) {
    eventually("the port is free", async || upstream.listen_again().ok()).await;
}

/// From the word that the jobs of one channel may end until its tasks have.
async fn time_of(app: &TestApp, upstream: &FakeUpstream, left: usize) -> Duration {
    let started = Instant::now();
    upstream.clear();
    until_unfinished(app, left).await;
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_500_tasks_those_of_a_hanging_channel_hold_up_no_other_and_a_restart_doubles_none() {
    let app = Options::default().toml(SETTINGS).start().await;
    let hanging = fake(Flavour::OpenAi).await;
    let good = [fake(Flavour::OpenAi).await, fake(Flavour::OpenAi).await];
    let all = [&hanging, &good[0], &good[1]];
    // For ever: no time-out of the channel's own comes to the others' help.
    let timeouts = json!({ "submit_ms": 5_000, "poll_ms": 600_000, "download_ms": 5_000 });
    for (name, upstream, jobs) in
        [("hangs", all[0], HANGING), ("good-0", all[1], GOOD), ("good-1", all[2], GOOD)]
    {
        let more = json!({ "max_concurrency": jobs, "timeouts": timeouts });
        add(&app, name, "xai", upstream, more).await;
    }
    let stall = || good.iter().for_each(|it| it.set(Phase::Poll, Behaviour::Stall, None));

    // How long the good ones take by themselves.
    let switch = async |enabled: bool| {
        let answer =
            admin(&app, "PATCH", "/api/admin/channels/hangs", &json!({ "enabled": enabled })).await;
        assert_eq!(answer.status, 200);
    };
    switch(false).await;
    stall();
    let mut ids = in_flight(&app, &all, "alone", 2 * GOOD).await;
    let alone = time_of(&app, &good[0], GOOD).await;
    good[1].clear();
    until_unfinished(&app, 0).await;
    assert_eq!(hanging.accepted(), 0);

    switch(true).await;
    stall();
    hanging.set(Phase::Poll, Behaviour::Silence, None);
    ids.extend(in_flight(&app, &all, "together", ALL).await);
    assert_eq!((hanging.accepted(), good[0].accepted() + good[1].accepted()), (HANGING, 4 * GOOD));
    let together = time_of(&app, &good[0], HANGING + GOOD).await;
    println!("{GOOD} tasks took {alone:?}, and {together:?} beside a channel that hangs");
    let most = alone.max(MEASURED_MIN) * SLOWER_MAX;
    assert!(together <= most, "{together:?} instead of {alone:?}");

    // In the middle: one channel is done, one on its way, and one hangs. (Its connections end with
    // the gateway; here the process goes on, so that somebody else has to end them.)
    hanging.stop_listening();
    let folder = app.stop().await;
    listen_again(&hanging).await;
    let app = Options::default().toml(SETTINGS).start_in(folder).await;
    good[1].clear();
    until_unfinished(&app, HANGING).await;

    // It comes back: connections end, as they do when a server is started again.
    hanging.stop_listening();
    hanging.clear();
    listen_again(&hanging).await;
    until_unfinished(&app, 0).await;
    let ends = app.app().store.read(move |tx| {
        ids.iter().map(|&id| rushes_store::task(tx, id)).collect::<Result<Vec<_>, _>>()
    });
    let is_paid =
        |task: &TaskRow| (task.state, task.cost_state) == (State::Succeeded, CostState::Posted);
    let ends = ends.await.unwrap();
    assert_eq!(ends.iter().flatten().filter(|task| is_paid(task)).count(), 2 * GOOD + ALL);
    let prompts: Vec<String> = all.iter().flat_map(|it| it.jobs()).map(|job| job.prompt).collect();
    let distinct: BTreeSet<&String> = prompts.iter().collect();
    assert_eq!((prompts.len(), distinct.len()), (2 * GOOD + ALL, 2 * GOOD + ALL), "one job each");
    app.finish().await;
}
