//! Channels: upstream deployments that an operator has configured.
//!
//! Guarantees: names are unique among channels that are there; a channel goes only when no
//! unfinished task is with it, and its credential goes with it; what its jobs cost is booked in the
//! transaction that ends the task. Credentials are kept as they were given, sealed. Not here:
//! opening them, presets, routing, and whether a channel works.

use rushes_domain::channel::{CHANNELS_MAX, ChannelTerms};
use rushes_domain::route::Routes;
use rushes_domain::{ChannelId, FailureCode, State, Ticks, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tasks::row::TaskRow;
use crate::tx::{Row, Tx};

/// The setting that says that there was a channel once: from then on live keys get no previews.
pub const CHANNELS_SEEN_SETTING: &str = "channels_seen";

/// Who declared a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelSource {
    /// An operator, who may change it.
    Operator,
    /// The configuration; it can only be changed there.
    Config,
}

impl ChannelSource {
    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Config => "config",
        }
    }
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    /// Its id.
    pub id: ChannelId,
    /// What was said about it.
    pub terms: ChannelTerms,
    /// Its credential, sealed.
    pub sealed: Option<Vec<u8>>,
    /// The last characters of the credential; empty without one.
    pub credential_hint: String,
    /// Who declared it.
    pub source: ChannelSource,
    /// What the jobs cost that brought a video.
    pub spent: Ticks,
    /// What jobs may have cost that brought none.
    pub lost: Ticks,
    /// Submits of which nobody knows whether they were taken.
    pub ambiguous_count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// A credential as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// Its last characters, for people.
    pub hint: String,
}

impl std::fmt::Debug for SealedCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SealedCredential(…)")
    }
}

/// What came of adding, changing or removing a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelOutcome {
    /// Done; the channel as it is now, or was.
    Done(Box<ChannelRow>),
    /// Another channel has this name.
    NameTaken,
    /// There are [`CHANNELS_MAX`] already.
    TooMany,
    /// So many unfinished tasks are with it.
    InUse(u64),
    /// There is none of this id.
    NotFound,
}

const SELECT: &str = "SELECT id, terms,
        (SELECT sealed FROM channel_credentials WHERE channel_id = channels.id), credential_hint, source, spent_ticks, lost_ticks,
        ambiguous_count, created_at, changed_at
    FROM channels WHERE deleted_at IS NULL";

/// All channels, in the order of their names.
pub fn channels(tx: &mut Tx<'_>) -> Result<Vec<ChannelRow>, StoreError> {
    tx.rows(&format!("{SELECT} ORDER BY LOWER(name)"), params![], read)
}

