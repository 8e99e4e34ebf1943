//! Looking for work: one claim for all that is due and for all that the queue may send, each to the
//! channel that has a place for it.
//!
//! Guarantees: a claim is one transaction; what can be sent as it is has its submit started in it,
//! so that `submitting` is on the disk before anything leaves. A row that cannot be claimed stops
//! nobody else: its claim is then made alone, logged, and its lease puts it off.

use std::sync::Arc;

use rushes_domain::route::Routes;
use rushes_domain::{ChannelId, TaskId, Timestamp};
use rushes_store::{
    Advance, Claimed, Fence, Happening, Route, Routed, Row, StoreError, Tx, advance, claim_due,
    claim_queued, next_in_flight, next_queued, occupy_routes,
};

use super::{DUE_LEASE_MS, QUEUE_LEASE_MS, SUBMIT_LEASE_MS, Worker, submit};
use crate::channels::{Channel, Roster};

/// Tasks that one look takes from the queue, at most.
const QUEUED_MAX: usize = 256;

/// What one look at the store brought.
pub(super) struct Claims {
    /// Tasks in a channel's hands, or ours afterwards.
    pub(super) due: Vec<Claimed>,
    /// Tasks from the queue, with their channels.
    pub(super) queued: Vec<Routed>,
    /// The channels as they were.
    pub(super) roster: Arc<Roster>,
    /// What there is room for now.
    routes: Routes,
    /// When to look again.
    pub(super) next_due: Option<Timestamp>,
}

/// How much there is room for.
#[derive(Clone)]
struct Limits {
    /// Places for steps of tasks that each channel has, previews under [`ChannelId::PREVIEW`].
    due: Vec<Due>,
    queued: usize,
    routes: Routes,
    roster: Arc<Roster>,
}

#[derive(Clone, Copy)]
struct Due {
    channel_id: ChannelId,
    places: usize,
    lease_ms: i64,
}

/// Claims what there are places for.
pub(super) async fn claim(worker: &Worker) -> Result<Claims, StoreError> {
    let app = &worker.app;
    let now = app.jump.now().await?;
    let roster = app.channels.current(&app.store).await?;
    let limits = limits(worker, &roster);
    let mut claims = match app.store.write(claim_all(now, limits.clone())).await {
        Err(error) if is_about_a_row(&error) => {
            tracing::error!(%error, "a claim failed; claiming one by one");
            one_by_one(worker, now, limits).await?
        }
        outcome => outcome?,
    };
    app.channels.note_room(std::mem::take(&mut claims.routes));
    // A breaker that lets something through again rings no bell.
    let now_ms = app.clock.monotonic_ms();
    let change = roster.next_change(now_ms).map(|at| now.plus_ms(at.saturating_sub(now_ms)));
    claims.next_due = claims.next_due.into_iter().chain(change).min();
    Ok(claims)
}

fn limits(worker: &Worker, roster: &Arc<Roster>) -> Limits {
    let places = worker.due_slots.available_permits();
    let mut due = vec![Due { channel_id: ChannelId::PREVIEW, places, lease_ms: DUE_LEASE_MS }];
    due.extend(roster.all().iter().map(|channel| Due {
        channel_id: channel.id(),
        places: channel.runtime.due_steps.available_permits(),
        lease_ms: due_lease_ms(Some(channel)),
    }));
    let preview_room = worker.submit_slots.available_permits().min(worker.room());
    let preview_room = u32::try_from(preview_room).unwrap_or(u32::MAX);
    Limits {
        due,
        queued: QUEUED_MAX,
        routes: roster.routes(preview_room, worker.app.clock.monotonic_ms()),
        roster: Arc::clone(roster),
    }
}

/// False if a second try would fare no better: the store as a whole is in trouble.
const fn is_about_a_row(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt(_)
        | StoreError::Sql(_)
        | StoreError::Fenced
        | StoreError::Illegal(_)
        | StoreError::Refused(_)
        | StoreError::NotFound
        | StoreError::Panicked => true,
        StoreError::Busy
        | StoreError::Full
        | StoreError::Io(_)
        | StoreError::Schema(_)
        | StoreError::Closed => false,
    }
}

fn claim_all(
    now: Timestamp,
    limits: Limits,
) -> impl Fn(&mut Tx<'_>) -> Result<Claims, StoreError> + Send + 'static {
    move |tx| {
        let mut due = Vec::new();
        for &Due { channel_id, places, lease_ms } in &limits.due {
            if places > 0 && next_in_flight(tx, channel_id)?.is_some_and(|at| at <= now) {
                due.extend(claim_due(tx, now, now.plus_ms(lease_ms), channel_id, places)?);
            }
        }
        let mut routes = limits.routes.clone();
        occupy_routes(tx, &mut routes)?;
        let until = now.plus_ms(QUEUE_LEASE_MS);
        let mut queued = claim_queued(tx, now, until, limits.queued, &mut routes)?;
        for routed in &mut queued {
            start_submit(tx, routed, &limits.roster, now)?;
        }
        let next_due = next_due(tx, now, &limits, &due)?;
        Ok(Claims { due, queued, roster: Arc::clone(&limits.roster), routes, next_due })
    }
}

/// The next moment at which a claim can find something that this one did not. A channel whose places
/// are all taken rings when one of them is free.
fn next_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limits: &Limits,
    due: &[Claimed],
) -> Result<Option<Timestamp>, StoreError> {
    let mut next = next_queued(tx, now)?;
    for &Due { channel_id, places, .. } in &limits.due {
        let taken = due.iter().filter(|claimed| claimed.task.channel_id == channel_id).count();
        if taken < places {
            next = next.into_iter().chain(next_in_flight(tx, channel_id)?).min();
        }
    }
    Ok(next)
}

