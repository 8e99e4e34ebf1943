//! Accounts, their sessions and keys, and groups.

use rushes_domain::account::{KeyKind, Scope};
use rushes_domain::{Ticks, Timestamp};
use rushes_store::{AccountRow, GroupRow, KeyDetail, SessionRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BalanceView, Money, moment};
use crate::openapi::words;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Account {
    /// Always `account`.
    #[schema(pattern = "^account$")]
    object: &'static str,
    id: i64,
    /// What it signs in with.
    #[schema(examples("lin"))]
    name: String,
    /// How its person likes to be called.
    display_name: String,
    #[schema(inline, value_type = words::RoleWord)]
    role: &'static str,
    enabled: bool,
    /// Its group's name.
    #[schema(examples("default"))]
    group: String,
    /// False until a password was set: it comes in by a one-time link.
    has_password: bool,
    balance: BalanceView,
    tasks: AccountTasks,
    /// Seconds since 1970.
    created_at: i64,
}

/// An account's tasks that have not ended.
#[derive(Debug, Serialize, ToSchema)]
struct AccountTasks {
    waiting: u32,
    in_flight: u32,
}

impl From<&AccountRow> for Account {
    fn from(row: &AccountRow) -> Self {
        Self {
            object: "account",
            id: row.id.0,
            name: row.name.clone(),
            display_name: row.display_name.clone(),
            role: row.role.as_str(),
            enabled: row.enabled,
            group: row.group_name.clone(),
            has_password: row.has_password,
            balance: (&row.balance).into(),
            tasks: AccountTasks { waiting: row.parked_count, in_flight: row.in_flight_count },
            created_at: row.created_at.unix_seconds(),
        }
    }
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
pub(in crate::http) struct Key {
    /// Always `key`.
    #[schema(pattern = "^key$")]
    object: &'static str,
    id: i64,
    account_id: i64,
    #[schema(inline, value_type = words::KeyKindWord)]
    kind: &'static str,
    name: String,
    /// The part of the secret that is shown.
    #[schema(examples("sk-…f3Qk"))]
    mask: String,
    enabled: bool,
    /// An operator switched it off: its account cannot switch it on again.
    disabled_by_operator: bool,
    /// Whether the secret can be shown again.
    revealable: bool,
    #[schema(inline, value_type = Vec<words::ScopeWord>)]
    scopes: Vec<&'static str>,
    /// The models that it may use; null for all.
    #[schema(required)]
    models: Option<Vec<String>>,
    /// The networks that it may be used from; null for all.
    #[schema(required, examples("203.0.113.0/24"))]
    addresses: Option<Vec<String>>,
    /// Seconds since 1970; null for never.
    #[schema(required)]
    expires_at: Option<i64>,
    /// Most creates a minute; null for what the account has.
    #[schema(required)]
    creates_per_minute: Option<u32>,
    /// Most tasks at a time; null for what the account has.
    #[schema(required)]
    in_flight_max: Option<u32>,
    /// What it may spend in all; null for no limit.
    #[schema(required)]
    budget: Option<Money>,
    /// What it may spend in a month; null for no limit.
    #[schema(required)]
    month_budget: Option<Money>,
    /// What it has spent or holds.
    used: Money,
    /// The same in this month.
    month_used: Money,
    /// Seconds since 1970.
    created_at: i64,
    /// When it got another secret, in seconds since 1970.
    #[schema(required)]
    rolled_at: Option<i64>,
    /// Until when the secret before that is valid too, in seconds since 1970.
    #[schema(required)]
    old_secret_expires_at: Option<i64>,
    /// Seconds since 1970.
    #[schema(required)]
    last_used_at: Option<i64>,
    #[schema(required)]
    last_used_address: Option<String>,
    /// The program that used it last, as it calls itself.
    #[schema(required)]
    last_used_client: Option<String>,
    /// The secret: only in the answer that makes or rolls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Key {
    /// A key, without its secret.
    pub(in crate::http) fn of(row: &KeyDetail, now: Timestamp) -> Self {
        let terms = &row.terms;
        let addresses = terms.addresses.as_ref();
        Self {
            object: "key",
            id: row.id.0,
            account_id: row.account_id.0,
            kind: kind(row.kind),
            name: terms.name.clone(),
            mask: row.mask.clone(),
            enabled: row.enabled,
            disabled_by_operator: row.disabled_by_operator,
            revealable: row.sealed.is_some(),
            scopes: terms.scopes.iter().map(Scope::as_str).collect(),
            models: terms.models.clone(),
            addresses: addresses.map(|list| list.iter().map(ToString::to_string).collect()),
            expires_at: moment(terms.expires_at),
            creates_per_minute: terms.creates_per_minute,
            in_flight_max: terms.in_flight_max,
            budget: terms.budget.map(Money::from),
            month_budget: terms.month_budget.map(Money::from),
            used: row.used.into(),
            month_used: row.month_used_at(now).into(),
            created_at: row.created_at.unix_seconds(),
            rolled_at: moment(row.rolled_at),
            old_secret_expires_at: moment(row.old_expires_at.filter(|&at| at > now)),
            last_used_at: moment(row.last_used_at),
            last_used_address: row.last_used_address.clone(),
            last_used_client: row.last_used_client.clone(),
            key: None,
        }
    }

