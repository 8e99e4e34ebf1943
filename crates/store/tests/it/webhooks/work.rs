//! Claims, outcomes, replays and what time takes.

use std::collections::HashMap;

use pretty_assertions::assert_eq;
use rushes_domain::webhook::EventType;
use rushes_domain::{AccountId, EndpointId, FailureCode, KeyId};
use rushes_store::{
    AttemptOutcome, ClaimedDeliveries, DeliveryStatus, DisabledBy, Happening, Outgoing, Reason,
    SendingRoom, StoreError, Verdict, WebhookRetention, attempts, claim_deliveries,
    delete_old_webhooks, finish_attempt, next_delivery, replay, replay_failed, test_endpoint,
};

use super::{deliveries, endpoint};
use crate::harness::{TestStore, at, created, failure, new_task};

const ENDS: &[EventType] = &[EventType::Failed];

fn room() -> SendingRoom {
    SendingRoom { left: 100, per_account: 100, per_endpoint: 100, ..SendingRoom::default() }
}

/// The n-th task of an account fails at second 1.
fn fail(test: &TestStore, account: AccountId, key: KeyId, number: u64) {
    let id = created(test.create(new_task(account, key, number))).id;
    test.outside(id, Happening::Failed(failure(FailureCode::InternalError)), 1).unwrap();
}

fn fail_own(test: &TestStore, number: u64) {
    fail(test, test.account, test.live_key, number);
}

fn claim(test: &TestStore, seconds: i64, room: SendingRoom) -> ClaimedDeliveries {
    test.write(move |tx| claim_deliveries(tx, at(seconds), at(seconds + 60), room.clone()))
}

fn claim_one(test: &TestStore, seconds: i64) -> Outgoing {
    let mut claimed = claim(test, seconds, room()).outgoing;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

fn finish(
    test: &TestStore,
    sent: &Outgoing,
    verdict: Verdict,
    seconds: i64,
) -> Result<Option<DisabledBy>, StoreError> {
    let outcome = AttemptOutcome {
        at: at(seconds),
        took_ms: 12,
        response_status: Some(500),
        response_body: Some("no".to_owned()),
        error: (verdict != Verdict::Delivered).then(|| "answered with 500".to_owned()),
        verdict,
    };
    let sent = sent.clone();
    test.store.write_blocking(move |tx| finish_attempt(tx, &sent, &outcome, at(seconds)))
}

#[test]
fn a_delivery_is_claimed_by_one_and_its_outcome_written_by_nobody_else() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    fail_own(&test, 1);
    let first = claim_one(&test, 1);
    assert_eq!((first.step, first.url()), (0, "https://a.example/hook"));
    assert_eq!(first.task.as_ref().map(|task| task.id), first.delivery.task_id);
    assert_eq!(claim(&test, 60, room()), ClaimedDeliveries::default(), "it is leased");
    assert_eq!(test.read(|tx| next_delivery(tx, at(1))), Some(at(61)), "the lease's end");
    let second = claim_one(&test, 61);
    assert_eq!(finish(&test, &first, Verdict::Delivered, 62), Err(StoreError::Fenced));
    assert_eq!(finish(&test, &second, Verdict::Again(at(66)), 62), Ok(None));
    let third = claim_one(&test, 66);
    assert_eq!(third.step, 1);
    assert_eq!(finish(&test, &third, Verdict::Delivered, 67), Ok(None));
    let row = deliveries(&test, id).remove(0);
    assert_eq!((row.status, row.attempts_count), (DeliveryStatus::Delivered, 2));
    let log = test.read(move |tx| attempts(tx, &row.id));
    let told: Vec<_> = log.iter().map(|each| (each.number, each.error.as_deref())).collect();
    assert_eq!(told, [(2, None), (1, Some("answered with 500"))]);
    assert_eq!(test.read(|tx| next_delivery(tx, at(0))), None);
}

#[test]
fn a_start_takes_leases_back() {
    let test = TestStore::new();
    endpoint(&test, test.account, "a.example", ENDS);
    fail_own(&test, 1);
    let lost = claim_one(&test, 1);
    test.write(|tx| rushes_store::void_all_leases(tx, at(2)));
    let again = claim_one(&test, 2);
    assert_eq!(again.delivery.id, lost.delivery.id);
    assert_eq!(finish(&test, &lost, Verdict::Delivered, 3), Err(StoreError::Fenced));
}

