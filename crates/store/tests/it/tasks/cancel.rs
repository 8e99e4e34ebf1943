//! A client calls a task off.

use rushes_domain::{FailureCode, State, Ticks};
use rushes_store::{CancelOutcome, Happening, Route, StoreError, cancel_task};

use crate::harness::{TestStore, at, stored, task_id};

fn cancel(test: &TestStore, number: u64) -> CancelOutcome {
    let account = test.account;
    test.write(move |tx| cancel_task(tx, account, task_id(number), at(9)))
}

#[test]
fn a_waiting_task_ends_at_once_and_costs_nothing() {
    let test = TestStore::new();
    test.created(1);
    let lease = test.claim_queued(0, 1)[0].lease;
    let CancelOutcome::Cancelled(task) = cancel(&test, 1) else { panic!() };
    assert_eq!(task.state, State::Cancelled);
    assert_eq!(task.failure.unwrap().code, FailureCode::Cancelled);
    assert_eq!(test.balance().pending, Ticks(0));
    let late = test.step(lease, Happening::SubmitStarted(Route::preview()), 10);
    assert_eq!(late, Err(StoreError::Fenced), "the worker that was about to send it stops");
    assert!(matches!(cancel(&test, 1), CancelOutcome::AlreadyCancelled(_)));
}

#[test]
fn a_task_that_was_handed_over_is_only_asked_to_end() {
    let test = TestStore::new();
    for (number, state) in [(1, State::Submitting), (2, State::Running), (3, State::Finalizing)] {
        test.brought_to(number, state);
        for _ in 0..2 {
            let CancelOutcome::Requested(task) = cancel(&test, number) else { panic!() };
            assert_eq!((task.state, task.cancel_requested), (state, true));
        }
    }
}

#[test]
fn another_end_stays() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task.id)), 1).unwrap();
    let CancelOutcome::AlreadyTerminal(task) = cancel(&test, 1) else { panic!() };
    assert_eq!(task.state, State::Succeeded);
}

#[test]
fn a_strangers_task_is_not_found() {
    let test = TestStore::new();
    test.created(1);
    let (other, _) = test.another_account(2);
    let outcome = test.write(move |tx| cancel_task(tx, other, task_id(1), at(1)));
    assert_eq!(outcome, CancelOutcome::NotFound);
    assert_eq!(cancel(&test, 2), CancelOutcome::NotFound);
}
