//! Idempotency keys.

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::admission::{Level, Refusal};
use rushes_store::{
    AccountLimits, CreateOutcome, IDEMPOTENCY_KEPT_MS, Retention, delete_old_rows, find_replay,
};

use crate::harness::{PRICE, TestStore, at, created, idempotency};

#[test]
fn a_repetition_gets_the_first_answer_and_makes_nothing() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.idempotency = Some(idempotency("once", 7));
    let first = created(test.create(new.clone()));
    new.id = crate::harness::task_id(2);
    let replayed = CreateOutcome::Replayed { status: 200, body: b"{\"first\":true}".to_vec() };
    assert_eq!(test.create(new.clone()), replayed);
    assert_eq!(test.balance().pending, PRICE);

    new.idempotency = Some(idempotency("once", 8));
    assert_eq!(test.create(new), CreateOutcome::KeyReused);
    let account = test.account;
    let found = test
        .read(move |tx| find_replay(tx, account, "POST /v1/video/generations", "once", at(1)))
        .unwrap();
    assert_eq!((found.task_id, found.fingerprint), (first.id, [7; 32]));
}

#[test]
fn a_key_belongs_to_its_account() {
    let test = TestStore::new();
    let (other, key) = test.another_account(2);
    let mut new = test.new_task(1);
    new.idempotency = Some(idempotency("once", 7));
    created(test.create(new));
    let mut new = crate::harness::new_task(other, key, 2);
    new.idempotency = Some(idempotency("once", 9));
    created(test.create(new));
}

#[test]
fn a_refused_request_leaves_its_key_free() {
    let test = TestStore::with_credit(Ticks(5));
    let mut new = test.new_task(1);
    new.idempotency = Some(idempotency("once", 7));
    let refused =
        CreateOutcome::Refused(Refusal::InsufficientQuota { needed: PRICE, available: Ticks(5) });
    assert_eq!(test.create(new.clone()), refused);
    new.price = Ticks(5);
    new.limits = AccountLimits { in_flight_max: 0, waiting_max: 0 };
    assert_eq!(
        test.create(new.clone()),
        CreateOutcome::Refused(Refusal::QueueFull {
            waiting: Level { count: 0, max: 0 },
            is_group: false
        })
    );
    new.limits = crate::harness::NO_LIMITS;
    new.idempotency = Some(idempotency("once", 8));
    created(test.create(new));
}

#[test]
fn a_key_is_forgotten_after_seven_days_swept_or_not() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.idempotency = Some(idempotency("once", 7));
    created(test.create(new.clone()));
    let days_7 = IDEMPOTENCY_KEPT_MS / 1_000;

    new.id = crate::harness::task_id(2);
    new.idempotency = Some(idempotency("once", 8));
    new.now = at(days_7 - 1);
    assert_eq!(test.create(new.clone()), CreateOutcome::KeyReused);
    new.now = at(days_7);
    created(test.create(new.clone()));
    new.id = crate::harness::task_id(3);
    let replayed = CreateOutcome::Replayed { status: 200, body: b"{\"first\":true}".to_vec() };
    assert_eq!(test.create(new), replayed);

    let sweep = |seconds| {
        test.write(move |tx| delete_old_rows(tx, &Retention::at(at(seconds), 100))).idempotency_keys
    };
    assert_eq!(sweep(2 * days_7), 0);
    assert_eq!(sweep(2 * days_7 + 1), 1);
}