#[test]
fn no_endpoint_waits_for_anothers_backlog() {
    let test = TestStore::new();
    let slow = endpoint(&test, test.account, "slow.example", ENDS);
    let (other, key) = test.another_account(1);
    let quick = endpoint(&test, other, "quick.example", ENDS);
    for number in 1..=20 {
        fail_own(&test, number);
    }
    fail(&test, other, key, 21);
    let claimed = claim(&test, 5, SendingRoom { left: 8, per_endpoint: 4, ..room() });
    let of = |id: EndpointId| claimed.outgoing.iter().filter(|it| it.endpoint.id == id).count();
    assert_eq!((of(slow), of(quick)), (4, 1));
    let busy = SendingRoom { endpoints: HashMap::from([(slow, 4)]), per_endpoint: 4, ..room() };
    assert_eq!(claim(&test, 5, busy).outgoing.len(), 0);
    let busy = SendingRoom { accounts: HashMap::from([(test.account, 99)]), ..room() };
    assert_eq!(claim(&test, 5, busy).outgoing.len(), 1);
    // Whoever comes behind the last one served is first.
    fail(&test, other, key, 22);
    let next = claim(&test, 5, SendingRoom { left: 1, after: Some(slow), ..room() });
    assert_eq!(next.outgoing[0].endpoint.id, quick);
}

#[test]
fn what_must_not_be_sent_any_more_is_given_up_with_its_reason() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    fail_own(&test, 1);
    test.write(move |tx| rushes_store::delete_endpoint(tx, id, at(1)));
    assert_eq!(claim(&test, 2, room()).given_up, 1);
    let (other, key) = test.another_account(1);
    let theirs = endpoint(&test, other, "b.example", ENDS);
    fail(&test, other, key, 2);
    test.write(move |tx| tx.exec("UPDATE accounts SET enabled = 0 WHERE id = 2", &[]));
    assert_eq!(claim(&test, 2, room()).given_up, 1);
    let reasons = [id, theirs].map(|id| deliveries(&test, id)[0].reason);
    assert_eq!(reasons, [Some(Reason::EndpointDeleted), Some(Reason::AccountDisabled)]);
}

#[test]
fn five_days_of_failures_disable_and_a_success_begins_anew() {
    const DAY: i64 = 86_400;
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    fail_own(&test, 1);
    let sent = claim_one(&test, 1);
    assert_eq!(finish(&test, &sent, Verdict::Again(at(4 * DAY)), 1), Ok(None));
    let sent = claim_one(&test, 4 * DAY);
    assert_eq!(finish(&test, &sent, Verdict::Delivered, 4 * DAY), Ok(None));
    fail_own(&test, 2);
    let sent = claim_one(&test, 4 * DAY);
    assert_eq!(finish(&test, &sent, Verdict::Again(at(9 * DAY)), 4 * DAY), Ok(None));
    let sent = claim_one(&test, 9 * DAY);
    let verdict = Verdict::Again(at(10 * DAY));
    assert_eq!(finish(&test, &sent, verdict, 9 * DAY), Ok(Some(DisabledBy::Failing)));
    let row = test.read(move |tx| rushes_store::endpoint(tx, id)).unwrap();
    assert_eq!(row.terms.disabled_by, Some(DisabledBy::Failing));
    assert_eq!(row.disabled_at, Some(at(9 * DAY)));
    assert_eq!(claim(&test, 10 * DAY, room()).given_up, 1, "the rest of its backlog");
    let lines = test.read(|tx| {
        let filter = rushes_store::AuditFilter { limit: 9, ..rushes_store::AuditFilter::default() };
        rushes_store::list_audit(tx, &filter)
    });
    assert_eq!(lines[0].1.action, "webhook.disable");
}

#[test]
fn gone_disables_at_once_and_a_test_is_tried_once() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    let account = test.account;
    let row = test.write(move |tx| test_endpoint(tx, account, id, "0a", at(0)));
    assert_eq!((row.id.as_str(), row.event_id.as_str()), ("dlv_test_0a_1", "evt_test_0a"));
    let sent = claim_one(&test, 0);
    assert!(sent.is_last() && sent.task.is_none());
    assert_eq!(finish(&test, &sent, Verdict::GivenUp(Reason::TestFailed), 1), Ok(None));
    let row = test.read(move |tx| rushes_store::endpoint(tx, id)).unwrap();
    assert_eq!(row.failing_since, None, "a test says nothing about the endpoint");
    fail_own(&test, 1);
    let sent = claim_one(&test, 1);
    let gone = Verdict::GivenUp(Reason::Gone);
    assert_eq!(finish(&test, &sent, gone, 2), Ok(Some(DisabledBy::Gone)));
}