/// A channel.
pub fn channel(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<ChannelRow>, StoreError> {
    tx.one(&format!("{SELECT} AND id = $1"), params![id], read)
}

/// The channel of this name, in either case.
pub fn channel_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<ChannelRow>, StoreError> {
    tx.one(&format!("{SELECT} AND LOWER(name) = LOWER($1)"), params![name], read)
}

/// What people know a channel by, also one that was removed.
pub fn channel_label(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<String>, StoreError> {
    tx.value("SELECT name FROM channels WHERE id = $1", params![id])
}

fn read(row: &mut Row<'_>) -> Result<ChannelRow, StoreError> {
    Ok(ChannelRow {
        id: row.take()?,
        terms: serde_json::from_str(&row.take::<String>()?)
            .map_err(|error| StoreError::Corrupt(format!("a channel cannot be read: {error}")))?,
        sealed: row.take()?,
        credential_hint: row.take()?,
        source: match row.take::<String>()?.as_str() {
            "operator" => ChannelSource::Operator,
            "config" => ChannelSource::Config,
            other => return Err(StoreError::corrupt("a channel's source", other)),
        },
        spent: row.take()?,
        lost: row.take()?,
        ambiguous_count: row.take()?,
        created_at: row.take()?,
        changed_at: row.take()?,
    })
}

fn text_of(terms: &ChannelTerms) -> Result<String, StoreError> {
    serde_json::to_string(terms)
        .map_err(|error| StoreError::Sql(format!("a channel cannot be kept as JSON: {error}")))
}

/// The id that the next channel gets: its credential is sealed for it.
pub fn next_channel_id(tx: &mut Tx<'_>) -> Result<ChannelId, StoreError> {
    let next = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM channels", params![])?;
    next.ok_or(StoreError::NotFound)
}

/// Adds a channel under an id that [`next_channel_id`] gave. The first one ever turns previews off
/// for live keys, for good.
pub fn add_channel(
    tx: &mut Tx<'_>,
    id: ChannelId,
    terms: &ChannelTerms,
    credential: Option<&SealedCredential>,
    source: ChannelSource,
    now: Timestamp,
) -> Result<ChannelOutcome, StoreError> {
    if channel_by_name(tx, &terms.name)?.is_some() {
        return Ok(ChannelOutcome::NameTaken);
    }
    let count: Option<u64> =
        tx.value("SELECT COUNT(*) FROM channels WHERE deleted_at IS NULL", params![])?;
    if count.unwrap_or(0) >= CHANNELS_MAX as u64 {
        return Ok(ChannelOutcome::TooMany);
    }
    tx.exec(
        "INSERT INTO channels (id, name, terms, credential_hint, source, spent_ticks, lost_ticks,
             ambiguous_count, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, 0, 0, 0, $6, $6)",
        params![
            id,
            &terms.name,
            text_of(terms)?,
            credential.map_or("", |it| it.hint.as_str()),
            source.as_str(),
            now
        ],
    )?;
    if let Some(credential) = credential {
        put_credential(tx, id, Some(&credential.sealed))?;
    }
    crate::settings::set_setting(tx, CHANNELS_SEEN_SETTING, "on", now)?;
    done(tx, id)
}

/// Changes a channel's terms, and its credential if one is given. Its tasks go on.
pub fn update_channel(
    tx: &mut Tx<'_>,
    id: ChannelId,
    terms: &ChannelTerms,
    credential: Option<&SealedCredential>,
    now: Timestamp,
) -> Result<ChannelOutcome, StoreError> {
    if channel_by_name(tx, &terms.name)?.is_some_and(|other| other.id != id) {
        return Ok(ChannelOutcome::NameTaken);
    }
    let touched = tx.exec(
        "UPDATE channels SET name = $2, terms = $3, changed_at = $4,
             limits_changed_at = (SELECT MAX(at) FROM (SELECT $4 AS at UNION ALL
                 SELECT submitted_at FROM tasks WHERE channel_id = $1 AND channel_id <> 0
                     AND state IN ('submitting', 'running')) AS moments)
         WHERE id = $1 AND deleted_at IS NULL",
        params![id, &terms.name, text_of(terms)?, now],
    )?;
    if touched == 0 {
        return Ok(ChannelOutcome::NotFound);
    }
    if let Some(credential) = credential {
        tx.exec(
            "UPDATE channels SET credential_hint = $2 WHERE id = $1",
            params![id, &credential.hint],
        )?;
        put_credential(tx, id, Some(&credential.sealed))?;
    }
    done(tx, id)
}

fn done(tx: &mut Tx<'_>, id: ChannelId) -> Result<ChannelOutcome, StoreError> {
    let row = channel(tx, id)?.ok_or(StoreError::NotFound)?;
    tx.changed(Change::ChannelsChanged);
    tx.changed(Change::WorkDue);
    Ok(ChannelOutcome::Done(Box::new(row)))
}

/// Unfinished tasks that are with a channel.
pub fn unfinished_with_channel(tx: &mut Tx<'_>, id: ChannelId) -> Result<u64, StoreError> {
    let count = tx.value(
        "SELECT COUNT(*) FROM tasks WHERE finished_at IS NULL AND channel_id = $1",
        params![id],
    )?;
    Ok(count.unwrap_or(0))
}

/// Removes a channel that no unfinished task is with, and its credential.
pub fn remove_channel(
    tx: &mut Tx<'_>,
    id: ChannelId,
    now: Timestamp,
) -> Result<ChannelOutcome, StoreError> {
    let Some(row) = channel(tx, id)? else { return Ok(ChannelOutcome::NotFound) };
    let count = unfinished_with_channel(tx, id)?;
    if count > 0 {
        return Ok(ChannelOutcome::InUse(count));
    }
    tx.exec(
        "UPDATE channels SET deleted_at = $2, changed_at = $2, credential_hint = '' WHERE id = $1",
        params![id, now],
    )?;
    put_credential(tx, id, None)?;
    tx.changed(Change::ChannelsChanged);
    Ok(ChannelOutcome::Done(Box::new(row)))
}

/// Forgets the credentials of all channels, but not that they had one: such a channel waits for a new
/// one. Tells how many there were.
pub fn drop_credentials(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    let mut kept = empty_credentials(tx)?;
    for (_, sealed) in &mut kept {
        sealed.clear();
    }
    write_credentials(tx, &kept)?;
    Ok(kept.len())
}

/// Keeps a channel's credential in the place of the one before, or none.
fn put_credential(
    tx: &mut Tx<'_>,
    id: ChannelId,
    sealed: Option<&Vec<u8>>,
) -> Result<(), StoreError> {
    let mut kept = empty_credentials(tx)?;
    kept.retain(|(channel_id, _)| *channel_id != id);
    kept.extend(sealed.map(|sealed| (id, sealed.clone())));
    write_credentials(tx, &kept)
}

/// Forgets a channel's credential: from now on it has none.
pub fn forget_credential(tx: &mut Tx<'_>, id: ChannelId) -> Result<(), StoreError> {
    tx.exec("UPDATE channels SET credential_hint = '' WHERE id = $1", params![id])?;
    put_credential(tx, id, None)
}

type Credentials = Vec<(ChannelId, Vec<u8>)>;

/// Takes all credentials out of their table. They are few, and a table that is emptied as a whole is
/// overwritten as a whole.
fn empty_credentials(tx: &mut Tx<'_>) -> Result<Credentials, StoreError> {
    let sql = "SELECT channel_id, sealed FROM channel_credentials ORDER BY channel_id";
    let kept = tx.rows(sql, params![], |row| Ok((row.take()?, row.take()?)))?;
    tx.exec("DELETE FROM channel_credentials", params![])?;
    tx.changed(Change::SecretErased);
    Ok(kept)
}

fn write_credentials(tx: &mut Tx<'_>, kept: &Credentials) -> Result<(), StoreError> {
    for (id, sealed) in kept {
        tx.exec(
            "INSERT INTO channel_credentials (channel_id, sealed) VALUES ($1, $2)",
            params![*id, sealed.as_slice()],
        )?;
    }
    Ok(())
}

pub(crate) const JOBS: &str = "SELECT COUNT(*) FROM tasks
    WHERE channel_id = $1 AND channel_id <> 0 AND state IN ('submitting', 'running')";

/// Jobs that a channel has, or may have.
pub fn jobs_of_channel(tx: &mut Tx<'_>, id: ChannelId) -> Result<u32, StoreError> {
    Ok(tx.value(JOBS, params![id])?.unwrap_or(0))
}

/// Says in the routes how many jobs each channel has.
pub fn occupy_routes(tx: &mut Tx<'_>, routes: &mut Routes) -> Result<(), StoreError> {
    let ids: Vec<ChannelId> = routes.ids().collect();
    for id in ids {
        let jobs = jobs_of_channel(tx, id)?;
        routes.occupy(id, jobs);
    }
    Ok(())
}

pub(crate) const BOOK: &str = "UPDATE channels SET spent_ticks = spent_ticks + $2,
        lost_ticks = lost_ticks + $3, ambiguous_count = ambiguous_count + $4
    WHERE id = $1";

/// What decides about the cost of a task's job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndFacts {
    pub(crate) channel_id: ChannelId,
    pub(crate) state: State,
    pub(crate) upstream_cost: Option<Ticks>,
    pub(crate) expected_cost: Option<Ticks>,
    pub(crate) has_upstream_id: bool,
    pub(crate) attempts: u32,
    pub(crate) code: Option<FailureCode>,
}

