//! Looking for work: one claim for all that is due and for all that the queue may send.
//!
//! Guarantees: a claim is one transaction; what can be sent as it is has its submit started in it,
//! so that `submitting` is on the disk before anything leaves. A row that cannot be claimed stops
//! nobody else: its claim is then made alone, logged, and its lease puts it off.

use rushes_domain::{TaskId, Timestamp};
use rushes_store::{
    Advance, Claimed, Fence, Happening, Row, StoreError, Tx, advance, claim_due, claim_queued,
    next_due,
};

use super::{DUE_LEASE_MS, QUEUE_LEASE_MS, SUBMIT_LEASE_MS, Worker, is_missing, submit};

/// What one look at the store brought.
pub(super) struct Claims {
    pub(super) due: Vec<Claimed>,
    pub(super) queued: Vec<Claimed>,
    pub(super) next_due: Option<Timestamp>,
}

/// How much there is room for.
#[derive(Clone, Copy)]
struct Limits {
    due: usize,
    queued: usize,
}

/// Claims what there are slots for.
pub(super) async fn claim(worker: &Worker) -> Result<Claims, StoreError> {
    let now = worker.app.jump.now().await?;
    let limits = Limits {
        due: worker.due_slots.available_permits(),
        queued: worker.submit_slots.available_permits().min(worker.room()),
    };
    match worker.app.store.write(move |tx| claim_all(tx, now, limits)).await {
        Err(error) if is_about_a_row(&error) => {
            tracing::error!(%error, "a claim failed; claiming one by one");
            one_by_one(worker, now, limits).await
        }
        outcome => outcome,
    }
}

/// False if a second try would fare no better: the store as a whole is in trouble.
const fn is_about_a_row(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt(_)
        | StoreError::Sql(_)
        | StoreError::Fenced
        | StoreError::Illegal(_)
        | StoreError::NotFound
        | StoreError::Panicked => true,
        StoreError::Busy
        | StoreError::Full
        | StoreError::Io(_)
        | StoreError::Schema(_)
        | StoreError::Closed => false,
    }
}

fn claim_all(tx: &mut Tx<'_>, now: Timestamp, limits: Limits) -> Result<Claims, StoreError> {
    let due = claim_due(tx, now, now.plus_ms(DUE_LEASE_MS), limits.due)?;
    let mut queued = claim_queued(tx, now, now.plus_ms(QUEUE_LEASE_MS), limits.queued)?;
    for claimed in &mut queued {
        start_submit(tx, claimed, now)?;
    }
    Ok(Claims { due, queued, next_due: next_due(tx, now)? })
}

/// The same in transactions of their own, without those that fail.
async fn one_by_one(worker: &Worker, now: Timestamp, limits: Limits) -> Result<Claims, StoreError> {
    let store = &worker.app.store;
    let mut due = Vec::new();
    for _ in 0..limits.due {
        match store
            .write(move |tx| claim_one(tx, now, now.plus_ms(DUE_LEASE_MS), claim_due))
            .await?
        {
            One::Nothing => break,
            One::Claimed(claimed) => due.push(*claimed),
            One::PutOff(ids, error) => report(&ids, &error),
        }
    }
    let mut queued = Vec::new();
    for _ in 0..limits.queued {
        let until = now.plus_ms(QUEUE_LEASE_MS);
        let claimed = match store.write(move |tx| claim_one(tx, now, until, claim_queued)).await? {
            One::Nothing => break,
            One::Claimed(claimed) => *claimed,
            One::PutOff(ids, error) => {
                report(&ids, &error);
                continue;
            }
        };
        let id = claimed.task.id;
        let start = move |tx: &mut Tx<'_>| {
            let mut claimed = claimed.clone();
            start_submit(tx, &mut claimed, now).map(|()| claimed)
        };
        match store.write(start).await {
            Ok(started) => queued.push(started),
            Err(error) if is_about_a_row(&error) => report(&[id], &error),
            Err(error) => return Err(error),
        }
    }
    let next_due = store.read(move |tx| next_due(tx, now)).await?;
    Ok(Claims { due, queued, next_due })
}

fn report(ids: &[TaskId], error: &StoreError) {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    tracing::error!(task_ids = ids.join(" "), %error, "a task cannot be claimed and is put off");
}

/// What a claim of one brought.
enum One {
    Nothing,
    Claimed(Box<Claimed>),
    /// It has its lease, which is all that is known of it.
    PutOff(Vec<TaskId>, StoreError),
}

type Claim = fn(&mut Tx<'_>, Timestamp, Timestamp, usize) -> Result<Vec<Claimed>, StoreError>;

/// Claims one. A row that is leased and then cannot be read keeps its lease: an error here is no
/// error of the transaction.
fn claim_one(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    claim: Claim,
) -> Result<One, StoreError> {
    let before = leased_until(tx, until)?;
    match claim(tx, now, until, 1) {
        Ok(claimed) => {
            Ok(claimed.into_iter().next().map_or(One::Nothing, |one| One::Claimed(Box::new(one))))
        }
        Err(error) if is_about_a_row(&error) => {
            let mut ids = leased_until(tx, until)?;
            ids.retain(|id| !before.contains(id));
            // Without a lease the same row would come again and again.
            if ids.is_empty() { Err(error) } else { Ok(One::PutOff(ids, error)) }
        }
        Err(error) => Err(error),
    }
}

/// Tasks with exactly this lease. A look at all of them, for the case that a row is damaged: no
/// more than the id may be read of it.
fn leased_until(tx: &mut Tx<'_>, until: Timestamp) -> Result<Vec<TaskId>, StoreError> {
    const LEASED_UNTIL: &str = "SELECT id FROM tasks
        WHERE finished_at IS NULL AND lease_until = $1";
    tx.rows(LEASED_UNTIL, &[until.into()], id_of)
}

fn id_of(row: &mut Row<'_>) -> Result<TaskId, StoreError> {
    row.take()
}

/// Starts the submit of a claimed task, unless something else has to come before.
fn start_submit(tx: &mut Tx<'_>, claimed: &mut Claimed, now: Timestamp) -> Result<(), StoreError> {
    if submit::has_another_end(&claimed.task, now) || claimed.images.iter().any(is_missing) {
        return Ok(());
    }
    let change =
        Advance::new(Happening::SubmitStarted, now).keep_lease_until(now.plus_ms(SUBMIT_LEASE_MS));
    claimed.task = advance(tx, Fence::Lease(&claimed.lease), &change)?;
    Ok(())
}
