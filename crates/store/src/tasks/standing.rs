//! What the store knows about whether a task may be made, for `domain::admission`.
//!
//! Guarantees: read and decided on within the transaction that then takes money and place. Only
//! limits that are set are counted for, so that nobody pays for those that are not. A key that was
//! narrowed or rolled since its request came allows no more than it does now.

use std::net::IpAddr;

use ipnet::IpNet;
use rushes_domain::account::{Scope, Scopes};
use rushes_domain::admission::{Budget, Level, Standing, Withdrawn};
use rushes_domain::{AccountId, KeyId, Ticks, Timestamp};

use crate::error::StoreError;
use crate::groups::list;
use crate::keys;
use crate::params;
use crate::tasks::create::AccountLimits;
use crate::tx::{Row, Tx};

/// What a key's month has used when it is `$month`, in SQL. A clock that was set back goes on in the
/// month after, and opens none again; one that is ahead by more was wrong, and the key is in the present
/// month again. Of a month that it has been in before the ledger tells.
macro_rules! month_used {
    ($month:literal) => {
        concat!(
            "CASE WHEN keys.month BETWEEN ",
            $month,
            " AND ",
            $month,
            " + 1
                    THEN keys.month_used_ticks
                WHEN keys.latest_month < ",
            $month,
            " THEN 0
                ELSE (SELECT COALESCE(SUM(hold.amount_ticks), 0) FROM transfers AS hold
                    LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
                    WHERE hold.account_id = keys.account_id AND hold.key_id = keys.id
                        AND hold.kind = 'hold' AND hold.spend_month = ",
            $month,
            "
                        AND COALESCE(resolution.kind, 'post') = 'post') END"
        )
    };
}
pub(crate) use month_used;

/// `$1` the key, `$2` now, `$3` and `$4` an account's limits where its group sets none, `$5` the
/// account, `$6` the month.
pub(crate) const STANDING: &str = concat!(
    "SELECT
        keys.enabled = 1 AND keys.deleted_at IS NULL
            AND (keys.expires_at IS NULL OR keys.expires_at > $2),
        keys.hash, CASE WHEN keys.old_expires_at > $2 THEN keys.old_hash END,
        keys.scopes, keys.models, keys.addresses, groups.models,
        accounts.enabled,
        accounts.credits_ticks + accounts.adjustments_ticks - accounts.posted_ticks
            - accounts.pending_ticks,
        keys.budget_ticks, keys.used_ticks, keys.month_budget_ticks,
        CASE WHEN keys.month_budget_ticks IS NULL THEN 0 ELSE ",
    month_used!("$6"),
    " END,
        accounts.queued_count + accounts.active_count, COALESCE(groups.in_flight_max, $3),
        accounts.parked_count, COALESCE(groups.waiting_max, $4),
        keys.in_flight_max,
        CASE WHEN keys.in_flight_max IS NULL THEN 0 ELSE (
            SELECT COUNT(*) FROM tasks WHERE tasks.key_id = keys.id
                AND tasks.state IN ('queued', 'submitting', 'running', 'finalizing')) END,
        groups.total_in_flight_max,
        CASE WHEN groups.total_in_flight_max IS NULL THEN 0 ELSE (
            SELECT SUM(members.queued_count + members.active_count) FROM accounts AS members
            WHERE members.group_id = groups.id) END,
        groups.total_waiting_max,
        CASE WHEN groups.total_waiting_max IS NULL THEN 0 ELSE (
            SELECT SUM(members.parked_count) FROM accounts AS members
            WHERE members.group_id = groups.id) END
    FROM keys JOIN accounts ON accounts.id = keys.account_id
        JOIN groups ON groups.id = accounts.group_id
    WHERE keys.id = $1 AND keys.account_id = $5"
);

/// What a request showed when its key was looked at first, to be held against the key as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The SHA-256 of the key's secret.
    pub secret_hash: [u8; 32],
    /// Where the request came from.
    pub address: IpAddr,
}

