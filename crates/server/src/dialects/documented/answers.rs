//! Every field of every answer about a task.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::{Failure, FailureCode, State};
use rushes_store::TaskRow;

use super::{names, paths, table};
use crate::dialects::samples::{NOW, at, failed, links, new_task, row, succeeded};
use crate::dialects::view::View;
use crate::dialects::{native, openai, xai};

/// Tasks in which everything that an answer can say is said once.
fn rows() -> Vec<TaskRow> {
    let mut expired = succeeded();
    expired.result.as_mut().unwrap().removed_at = Some(at(30));
    let moderated = TaskRow { failure: Some(Failure::new(FailureCode::Moderated, "")), ..failed() };
    let running = TaskRow { state: State::Running, started_at: Some(at(1)), ..row() };
    vec![row(), running, succeeded(), expired, failed(), moderated]
}

/// The fields that a dialect's answers have.
fn found(
    tell: fn(&View<'_>) -> serde_json::Result<Vec<u8>>,
    created: serde_json::Result<Vec<u8>>,
) -> BTreeSet<String> {
    let links = links();
    let told = rows()
        .iter()
        .map(|row| {
            let queue_position = Some(3).filter(|_| row.state == State::Queued);
            tell(&View { row, links: &links, now: NOW, queue_position, is_held_back: false })
        })
        .collect::<Vec<_>>();
    let mut found = BTreeSet::new();
    for body in told.into_iter().chain([created]) {
        paths(&serde_json::from_slice(&body.unwrap()).unwrap(), "", &mut found);
    }
    found
}

/// Some fields of a native create have another place there than in a query.
const CREATED_ALONE: [&str; 9] = [
    "aspect_ratio",
    "cost.amount",
    "cost.state",
    "cost.ticks",
    "created_at",
    "model",
    "object",
    "progress",
    "resolution",
];

#[test]
fn the_page_names_every_field_of_the_answers_and_no_other() {
    let task = new_task(KeyKind::Live);
    let mut native = found(native::envelope, native::created(&task));
    native.retain(|path| !CREATED_ALONE.contains(&path.as_str()) && path != "seconds");
    let all = [
        (1, native),
        (2, found(xai::task, xai::created(&task))),
        (3, found(openai::task, openai::created(&task))),
    ];
    for (column, found) in all {
        let lines = table("answers");
        let said: Vec<String> =
            lines.into_iter().flat_map(|line| names(line[column])).map(str::to_owned).collect();
        let once: BTreeSet<String> = said.iter().cloned().collect();
        assert_eq!(once.len(), said.len(), "a field stands twice in column {column}");
        assert_eq!(once, found, "column {column}");
    }
}