#[test]
fn failed_deliveries_can_be_had_again() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    for number in 1..=3 {
        fail_own(&test, number);
    }
    for sent in claim(&test, 1, room()).outgoing {
        finish(&test, &sent, Verdict::GivenUp(Reason::Exhausted), 2).unwrap();
    }
    assert_eq!(test.write(move |tx| replay_failed(tx, id, at(2), at(9))), 0, "none is so young");
    assert_eq!(test.write(move |tx| replay_failed(tx, id, at(0), at(9))), 3);
    let claimed = claim(&test, 9, room()).outgoing;
    assert_eq!(claimed.len(), 3);
    finish(&test, &claimed[0], Verdict::Delivered, 10).unwrap();
    let delivered = claimed[0].delivery.id.clone();
    let row = test.write(move |tx| replay(tx, &delivered, at(11)));
    assert_eq!((row.status, row.next_attempt_at), (DeliveryStatus::Pending, Some(at(11))));
    let leased = claimed[1].delivery.id.clone();
    let row = test.write(move |tx| replay(tx, &leased, at(11)));
    assert_eq!(row.next_attempt_at, Some(at(69)), "what is being sent stays with its sender");
}

#[test]
fn old_deliveries_and_events_go() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    for number in 1..=2 {
        fail_own(&test, number);
    }
    let sent = claim(&test, 1, SendingRoom { left: 1, ..room() }).outgoing.remove(0);
    finish(&test, &sent, Verdict::Delivered, 2).unwrap();
    let sweep = |deliveries_before, events_before| {
        let retention = WebhookRetention { deliveries_before, events_before, limit: 10 };
        test.write(move |tx| delete_old_webhooks(tx, &retention))
    };
    assert_eq!(sweep(at(1), at(1)), 0);
    assert_eq!(sweep(at(2), at(1)), 1, "one is still to be delivered");
    assert_eq!(sweep(at(2), at(2)), 2, "its event goes, and it with it");
    assert_eq!(deliveries(&test, id), []);
    test.without_final_check();
}

#[test]
fn a_clock_that_is_set_changes_neither_the_schedule_nor_who_fails_for_how_long() {
    const DAY: i64 = 86_400;
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    fail_own(&test, 1);
    let sent = claim_one(&test, 1);
    finish(&test, &sent, Verdict::Again(at(100)), 1).unwrap();
    test.write(|tx| rushes_store::shift_times(tx, at(9 * DAY + 2), 9 * DAY * 1_000));
    assert_eq!(deliveries(&test, id)[0].next_attempt_at, Some(at(9 * DAY + 100)));
    let sent = claim_one(&test, 9 * DAY + 100);
    let verdict = Verdict::Again(at(9 * DAY + 200));
    assert_eq!(finish(&test, &sent, verdict, 9 * DAY + 101), Ok(None), "it failed for seconds");
    *test.checked_at.lock().unwrap() = Some(at(9 * DAY));
}

#[test]
fn secrets_go_when_their_time_is_over_and_with_their_endpoint() {
    let test = TestStore::new();
    let id = endpoint(&test, test.account, "a.example", ENDS);
    test.write(move |tx| rushes_store::rotate_secret(tx, id, b"second", at(0)));
    let row = test.read(move |tx| rushes_store::endpoint(tx, id)).unwrap();
    assert_eq!(row.old, Some((b"sealed".to_vec(), at(86_400))));
    assert_eq!(test.write(|tx| rushes_store::forget_old_secrets(tx, at(86_399))), 0);
    assert_eq!(test.write(|tx| rushes_store::forget_old_secrets(tx, at(86_400))), 1);
    let row = test.read(move |tx| rushes_store::endpoint(tx, id)).unwrap();
    assert_eq!((row.old, row.sealed), (None, Some(b"second".to_vec())));
    test.write(move |tx| rushes_store::delete_endpoint(tx, id, at(1)));
    let sql = "SELECT COUNT(*) FROM webhook_endpoints WHERE sealed IS NOT NULL";
    assert_eq!(test.read(move |tx| tx.value::<i64>(sql, &[])), Some(0));
    assert!(test.heard().contains(&"erased".to_owned()));
}
