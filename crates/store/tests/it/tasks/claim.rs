//! Leases.

use pretty_assertions::assert_eq;
use rushes_domain::{ChannelId, State};
use rushes_store::{
    Advance, Fence, Happening, ImageSnapshot, Route, StoreError, advance, images, next_in_flight,
    next_queued, set_image_snapshot,
};

use crate::harness::{TestStore, at, created, inline_image, new_task, task_id};

fn ids(claimed: &[rushes_store::Claimed]) -> Vec<u64> {
    let base = task_id(0).bits();
    claimed.iter().map(|claim| u64::try_from(claim.task.id.bits() - base).unwrap()).collect()
}

#[test]
fn queued_tasks_come_in_their_order_once() {
    let test = TestStore::new();
    for number in 1..=5 {
        test.created(number);
    }
    let first = test.claim_queued(1, 2);
    assert_eq!(ids(&first), [1, 2]);
    assert_eq!(first[0].lease.epoch, 1);
    assert_eq!(first[0].task.lease_until, at(61));
    assert_eq!(ids(&test.claim_queued(1, 10)), [3, 4, 5]);
    assert_eq!(test.claim_queued(1, 10), []);
    assert_eq!(test.claim_queued(1, 0), []);
}

#[test]
fn an_expired_lease_is_due_again_with_a_new_epoch() {
    let test = TestStore::new();
    test.created(1);
    let first = test.claim_queued(0, 1).remove(0);
    assert_eq!(test.claim_queued(59, 1), []);
    let second = test.claim_queued(60, 1).remove(0);
    assert_eq!(second.lease.epoch, first.lease.epoch + 1);
    assert_eq!(
        test.step(first.lease, Happening::SubmitStarted(Route::preview()), 61),
        Err(StoreError::Fenced)
    );
    assert_eq!(
        test.step(second.lease, Happening::SubmitStarted(Route::preview()), 61).unwrap().state,
        State::Submitting
    );
}

#[test]
fn the_accounts_take_turns() {
    let test = TestStore::new();
    let (second, second_key) = test.another_account(2);
    let (third, third_key) = test.another_account(3);
    for number in 0..10 {
        test.created(number);
    }
    for number in 10..13 {
        created(test.create(new_task(second, second_key, number)));
    }
    created(test.create(new_task(third, third_key, 13)));
    let shares = |claimed: &[rushes_store::Claimed]| {
        let count =
            |account| claimed.iter().filter(|claim| claim.task.account_id == account).count();
        (count(test.account), count(second), count(third))
    };
    assert_eq!(shares(&test.claim_queued(1, 5)), (2, 2, 1));
    assert_eq!(shares(&test.claim_queued(2, 2)), (1, 1, 0));
    assert_eq!(shares(&test.claim_queued(3, 4)), (4, 0, 0), "places of the others are not lost");
}

#[test]
fn turns_rotate_when_places_are_few() {
    let test = TestStore::new();
    let (second, key) = test.another_account(2);
    for number in 0..3 {
        test.created(number);
        created(test.create(new_task(second, key, 10 + number)));
    }
    // The clock stands still; the turns go on.
    let turns: Vec<i64> = (0..6).map(|_| test.claim_queued(1, 1)[0].task.account_id.0).collect();
    assert_eq!(turns, [1, 2, 1, 2, 1, 2]);
}

#[test]
fn an_account_whose_tasks_are_all_delayed_takes_no_turn() {
    let test = TestStore::new();
    let (second, key) = test.another_account(2);
    let (_, lease) = test.brought_to(1, State::Submitting);
    let change =
        Advance::new(Happening::SubmitDeferred { refused_by: Vec::new() }, at(0)).run_at(at(100));
    test.write(move |tx| advance(tx, Fence::Lease(&lease), &change));
    created(test.create(new_task(second, key, 2)));
    assert_eq!(ids(&test.claim_queued(1, 1)), [2]);
    assert_eq!(test.claim_queued(99, 1).len(), 1, "the second account's lease ran out");
    assert_eq!(ids(&test.claim_queued(100, 1)), [1]);
}

