//! One good store, damaged in one way at a time: doctor names the invariant that is broken, and no
//! other.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::channel::{ChannelTerms, Resubmit};
use rushes_domain::route::Lane;
use rushes_domain::{FailureCode, KeyId, State, Ticks};
use rushes_store::{
    AccountChange, AccountLimits, ChannelSource, GroupOutcome, GroupTerms, Happening, KeyTerms,
    NewTask, Route, Store, StoreOptions, add_channel, check_invariants, create_group,
    group_limits_changed, next_channel_id, params, update_account, update_key,
};

use crate::channels::terms;
use crate::harness::{
    NO_LIMITS, PRICE, TestStore, at, created, failure, idempotency, new_task, stored, task_id,
};

/// A task that is open at the end, one that has failed, one that has a video, one in a channel's
/// hands, and two that wait; limits on key, account, group and channel that all of it keeps.
fn good_store() -> TestStore {
    let test = TestStore::new();
    let (other, other_key) = test.another_account(1);
    limited(&test, other, other_key);
    let (_, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task_id(1))), 1).unwrap();
    test.brought_to(2, State::Running);
    let (_, lease) = test.brought_to(3, State::Submitting);
    test.step(lease, Happening::Failed(failure(FailureCode::UpstreamError)), 1).unwrap();
    let mut new = test.new_task(4);
    new.idempotency = Some(idempotency("once", 1));
    created(test.create(new));
    let of_other = |number| NewTask {
        limits: AccountLimits { in_flight_max: 1, waiting_max: 1 },
        ..new_task(other, other_key, number)
    };
    created(test.create(of_other(5)));
    created(test.create(of_other(6)));
    with_channel(&test);
    test
}

fn limited(test: &TestStore, other: rushes_domain::AccountId, key: KeyId) {
    test.write(move |tx| {
        let terms = GroupTerms {
            name: "limited".to_owned(),
            description: String::new(),
            multiplier_millionths: 1_000_000,
            models: None,
            in_flight_max: Some(1),
            waiting_max: Some(1),
            creates_per_minute: None,
            total_in_flight_max: Some(1),
            total_waiting_max: Some(1),
        };
        let GroupOutcome::Done(id) = create_group(tx, &terms, at(0))? else { panic!("refused") };
        let change = AccountChange { group_id: Some(id), ..AccountChange::default() };
        update_account(tx, other, &change)?;
        group_limits_changed(tx, id, NO_LIMITS, at(-1))?;
        let terms = KeyTerms {
            in_flight_max: Some(1),
            budget: Some(Ticks(PRICE.0 * 2)),
            month_budget: Some(Ticks(PRICE.0 * 2)),
            ..KeyTerms::named("limited")
        };
        update_key(tx, key, &terms)
    });
}

fn with_channel(test: &TestStore) {
    let id = test.write(|tx| {
        let id = next_channel_id(tx)?;
        let terms = ChannelTerms { resubmit: Resubmit::Never, max_concurrency: 1, ..terms("main") };
        add_channel(tx, id, &terms, None, ChannelSource::Operator, at(-1))?;
        Ok(id)
    });
    let mut new = test.new_task(7);
    new.lane = Lane::Model(new.model_id.clone());
    let task = created(test.create(new));
    let route = Route { channel_id: id, provider: "xai".to_owned(), expected_cost: Some(Ticks(1)) };
    test.outside(task.id, Happening::SubmitStarted(route), 0).unwrap();
}

/// The invariants that are broken in a copy of the store after the damage.
fn broken_after(good: &Path, damage: &'static str) -> BTreeSet<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    std::fs::copy(good, &path).unwrap();
    let store = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap();
    let changed = store.write_blocking(move |tx| {
        // Somebody with a tool for databases.
        for trigger in ["transfers_stay", "transfers_are_kept"] {
            tx.exec(&format!("DROP TRIGGER {trigger}"), params![])?;
        }
        tx.exec("PRAGMA defer_foreign_keys = ON", params![])?;
        damage
            .split(';')
            .map(|statement| tx.exec(statement, params![]))
            .collect::<Result<Vec<_>, _>>()
    });
    for (count, statement) in changed.unwrap().into_iter().zip(damage.split(';')) {
        assert!(count > 0, "changes nothing: {statement}");
    }
    let violations = store.read_blocking(|tx| check_invariants(tx, at(2))).unwrap();
    store.close_blocking();
    violations.into_iter().map(|violation| violation.invariant).collect()
}