/// The same in transactions of their own, without those that fail.
async fn one_by_one(worker: &Worker, now: Timestamp, limits: Limits) -> Result<Claims, StoreError> {
    let store = &worker.app.store;
    let mut due = Vec::new();
    for &Due { channel_id, places, lease_ms } in &limits.due {
        for _ in 0..places {
            let until = now.plus_ms(lease_ms);
            let claim = move |tx: &mut Tx<'_>| {
                let claim = |tx: &mut Tx<'_>| claim_due(tx, now, until, channel_id, 1);
                claim_one(tx, until, &claim)
            };
            match store.write(claim).await? {
                One::Nothing => break,
                One::Claimed(claimed) => due.push(*claimed),
                One::PutOff(ids, error) => report(&ids, &error),
            }
        }
    }
    let mut queued = Vec::new();
    let mut routes = limits.routes.clone();
    for _ in 0..limits.queued {
        let until = now.plus_ms(QUEUE_LEASE_MS);
        let free = routes.clone();
        let claim = move |tx: &mut Tx<'_>| {
            let mut free = free.clone();
            occupy_routes(tx, &mut free)?;
            let claim = |tx: &mut Tx<'_>| claim_queued(tx, now, until, 1, &mut free.clone());
            claim_one(tx, until, &claim)
        };
        let next = match store.write(claim).await? {
            One::Nothing => break,
            One::Claimed(found) => *found,
            One::PutOff(ids, error) => {
                report(&ids, &error);
                continue;
            }
        };
        if next.is_ready && next.channel_id == ChannelId::PREVIEW {
            // What the store cannot count.
            routes.take(ChannelId::PREVIEW);
        }
        let (id, roster) = (next.claimed.task.id, Arc::clone(&limits.roster));
        let start = move |tx: &mut Tx<'_>| {
            let mut started = next.clone();
            start_submit(tx, &mut started, &roster, now).map(|()| started)
        };
        match store.write(start).await {
            Ok(started) => queued.push(started),
            Err(error) if is_about_a_row(&error) => report(&[id], &error),
            Err(error) => return Err(error),
        }
    }
    let (known, roster) = (limits.clone(), Arc::clone(&limits.roster));
    let next_due = store.read(move |tx| next_due(tx, now, &known, &[])).await?;
    Ok(Claims { due, queued, roster, routes, next_due })
}

fn report(ids: &[TaskId], error: &StoreError) {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    tracing::error!(task_ids = ids.join(" "), %error, "a task cannot be claimed and is put off");
}

/// What a claim of one brought.
enum One<T> {
    Nothing,
    Claimed(Box<T>),
    /// It has its lease, which is all that is known of it.
    PutOff(Vec<TaskId>, StoreError),
}

/// Claims one. A row that is leased and then cannot be read keeps its lease: an error here is no
/// error of the transaction.
fn claim_one<T>(
    tx: &mut Tx<'_>,
    until: Timestamp,
    claim: &dyn Fn(&mut Tx<'_>) -> Result<Vec<T>, StoreError>,
) -> Result<One<T>, StoreError> {
    let before = leased_until(tx, until)?;
    match claim(tx) {
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
fn start_submit(
    tx: &mut Tx<'_>,
    routed: &mut Routed,
    roster: &Roster,
    now: Timestamp,
) -> Result<(), StoreError> {
    if submit::has_another_end(&routed.claimed.task, now) || !routed.is_ready {
        return Ok(());
    }
    let route = route_to(roster, routed.channel_id, &routed.claimed)?;
    let lease_ms = submit_lease_ms(roster.find(routed.channel_id));
    let change =
        Advance::new(Happening::SubmitStarted(route), now).keep_lease_until(now.plus_ms(lease_ms));
    routed.claimed.task = advance(tx, Fence::Lease(&routed.claimed.lease), &change)?;
    Ok(())
}

/// What the row says of where its job goes.
pub(super) fn route_to(
    roster: &Roster,
    channel_id: ChannelId,
    claimed: &Claimed,
) -> Result<Route, StoreError> {
    if channel_id == ChannelId::PREVIEW {
        return Ok(Route::preview());
    }
    let channel = roster.find(channel_id).ok_or(StoreError::NotFound)?;
    let task = &claimed.task;
    let (terms, images) = (&channel.row.terms, task.image_count);
    let cost = terms.cost(&task.model_id, &task.resolution, task.seconds, images);
    Ok(Route {
        channel_id,
        provider: channel.provider.descriptor().name.to_owned(),
        expected_cost: cost.ok(),
    })
}

/// For how long a step that asks after a job, or fetches what came of it, has its task.
pub(super) fn due_lease_ms(channel: Option<&Arc<Channel>>) -> i64 {
    channel.map_or(DUE_LEASE_MS, |channel| {
        let timeouts = &channel.row.terms.timeouts;
        let calls_ms = timeouts.poll_ms.saturating_mul(2).saturating_add(timeouts.download_ms);
        DUE_LEASE_MS.saturating_add(i64::try_from(calls_ms).unwrap_or(i64::MAX))
    })
}

/// For how long a step that hands a job over has its task.
pub(super) fn submit_lease_ms(channel: Option<&Arc<Channel>>) -> i64 {
    channel.map_or(SUBMIT_LEASE_MS, |channel| {
        let submit_ms = channel.row.terms.timeouts.submit_ms;
        SUBMIT_LEASE_MS.saturating_add(i64::try_from(submit_ms).unwrap_or(i64::MAX))
    })
}
