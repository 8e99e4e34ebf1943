//! The check itself: each kind of damage is found and named.

mod table;

use rushes_domain::State;
use rushes_domain::channel::{ChannelTerms, Resubmit};
use rushes_store::{
    AuditEntry, ChannelSource, Happening, StoreError, add_channel, audit, next_channel_id, params,
    statements,
};

use crate::channels::terms;
use crate::harness::{TestStore, at, created, idempotency, stored, task_id};

/// Does the damage to a database with tasks in several states and tells what is found.
fn found_after(damage: &'static str) -> Vec<(&'static str, String)> {
    let test = TestStore::new();
    test.without_final_check();
    let (_, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task_id(1))), 1).unwrap();
    test.brought_to(2, State::Running);
    let mut new = test.new_task(3);
    new.idempotency = Some(idempotency("once", 1));
    created(test.create(new));
    test.assert_sound();
    test.write(move |tx| {
        // Somebody with a tool for databases.
        for trigger in ["transfers_stay", "transfers_are_kept"] {
            tx.exec(&format!("DROP TRIGGER {trigger}"), params![])?;
        }
        tx.exec("PRAGMA defer_foreign_keys = ON", params![])?;
        tx.exec(damage, params![])
    });
    let found = test.violations(0);
    found.into_iter().map(|violation| (violation.invariant, violation.detail)).collect()
}

#[track_caller]
fn assert_found(damage: &'static str, invariant: &str, words: &str) {
    let found = found_after(damage);
    assert!(
        found.iter().any(|(number, detail)| *number == invariant && detail.contains(words)),
        "{damage}: {found:#?}"
    );
}

#[test]
fn a_second_end_is_found() {
    assert_found(
        "INSERT INTO task_log SELECT task_id, 99, at, event, 'failed', detail FROM task_log
         WHERE state = 'succeeded'",
        "I2",
        "its history has 2 ends",
    );
    assert_found(
        "UPDATE tasks SET finished_at = 1 WHERE state = 'running'",
        "I2",
        "finishing time",
    );
    assert_found("UPDATE tasks SET state = 'failed' WHERE state = 'succeeded'", "I2", "ends with");
}

#[test]
fn wrong_money_is_found() {
    assert_found("DELETE FROM transfers WHERE kind = 'hold'", "I4", "its hold is missing");
    assert_found(
        "DELETE FROM transfers WHERE kind = 'post'",
        "I4",
        "resolution of its hold is missing",
    );
    assert_found(
        "UPDATE transfers SET amount_ticks = amount_ticks + 1 WHERE kind = 'post'",
        "I4",
        "by more than it holds",
    );
    assert_found("UPDATE accounts SET credits_ticks = credits_ticks + 1", "I5", "adds up to");
    assert_found("UPDATE accounts SET pending_ticks = 0", "I5", "open holds add up to");
    assert_found("UPDATE accounts SET credits_ticks = 0", "I5", "over its balance");
    assert_found("UPDATE keys SET used_ticks = 7", "I5", "not given back add up to");
    assert_found("UPDATE keys SET month_used_ticks = 1", "I5", "in its month");
}

#[test]
fn a_lost_task_is_found() {
    assert_found(
        "DELETE FROM tasks WHERE state = 'running'",
        "I1",
        "is open, but its task is not there",
    );
}

#[test]
fn a_second_job_is_found_where_it_would_cost() {
    for (resubmit, count_max) in [(Resubmit::Never, 1_i64), (Resubmit::Few, 3)] {
        let test = TestStore::new();
        test.without_final_check();
        test.brought_to(1, State::Running);
        let hand_over = |version: i64| {
            test.write(move |tx| {
                let sql = "INSERT INTO task_log SELECT task_id, $1, at, event, state, detail
                    FROM task_log WHERE event = 'submit_started' LIMIT 1";
                tx.exec(sql, params![version])
            });
        };
        test.write(move |tx| {
            let id = next_channel_id(tx)?;
            let terms = ChannelTerms { resubmit, ..terms("main") };
            add_channel(tx, id, &terms, None, ChannelSource::Operator, at(0))?;
            tx.exec("UPDATE tasks SET channel_id = $1", params![id])
        });
        // Before the others, so that the history still ends as the task stands.
        (1..count_max).for_each(|number| hand_over(-number));
        test.assert_sound();
        hand_over(-count_max);
        let found = test.violations(0);
        let words = format!("may have {} jobs, where {count_max} is the most", count_max + 1);
        assert!(
            found.iter().any(|it| it.invariant == "I3" && it.detail.contains(&words)),
            "{found:?}"
        );
    }
}