/// What is done, and which invariant that breaks.
fn damages() -> Vec<(&'static str, &'static str)> {
    vec![
        // The task is away with everything that knew of it, but its money is still held.
        (
            "DELETE FROM tasks WHERE state = 'running';
             UPDATE accounts SET active_count = active_count - 1 WHERE name = 'owner'",
            "I1",
        ),
        (
            "INSERT INTO task_log SELECT task_id, 0, at, event, 'failed', detail FROM task_log
             WHERE state = 'succeeded'",
            "I2",
        ),
        ("UPDATE tasks SET percent = 99 WHERE state = 'succeeded'", "I2"),
        ("UPDATE tasks SET lease_until = 5 WHERE state = 'failed'", "I2"),
        (
            "INSERT INTO task_log SELECT task_id, -1, at, event, state, detail FROM task_log
             WHERE event = 'submit_started' AND detail = 'channel 1'",
            "I3",
        ),
        ("UPDATE tasks SET cost_state = 'held' WHERE state = 'succeeded'", "I4"),
        ("UPDATE tasks SET price_ticks = price_ticks - 1 WHERE state = 'running'", "I4"),
        ("UPDATE transfers SET resolves = 'hold:none' WHERE kind = 'void'", "I4 I5"),
        // Three days before.
        (
            "UPDATE transfers SET created_at = created_at - 259200000000
             WHERE id IN (SELECT 'hold:' || id FROM tasks WHERE state = 'running')",
            "I4",
        ),
        ("UPDATE accounts SET credits_ticks = credits_ticks + 1 WHERE name = 'owner'", "I5"),
        ("UPDATE accounts SET pending_ticks = pending_ticks - 1 WHERE name = 'owner'", "I5"),
        ("UPDATE accounts SET transfers_count = transfers_count + 1 WHERE name = 'owner'", "I5"),
        ("UPDATE transfers SET available_ticks = 0 WHERE kind = 'void'", "I5"),
        ("UPDATE keys SET used_ticks = used_ticks + 1 WHERE used_ticks > 0", "I5"),
        ("UPDATE keys SET month_used_ticks = 0 WHERE month_used_ticks > 0", "I5"),
        ("UPDATE keys SET latest_month = 1 WHERE used_ticks > 0", "I5"),
        ("UPDATE tasks SET spend_month = spend_month + 1 WHERE state = 'running'", "I5"),
        ("UPDATE usage_days SET seconds = seconds + 1", "I5"),
        ("UPDATE accounts SET group_id = 99 WHERE name = 'owner'", "I5"),
        // Limits of account, group, key and channel that were kept, as if they had been lower.
        ("UPDATE accounts SET in_flight_max = 0 WHERE name = 'account-1'", "I5"),
        ("UPDATE groups SET waiting_max = 0 WHERE name = 'limited'", "I5"),
        ("UPDATE groups SET total_in_flight_max = 0 WHERE name = 'limited'", "I5"),
        ("UPDATE groups SET total_waiting_max = 0 WHERE name = 'limited'", "I5"),
        ("UPDATE keys SET in_flight_max = 0 WHERE in_flight_max = 1", "I5"),
        ("UPDATE keys SET budget_ticks = used_ticks - 1 WHERE budget_ticks > 0", "I5"),
        (
            "UPDATE keys SET month_budget_ticks = month_used_ticks - 1
             WHERE month_budget_ticks > 0",
            "I5",
        ),
        (
            "UPDATE channels SET terms =
                 REPLACE(terms, '\"max_concurrency\":1', '\"max_concurrency\":0')",
            "I5",
        ),
        (
            "INSERT INTO idempotency_keys SELECT account_id, route, 'twice', fingerprint, task_id,
             response_status, response_body, created_at FROM idempotency_keys",
            "I6",
        ),
        ("UPDATE idempotency_keys SET account_id = 2", "I6"),
        ("UPDATE tasks SET result_sha256 = NULL WHERE state = 'succeeded'", "I7"),
        ("UPDATE tasks SET result_path = NULL WHERE state = 'succeeded'", "I7"),
        ("UPDATE tasks SET result_removed_at = 5 WHERE state = 'succeeded'", "I7"),
        // Beside a video of ours and of a task that goes on, and of a preview.
        ("UPDATE tasks SET result_link = 'https://cdn.example/1.mp4'", "I7"),
        ("UPDATE tasks SET result_link = '', result_path = NULL WHERE state = 'succeeded'", "I7"),
        ("UPDATE tasks SET deadline_at = 5 WHERE state = 'running'", "I9"),
        ("UPDATE accounts SET queued_count = queued_count + 1 WHERE name = 'owner'", "I10"),
        ("UPDATE tasks SET next_run_at = NULL WHERE state = 'running'", "I10"),
        ("UPDATE tasks SET channel_id = 99 WHERE state = 'running'", "I10"),
    ]
}

#[test]
fn each_damage_is_told_as_the_invariant_that_it_breaks_and_no_other() {
    let test = good_store();
    assert_eq!(test.violations(2), []);
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.db");
    test.store.backup_blocking(&good).unwrap();
    for (damage, invariants) in damages() {
        let expected: BTreeSet<&str> = invariants.split(' ').collect();
        assert_eq!(broken_after(&good, damage), expected, "{damage}");
    }
}

/// What is over a limit that was lowered afterwards breaks nothing.
#[test]
fn a_lowered_limit_is_no_fault_of_what_was_there_before() {
    let test = good_store();
    test.write(|tx| {
        let key: Option<KeyId> =
            tx.value("SELECT id FROM keys WHERE budget_ticks IS NOT NULL", params![])?;
        let terms = KeyTerms {
            in_flight_max: Some(0),
            budget: Some(Ticks(1)),
            month_budget: Some(Ticks(1)),
            ..KeyTerms::named("limited")
        };
        assert!(update_key(tx, key.expect("a key"), &terms)?);
        let group = rushes_store::group_by_name(tx, "limited")?.expect("a group");
        let lower = GroupTerms {
            in_flight_max: Some(0),
            waiting_max: Some(0),
            total_in_flight_max: Some(0),
            total_waiting_max: Some(0),
            ..group.terms
        };
        rushes_store::update_group(tx, group.id, &lower)?;
        // Also by a clock that was set back since.
        group_limits_changed(tx, group.id, NO_LIMITS, at(-3_600))?;
        let channel = rushes_store::channel_by_name(tx, "main")?.expect("a channel");
        // The least that there can be is one job, so that there has to be a second one.
        tx.exec("UPDATE tasks SET channel_id = $1 WHERE state = 'running'", params![channel.id])?;
        rushes_store::update_channel(tx, channel.id, &channel.terms, None, at(-3_600))
    });
    assert_eq!(test.violations(2), []);
}