    /// The same with its secret.
    pub(in crate::http) fn with_secret(self, secret: String) -> Self {
        Self { key: Some(secret), ..self }
    }
}

/// The word for a key's kind.
const fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Live => "live",
        KeyKind::Test => "test",
    }
}

/// A group: what its accounts pay, may use, and how much at a time.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Group {
    /// Always `group`.
    #[schema(pattern = "^group$")]
    object: &'static str,
    id: i64,
    #[schema(examples("default"))]
    name: String,
    description: String,
    /// What prices are multiplied by.
    #[schema(examples("0.80"))]
    multiplier: String,
    /// The models that it may use; null for all.
    #[schema(required)]
    models: Option<Vec<String>>,
    /// Most tasks of an account at a time; null for the gateway's default.
    #[schema(required)]
    in_flight_max: Option<u32>,
    /// Most waiting tasks of an account; null for the gateway's default.
    #[schema(required)]
    waiting_max: Option<u32>,
    /// Most creates of an account a minute; null for the gateway's default.
    #[schema(required)]
    creates_per_minute: Option<u32>,
    /// Most tasks of all its accounts at a time; null for no limit.
    #[schema(required)]
    total_in_flight_max: Option<u32>,
    /// Most waiting tasks of all its accounts; null for no limit.
    #[schema(required)]
    total_waiting_max: Option<u32>,
    /// How many accounts are in it.
    accounts: u64,
    /// Seconds since 1970.
    created_at: i64,
}

impl From<&GroupRow> for Group {
    fn from(row: &GroupRow) -> Self {
        let terms = &row.terms;
        Self {
            object: "group",
            id: row.id.0,
            name: terms.name.clone(),
            description: terms.description.clone(),
            multiplier: Ticks(terms.multiplier_millionths.saturating_mul(10_000)).to_string(),
            models: terms.models.clone(),
            in_flight_max: terms.in_flight_max,
            waiting_max: terms.waiting_max,
            creates_per_minute: terms.creates_per_minute,
            total_in_flight_max: terms.total_in_flight_max,
            total_waiting_max: terms.total_waiting_max,
            accounts: row.accounts_count,
            created_at: row.created_at.unix_seconds(),
        }
    }
}

/// A session of a person who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Session {
    /// Always `session`.
    #[schema(pattern = "^session$")]
    object: &'static str,
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// Where it was last used from.
    address: String,
    /// The browser, as it calls itself.
    client: String,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970.
    last_seen_at: i64,
    /// When the password was last shown, in seconds since 1970.
    #[schema(required)]
    confirmed_at: Option<i64>,
    /// Whether it began with a one-time link.
    by_link: bool,
}

impl Session {
    /// A session; `current` is the one that asks.
    pub(in crate::http) fn of(row: &SessionRow, current: Option<&str>) -> Self {
        Self {
            object: "session",
            id: row.id.clone(),
            current: current == Some(row.id.as_str()),
            address: row.address.clone(),
            client: row.client.clone(),
            created_at: row.created_at.unix_seconds(),
            last_seen_at: row.last_seen_at.unix_seconds(),
            confirmed_at: moment(Some(row.confirmed_at).filter(|at| at.0 > 0)),
            by_link: row.by_link,
        }
    }
}
