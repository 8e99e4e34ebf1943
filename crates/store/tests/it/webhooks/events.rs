//! Which changes are told to whom, and that a change and its telling are one.

use pretty_assertions::assert_eq;
use rushes_domain::webhook::EventType;
use rushes_domain::{FailureCode, State};
use rushes_store::{
    CancelOutcome, DeliveryStatus, DisabledBy, Happening, Reason, StoreError, cancel_task,
    remove_result, update_endpoint,
};

use super::{deliveries, endpoint, terms};
use crate::harness::{TestStore, at, failure, stored};

/// Type and id of each event that an endpoint is told.
fn told(test: &TestStore, id: rushes_domain::EndpointId) -> Vec<(EventType, u32, String)> {
    let rows = deliveries(test, id);
    rows.into_iter().map(|row| (row.event_type, row.sequence, row.event_id)).collect()
}

fn count(test: &TestStore, table: &'static str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    test.read(move |tx| tx.value(&sql, &[])).unwrap()
}

#[test]
fn a_tasks_life_is_told_in_order_and_under_ids_of_its_own() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", &EventType::ALL);
    let (task, lease) = test.brought_to(1, State::Running);
    assert_eq!(told(&test, id), []);
    test.step(lease, Happening::Polled { percent: Some(3), started: true }, 1).unwrap();
    test.step(lease, Happening::Polled { percent: Some(9), started: true }, 2).unwrap();
    let done = Happening::UpstreamDone { upstream_cost: None, media: None };
    test.step(lease, done, 3).unwrap();
    test.step(lease, Happening::Stored(stored(task.id)), 4).unwrap();
    let expired = test.write(move |tx| remove_result(tx, task.id, at(86_401)));
    assert!(expired.is_some());
    test.write(move |tx| remove_result(tx, task.id, at(86_402)));
    let event = |place: u32| format!("evt_{}_{place}", task.id.hex());
    assert_eq!(
        told(&test, id),
        [
            (EventType::Started, 1, event(1)),
            (EventType::Completed, 2, event(2)),
            (EventType::Expired, 3, event(3)),
        ]
    );
    let first = &deliveries(&test, id)[0];
    assert_eq!(first.id, format!("dlv_{}_1_{id}", task.id.hex()));
    assert_eq!((first.status, first.next_attempt_at), (DeliveryStatus::Pending, Some(at(1))));
    assert_eq!((first.task_id, first.happened_at), (Some(task.id), at(1)));
    assert!(test.heard().contains(&"deliveries".to_owned()));
}

#[test]
fn ends_without_a_video_are_told_as_what_they_were() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", &EventType::ALL);
    let (_, lease) = test.brought_to(1, State::Running);
    test.step(lease, Happening::Failed(failure(FailureCode::Moderated)), 1).unwrap();
    let second = test.created(2).id;
    let account = test.account;
    let outcome = test.write(move |tx| cancel_task(tx, account, second, at(2)));
    assert!(matches!(outcome, CancelOutcome::Cancelled(_)));
    let types: Vec<_> = told(&test, id).into_iter().map(|(kind, place, _)| (kind, place)).collect();
    assert_eq!(types, [(EventType::Failed, 2), (EventType::Canceled, 2)]);
}

#[test]
fn nothing_is_written_for_nobody() {
    let test = TestStore::new();
    let (other, _) = test.another_account(1);
    let elsewhere = endpoint(&test, other, "a.example", &EventType::ALL);
    let ends = endpoint(&test, test.account, "b.example", &[EventType::Completed]);
    let (_, lease) = test.brought_to(1, State::Running);
    test.step(lease, Happening::Polled { percent: None, started: true }, 1).unwrap();
    test.step(lease, Happening::Failed(failure(FailureCode::Moderated)), 2).unwrap();
    assert_eq!((told(&test, elsewhere), told(&test, ends)), (vec![], vec![]));
    assert_eq!(count(&test, "webhook_events"), 0);
}

#[test]
fn a_change_that_is_not_committed_is_not_told() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", &EventType::ALL);
    let (_, lease) = test.brought_to(1, State::Running);
    let refused = test.store.write_blocking(move |tx| {
        let end = Happening::Failed(failure(FailureCode::Moderated));
        let change = rushes_store::Advance::new(end, at(1));
        rushes_store::advance(tx, rushes_store::Fence::Lease(&lease), &change)?;
        Err::<(), _>(StoreError::Busy)
    });
    assert_eq!(refused, Err(StoreError::Busy));
    assert_eq!((told(&test, id), count(&test, "webhook_events")), (vec![], 0));
}

#[test]
fn who_was_disabled_for_failing_finds_what_it_missed_and_who_disabled_itself_does_not() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", &EventType::ALL);
    let disable = |by| {
        let terms = rushes_store::EndpointTerms {
            disabled_by: Some(by),
            ..terms("a.example", &EventType::ALL)
        };
        test.write(move |tx| update_endpoint(tx, id, &terms, at(0)));
    };
    for (number, by) in [(1, DisabledBy::Owner), (2, DisabledBy::Gone), (3, DisabledBy::Operator)] {
        disable(by);
        let task = test.created(number).id;
        test.outside(task, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
    }
    assert_eq!(told(&test, id), []);
    disable(DisabledBy::Failing);
    let task = test.created(4).id;
    test.outside(task, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
    let missed = deliveries(&test, id).remove(0);
    assert_eq!(missed.status, DeliveryStatus::Failed);
    assert_eq!(missed.reason, Some(Reason::EndpointDisabled));
}

#[test]
fn a_callback_goes_through_an_endpoint_of_its_host() {
    let test = TestStore::new();
    let through = endpoint(&test, test.account, "a.example", &[EventType::Expired]);
    let called = |number, url: &str| {
        let mut new = test.new_task(number);
        new.callback_url = Some(url.to_owned());
        let id = crate::harness::created(test.create(new)).id;
        test.outside(id, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
        id
    };
    let task = called(1, "https://A.example:8443/t/1");
    let rows = deliveries(&test, through);
    assert_eq!(rows.len(), 1, "whatever the endpoint itself wants");
    assert_eq!(rows[0].callback_url.as_deref(), Some("https://A.example:8443/t/1"));
    assert_eq!(rows[0].id, format!("dlv_{}_2_{through}c", task.hex()));

    // The endpoint's own address is told once.
    let all = terms("a.example", &EventType::ALL);
    let url = all.url.clone();
    test.write(move |tx| update_endpoint(tx, through, &all, at(0)));
    called(2, &url);
    let rows = deliveries(&test, through);
    assert_eq!(rows.iter().filter(|row| row.callback_url.is_none()).count(), 1);
    assert_eq!(rows.len(), 2);

    // A host that is no longer registered hears nothing, visibly.
    test.write(move |tx| rushes_store::delete_endpoint(tx, through, at(1)));
    called(3, "https://a.example/t/3");
    let refused = deliveries(&test, through).pop().unwrap();
    assert_eq!(refused.reason, Some(Reason::HostNotRegistered));
}

#[test]
fn a_missing_event_is_a_broken_invariant() {
    let test = TestStore::new();
    test.without_final_check();
    endpoint(&test, test.account, "a.example", &EventType::ALL);
    let task = test.created(1).id;
    test.outside(task, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
    assert_eq!(test.violations(2), []);
    test.write(|tx| tx.exec("DELETE FROM webhook_deliveries", &[]));
    let found: Vec<_> = test.violations(2).into_iter().map(|each| each.invariant).collect();
    assert_eq!(found, ["I8", "I8"], "an event for nobody, a task that nobody heard of");
}