impl EndFacts {
    /// Of a task.
    pub(crate) fn of(task: &TaskRow) -> Self {
        Self {
            channel_id: task.channel_id,
            state: task.state,
            upstream_cost: task.upstream_cost,
            expected_cost: task.expected_cost,
            has_upstream_id: task.upstream_id.is_some(),
            attempts: task.attempts,
            code: task.failure.as_ref().map(|failure| failure.code),
        }
    }

    /// What the job of a task that ended in state `from` cost, or may have cost.
    fn cost(&self, from: State) -> JobCost {
        let cost = self.upstream_cost.or(self.expected_cost).unwrap_or_default();
        if self.channel_id == ChannelId::PREVIEW {
            return JobCost::default();
        }
        if self.state == State::Succeeded {
            return JobCost { spent: cost, ..JobCost::default() };
        }
        let is_ambiguous = self.may_have_been_taken(from);
        if is_ambiguous || self.may_have_cost() {
            return JobCost { lost: cost, is_ambiguous, ..JobCost::default() };
        }
        JobCost::default()
    }

    /// The same of any task, from what its row still says; 0 until it has ended.
    pub(crate) fn known_cost(&self) -> Ticks {
        if !self.state.is_terminal() {
            return Ticks::ZERO;
        }
        // What a refusal of a submit ends with, a submit ended with.
        let cost = self.cost(State::Submitting);
        Ticks(cost.spent.0.saturating_add(cost.lost.0))
    }

