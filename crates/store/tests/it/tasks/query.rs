//! Looking at tasks.

use pretty_assertions::assert_eq;
use rushes_domain::{FailureCode, State, TaskId};
use rushes_store::{AccountLimits, Happening, ListFilter, Route, list_tasks, queue_position};

use crate::harness::{TestStore, created, failure, new_task, task_id};

fn filter(test: &TestStore) -> ListFilter {
    ListFilter {
        account_id: test.account,
        limit: 10,
        after: None,
        is_oldest_first: false,
        states: None,
        model_ids: None,
    }
}

fn listed(test: &TestStore, filter: ListFilter) -> Vec<TaskId> {
    test.read(move |tx| list_tasks(tx, &filter)).into_iter().map(|task| task.id).collect()
}

#[test]
fn tasks_are_listed_newest_first_page_by_page() {
    let test = TestStore::new();
    let (other, key) = test.another_account(2);
    for number in 1..=5 {
        test.created(number);
    }
    created(test.create(new_task(other, key, 6)));
    let ids = |numbers: &[u64]| numbers.iter().map(|&number| task_id(number)).collect::<Vec<_>>();
    assert_eq!(listed(&test, filter(&test)), ids(&[5, 4, 3, 2, 1]));
    let page = |after| ListFilter { limit: 2, after, ..filter(&test) };
    assert_eq!(listed(&test, page(None)), ids(&[5, 4]));
    assert_eq!(listed(&test, page(Some(task_id(4)))), ids(&[3, 2]));
    assert_eq!(listed(&test, page(Some(task_id(2)))), ids(&[1]));
    assert_eq!(listed(&test, page(Some(task_id(1)))), ids(&[]));
    let turned = |after| ListFilter { is_oldest_first: true, ..page(after) };
    assert_eq!(listed(&test, turned(None)), ids(&[1, 2]));
    assert_eq!(listed(&test, turned(Some(task_id(4)))), ids(&[5]));
}

#[test]
fn a_list_can_be_filtered() {
    let test = TestStore::new();
    for number in 1..=4 {
        let mut new = test.new_task(number);
        if number % 2 == 0 {
            new.model_id = "grok-video-1.5".to_owned();
        }
        created(test.create(new));
    }
    let end = Happening::Failed(failure(FailureCode::Moderated));
    test.outside(task_id(4), end, 1).unwrap();
    let states = |states: &[State]| ListFilter { states: Some(states.to_vec()), ..filter(&test) };
    assert_eq!(listed(&test, states(&[State::Failed, State::Cancelled])), [task_id(4)]);
    assert_eq!(listed(&test, states(&[])), []);
    let mut both = states(&[State::Queued, State::Parked]);
    both.model_ids = Some(vec!["grok-video-1.5".to_owned()]);
    both.after = Some(task_id(4));
    assert_eq!(listed(&test, both), [task_id(2)]);
}

#[test]
fn a_waiting_task_knows_its_place() {
    let test = TestStore::new();
    for number in 1..=5 {
        let mut new = test.new_task(number);
        new.limits = AccountLimits { in_flight_max: 3, waiting_max: 10 };
        created(test.create(new));
    }
    let place = |number| {
        let task = test.task(task_id(number));
        test.read(move |tx| queue_position(tx, &task))
    };
    let places: Vec<Option<u32>> = (1..=5).map(place).collect();
    assert_eq!(places, [Some(1), Some(2), Some(3), Some(4), Some(5)]);
    let lease = test.claim_queued(0, 1)[0].lease;
    test.step(lease, Happening::SubmitStarted(Route::preview()), 0).unwrap();
    let places: Vec<Option<u32>> = (1..=5).map(place).collect();
    assert_eq!(places, [None, Some(1), Some(2), Some(3), Some(4)]);
}
