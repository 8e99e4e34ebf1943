//! Many callers at once. In each race exactly what the rules allow happens.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};

use rushes_domain::admission::{Level, Refusal};
use rushes_domain::{ChannelId, FailureCode, State, Ticks};
use rushes_store::{
    Advance, CancelOutcome, CreateOutcome, Fence, Happening, StoreError, advance, cancel_task,
    claim_due, create_task, overdue,
};
use tokio::task::JoinSet;

use crate::harness::{PRICE, TestStore, at, claim_previews, failure, idempotency, stored, task_id};

const CALLERS: u64 = 64;
const ROUNDS: u64 = 200;

async fn create_all(
    test: &TestStore,
    make: impl Fn(u64) -> rushes_store::NewTask,
) -> Vec<CreateOutcome> {
    let mut creates = JoinSet::new();
    for number in 0..CALLERS {
        let (store, new) = (test.store.clone(), make(number));
        creates.spawn(async move { store.write(move |tx| create_task(tx, &new)).await.unwrap() });
    }
    creates.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_balance_for_one_makes_one() {
    let test = TestStore::with_credit(PRICE);
    let outcomes = create_all(&test, |number| test.new_task(number)).await;
    let made = outcomes.iter().filter(|outcome| matches!(outcome, CreateOutcome::Created(_)));
    assert_eq!(made.count(), 1);
    let refused =
        CreateOutcome::Refused(Refusal::InsufficientQuota { needed: PRICE, available: Ticks(0) });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == refused).count(), 63);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_idempotency_key_makes_one() {
    let test = TestStore::new();
    let outcomes = create_all(&test, |number| {
        let mut new = test.new_task(number);
        new.idempotency = Some(idempotency("once", 1));
        new
    })
    .await;
    let made = outcomes.iter().filter(|outcome| matches!(outcome, CreateOutcome::Created(_)));
    assert_eq!(made.count(), 1);
    let replayed =
        outcomes.iter().filter(|outcome| matches!(outcome, CreateOutcome::Replayed { .. }));
    assert_eq!(replayed.count(), 63);
    assert_eq!(test.balance().pending, PRICE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_hold_at_every_instant() {
    let test = TestStore::new();
    let outcomes = create_all(&test, |number| {
        let mut new = test.new_task(number);
        new.limits = rushes_store::AccountLimits { in_flight_max: 5, waiting_max: 10 };
        new
    })
    .await;
    let count = |is: fn(&CreateOutcome) -> bool| outcomes.iter().filter(|each| is(each)).count();
    assert_eq!(
        count(|each| matches!(each, CreateOutcome::Created(task) if task.state == State::Queued)),
        5
    );
    assert_eq!(
        count(|each| matches!(each, CreateOutcome::Created(task) if task.state == State::Parked)),
        10
    );
    assert_eq!(
        count(|each| *each
            == CreateOutcome::Refused(Refusal::QueueFull {
                waiting: Level { count: 10, max: 10 },
                is_group: false
            })),
        49
    );
}

#[test]
fn racing_claimers_share_the_tasks() {
    let test = TestStore::new();
    for number in 0..100 {
        test.created(number);
    }
    let start = Arc::new(Barrier::new(8));
    let claimers: Vec<_> = (0..8)
        .map(|_| {
            let (store, start) = (test.store.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                let mut got = Vec::new();
                loop {
                    let claimed = store.write_blocking(|tx| claim_previews(tx, 1, 3)).unwrap();
                    if claimed.is_empty() {
                        return got;
                    }
                    got.extend(claimed.into_iter().map(|claim| claim.task.id));
                }
            })
        })
        .collect();
    let all: Vec<_> = claimers.into_iter().flat_map(|claimer| claimer.join().unwrap()).collect();
    assert_eq!(all.len(), 100);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 100, "a task was given out twice");
}

/// Cancel, completion and deadline sweep on the same running task: one end, one resolution.
#[test]
fn cancel_completion_and_sweep_agree_on_one_end() {
    let test = TestStore::new();
    *test.checked_at.lock().unwrap() = Some(at(0));
    let mut ends = [0_u32; 3];
    for round in 0..ROUNDS {
        let state = [State::Submitting, State::Running, State::Finalizing]
            [usize::try_from(round % 3).unwrap()];
        let (task, lease) = test.brought_to(round, state);
        let (id, account) = (task.id, test.account);
        let start = Arc::new(Barrier::new(3));
        let racer = |operation: Box<dyn Fn(&rushes_store::Store) + Send>| {
            let (store, start) = (test.store.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                operation(&store);
            })
        };
        let cancel = racer(Box::new(move |store| {
            let outcome =
                store.write_blocking(move |tx| cancel_task(tx, account, id, at(1))).unwrap();
            assert!(!matches!(outcome, CancelOutcome::NotFound | CancelOutcome::Cancelled(_)));
        }));
        let complete = racer(Box::new(move |store| complete(store, lease)));
        let sweep = racer(Box::new(move |store| {
            // Its time is over for the sweeper's clock.
            let late = at(3_600);
            let found = store.write_blocking(move |tx| overdue(tx, late, 10)).unwrap();
            for id in found {
                let event = Happening::Failed(failure(FailureCode::DeadlineExceeded));
                let change = Advance::new(event, late);
                let ended =
                    store.write_blocking(move |tx| advance(tx, Fence::Outside(id), &change));
                assert!(matches!(ended, Ok(_) | Err(StoreError::Illegal(_))), "{ended:?}");
            }
        }));
        for thread in [cancel, complete, sweep] {
            thread.join().unwrap();
        }
        let end = test.task(id).state;
        assert!(end.is_terminal(), "{end:?}");
        ends[match end {
            State::Succeeded => 0,
            State::Failed => 1,
            _ => 2,
        }] += 1;
        test.assert_sound();
    }
    assert_eq!(ends.iter().sum::<u32>(), 200);
}

/// A worker's way to the end; anything but being overtaken is a mistake.
fn complete(store: &rushes_store::Store, lease: rushes_store::Lease) {
    for event in [
        Happening::SubmitAccepted { upstream_id: "job".to_owned() },
        Happening::Polled { percent: Some(50), started: true },
        Happening::UpstreamDone { upstream_cost: None, media: None },
        Happening::Stored(stored(lease.task_id)),
    ] {
        let change = Advance::new(event, at(2));
        match store.write_blocking(move |tx| advance(tx, Fence::Lease(&lease), &change)) {
            Err(StoreError::Fenced) => return,
            Ok(_) | Err(StoreError::Illegal(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn ten_thousand_tasks_are_no_problem() {
    let test = TestStore::with_credit(Ticks(i64::MAX / 4));
    let (account, key) = (test.account, test.live_key);
    test.write(move |tx| {
        for number in 0..10_000 {
            let mut new = crate::harness::new_task(account, key, number);
            new.limits.in_flight_max = 9_000;
            new.price = Ticks(1);
            create_task(tx, &new)?;
        }
        Ok(())
    });
    let first = test.claim_queued(1, 500);
    assert_eq!(first.len(), 500);
    assert_eq!(first[0].task.id, task_id(0));
    assert_eq!(test.write(|tx| claim_due(tx, at(1), at(61), ChannelId::PREVIEW, 10)), []);
    assert_eq!(test.claim_queued(1, 1)[0].task.id, task_id(500));
    let last = test.task(task_id(9_999));
    assert_eq!(last.state, State::Parked);
    let position = test.read(move |tx| rushes_store::queue_position(tx, &last));
    assert_eq!(position, Some(10_000));
}
