//! What time takes away.

use pretty_assertions::assert_eq;
use rushes_domain::{FailureCode, State};
use rushes_store::{
    ExpiredResult, Happening, Retention, delete_old_rows, expired_results, overdue, params,
    referenced_paths, remove_result, transfers_of,
};

use crate::harness::{TestStore, at, created, failure, inline_image, stored, task_id};

const DAY: i64 = 86_400;

fn succeeded(test: &TestStore, number: u64) {
    let (task, lease) = test.brought_to(number, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task.id)), 0).unwrap();
}

/// With an older task waiting in front of it.
fn bring_to_running(test: &TestStore, number: u64) {
    test.created(number);
    let claimed = test.claim_queued(0, 2);
    let lease = claimed.iter().find(|claim| claim.task.id == task_id(number)).unwrap().lease;
    for event in crate::harness::way_to(State::Running) {
        test.step(lease, event, 0).unwrap();
    }
}

#[test]
fn overdue_tasks_are_found_in_the_order_of_their_deadlines() {
    let test = TestStore::new();
    test.created(1);
    bring_to_running(&test, 2);
    let found = |seconds, limit| test.read(move |tx| overdue(tx, at(seconds), limit));
    assert_eq!(found(1_799, 10), []);
    assert_eq!(found(1_800, 10), [task_id(2)]);
    assert_eq!(found(21_600, 10), [task_id(2), task_id(1)]);
    assert_eq!(found(21_600, 1), [task_id(2)]);
    for number in [1, 2] {
        let late = Happening::Failed(failure(FailureCode::DeadlineExceeded));
        test.outside(task_id(number), late, 21_600).unwrap();
    }
    assert_eq!(found(21_600, 10), []);
}

#[test]
fn a_video_is_removed_once_after_its_time() {
    let test = TestStore::new();
    succeeded(&test, 1);
    let expired = |seconds| test.read(move |tx| expired_results(tx, at(seconds), 10));
    assert_eq!(expired(DAY - 1), []);
    let hex = task_id(1).hex();
    let paths = vec![format!("files/{hex}.mp4"), format!("files/{hex}.jpg")];
    assert_eq!(expired(DAY), [ExpiredResult { task_id: task_id(1), paths: paths.clone() }]);
    test.heard();
    let removed = test.write(|tx| remove_result(tx, task_id(1), at(DAY))).unwrap();
    assert_eq!((removed.state, removed.version), (State::Succeeded, 6));
    assert_eq!(removed.result.unwrap().removed_at, Some(at(DAY)));
    assert_eq!(test.heard(), [format!("files {}", paths.join(" ")), "succeeded v6".to_owned()]);
    assert_eq!(expired(DAY), []);
    assert_eq!(test.write(|tx| remove_result(tx, task_id(1), at(DAY))), None);
    assert_eq!(test.write(|tx| remove_result(tx, task_id(9), at(DAY))), None);
}

#[test]
fn only_files_that_rows_refer_to_are_kept() {
    let test = TestStore::new();
    succeeded(&test, 1);
    let mut new = test.new_task(2);
    new.images = vec![inline_image(new.id, 0)];
    created(test.create(new));
    let kept = |test: &TestStore| {
        let (one, two) = (task_id(1).hex(), task_id(2).hex());
        let candidates = [
            format!("files/{one}.mp4"),
            format!("files/{one}.jpg"),
            format!("files/{one}.mp4.part"),
            format!("files/{two}.mp4"),
            format!("images/{two}-0"),
            format!("images/{two}-1"),
            "files/readme.txt".to_owned(),
            "files/ünïcödé-ünïcödé-ünïcödé-ünïcödé".to_owned(),
        ];
        let mut kept: Vec<String> = test
            .read(move |tx| referenced_paths(tx, &candidates))
            .into_iter()
            .map(|path| path.replace(&one, "1").replace(&two, "2"))
            .collect();
        kept.sort();
        kept
    };
    assert_eq!(kept(&test), ["files/1.jpg", "files/1.mp4", "images/2-0"]);
    test.write(|tx| remove_result(tx, task_id(1), at(DAY)));
    test.outside(task_id(2), Happening::Failed(failure(FailureCode::Moderated)), 1).unwrap();
    assert_eq!(kept(&test), [""; 0]);
    let many = vec![String::new(); 1_001];
    assert!(test.store.read_blocking(move |tx| referenced_paths(tx, &many)).is_err());
}

#[test]
fn old_tasks_go_with_their_rows_and_leave_the_ledger() {
    let test = TestStore::new();
    for number in 1..=5 {
        let mut new = test.new_task(number);
        new.images = vec![inline_image(new.id, 0)];
        created(test.create(new));
        if number < 5 {
            let end = Happening::Failed(failure(FailureCode::UpstreamError));
            test.outside(task_id(number), end, 1).unwrap();
        }
    }
    test.without_final_check();
    let delete = |seconds, limit| {
        test.write(move |tx| delete_old_rows(tx, &Retention::at(at(seconds), limit))).tasks
    };
    assert_eq!(delete(400 * DAY, 10), 0);
    assert_eq!(delete(400 * DAY + 2, 3), 3);
    assert_eq!(delete(400 * DAY + 2, 3), 1, "the one that has not ended stays");
    assert_eq!(delete(400 * DAY + 2, 3), 0);
    for table in ["tasks", "task_images"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(test.read(move |tx| tx.value::<i64>(&sql, params![])), Some(1), "{table}");
    }
    assert_eq!(test.read(|tx| transfers_of(tx, task_id(1))).len(), 2);
    test.assert_sound();
}

#[test]
fn a_task_whose_video_is_kept_is_kept() {
    let test = TestStore::new();
    succeeded(&test, 1);
    let late = at(500 * DAY);
    let delete = move |tx: &mut rushes_store::Tx<'_>| delete_old_rows(tx, &Retention::at(late, 10));
    assert_eq!(test.write(delete).tasks, 0);
    test.write(move |tx| remove_result(tx, task_id(1), late));
    assert_eq!(test.write(delete).tasks, 1);
}
