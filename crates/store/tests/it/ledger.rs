//! Credits, adjustments, and the lines that a task leaves.

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::{FailureCode, State, Ticks};
use rushes_store::ledger::SYSTEM_ACTOR;
use rushes_store::{
    BookOutcome, Happening, NewAdjustment, NewCredit, StoreError, adjust, credit, list_transfers,
};

use crate::harness::{CREDIT, PRICE, TestStore, at, failure, stored, task_id};

fn grant(test: &TestStore, name: &'static str, amount: i64) -> BookOutcome {
    let account_id = test.account;
    test.write(move |tx| {
        let new = NewCredit {
            account_id,
            name: name.to_owned(),
            amount: Ticks(amount),
            reason: Some("a gift".to_owned()),
            actor: "owner".to_owned(),
            now: at(1),
        };
        credit(tx, &new)
    })
}

fn adjustment(test: &TestStore, amount: i64) -> NewAdjustment {
    NewAdjustment {
        account_id: test.account,
        task_id: None,
        reference: None,
        amount: Ticks(amount),
        reason: "a correction".to_owned(),
        actor: "owner".to_owned(),
        now: at(2),
    }
}

#[test]
fn a_grant_is_booked_once_by_its_name() {
    let test = TestStore::new();
    let BookOutcome::Booked(first) = grant(&test, "gift", 5) else { panic!("not booked") };
    assert_eq!(first.id, "credit:1:gift");
    assert_eq!((first.sequence, first.available), (2, Ticks(CREDIT.0 + 5)));
    assert_eq!((first.reason.as_deref(), first.actor.as_deref()), (Some("a gift"), Some("owner")));
    assert_eq!(grant(&test, "gift", 5), BookOutcome::Exists(first));
    assert_eq!(test.balance().credits, Ticks(CREDIT.0 + 5));
    assert_eq!(grant(&test, "too much", i64::MAX), BookOutcome::OutOfRange);
}

#[test]
fn an_adjustment_gives_or_takes_what_is_there() {
    let test = TestStore::with_credit(Ticks(100));
    let take_all = adjustment(&test, -100);
    let BookOutcome::Booked(first) = test.write(move |tx| adjust(tx, &take_all)) else {
        panic!("not booked")
    };
    assert_eq!((first.id.as_str(), first.available), ("adj:account-1:1", Ticks(0)));
    let more = adjustment(&test, -1);
    let refused = test.write(move |tx| adjust(tx, &more));
    assert_eq!(refused, BookOutcome::NotCovered { available: Ticks(0) });
    let back = adjustment(&test, 7);
    let BookOutcome::Booked(second) = test.write(move |tx| adjust(tx, &back)) else {
        panic!("not booked")
    };
    assert_eq!((second.id.as_str(), second.available), ("adj:account-1:2", Ticks(7)));
    let balance = test.balance();
    assert_eq!((balance.credits, balance.adjustments), (Ticks(100), Ticks(-93)));
}

#[test]
fn an_adjustment_names_a_task_of_the_account() {
    let test = TestStore::new();
    let (task, _) = test.brought_to(1, State::Running);
    let mut new = adjustment(&test, 5);
    new.task_id = Some(task.id);
    let named = new.clone();
    let BookOutcome::Booked(booked) = test.write(move |tx| adjust(tx, &named)) else {
        panic!("not booked")
    };
    assert_eq!(booked.id, format!("adj:{}:1", task.id.hex()));
    new.task_id = Some(task_id(99));
    let unknown = test.store.write_blocking(move |tx| adjust(tx, &new));
    assert_eq!(unknown, Err(StoreError::NotFound));
}

/// A task that succeeded, one that failed, one that was cancelled, one whose time was over.
#[test]
fn every_end_leaves_its_lines() {
    let test = TestStore::new();
    let (_, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task_id(1))), 1).unwrap();
    for (number, code) in [
        (2, FailureCode::UpstreamError),
        (3, FailureCode::Cancelled),
        (4, FailureCode::DeadlineExceeded),
    ] {
        let (_, lease) = test.brought_to(number, State::Running);
        let event = match code {
            FailureCode::Cancelled => Happening::Cancelled(failure(code)),
            _ => Happening::Failed(failure(code)),
        };
        test.step(lease, event, 2).unwrap();
    }
    let mut free = test.new_task(5);
    (free.key_id, free.key_kind) = (test.test_key, KeyKind::Test);
    test.create(free);
    let account = test.account;
    let lines = test.read(move |tx| list_transfers(tx, account, None, 100));
    let shown: Vec<_> = lines
        .iter()
        .rev()
        .map(|line| {
            let task = line.task_id.map_or(0, |id| id.bits() & 0xff);
            let reason = line.reason.as_deref().unwrap_or("");
            (line.sequence, line.kind.as_str(), task, line.amount.0, line.available.0, reason)
        })
        .collect();
    let (price, full) = (PRICE.0, CREDIT.0);
    let paid = full - price;
    assert_eq!(
        shown,
        [
            (1, "credit", 0, full, full, ""),
            (2, "hold", 1, price, paid, ""),
            (3, "post", 1, price, paid, ""),
            (4, "hold", 2, price, paid - price, ""),
            (5, "void", 2, price, paid, "upstream_error"),
            (6, "hold", 3, price, paid - price, ""),
            (7, "void", 3, price, paid, "cancelled"),
            (8, "hold", 4, price, paid - price, ""),
            (9, "void", 4, price, paid, "deadline_exceeded"),
            (10, "hold", 5, 0, paid, ""),
        ]
    );
    assert_eq!(lines.last().unwrap().actor.as_deref(), Some(SYSTEM_ACTOR));
    assert_eq!(lines[1].price_version, Some(1));
    let page = test.read(move |tx| list_transfers(tx, account, Some(3), 1));
    assert_eq!(page.iter().map(|line| line.sequence).collect::<Vec<_>>(), [2]);
}
