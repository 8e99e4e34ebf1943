//! The one way in which a task changes.

use pretty_assertions::assert_eq;
use rushes_domain::money::CostState;
use rushes_domain::{Event, FailureCode, State, Ticks, transition};
use rushes_store::{
    AccountLimits, Happening, Lease, Route, StoreError, TaskRow, images, state_log, transfers_of,
};

use crate::harness::{
    CREDIT, PRICE, TestStore, at, created, failure, inline_image, stored, task_id,
};

#[test]
fn a_whole_life_is_paid_once_and_logged() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    let id = task.id;
    assert_eq!(task.upstream_cost, Some(Ticks(7)));
    let task = test.step(lease, Happening::Stored(stored(id)), 9).unwrap();
    assert_eq!((task.state, task.percent), (State::Succeeded, 100));
    assert_eq!((task.cost_state, task.finished_at), (CostState::Posted, Some(at(9))));
    assert_eq!((task.next_run_at, task.lease_until.0), (None, 0));
    let result = task.result.clone().unwrap();
    assert_eq!((result.bytes, result.expires_at, result.removed_at), (4_567, at(86_400), None));
    assert_eq!(test.task(id), task);

    let balance = test.balance();
    assert_eq!((balance.posted, balance.pending), (PRICE, Ticks(0)));
    assert_eq!(balance.available, Ticks(CREDIT.0 - PRICE.0));
    let kinds: Vec<String> =
        test.read(move |tx| transfers_of(tx, id)).into_iter().map(|each| each.kind).collect();
    assert_eq!(kinds, ["hold", "post"]);
    let log: Vec<(String, State)> = test
        .read(move |tx| state_log(tx, id))
        .into_iter()
        .map(|line| (line.event, line.state))
        .collect();
    let expected = [
        ("created", State::Queued),
        ("submit_started", State::Submitting),
        ("submit_accepted", State::Running),
        ("upstream_done", State::Finalizing),
        ("stored", State::Succeeded),
    ];
    assert_eq!(log, expected.map(|(event, state)| (event.to_owned(), state)));
}

#[test]
fn a_failure_gives_everything_back() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Running);
    let moderated = failure(FailureCode::Moderated);
    let task_after = test.step(lease, Happening::Failed(moderated.clone()), 3).unwrap();
    assert_eq!((task_after.state, task_after.cost_state), (State::Failed, CostState::Voided));
    assert_eq!(task_after.failure, Some(moderated));
    assert_eq!(test.task(task.id), task_after);
    assert_eq!(test.balance().available, CREDIT);
    let id = task.id;
    let transfers = test.read(move |tx| transfers_of(tx, id));
    assert_eq!(transfers[1].kind, "void");
    let log = test.read(move |tx| state_log(tx, id));
    assert_eq!(log.last().unwrap().detail, "moderated");
}

#[test]
fn an_ended_task_never_changes_again() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    let ended = test.step(lease, Happening::Stored(stored(task.id)), 1).unwrap();
    for event in [
        Happening::Failed(failure(FailureCode::DeadlineExceeded)),
        Happening::Cancelled(failure(FailureCode::Cancelled)),
        Happening::Stored(stored(task.id)),
        Happening::CancelRequested,
        Happening::SubmitStarted(Route::preview()),
    ] {
        assert!(matches!(test.step(lease, event.clone(), 2), Err(StoreError::Illegal(_))));
        assert!(matches!(test.outside(task.id, event, 2), Err(StoreError::Illegal(_))));
    }
    assert_eq!(test.task(task.id), ended);
}

#[test]
fn a_stale_lease_writes_nothing() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Running);
    let claimed = test.claim_due(0, 1).remove(0);
    assert_eq!(claimed.lease.epoch, lease.epoch + 1);
    let before = test.task(task.id);
    let late = Happening::Polled { percent: Some(80), started: true };
    assert_eq!(test.step(lease, late, 1), Err(StoreError::Fenced));
    assert_eq!(test.task(task.id), before);
    let ghost = Lease { task_id: task_id(99), epoch: 1 };
    assert_eq!(
        test.step(ghost, Happening::SubmitStarted(Route::preview()), 1),
        Err(StoreError::NotFound)
    );
}

#[test]
fn who_ends_a_task_from_outside_fences_its_worker() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Running);
    let late = Happening::Failed(failure(FailureCode::DeadlineExceeded));
    let ended = test.outside(task.id, late, 5).unwrap();
    assert_eq!(ended.lease_epoch, lease.epoch + 1);
    let done = Happening::UpstreamDone { upstream_cost: None, media: None };
    assert_eq!(test.step(lease, done, 6), Err(StoreError::Fenced));
}