/// What is known of a key, its account and its group, and of a request with that key for a model (its
/// canonical id) if one is given; nothing was shown where a person chose the key by its id. [`StoreError::NotFound`]: the account has no such key.
pub fn standing(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    key_id: KeyId,
    request: Option<(Option<&Shown>, &str)>,
    defaults: AccountLimits,
    now: Timestamp,
) -> Result<Standing, StoreError> {
    let (in_flight_max, waiting_max) = (defaults.in_flight_max, defaults.waiting_max);
    let values = params![key_id, now, in_flight_max, waiting_max, account_id, now.utc_month()];
    tx.one(STANDING, values, |row| read(row, request))?.ok_or(StoreError::NotFound)
}

/// What a key and its group allow now.
struct Allowed {
    hash: [u8; 32],
    /// The secret before the last roll, while it works.
    old_hash: Option<[u8; 32]>,
    scopes: Scopes,
    models: Option<Vec<String>>,
    addresses: Option<Vec<IpNet>>,
    group_models: Option<Vec<String>>,
}

impl Allowed {
    fn read(row: &mut Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            hash: row.take()?,
            old_hash: row.take()?,
            scopes: keys::scopes(row)?,
            models: list(row)?,
            addresses: keys::networks(row)?,
            group_models: list(row)?,
        })
    }

    fn has_secret(&self, shown: &Shown) -> bool {
        self.hash == shown.secret_hash || self.old_hash == Some(shown.secret_hash)
    }

    fn withdrawn(&self, shown: Option<&Shown>, model_id: &str) -> Option<Withdrawn> {
        let lacks = |models: &Option<Vec<String>>| {
            models.as_ref().is_some_and(|models| models.iter().all(|known| known != model_id))
        };
        let is_elsewhere = |networks: &Vec<IpNet>| {
            shown.is_some_and(|shown| !networks.iter().any(|it| it.contains(&shown.address)))
        };
        let rules = [
            (Withdrawn::Address, self.addresses.as_ref().is_some_and(is_elsewhere)),
            (Withdrawn::Scope, !self.scopes.has(Scope::Generate)),
            (Withdrawn::KeyModel, lacks(&self.models)),
            (Withdrawn::GroupModel, lacks(&self.group_models)),
        ];
        rules.into_iter().find(|(_, is_lost)| *is_lost).map(|(what, _)| what)
    }
}

fn read(
    row: &mut Row<'_>,
    request: Option<(Option<&Shown>, &str)>,
) -> Result<Standing, StoreError> {
    let is_in_force: bool = row.take()?;
    let allowed = Allowed::read(row)?;
    let shown = request.and_then(|(shown, _)| shown);
    let key_is_usable = is_in_force && shown.is_none_or(|shown| allowed.has_secret(shown));
    let withdrawn = request.and_then(|(shown, model_id)| allowed.withdrawn(shown, model_id));
    let (account_is_enabled, available) = (row.take()?, row.take()?);
    let budget = |limit: Option<Ticks>, used: Ticks| limit.map(|limit| Budget { limit, used });
    let total_budget = budget(row.take()?, row.take()?);
    let month_budget = budget(row.take()?, row.take()?);
    let level = |count, max: Option<u32>| max.map(|max| Level { count, max });
    let in_flight = Level { count: row.take()?, max: row.take()? };
    let waiting = Level { count: row.take()?, max: row.take()? };
    let (key_max, key_count) = (row.take()?, row.take()?);
    let (group_max, group_count) = (row.take()?, row.take()?);
    let (group_waiting_max, group_waiting_count) = (row.take()?, row.take()?);
    Ok(Standing {
        key_is_usable,
        account_is_enabled,
        withdrawn,
        available,
        total_budget,
        month_budget,
        in_flight,
        key_in_flight: level(key_count, key_max),
        group_in_flight: level(group_count, group_max),
        waiting,
        group_waiting: level(group_waiting_count, group_waiting_max),
    })
}