    /// Whether an upstream may have a job whose name nobody knows: one of its submits may have left,
    /// and it is not the one that the upstream has just refused.
    fn may_have_been_taken(&self, from: State) -> bool {
        let is_refusal = from == State::Submitting
            && matches!(
                self.code,
                Some(
                    FailureCode::Moderated
                        | FailureCode::InvalidForUpstream
                        | FailureCode::ImageFetchFailed
                        | FailureCode::UpstreamUnavailable
                        | FailureCode::LoopDetected
                )
            );
        !self.has_upstream_id && self.attempts > u32::from(is_refusal)
    }

    /// Whether a job that an upstream had, and that brought no video, may be on its bill: all but
    /// those of which the upstream itself says that it failed.
    fn may_have_cost(&self) -> bool {
        self.upstream_cost.is_some()
            || (self.has_upstream_id
                && matches!(
                    self.code,
                    Some(
                        FailureCode::Moderated
                            | FailureCode::ResultInvalid
                            | FailureCode::DeadlineExceeded
                            | FailureCode::Cancelled
                            | FailureCode::UpstreamLost
                            | FailureCode::InternalError
                    )
                ))
    }
}

/// Books what the job of a task that ended in state `from` cost, or may have cost, to its channel.
pub(crate) fn book_end(tx: &mut Tx<'_>, from: State, task: &TaskRow) -> Result<(), StoreError> {
    let cost = EndFacts::of(task).cost(from);
    if cost == JobCost::default() { Ok(()) } else { book_job(tx, task.channel_id, cost) }
}

/// What a job cost that was no task's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCost {
    /// For a video that came.
    pub spent: Ticks,
    /// Perhaps, for none.
    pub lost: Ticks,
    /// Whether it is not known if the upstream took the job.
    pub is_ambiguous: bool,
}

/// Books what a job that was no task's, such as a test's, cost to its channel.
pub fn book_job(tx: &mut Tx<'_>, id: ChannelId, cost: JobCost) -> Result<(), StoreError> {
    tx.exec(BOOK, params![id, cost.spent, cost.lost, cost.is_ambiguous]).map(drop)
}
