//! Tasks by a filter, newest first, looked at in bounded steps: an account's own, or everybody's.
//!
//! Guarantees: a page looks at no more than [`SCANNED_MAX`] rows, a count at no more than
//! [`COUNTED_MAX`]; where a page ends early for that it says where to go on. Tasks that their owners
//! deleted are among everybody's alone. Not here: who may look.

use rushes_domain::{AccountId, ChannelId, TaskId};
use rushes_store::tasks::operate::list_all_tasks;
use rushes_store::tasks::query::LIST_MAX;
use rushes_store::{ListFilter, StoreError, TaskRow, Tx, list_tasks};
use serde::Serialize;
use utoipa::ToSchema;

use super::filter::{Filter, state_word};

/// Rows that are looked at for one page, at most.
const SCANNED_MAX: usize = 2_000;
/// Rows that are read at once while a filter leaves out most.
const STEP: usize = 200;
/// Rows that are looked at for one count, at most.
const COUNTED_MAX: usize = 5_000;

/// Whose tasks.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::api) enum Whose {
    /// Those of one account, as it sees them.
    Own(AccountId),
    /// Everybody's, or those of an account or a channel, as operators see them.
    Any(Option<AccountId>, Option<ChannelId>),
}

impl Whose {
    fn has(self, row: &TaskRow) -> bool {
        match self {
            Self::Own(account_id) => row.account_id == account_id && row.hidden_at.is_none(),
            Self::Any(account_id, channel_id) => {
                let is_on = |id| row.channel_id == id && row.attempts > 0;
                account_id.is_none_or(|id| row.account_id == id) && channel_id.is_none_or(is_on)
            }
        }
    }

    const fn is_partial(self) -> bool {
        matches!(self, Self::Any(_, Some(_)))
    }
}

/// Some tasks, and behind which to go on, if there may be more.
pub(in crate::http::api) struct Page {
    pub(in crate::http::api) rows: Vec<TaskRow>,
    pub(in crate::http::api) next: Option<TaskId>,
}

/// At most `limit` tasks that are meant, out of at most [`SCANNED_MAX`].
pub(in crate::http::api) fn page(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
    after: Option<TaskId>,
    limit: usize,
) -> Result<Page, StoreError> {
    if let Some(id) = filter.only() {
        return only(tx, whose, filter, after, id);
    }
    let step = if filter.is_set() || whose.is_partial() { STEP } else { limit + 1 };
    let mut scan = Scan::new(whose, filter, after, step);
    let mut found = Page { rows: Vec::new(), next: None };
    let mut scanned = 0;
    while let Some(rows) = scan.next(tx, filter)? {
        scanned += rows.len();
        for row in rows.into_iter().filter(|row| whose.has(row) && filter.takes(row)) {
            if found.rows.len() == limit {
                // Only now it is known that there is one more.
                found.next = found.rows.last().map(|last: &TaskRow| last.id);
                return Ok(found);
            }
            found.rows.push(row);
        }
        if scanned >= SCANNED_MAX {
            found.next = scan.after;
            break;
        }
    }
    Ok(found)
}

/// The task of this id, if it is meant.
fn only(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
    after: Option<TaskId>,
    id: TaskId,
) -> Result<Page, StoreError> {
    let row = rushes_store::task(tx, id)?.filter(|row| {
        whose.has(row) && after.is_none_or(|after| row.id < after) && filter.takes(row)
    });
    Ok(Page { rows: row.into_iter().collect(), next: None })
}

/// Tasks, newest first, in steps, as far as their time may be meant.
struct Scan {
    whose: Whose,
    after: Option<TaskId>,
    step: usize,
    is_over: bool,
}

impl Scan {
    fn new(whose: Whose, filter: &Filter, after: Option<TaskId>, step: usize) -> Self {
        let after = after.into_iter().chain(filter.behind()).min();
        Self { whose, after, step: step.min(LIST_MAX), is_over: false }
    }

    /// The next step; nothing behind the last.
    fn next(
        &mut self,
        tx: &mut Tx<'_>,
        filter: &Filter,
    ) -> Result<Option<Vec<TaskRow>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let rows = self.read(tx)?;
        let last = rows.last().map(|row| row.id);
        self.is_over = rows.len() < self.step || last.is_some_and(|id| filter.is_over(id));
        self.after = last.or(self.after);
        Ok(Some(rows))
    }

    fn read(&self, tx: &mut Tx<'_>) -> Result<Vec<TaskRow>, StoreError> {
        match self.whose {
            Whose::Any(account_id, _) => list_all_tasks(tx, account_id, self.after, self.step),
            Whose::Own(account_id) => {
                let wanted = ListFilter {
                    account_id,
                    limit: self.step,
                    after: self.after,
                    is_oldest_first: false,
                    states: None,
                    model_ids: None,
                };
                list_tasks(tx, &wanted)
            }
        }
    }
}

/// How many tasks stand how.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = TaskCounts)]
pub(in crate::http::api) struct Counts {
    /// Always `task_counts`.
    #[schema(pattern = "^task_counts$")]
    object: &'static str,
    all: usize,
    waiting: usize,
    running: usize,
    succeeded: usize,
    failed: usize,
    cancelled: usize,
    /// Whether only the newest tasks were looked at, so that there may be more.
    capped: bool,
}

/// Counts the tasks that are meant, out of at most [`COUNTED_MAX`].
pub(in crate::http::api) fn count(
    tx: &mut Tx<'_>,
    whose: Whose,
    filter: &Filter,
) -> Result<Counts, StoreError> {
    let mut counts = Counts { object: "task_counts", ..Counts::default() };
    let mut add = |row: &TaskRow| {
        counts.all += 1;
        *match state_word(row.state) {
            "waiting" => &mut counts.waiting,
            "running" => &mut counts.running,
            "succeeded" => &mut counts.succeeded,
            "failed" => &mut counts.failed,
            _ => &mut counts.cancelled,
        } += 1;
    };
    if let Some(id) = filter.only() {
        only(tx, whose, filter, None, id)?.rows.iter().for_each(add);
        return Ok(counts);
    }
    let mut scan = Scan::new(whose, filter, None, LIST_MAX);
    let mut scanned = 0;
    let mut is_capped = false;
    while let Some(rows) = scan.next(tx, filter)? {
        rows.iter().filter(|row| whose.has(row) && filter.takes(row)).for_each(&mut add);
        scanned += rows.len();
        if scanned >= COUNTED_MAX {
            is_capped = !scan.is_over;
            break;
        }
    }
    counts.capped = is_capped;
    Ok(counts)
}