#[test]
fn the_ledger_and_the_audit_log_only_grow() {
    let test = TestStore::new();
    test.created(1);
    test.write(|tx| {
        let entry = AuditEntry {
            at: at(0),
            actor: "owner".to_owned(),
            actor_account_id: None,
            address: None,
            request_id: None,
            action: "key.create".to_owned(),
            object: "key 1".to_owned(),
            account_id: None,
            before: None,
            after: None,
        };
        audit(tx, &entry)
    });
    for statement in [
        "UPDATE transfers SET amount_ticks = 0",
        "DELETE FROM transfers",
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
    ] {
        let refused = test.store.write_blocking(move |tx| tx.exec(statement, params![]));
        let Err(StoreError::Sql(message)) = refused else { panic!("{statement}: {refused:?}") };
        assert!(message.contains("is never"), "{statement}: {message}");
    }
}

#[test]
fn a_wrong_idempotency_key_is_found() {
    assert_found(
        "INSERT INTO idempotency_keys SELECT account_id, route, 'twice', fingerprint, task_id,
         response_status, response_body, created_at FROM idempotency_keys",
        "I6",
        "2 idempotency keys name task",
    );
    assert_found("UPDATE idempotency_keys SET task_id = 'gone'", "I6", "not among its tasks");
}

#[test]
fn a_video_that_is_not_there_is_found() {
    assert_found("UPDATE tasks SET result_path = NULL", "I7", "its video is missing");
    assert_found("UPDATE tasks SET result_removed_at = 5", "I7", "before its time");
    assert_found("UPDATE tasks SET hidden_at = 5", "I7", "that its owner deleted is still there");
}

#[test]
fn wrong_counters_and_stuck_tasks_are_found() {
    assert_found("UPDATE accounts SET queued_count = 5", "I10", "counts 0 parked, 5 queued");
    assert_found("UPDATE accounts SET parked_count = 1", "I10", "counts 1 parked");
    assert_found(
        "UPDATE accounts SET in_flight_max = 1, limits_changed_at = 0",
        "I5",
        "over its limit",
    );
    assert_found("UPDATE tasks SET next_run_at = NULL", "I10", "nothing will ever look at it");
    assert_found(
        "UPDATE tasks SET channel_id = 99 WHERE state = 'running'",
        "I10",
        "with channel 99, which does not exist",
    );
}

#[test]
fn a_task_that_is_parked_without_need_is_found() {
    let test = TestStore::new();
    test.without_final_check();
    for number in 1..3 {
        let mut new = test.new_task(number);
        new.limits.in_flight_max = 1;
        test.create(new);
    }
    test.assert_sound();
    test.write(|tx| tx.exec("UPDATE accounts SET in_flight_max = 2", params![]));
    let found = test.violations(0);
    assert!(found.iter().any(|each| each.detail.contains("although only 1 of its 2")), "{found:?}");
}

#[test]
fn what_is_late_is_found() {
    let test = TestStore::new();
    test.without_final_check();
    test.created(1);
    let hours_6 = 6 * 3_600;
    assert_eq!(test.violations(hours_6 + 60), []);
    let late = test.violations(hours_6 + 61);
    assert_eq!(late.len(), 1);
    assert!(late[0].detail.contains("still queued a minute after its deadline"), "{late:?}");
    let days_2 = test.violations(48 * 3_600 + 1);
    assert!(days_2.iter().any(|violation| violation.invariant == "I4"), "{days_2:?}");
}

#[test]
fn every_hot_statement_has_a_name_of_its_own() {
    let mut names: Vec<&str> = statements::hot().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
