//! How the database would run the statements that run all the time.

use rushes_store::{Value, params, statements};

use crate::harness::TestStore;

/// The plan's lines, after statistics-free planning of an empty schema.
fn plan(test: &TestStore, sql: &str) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let count = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    test.read(move |tx| {
        let values = vec![Value::Null; count];
        tx.rows(&sql, &values, |row| {
            let (_id, _parent, _unused): (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
            row.take()
        })
    })
}

#[test]
fn no_hot_statement_reads_a_whole_table() {
    let test = TestStore::new();
    for (name, sql) in statements::hot() {
        let lines = plan(&test, &sql);
        for line in &lines {
            // A scan of one of these follows an index that holds just the rows in question; a scan
            // of a subquery's result is one of what was found before.
            let follows_index = [
                "SCAN accounts USING INDEX accounts_claimable",
                "SCAN tasks USING INDEX tasks_live",
                "SCAN tasks USING INDEX tasks_pinned",
                "SCAN earlier",
                "SCAN due",
                "SCAN waiting",
                "SCAN webhook_deliveries USING INDEX webhook_deliveries_due",
                "SCAN CONSTANT ROW",
            ]
            .iter()
            .any(|allowed| line.starts_with(allowed));
            assert!(!line.starts_with("SCAN") || follows_index, "{name}: {lines:#?}");
            assert!(!line.contains("USE TEMP B-TREE"), "{name}: {lines:#?}");
        }
    }
}

#[test]
fn the_statements_of_a_claim_use_the_small_indexes() {
    let test = TestStore::new();
    for (name, index) in [
        ("claim due", "tasks_due "),
        ("claim queued", "sqlite_autoindex_tasks_1 "),
        ("queued in lane", "tasks_queued "),
        ("queued before", "tasks_queued "),
        ("pinned lanes", "tasks_pinned"),
        ("jobs of channel", "tasks_of_channel "),
        ("next in flight", "tasks_due "),
        ("next queued", "tasks_queued_due "),
        ("oldest parked", "tasks_parked "),
        ("overdue", "tasks_live "),
        ("void leases", "tasks_live"),
        ("expired", "tasks_results "),
        ("list", "tasks_shown "),
        ("all tasks of account", "tasks_account "),
        ("tasks of all", "sqlite_autoindex_tasks_1 "),
        ("recent tasks", "tasks_of_live_keys "),
        ("list with filters", "tasks_shown "),
        ("transfers of task", "autoindex_transfers_1"),
    ] {
        let sql = statements::hot().into_iter().find(|(found, _)| *found == name).unwrap().1;
        let lines = plan(&test, &sql);
        assert!(lines.iter().any(|line| line.contains(index)), "{name}: {lines:#?}");
    }
}

/// Deleted keys are never walked over: their number has no bound.
#[test]
fn what_looks_for_keys_looks_past_deleted_ones() {
    let test = TestStore::new();
    for (name, index) in [
        ("room", "INDEX keys_limited (account_id=?)"),
        ("oldest of keys", "INDEX tasks_parked_by_key (account_id=?)"),
        ("members", "INDEX tasks_parked_by_key (account_id=?)"),
        ("count keys", "INDEX keys_there (account_id=?)"),
        ("keys of account", "INDEX keys_there (account_id=?)"),
    ] {
        let (_, sql) = statements::of_keys().into_iter().find(|(found, _)| *found == name).unwrap();
        let lines = plan(&test, sql);
        assert!(lines.iter().any(|line| line.contains(index)), "{name}: {lines:#?}");
        let walks = lines.iter().any(|line| line.contains("keys_account"));
        assert!(!walks, "{name}: {lines:#?}");
    }
}

#[test]
fn a_scrape_reads_only_rows_that_it_counts() {
    let test = TestStore::new();
    for (name, index) in [
        ("live tasks", "SCAN tasks USING INDEX tasks_live"),
        ("kept videos", "SCAN tasks USING INDEX tasks_results"),
        ("kept images", "task_images USING INDEX task_images_path"),
    ] {
        let (_, sql) = statements::scraped().into_iter().find(|(found, _)| *found == name).unwrap();
        let lines = plan(&test, sql);
        assert!(lines.iter().any(|line| line.contains(index)), "{name}: {lines:#?}");
    }
}

#[test]
fn the_schema_is_sound() {
    let test = TestStore::new();
    let answer = test.read(|tx| tx.value::<String>("PRAGMA integrity_check", params![]));
    assert_eq!(answer.as_deref(), Some("ok"));
}
