//! Groups, what they allow, and the limits of keys, accounts and groups together.

use pretty_assertions::assert_eq;
use rushes_domain::admission::{Level, Period, Refusal};
use rushes_domain::{GroupId, KeyId, State, Ticks};
use rushes_store::{
    AccountChange, AccountLimits, CreateOutcome, DEFAULT_GROUP, GroupOutcome, GroupTerms,
    Happening, KeyTerms, NewKey, create_group, create_key, delete_group, delete_key, group,
    group_limits_changed, keys_of, update_account, update_group, update_key,
};

use crate::harness::{NO_LIMITS, PRICE, TestStore, at, created, failure, key_secret, new_task};

const MONTH_SECONDS: i64 = 31 * 86_400;

fn terms(name: &str) -> GroupTerms {
    GroupTerms {
        name: name.to_owned(),
        description: String::new(),
        multiplier_millionths: 2_000_000,
        models: None,
        in_flight_max: None,
        waiting_max: None,
        creates_per_minute: None,
        total_in_flight_max: None,
        total_waiting_max: None,
    }
}

fn made(test: &TestStore, terms: GroupTerms) -> GroupId {
    match test.write(move |tx| create_group(tx, &terms, at(0))) {
        GroupOutcome::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

fn moved_to(test: &TestStore, group_id: GroupId) {
    let account = test.account;
    let change = AccountChange { group_id: Some(group_id), ..AccountChange::default() };
    assert!(test.write(move |tx| update_account(tx, account, &change)));
}

fn second_key(test: &TestStore, number: u8, terms: KeyTerms) -> KeyId {
    let secret = key_secret([number; 32]);
    let kind = rushes_domain::account::KeyKind::Live;
    let new = NewKey { account_id: test.account, kind, secret, terms, now: at(0) };
    test.write(move |tx| create_key(tx, &new)).expect("a hash that nobody has")
}

fn state_of(outcome: CreateOutcome) -> State {
    created(outcome).state
}

#[test]
fn a_group_is_made_changed_and_removed() {
    let test = TestStore::new();
    let id = made(&test, terms("Studios"));
    let again = test.write(|tx| create_group(tx, &terms("sTUDIOS"), at(0)));
    assert_eq!(again, GroupOutcome::NameTaken);
    let other = made(&test, terms("others"));
    let clash = test.write(move |tx| update_group(tx, other, &terms("studios")));
    assert_eq!(clash, GroupOutcome::NameTaken);
    let changed = GroupTerms { models: Some(vec!["m".to_owned()]), ..terms("studios") };
    let expected = changed.clone();
    assert_eq!(test.write(move |tx| update_group(tx, id, &changed)), GroupOutcome::Done(id));
    moved_to(&test, id);
    let row = test.read(move |tx| group(tx, id)).unwrap();
    assert_eq!((row.terms, row.accounts_count), (expected, 1));
    assert!(!test.write(move |tx| delete_group(tx, id)), "it has an account");
    moved_to(&test, DEFAULT_GROUP);
    assert!(test.write(move |tx| delete_group(tx, id)));
    assert!(!test.write(|tx| delete_group(tx, DEFAULT_GROUP)));
}

#[test]
fn a_groups_limits_are_each_accounts() {
    let test = TestStore::new();
    let group = GroupTerms { in_flight_max: Some(1), waiting_max: Some(1), ..terms("small") };
    let id = made(&test, group);
    moved_to(&test, id);
    assert_eq!(state_of(test.create(test.new_task(1))), State::Queued);
    assert_eq!(state_of(test.create(test.new_task(2))), State::Parked);
    let full = Refusal::QueueFull { waiting: Level { count: 1, max: 1 }, is_group: false };
    assert_eq!(test.create(test.new_task(3)), CreateOutcome::Refused(full));
    let wider = GroupTerms { in_flight_max: Some(2), ..terms("small") };
    test.write(move |tx| {
        update_group(tx, id, &wider)?;
        group_limits_changed(tx, id, NO_LIMITS, at(1))
    });
    assert_eq!(test.task(crate::harness::task_id(2)).state, State::Queued);
}

#[test]
fn a_groups_total_is_shared_and_handed_on() {
    let test = TestStore::new();
    let (other, other_key) = test.another_account(7);
    let total =
        GroupTerms { total_in_flight_max: Some(1), total_waiting_max: Some(1), ..terms("shared") };
    let id = made(&test, total);
    moved_to(&test, id);
    let change = AccountChange { group_id: Some(id), ..AccountChange::default() };
    assert!(test.write(move |tx| update_account(tx, other, &change)));
    let (first, lease) = test.brought_to(1, State::Running);
    let waiting = created(test.create(new_task(other, other_key, 2)));
    assert_eq!((first.state, waiting.state), (State::Running, State::Parked));
    let full = Refusal::QueueFull { waiting: Level { count: 1, max: 1 }, is_group: true };
    assert_eq!(test.create(test.new_task(3)), CreateOutcome::Refused(full));
    let code = rushes_domain::FailureCode::UpstreamError;
    test.step(lease, Happening::Failed(failure(code)), 1).unwrap();
    assert_eq!(test.task(waiting.id).state, State::Queued, "another account's end frees the place");
}

/// More accounts than are looked at in one go.
#[test]
fn a_raised_limit_reaches_every_account_of_a_large_group() {
    const ACCOUNTS: usize = 205;
    let test = TestStore::new();
    let closed = GroupTerms { in_flight_max: Some(0), ..terms("large") };
    let id = made(&test, closed);
    let mut tasks = Vec::new();
    for number in 0..ACCOUNTS {
        let (account, key) = test.another_account(u8::try_from(number).expect("few"));
        let change = AccountChange { group_id: Some(id), ..AccountChange::default() };
        assert!(test.write(move |tx| update_account(tx, account, &change)));
        let task = created(test.create(new_task(account, key, number as u64 + 1)));
        assert_eq!(task.state, State::Parked);
        tasks.push(task.id);
    }
    let shared =
        GroupTerms { in_flight_max: Some(1), total_in_flight_max: Some(3), ..terms("large") };
    let promoted = |terms: GroupTerms| {
        test.write(move |tx| {
            update_group(tx, id, &terms)?;
            group_limits_changed(tx, id, NO_LIMITS, at(1))
        })
    };
    assert_eq!(promoted(shared), 3, "as many as the group may have");
    let oldest = tasks.iter().filter(|&&id| test.task(id).state == State::Queued);
    assert_eq!(oldest.copied().collect::<Vec<_>>(), tasks[..3], "who waits longest goes first");
    let wider =
        GroupTerms { in_flight_max: Some(1), total_in_flight_max: Some(204), ..terms("large") };
    assert_eq!(promoted(wider), 201);
    assert_eq!(promoted(GroupTerms { in_flight_max: Some(1), ..terms("large") }), 1);
}

#[test]
fn a_deleted_key_still_limits_the_tasks_that_it_left() {
    let test = TestStore::new();
    let terms = KeyTerms { in_flight_max: Some(1), ..KeyTerms::named("one at a time") };
    let key = second_key(&test, 9, terms);
    let (first, second, third) = (
        created(test.create(new_task(test.account, key, 1))),
        created(test.create(new_task(test.account, key, 2))),
        created(test.create(new_task(test.account, key, 3))),
    );
    assert!(test.write(move |tx| delete_key(tx, key, at(1))));
    test.assert_sound();
    test.outside(first.id, Happening::Cancelled(cancelled()), 2).unwrap();
    let states = [second.id, third.id].map(|id| test.task(id).state);
    assert_eq!(states, [State::Queued, State::Parked]);
}

#[test]
fn a_key_at_its_limit_holds_up_no_other_key() {
    let test = TestStore::new();
    let one = KeyTerms { in_flight_max: Some(1), ..KeyTerms::named("one at a time") };
    let key = second_key(&test, 9, one.clone());
    let limits = AccountLimits { in_flight_max: 3, waiting_max: 2 };
    let create = |key: KeyId, number| {
        let mut new = new_task(test.account, key, number);
        new.limits = limits;
        test.create(new)
    };
    assert_eq!(state_of(create(key, 1)), State::Queued);
    assert_eq!(state_of(create(key, 2)), State::Parked);
    assert_eq!(state_of(create(test.live_key, 3)), State::Queued, "the other key has room");
    assert_eq!(state_of(create(key, 4)), State::Parked);
    let full = Refusal::QueueFull { waiting: Level { count: 2, max: 2 }, is_group: false };
    assert_eq!(create(key, 5), CreateOutcome::Refused(full));
    assert_eq!(state_of(create(test.live_key, 6)), State::Queued, "it need not wait");
    test.assert_sound();
    test.write(move |tx| {
        update_key(tx, key, &KeyTerms { in_flight_max: None, ..one.clone() })?;
        rushes_store::key_limits_changed(tx, key, at(1))
    });
    assert_eq!(test.task(crate::harness::task_id(2)).state, State::Parked, "the account is full");
    test.outside(crate::harness::task_id(1), Happening::Cancelled(cancelled()), 2).unwrap();
    assert_eq!(test.task(crate::harness::task_id(2)).state, State::Queued);
}

fn cancelled() -> rushes_domain::Failure {
    failure(rushes_domain::FailureCode::Cancelled)
}

#[test]
fn a_budget_is_all_holds_that_were_not_given_back() {
    let test = TestStore::new();
    let budget = KeyTerms { budget: Some(Ticks(PRICE.0 * 2)), ..KeyTerms::named("two videos") };
    let key = second_key(&test, 9, budget);
    let create = |number| test.create(new_task(test.account, key, number));
    created(create(1));
    created(create(2));
    let refused =
        Refusal::KeyBudgetExceeded { needed: PRICE, left: Ticks(0), period: Period::Total };
    assert_eq!(create(3), CreateOutcome::Refused(refused));
    test.outside(crate::harness::task_id(2), Happening::Cancelled(cancelled()), 1).unwrap();
    created(create(4));
    let account = test.account;
    let row = test.read(move |tx| keys_of(tx, account)).pop().unwrap();
    assert_eq!((row.used, row.month_used), (Ticks(PRICE.0 * 2), Ticks(PRICE.0 * 2)));
}

/// What a clock that was set back counted on in the later month is given back there.
#[test]
fn a_months_budget_is_exact_when_the_clock_was_set_back() {
    let test = TestStore::new();
    *test.checked_at.lock().unwrap() = Some(at(MONTH_SECONDS));
    let budget = Ticks(PRICE.0 * 2);
    let terms = KeyTerms { month_budget: Some(budget), ..KeyTerms::named("two a month") };
    let key = second_key(&test, 9, terms);
    let create = |number, seconds| {
        let mut new = new_task(test.account, key, number);
        new.now = at(seconds);
        test.create(new)
    };
    created(create(1, MONTH_SECONDS));
    created(create(2, 0));
    assert!(matches!(create(3, MONTH_SECONDS), CreateOutcome::Refused(_)));
    test.outside(crate::harness::task_id(2), Happening::Cancelled(cancelled()), 60).unwrap();
    created(create(4, MONTH_SECONDS));
    assert!(matches!(create(5, MONTH_SECONDS), CreateOutcome::Refused(_)));
}

/// A clock that was a year ahead for a moment locks no key until then: it counts in the present month
/// again, and each month keeps what was used in it.
#[test]
fn a_clock_that_was_far_ahead_leaves_the_months_budgets_as_they_were() {
    const YEAR_SECONDS: i64 = 366 * 86_400;
    let test = TestStore::new();
    let terms = KeyTerms { month_budget: Some(Ticks(PRICE.0 * 2)), ..KeyTerms::named("two") };
    let key = second_key(&test, 9, terms);
    let create = |number, seconds| {
        let mut new = new_task(test.account, key, number);
        new.now = at(seconds);
        test.create(new)
    };
    let is_full = |number, seconds| matches!(create(number, seconds), CreateOutcome::Refused(_));
    let used = || {
        let row = test.read(move |tx| rushes_store::keys::key(tx, key)).expect("the key");
        (row.month, row.month_used)
    };
    let in_january = created(create(1, 0));
    let ahead = created(create(2, YEAR_SECONDS));
    created(create(3, YEAR_SECONDS));
    assert!(is_full(4, YEAR_SECONDS));

    let row = test.read(move |tx| rushes_store::keys::key(tx, key)).expect("the key");
    assert_eq!(row.month_used_at(at(60)), row.used, "no less, until the ledger is asked");
    created(create(5, 60));
    assert_eq!(used(), (at(0).utc_month(), Ticks(PRICE.0 * 2)), "what was used before counts");
    assert!(is_full(6, 60));
    test.assert_sound();
    test.outside(ahead.id, Happening::Cancelled(cancelled()), 60).unwrap();
    assert!(is_full(7, 60), "given back to the month in which it was held");
    test.outside(in_january.id, Happening::Cancelled(cancelled()), 60).unwrap();
    created(create(8, 60));
    for (number, months) in [(10, 1), (20, 2), (30, 3)] {
        created(create(number, months * MONTH_SECONDS));
        created(create(number + 1, months * MONTH_SECONDS));
        assert!(is_full(number + 2, months * MONTH_SECONDS));
    }

    created(create(40, YEAR_SECONDS));
    assert_eq!(used(), (at(YEAR_SECONDS).utc_month(), Ticks(PRICE.0 * 2)), "one is from before");
    assert!(is_full(41, YEAR_SECONDS));
}

/// What was held in the last second of a month is given back there, and not to the month in which the
/// task ended.
#[test]
fn a_months_last_hold_is_given_back_to_that_month() {
    let budget = Ticks(PRICE.0 * 2);
    for spends_in_between in [false, true] {
        let test = TestStore::new();
        *test.checked_at.lock().unwrap() = Some(at(MONTH_SECONDS));
        let terms = KeyTerms { month_budget: Some(budget), ..KeyTerms::named("two a month") };
        let key = second_key(&test, 9, terms);
        let create = |number, seconds| {
            let mut new = new_task(test.account, key, number);
            new.now = at(seconds);
            test.create(new)
        };
        let used = || {
            let row = test.read(move |tx| rushes_store::keys::key(tx, key)).expect("the key");
            (row.month, row.month_used)
        };
        let (january, february) = (at(0).utc_month(), at(MONTH_SECONDS).utc_month());
        assert_eq!(february, january + 1);
        let last = created(create(1, MONTH_SECONDS - 1));
        assert_eq!(used(), (january, PRICE));
        if spends_in_between {
            created(create(2, MONTH_SECONDS));
            assert_eq!(used(), (february, PRICE));
        }
        test.outside(last.id, Happening::Cancelled(cancelled()), MONTH_SECONDS).unwrap();
        let expected = if spends_in_between { (february, PRICE) } else { (january, Ticks::ZERO) };
        assert_eq!(used(), expected);
        created(create(3, MONTH_SECONDS));
        let is_full = matches!(create(4, MONTH_SECONDS), CreateOutcome::Refused(_));
        assert_eq!(is_full, spends_in_between, "February has two places of its own");
    }
}

#[test]
fn a_months_budget_comes_back_with_the_month_and_not_with_the_clock() {
    let test = TestStore::new();
    *test.checked_at.lock().unwrap() = None;
    let terms = KeyTerms { month_budget: Some(PRICE), ..KeyTerms::named("one a month") };
    let key = second_key(&test, 9, terms);
    let create = |number, seconds| {
        let mut new = new_task(test.account, key, number);
        new.now = at(seconds);
        test.create(new)
    };
    let spent = CreateOutcome::Refused(Refusal::KeyBudgetExceeded {
        needed: PRICE,
        left: Ticks(0),
        period: Period::Month,
    });
    created(create(1, 0));
    assert_eq!(create(2, 60), spent);
    created(create(3, MONTH_SECONDS));
    assert_eq!(create(4, MONTH_SECONDS), spent);
    assert_eq!(create(5, 0), spent, "a clock that is set back opens nothing");
    // What was given back counts for its own month only.
    test.outside(crate::harness::task_id(1), Happening::Cancelled(cancelled()), 60).unwrap();
    assert_eq!(create(6, MONTH_SECONDS), spent);
    test.outside(crate::harness::task_id(3), Happening::Cancelled(cancelled()), 60).unwrap();
    created(create(7, MONTH_SECONDS));
}