#[test]
fn due_tasks_are_those_in_flight_whose_moment_has_come() {
    let test = TestStore::new();
    let (_, lease) = test.brought_to(1, State::Running);
    assert_eq!(ids(&test.claim_due(0, 10)), [1], "the lease was given back");
    let lease = rushes_store::Lease { epoch: lease.epoch + 1, ..lease };
    let change =
        Advance::new(Happening::Polled { percent: None, started: true }, at(0)).run_at(at(5));
    test.write(move |tx| advance(tx, Fence::Lease(&lease), &change));
    assert_eq!(test.claim_due(4, 10), []);
    assert_eq!(ids(&test.claim_due(5, 10)), [1]);
    assert_eq!(test.claim_due(64, 10), []);
    assert_eq!(ids(&test.claim_due(65, 10)), [1]);
}

#[test]
fn a_submit_keeps_its_lease_and_others_give_it_back() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Submitting);
    assert_eq!((task.lease_until, task.next_run_at), (at(60), Some(at(60))));
    let change = Advance::new(Happening::SubmitAccepted { upstream_id: "job".to_owned() }, at(1))
        .run_at(at(2))
        .keep_lease_until(at(90));
    let task = test.write(move |tx| advance(tx, Fence::Lease(&lease), &change));
    assert_eq!((task.lease_until, task.next_run_at), (at(90), Some(at(90))));
    assert_eq!(test.claim_due(89, 1), []);
    let change =
        Advance::new(Happening::Polled { percent: Some(3), started: true }, at(3)).run_at(at(8));
    let task = test.write(move |tx| advance(tx, Fence::Lease(&lease), &change));
    assert_eq!((task.lease_until.0, task.next_run_at), (0, Some(at(8))));
}

#[test]
fn a_claim_brings_the_images_and_a_snapshot_is_fenced() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.images = vec![inline_image(new.id, 0), inline_image(new.id, 1)];
    created(test.create(new));
    let claimed = test.claim_queued(0, 1).remove(0);
    assert_eq!(claimed.images.len(), 2);
    let (id, lease) = (claimed.task.id, claimed.lease);
    let snapshot = |lease: rushes_store::Lease| {
        let snapshot = ImageSnapshot {
            position: 1,
            path: format!("images/{}-1", lease.task_id.hex()),
            mime: "image/jpeg".to_owned(),
            sha256_hex: "ef".repeat(32),
            bytes_len: 77,
        };
        test.store.write_blocking(move |tx| set_image_snapshot(tx, &lease, &snapshot))
    };
    assert_eq!(snapshot(lease), Ok(()));
    let kept = test.read(move |tx| images(tx, id)).remove(1);
    assert_eq!((kept.mime.as_deref(), kept.bytes_len), (Some("image/jpeg"), Some(77)));
    let stale = rushes_store::Lease { epoch: lease.epoch - 1, ..lease };
    assert_eq!(snapshot(stale), Err(StoreError::Fenced));
}

#[test]
fn the_next_due_moment_ignores_what_only_waits_for_a_slot() {
    let test = TestStore::new();
    let next = |seconds| {
        test.read(move |tx| {
            let in_flight = next_in_flight(tx, ChannelId::PREVIEW)?;
            Ok(in_flight.into_iter().chain(next_queued(tx, at(seconds))?).min())
        })
    };
    assert_eq!(next(0), None);
    let (_, lease) = test.brought_to(1, State::Submitting);
    assert_eq!(next(0), Some(at(60)), "the lease's end");
    let change =
        Advance::new(Happening::SubmitDeferred { refused_by: Vec::new() }, at(0)).run_at(at(30));
    test.write(move |tx| advance(tx, Fence::Lease(&lease), &change));
    test.created(2);
    assert_eq!(next(0), Some(at(30)));
    assert_eq!(next(30), None, "claimable now");
}