#[test]
fn asking_to_cancel_leaves_the_worker_its_lease() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Submitting);
    let asked = test.outside(task.id, Happening::CancelRequested, 1).unwrap();
    assert!(asked.cancel_requested);
    assert_eq!(asked.lease_until, task.lease_until);
    let accepted = Happening::SubmitAccepted { upstream_id: "job-9".to_owned() };
    let task = test.step(lease, accepted, 2).unwrap();
    assert_eq!(task.upstream_id.as_deref(), Some("job-9"), "what was learned is not lost");
    assert!(task.cancel_requested, "and the wish is not forgotten");
    let id = task.id;
    let log = test.read(move |tx| state_log(tx, id));
    assert!(log.iter().any(|line| line.event == "cancel_requested"));
}

#[test]
fn a_task_that_nobody_has_is_due_at_once_when_it_shall_be_cancelled() {
    let test = TestStore::new();
    let (_, lease) = test.brought_to(1, State::Running);
    let change =
        rushes_store::Advance::new(Happening::Polled { percent: None, started: false }, at(0))
            .run_at(at(1_000));
    test.write(move |tx| rushes_store::advance(tx, rushes_store::Fence::Lease(&lease), &change));
    let asked = test.outside(lease.task_id, Happening::CancelRequested, 3).unwrap();
    assert_eq!(asked.next_run_at, Some(at(3)));
    assert_eq!(test.claim_due(3, 1).len(), 1);
}

#[test]
fn progress_never_falls_and_stays_below_the_end() {
    let test = TestStore::new();
    let (_, lease) = test.brought_to(1, State::Running);
    let poll =
        |percent, started| test.step(lease, Happening::Polled { percent, started }, 4).unwrap();
    assert_eq!(poll(None, false).started_at, None);
    assert_eq!(poll(Some(40), true).percent, 40);
    assert_eq!(poll(Some(20), true).percent, 40);
    assert_eq!(poll(None, true).percent, 40);
    assert_eq!(poll(Some(255), true).percent, 99);
    assert_eq!(poll(None, true).started_at, Some(at(4)));
}

#[test]
fn misses_are_counted_until_an_answer() {
    let test = TestStore::new();
    let (_, lease) = test.brought_to(1, State::Running);
    let first = test.step(lease, Happening::PollMissed, 10).unwrap();
    assert_eq!((first.poll_misses, first.poll_missed_since), (1, Some(at(10))));
    let second = test.step(lease, Happening::PollMissed, 20).unwrap();
    assert_eq!((second.poll_misses, second.poll_missed_since), (2, Some(at(10))));
    let found = Happening::Polled { percent: None, started: true };
    let answered = test.step(lease, found, 30).unwrap();
    assert_eq!((answered.poll_misses, answered.poll_missed_since), (0, None));
}

#[test]
fn the_clock_of_a_run_starts_with_a_submit_that_may_have_arrived() {
    let test = TestStore::new();
    test.created(1);
    let lease = test.claim_queued(100, 1)[0].lease;
    let sent = test.step(lease, Happening::SubmitStarted(Route::preview()), 100).unwrap();
    assert_eq!((sent.attempts, sent.submitted_at), (1, Some(at(100))));
    assert_eq!(sent.deadline_at, at(1_900));
    let deferred =
        test.step(lease, Happening::SubmitDeferred { refused_by: Vec::new() }, 101).unwrap();
    assert_eq!((deferred.state, deferred.attempts, deferred.deferrals), (State::Queued, 0, 1));
    assert_eq!((deferred.submitted_at, deferred.deadline_at), (None, at(21_600)));

    let lease = test.claim_queued(200, 1)[0].lease;
    test.step(lease, Happening::SubmitStarted(Route::preview()), 200).unwrap();
    let again = test.step(lease, Happening::Resubmitted, 300).unwrap();
    assert_eq!(
        (again.state, again.attempts, again.submitted_at),
        (State::Queued, 1, Some(at(200)))
    );
    let lease = test.claim_queued(300, 1)[0].lease;
    let sent = test.step(lease, Happening::SubmitStarted(Route::preview()), 300).unwrap();
    assert_eq!((sent.attempts, sent.deadline_at), (2, at(2_000)), "the deadline does not move");
    let deferred =
        test.step(lease, Happening::SubmitDeferred { refused_by: Vec::new() }, 301).unwrap();
    assert_eq!((deferred.attempts, deferred.deadline_at), (1, at(2_000)));
}

