//! Groups: what their accounts pay, which models they may use, and how much at a time.

use rushes_domain::{GroupId, Timestamp};

use crate::change::Change;
use crate::error::StoreError;
use crate::params;
use crate::tx::{Row, Tx};

/// The group of every account that was put into no other.
pub const DEFAULT_GROUP: GroupId = GroupId(1);
/// The multiplier that changes no price.
pub const MULTIPLIER_ONE_MILLIONTHS: i64 = 1_000_000;
/// Most groups.
pub const GROUPS_MAX: u32 = 1_000;

/// What can be set about a group. `None` means: as the configuration says, or no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTerms {
    /// Its name; see `domain::account::is_name`.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// What prices are multiplied by, in millionths.
    pub multiplier_millionths: i64,
    /// Canonical ids of the models that it may use; `None` is every model.
    pub models: Option<Vec<String>>,
    /// Tasks in flight of each account.
    pub in_flight_max: Option<u32>,
    /// Waiting tasks of each account.
    pub waiting_max: Option<u32>,
    /// Creates a minute of each account.
    pub creates_per_minute: Option<u32>,
    /// Tasks in flight of all its accounts together.
    pub total_in_flight_max: Option<u32>,
    /// Waiting tasks of all its accounts together.
    pub total_waiting_max: Option<u32>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Its id.
    pub id: GroupId,
    /// What was set about it.
    pub terms: GroupTerms,
    /// Accounts in it.
    pub accounts_count: u64,
    /// When it was made; 0 for the default group.
    pub created_at: Timestamp,
}

const SELECT: &str = "SELECT id, name, description, multiplier_millionths, models, in_flight_max,
        waiting_max, creates_per_minute, total_in_flight_max, total_waiting_max,
        (SELECT COUNT(*) FROM accounts WHERE accounts.group_id = groups.id), created_at
    FROM groups";

/// All groups in the order of their names.
pub fn groups(tx: &mut Tx<'_>) -> Result<Vec<GroupRow>, StoreError> {
    let sql = format!("{SELECT} ORDER BY LOWER(name) LIMIT {GROUPS_MAX}");
    tx.rows(&sql, params![], read)
}

/// A group.
pub fn group(tx: &mut Tx<'_>, id: GroupId) -> Result<Option<GroupRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE id = $1"), params![id], read)
}

/// The group of this name, in either case.
pub fn group_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<GroupRow>, StoreError> {
    tx.one(&format!("{SELECT} WHERE LOWER(name) = LOWER($1)"), params![name], read)
}

fn read(row: &mut Row<'_>) -> Result<GroupRow, StoreError> {
    Ok(GroupRow {
        id: row.take()?,
        terms: GroupTerms {
            name: row.take()?,
            description: row.take()?,
            multiplier_millionths: row.take()?,
            models: list(row)?,
            in_flight_max: row.take()?,
            waiting_max: row.take()?,
            creates_per_minute: row.take()?,
            total_in_flight_max: row.take()?,
            total_waiting_max: row.take()?,
        },
        accounts_count: row.take()?,
        created_at: row.take()?,
    })
}

impl GroupTerms {
    /// Whether these limit otherwise than `other` how many tasks its accounts have at a time.
    pub fn have_other_places_than(&self, other: &Self) -> bool {
        let places = |terms: &Self| {
            (
                (terms.in_flight_max, terms.waiting_max),
                (terms.total_in_flight_max, terms.total_waiting_max),
            )
        };
        places(self) != places(other)
    }
}

/// What came of making or changing a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupOutcome {
    /// Done.
    Done(GroupId),
    /// Another group has this name.
    NameTaken,
    /// There are [`GROUPS_MAX`] already.
    TooMany,
}

/// Makes a group.
pub fn create_group(
    tx: &mut Tx<'_>,
    terms: &GroupTerms,
    now: Timestamp,
) -> Result<GroupOutcome, StoreError> {
    if group_by_name(tx, &terms.name)?.is_some() {
        return Ok(GroupOutcome::NameTaken);
    }
    let counted: Option<(GroupId, u32)> =
        tx.one("SELECT COALESCE(MAX(id), 0) + 1, COUNT(*) FROM groups", params![], |row| {
            Ok((row.take()?, row.take()?))
        })?;
    let (id, count) = counted.ok_or(StoreError::NotFound)?;
    if count >= GROUPS_MAX {
        return Ok(GroupOutcome::TooMany);
    }
    tx.exec(
        "INSERT INTO groups (id, name, description, multiplier_millionths, models, in_flight_max,
             waiting_max, creates_per_minute, total_in_flight_max, total_waiting_max, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            id,
            &terms.name,
            &terms.description,
            terms.multiplier_millionths,
            list_text(terms.models.as_deref())?,
            terms.in_flight_max,
            terms.waiting_max,
            terms.creates_per_minute,
            terms.total_in_flight_max,
            terms.total_waiting_max,
            now
        ],
    )?;
    Ok(GroupOutcome::Done(id))
}

/// Changes a group. Parked tasks move up with the next create or end of a task.
pub fn update_group(
    tx: &mut Tx<'_>,
    id: GroupId,
    terms: &GroupTerms,
) -> Result<GroupOutcome, StoreError> {
    if group_by_name(tx, &terms.name)?.is_some_and(|other| other.id != id) {
        return Ok(GroupOutcome::NameTaken);
    }
    let touched = tx.exec(
        "UPDATE groups SET name = $2, description = $3, multiplier_millionths = $4, models = $5,
             in_flight_max = $6, waiting_max = $7, creates_per_minute = $8,
             total_in_flight_max = $9, total_waiting_max = $10 WHERE id = $1",
        params![
            id,
            &terms.name,
            &terms.description,
            terms.multiplier_millionths,
            list_text(terms.models.as_deref())?,
            terms.in_flight_max,
            terms.waiting_max,
            terms.creates_per_minute,
            terms.total_in_flight_max,
            terms.total_waiting_max
        ],
    )?;
    tx.changed(Change::KeysChanged);
    if touched == 1 { Ok(GroupOutcome::Done(id)) } else { Err(StoreError::NotFound) }
}

/// Removes a group that has no account. False if it has one, is the default group or is not there.
pub fn delete_group(tx: &mut Tx<'_>, id: GroupId) -> Result<bool, StoreError> {
    let touched = tx.exec(
        "DELETE FROM groups WHERE id = $1 AND id <> $2
             AND NOT EXISTS (SELECT 1 FROM accounts WHERE group_id = $1)",
        params![id, DEFAULT_GROUP],
    )?;
    Ok(touched == 1)
}

/// Reads a JSON array of texts, or NULL.
pub(crate) fn list(row: &mut Row<'_>) -> Result<Option<Vec<String>>, StoreError> {
    let text: Option<String> = row.take()?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(|_| StoreError::corrupt("a list of names", &text))
    })
    .transpose()
}

/// Writes a JSON array of texts, or NULL.
pub(crate) fn list_text(list: Option<&[String]>) -> Result<Option<String>, StoreError> {
    list.map(serde_json::to_string)
        .transpose()
        .map_err(|error| StoreError::Sql(format!("a list cannot be written: {error}")))
}
