//! A client deletes a task.

use rushes_domain::{FailureCode, State, TaskId, Ticks};
use rushes_store::{
    CancelOutcome, Fence, Happening, ListFilter, TaskRow, cancel_task, hide_task, list_tasks,
    list_transfers,
};

use crate::harness::{TestStore, at, failure, stored, task_id};

fn hide(test: &TestStore, id: TaskId, seconds: i64) -> Option<TaskRow> {
    let account = test.account;
    test.write(move |tx| hide_task(tx, account, id, at(seconds)))
}

fn listed(test: &TestStore) -> usize {
    let account_id = test.account;
    let filter = ListFilter {
        account_id,
        limit: 10,
        after: None,
        is_oldest_first: false,
        states: None,
        model_ids: None,
    };
    test.read(move |tx| list_tasks(tx, &filter)).len()
}

#[test]
fn a_waiting_task_ends_and_is_out_of_sight() {
    let test = TestStore::new();
    let id = test.created(1).id;
    let hidden = hide(&test, id, 9).unwrap();
    assert_eq!((hidden.state, hidden.hidden_at), (State::Cancelled, Some(at(9))));
    assert_eq!(hidden.failure.map(|failure| failure.code), Some(FailureCode::Cancelled));
    assert_eq!(test.balance().pending, Ticks(0));
    assert_eq!(listed(&test), 0);
    assert_eq!(hide(&test, id, 10), None, "it is there no more");
    let account = test.account;
    let again = test.write(move |tx| cancel_task(tx, account, id, at(10)));
    assert_eq!(again, CancelOutcome::NotFound);
    assert_eq!(test.task(id).hidden_at, Some(at(9)), "the row stays");
}

#[test]
fn a_strangers_task_stays() {
    let test = TestStore::new();
    let id = test.created(1).id;
    let (other, _) = test.another_account(2);
    assert_eq!(test.write(move |tx| hide_task(tx, other, id, at(9))), None);
    assert_eq!(hide(&test, task_id(2), 9), None);
    assert_eq!(listed(&test), 1);
}

#[test]
fn a_video_goes_with_its_task_and_the_charge_stays() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task.id)), 1).unwrap();
    test.heard();
    let hidden = hide(&test, task.id, 9).unwrap();
    assert_eq!(hidden.state, State::Succeeded);
    assert_eq!(hidden.result.unwrap().removed_at, Some(at(9)));
    assert!(test.heard().iter().any(|heard| heard.starts_with("files")), "they may go");
    let account = test.account;
    let transfers = test.read(move |tx| list_transfers(tx, account, None, 10));
    assert!(transfers.iter().any(|transfer| transfer.kind == "post"));
}

#[test]
fn a_task_that_was_handed_over_still_ends_as_its_upstream_proves() {
    let test = TestStore::new();
    let (task, lease) = test.brought_to(1, State::Finalizing);
    let hidden = hide(&test, task.id, 1).unwrap();
    assert!(hidden.cancel_requested && hidden.state == State::Finalizing);
    let ended = test.step(lease, Happening::Stored(stored(task.id)), 2).unwrap();
    assert_eq!(ended.state, State::Succeeded);
    assert_eq!(ended.result.unwrap().removed_at, Some(at(2)), "nobody will ask for the video");
    let (task, _) = test.brought_to(2, State::Running);
    hide(&test, task.id, 3).unwrap();
    let failed = failure(FailureCode::UpstreamError);
    let change = rushes_store::Advance::new(Happening::Failed(failed), at(4));
    let ended = test.write(move |tx| rushes_store::advance(tx, Fence::Outside(task.id), &change));
    assert_eq!((ended.state, ended.result), (State::Failed, None));
}
