//! A task's beginning.

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::admission::{Level, Refusal};
use rushes_domain::money::CostState;
use rushes_domain::{State, Ticks};
use rushes_store::{
    AccountLimits, CreateOutcome, ImageKind, NewImage, NewImageSource, images, state_log,
    transfers_of,
};

use crate::harness::{CREDIT, PRICE, TestStore, at, created, inline_image, task_id};

#[test]
fn a_task_is_kept_with_everything_it_came_with() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.images = vec![
        inline_image(new.id, 0),
        NewImage { source: NewImageSource::Url("https://example.com/a.png".to_owned()) },
    ];
    new.directives.delay_ms = Some(30_000);
    new.user_agent = Some("curl".to_owned());
    let task = created(test.create(new.clone()));
    let id = task.id;
    assert_eq!(test.task(id), task, "what was given back is what was stored");
    assert_eq!((task.state, task.version, task.percent), (State::Queued, 1, 0));
    assert_eq!((task.price, task.cost_state), (PRICE, CostState::Held));
    assert_eq!(task.metadata, new.metadata);
    assert_eq!(task.ignored_fields, new.ignored_fields);
    assert_eq!(task.directives, new.directives);
    assert_eq!(task.deadline_at, at(21_600));
    assert_eq!((task.next_run_at, task.queued_at), (Some(at(0)), Some(at(0))));

    let images = test.read(move |tx| images(tx, id));
    assert_eq!(images.len(), 2);
    assert_eq!((images[0].source, images[0].bytes_len), (ImageKind::Inline, Some(1_234)));
    assert_eq!((images[1].source, &images[1].path), (ImageKind::Url, &None));
    assert_eq!(images[1].url.as_deref(), Some("https://example.com/a.png"));

    let transfers = test.read(move |tx| transfers_of(tx, id));
    assert_eq!(transfers.len(), 1);
    assert_eq!(transfers[0].id, format!("hold:{}", id.hex()));
    assert_eq!(transfers[0].amount, PRICE);
    let log = test.read(move |tx| state_log(tx, id));
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].event.as_str(), log[0].state, log[0].at), ("created", State::Queued, at(0)));
    assert_eq!(test.balance().available, Ticks(CREDIT.0 - PRICE.0));
}

#[test]
fn what_the_balance_does_not_cover_is_refused_to_the_tick() {
    let test = TestStore::with_credit(Ticks(PRICE.0 * 2 - 1));
    test.created(1);
    let available = Ticks(PRICE.0 - 1);
    assert_eq!(
        test.create(test.new_task(2)),
        CreateOutcome::Refused(Refusal::InsufficientQuota { needed: PRICE, available })
    );
    let mut exact = test.new_task(2);
    exact.price = available;
    created(test.create(exact));
    assert_eq!(test.balance().available, Ticks(0));
}

#[test]
fn a_test_key_holds_nothing_and_needs_nothing() {
    let test = TestStore::with_credit(Ticks(0));
    let mut new = test.new_task(1);
    new.key_id = test.test_key;
    new.key_kind = KeyKind::Test;
    let task = created(test.create(new));
    assert_eq!((task.price, task.cost_state), (Ticks(0), CostState::Held));
    let id = task.id;
    let transfers = test.read(move |tx| transfers_of(tx, id));
    assert_eq!(transfers.len(), 1);
    assert_eq!(transfers[0].amount, Ticks(0));
}

#[test]
fn a_negative_price_is_a_mistake() {
    let test = TestStore::new();
    let mut new = test.new_task(1);
    new.price = Ticks(-1);
    assert!(test.store.write_blocking(move |tx| rushes_store::create_task(tx, &new)).is_err());
}

#[test]
fn over_the_limit_tasks_are_parked_and_then_refused() {
    let test = TestStore::new();
    let limits = AccountLimits { in_flight_max: 2, waiting_max: 1 };
    let create = |number| {
        let mut new = test.new_task(number);
        new.limits = limits;
        test.create(new)
    };
    assert_eq!(created(create(1)).state, State::Queued);
    assert_eq!(created(create(2)).state, State::Queued);
    let parked = created(create(3));
    assert_eq!((parked.state, parked.next_run_at, parked.queued_at), (State::Parked, None, None));
    assert_eq!(
        create(4),
        CreateOutcome::Refused(Refusal::QueueFull {
            waiting: Level { count: 1, max: 1 },
            is_group: false
        })
    );
    let id = task_id(4);
    assert_eq!(test.read(move |tx| rushes_store::task(tx, id)), None);
    assert_eq!(test.balance().pending, Ticks(3 * PRICE.0));
}

#[test]
fn a_raised_limit_moves_the_parked_tasks_up_in_their_order() {
    let test = TestStore::new();
    let create = |number, in_flight_max| {
        let mut new = test.new_task(number);
        new.limits = AccountLimits { in_flight_max, waiting_max: 10 };
        created(test.create(new))
    };
    create(1, 1);
    create(2, 1);
    create(3, 1);
    test.heard();
    assert_eq!(create(4, 3).state, State::Parked, "two older ones come first");
    assert_eq!(test.heard(), ["parked v1", "queued v2", "queued v2", "work"]);
    assert_eq!(test.task(task_id(2)).state, State::Queued);
    assert_eq!(test.task(task_id(3)).state, State::Queued);
    let fifth = create(5, 9);
    assert_eq!((fifth.state, fifth.version), (State::Queued, 2), "moved along with the fourth");
    assert_eq!(test.task(fifth.id), fifth);
}

#[test]
fn the_same_id_twice_is_an_error_and_holds_nothing() {
    let test = TestStore::new();
    test.created(1);
    let again = test.new_task(1);
    let refused = test.store.write_blocking(move |tx| rushes_store::create_task(tx, &again));
    assert!(refused.is_err());
    assert_eq!(test.balance().pending, PRICE);
}