#[test]
fn tries_to_store_are_counted() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    assert_eq!((task.upstream_done_at, task.finalize_attempts), (Some(at(0)), 0));
    let again = test.step(lease, Happening::FinalizeDeferred, 5).unwrap();
    assert_eq!((again.state, again.finalize_attempts), (State::Finalizing, 1));
}

#[test]
fn the_end_of_a_task_promotes_the_oldest_parked_one() {
    let test = TestStore::new();
    for number in 1..=4 {
        let mut new = test.new_task(number);
        new.limits = AccountLimits { in_flight_max: 2, waiting_max: 10 };
        created(test.create(new));
    }
    let lease = test.claim_queued(0, 1)[0].lease;
    test.heard();
    let refused = Happening::Failed(failure(FailureCode::InvalidForUpstream));
    test.step(lease, refused, 7).unwrap();
    assert_eq!(test.heard(), ["failed v2", "queued v2", "work"]);
    let promoted = test.task(task_id(3));
    assert_eq!((promoted.state, promoted.queued_at), (State::Queued, Some(at(7))));
    assert_eq!(promoted.next_run_at, Some(at(7)));
    assert_eq!(test.task(task_id(4)).state, State::Parked);
}

#[test]
fn the_end_of_a_task_lets_its_images_go() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.images = vec![inline_image(new.id, 0), inline_image(new.id, 1)];
    let id = created(test.create(new)).id;
    test.heard();
    test.outside(id, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
    let files = format!("files images/{0}-0 images/{0}-1", id.hex());
    assert_eq!(test.heard(), [files, "failed v2".to_owned()]);
    let images = test.read(move |tx| images(tx, id));
    assert!(images.iter().all(|image| image.path.is_none() && image.mime.is_some()));
}

/// Every state and event: exactly what the domain's table says, and nothing is left behind by the
/// pairs that it does not allow.
#[test]
fn the_store_follows_the_domains_table() {
    let test = TestStore::new();
    let mut number = 0;
    for state in State::ALL {
        for event in Event::ALL {
            number += 1;
            let before = in_state(&test, number, state);
            let outcome = test.outside(before.id, happening(event, &before), 1);
            match transition(state, event) {
                Ok(next) => assert_eq!(outcome.unwrap().state, next, "{event:?} in {state:?}"),
                Err(illegal) => {
                    assert_eq!(outcome, Err(StoreError::Illegal(illegal)));
                    assert_eq!(test.task(before.id), before);
                }
            }
            let left = test.task(before.id);
            if !left.state.is_terminal() {
                let end = Happening::Failed(failure(FailureCode::InternalError));
                test.outside(before.id, end, 2).unwrap();
            }
            test.assert_sound();
        }
    }
}

fn in_state(test: &TestStore, number: u64, state: State) -> TaskRow {
    let end = |event| {
        let id = test.created(number).id;
        test.outside(id, event, 0).unwrap()
    };
    match state {
        State::Parked => {
            let mut new = test.new_task(number);
            new.limits = AccountLimits { in_flight_max: 0, waiting_max: 1 };
            created(test.create(new))
        }
        State::Queued => test.created(number),
        State::Failed => end(Happening::Failed(failure(FailureCode::UpstreamError))),
        State::Cancelled => end(Happening::Cancelled(failure(FailureCode::Cancelled))),
        State::Succeeded => {
            let (task, lease) = test.brought_to(number, State::Finalizing);
            test.step(lease, Happening::Stored(stored(task.id)), 0).unwrap()
        }
        _ => test.brought_to(number, state).0,
    }
}

fn happening(event: Event, task: &TaskRow) -> Happening {
    match event {
        Event::Promoted => Happening::Promoted,
        Event::SubmitStarted => Happening::SubmitStarted(Route::preview()),
        Event::SubmitAccepted => Happening::SubmitAccepted { upstream_id: "job".to_owned() },
        Event::SubmitDeferred => Happening::SubmitDeferred { refused_by: Vec::new() },
        Event::Polled => Happening::Polled { percent: Some(9), started: true },
        Event::Resubmitted => Happening::Resubmitted,
        Event::UpstreamDone => Happening::UpstreamDone { upstream_cost: None, media: None },
        Event::FinalizeDeferred => Happening::FinalizeDeferred,
        Event::Stored => Happening::Stored(stored(task.id)),
        Event::CancelRequested => Happening::CancelRequested,
        Event::Cancelled => Happening::Cancelled(failure(FailureCode::Cancelled)),
        Event::Failed => Happening::Failed(failure(FailureCode::UpstreamError)),
    }
}
