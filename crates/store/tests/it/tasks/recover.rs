//! After a crash.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::ChannelId;
use rushes_domain::State;
use rushes_store::{
    Happening, Route, Store, StoreError, StoreOptions, advance, shift_times, void_all_leases,
};

use crate::harness::{TestStore, at};

#[test]
fn every_lease_ends_and_its_task_is_due() {
    let test = TestStore::new();
    let (_, submitting) = test.brought_to(1, State::Submitting);
    test.brought_to(2, State::Running);
    let polling = test.claim_due(0, 10).remove(0);
    test.created(3);
    let queued = test.claim_queued(0, 1).remove(0);
    test.created(4);
    assert_eq!(test.write(|tx| void_all_leases(tx, at(5))), 3);
    assert_eq!(test.write(|tx| void_all_leases(tx, at(5))), 0);

    for lease in [submitting, polling.lease, queued.lease] {
        let event = Happening::Polled { percent: None, started: true };
        assert_eq!(test.step(lease, event, 6), Err(StoreError::Fenced));
    }
    let due: Vec<State> = test.claim_due(5, 10).into_iter().map(|claim| claim.task.state).collect();
    assert_eq!(due, [State::Submitting, State::Running]);
    assert_eq!(test.claim_queued(5, 10).len(), 2);
}

#[test]
fn a_reopened_file_goes_on_where_it_was() {
    let test = TestStore::new();
    test.without_final_check();
    let (task, lease) = test.brought_to(1, State::Submitting);
    test.store.close_blocking();
    let path = test.folder.path().join("rushes.db");
    let store = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap();
    assert_eq!(store.write_blocking(|tx| void_all_leases(tx, at(5))), Ok(1));
    let claimed = store
        .write_blocking(|tx| rushes_store::claim_due(tx, at(5), at(65), ChannelId::PREVIEW, 10))
        .unwrap()
        .remove(0);
    assert_eq!((claimed.task.id, claimed.task.state), (task.id, State::Submitting));
    let change = rushes_store::Advance::new(Happening::Resubmitted, at(6));
    let late = change.clone();
    let refused =
        store.write_blocking(move |tx| advance(tx, rushes_store::Fence::Lease(&lease), &late));
    assert_eq!(refused, Err(StoreError::Fenced));
    let lease = claimed.lease;
    let moved =
        store.write_blocking(move |tx| advance(tx, rushes_store::Fence::Lease(&lease), &change));
    assert_eq!(moved.unwrap().state, State::Queued);
    let violations = store.read_blocking(|tx| rushes_store::check_invariants(tx, at(6))).unwrap();
    assert_eq!(violations, []);
    store.close_blocking();
}

/// A submit that did not arrive gives a task back the time to wait that it had, however often the
/// clock was set since it was made.
#[test]
fn a_deferral_after_a_jump_of_the_clock_keeps_the_time_that_was_left() {
    const HOUR: i64 = 3_600;
    for jump_hours in [7, -3] {
        let test = TestStore::new();
        let id = test.created(1).id;
        let now = (jump_hours + 1) * HOUR;
        test.write(move |tx| shift_times(tx, at(now), jump_hours * HOUR * 1_000));
        let left = at((jump_hours + 6) * HOUR);
        assert_eq!(test.task(id).deadline_at, left);
        let lease = test.claim_queued(now, 1).remove(0).lease;
        test.step(lease, Happening::SubmitStarted(Route::preview()), now).unwrap();
        // And once more while it is being handed over.
        test.write(move |tx| shift_times(tx, at(now + HOUR), HOUR * 1_000));
        let deferred = Happening::SubmitDeferred { refused_by: Vec::new() };
        let task = test.step(lease, deferred, now + HOUR).unwrap();
        assert_eq!(task.deadline_at, at((jump_hours + 7) * HOUR), "after {jump_hours} h");
    }
}
