//! Whether a task may be made: money and limits, in one function for every door.
//!
//! Guarantees: [`admit`] looks at nothing but its arguments, so the store can ask it within the
//! transaction that takes the money and the place; the queue's limit comes before the money
//! (contract 2). Not here: who calls and which models they may use (the server's `admission`), and
//! the rate of creates.

use crate::money::Ticks;

/// A count with the most that it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// How many there are.
    pub count: u32,
    /// How many there may be.
    pub max: u32,
}

impl Level {
    /// Whether one more fits.
    pub const fn has_room(self) -> bool {
        self.count < self.max
    }
}

/// What a key may spend, and what it has spent: all its holds that were not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The most.
    pub limit: Ticks,
    /// What is taken of it.
    pub used: Ticks,
}

impl Budget {
    /// What is left; nothing if the limit was lowered below what is used.
    pub fn left(self) -> Ticks {
        self.limit.checked_sub(self.used).unwrap_or(Ticks::ZERO).max(Ticks::ZERO)
    }
}

/// What the store knows of a key, its account and its group at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// False if the key was revoked, deleted or has expired, or its secret was rolled away.
    pub key_is_usable: bool,
    /// False if an operator disabled the account.
    pub account_is_enabled: bool,
    /// What the key or its group no longer allows of the request.
    pub withdrawn: Option<Withdrawn>,
    /// What the account can spend.
    pub available: Ticks,
    /// The key's budget for all time, if it has one.
    pub total_budget: Option<Budget>,
    /// The key's budget for the calendar month (UTC), if it has one.
    pub month_budget: Option<Budget>,
    /// Tasks in flight: the account's, then those of key and group if these have limits.
    pub in_flight: Level,
    /// The key's tasks in flight.
    pub key_in_flight: Option<Level>,
    /// The group's tasks in flight.
    pub group_in_flight: Option<Level>,
    /// Tasks that wait for a place in flight.
    pub waiting: Level,
    /// The whole group's.
    pub group_waiting: Option<Level>,
}

/// A time that a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The key's whole life.
    Total,
    /// The calendar month, UTC.
    Month,
}

/// What a request was allowed when it came, and is not any more: its body takes its time, and
/// meanwhile a key or a group is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// To come from its address.
    Address,
    /// To create at all.
    Scope,
    /// The key's leave to use the model.
    KeyModel,
    /// The group's.
    GroupModel,
}

/// Why a task may not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The key does not work any more.
    InvalidKey,
    /// The account is disabled.
    AccountDisabled,
    /// Key or group allow it no longer.
    Withdrawn(Withdrawn),
    /// Too many tasks wait already.
    QueueFull {
        /// How many, and how many there may be.
        waiting: Level,
        /// True if they are the group's and not the account's alone.
        is_group: bool,
    },
    /// The balance does not cover the price.
    InsufficientQuota {
        /// The price.
        needed: Ticks,
        /// What the account can spend.
        available: Ticks,
    },
    /// The key's budget does not cover the price.
    KeyBudgetExceeded {
        /// The price.
        needed: Ticks,
        /// What the budget still allows.
        left: Ticks,
        /// Which budget.
        period: Period,
    },
}

/// The outcome of [`admit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is a place in flight.
    Queue,
    /// It waits for one (`NOT_START`).
    Park,
    /// It is not made.
    Refuse(Refusal),
}

/// Decides about a task that costs `price` (zero for test keys).
pub fn admit(standing: &Standing, price: Ticks) -> Verdict {
    if let Some(refusal) = check_key(standing) {
        return Verdict::Refuse(refusal);
    }
    let has_room = has_room(standing);
    if !has_room && let Some(refusal) = check_waiting(standing) {
        return Verdict::Refuse(refusal);
    }
    if let Some(refusal) = check_money(standing, price) {
        return Verdict::Refuse(refusal);
    }
    if has_room { Verdict::Queue } else { Verdict::Park }
}

/// The same without the places: what is known before the work of decoding, and all that an estimate
/// tells.
pub fn check_money(standing: &Standing, price: Ticks) -> Option<Refusal> {
    if price <= Ticks::ZERO {
        return None;
    }
    if standing.available < price {
        return Some(Refusal::InsufficientQuota { needed: price, available: standing.available });
    }
    [(standing.total_budget, Period::Total), (standing.month_budget, Period::Month)]
        .into_iter()
        .filter_map(|(budget, period)| budget.map(|budget| (budget.left(), period)))
        .find(|&(left, _)| left < price)
        .map(|(left, period)| Refusal::KeyBudgetExceeded { needed: price, left, period })
}

/// Whether key and account work at all, and for this request.
pub fn check_key(standing: &Standing) -> Option<Refusal> {
    if !standing.key_is_usable {
        return Some(Refusal::InvalidKey);
    }
    if !standing.account_is_enabled {
        return Some(Refusal::AccountDisabled);
    }
    standing.withdrawn.map(Refusal::Withdrawn)
}

/// Whether there is a place in flight for one more task.
pub fn has_room(standing: &Standing) -> bool {
    let levels = [Some(standing.in_flight), standing.key_in_flight, standing.group_in_flight];
    levels.into_iter().flatten().all(Level::has_room)
}

fn check_waiting(standing: &Standing) -> Option<Refusal> {
    if !standing.waiting.has_room() {
        return Some(Refusal::QueueFull { waiting: standing.waiting, is_group: false });
    }
    let group = standing.group_waiting.filter(|level| !level.has_room())?;
    Some(Refusal::QueueFull { waiting: group, is_group: true })
}
