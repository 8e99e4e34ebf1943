//! The sums of a walk, made from the ledger's and the tasks' rows by other code than the store's.

use std::collections::BTreeMap;

use rushes_store::{StoreError, Tx, params};

use crate::harness::TestStore;

const IN_FLIGHT: [&str; 4] = ["queued", "submitting", "running", "finalizing"];

/// A line of the ledger.
#[derive(Debug, Clone)]
struct Line {
    id: String,
    account: i64,
    kind: String,
    amount: i64,
    resolves: Option<String>,
    key: Option<i64>,
    available: i64,
    price_version: Option<i64>,
    day: i64,
    model: Option<String>,
    seconds: i64,
    reason: Option<String>,
}

/// What an account's row says.
#[derive(Debug, Clone)]
struct Account {
    id: i64,
    group: i64,
    available: i64,
    pending: i64,
    posted: i64,
    limit: i64,
}

/// What a key's row says.
#[derive(Debug, Clone)]
struct Key {
    id: i64,
    used: i64,
    month_used: i64,
    budget: Option<i64>,
    month_budget: Option<i64>,
    limit: Option<i64>,
}

/// Everything that is compared.
#[derive(Debug)]
pub(super) struct Sums {
    lines: Vec<Line>,
    accounts: Vec<Account>,
    keys: Vec<Key>,
    /// Group → limit of all its tasks in flight.
    totals: BTreeMap<i64, Option<i64>>,
    /// Hex id → account, key, state.
    tasks: BTreeMap<String, (i64, i64, String)>,
    usage: BTreeMap<(i64, i64, i64, String), [i64; 5]>,
}

impl Sums {
    pub(super) fn read(test: &TestStore) -> Self {
        test.read(|tx| {
            Ok(Self {
                lines: lines(tx)?,
                accounts: accounts(tx)?,
                keys: keys(tx)?,
                totals: tx
                    .rows("SELECT id, total_in_flight_max FROM groups", params![], |row| {
                        Ok((row.take()?, row.take()?))
                    })?
                    .into_iter()
                    .collect(),
                tasks: tx
                    .rows("SELECT id, account_id, key_id, state FROM tasks", params![], |row| {
                        Ok((row.take()?, (row.take()?, row.take()?, row.take()?)))
                    })?
                    .into_iter()
                    .collect(),
                usage: usage(tx)?,
            })
        })
    }

    /// Fails where something does not add up.
    pub(super) fn check(&self, before: &Self, place: &str) {
        self.check_accounts(place);
        self.check_holds(place);
        self.check_keys(before, place);
        self.check_usage(place);
        self.check_places(before, place);
        assert!(self.lines.len() >= before.lines.len(), "{place}: a transfer is gone");
    }

    fn check_accounts(&self, place: &str) {
        for account in &self.accounts {
            let own = || self.lines.iter().filter(|line| line.account == account.id);
            let sum = |kinds: &[&str]| -> i64 {
                own().filter(|line| kinds.contains(&line.kind.as_str())).map(|it| it.amount).sum()
            };
            let pending = sum(&["hold"]) - sum(&["post", "void"]);
            assert_eq!(account.pending, pending, "{place}: {account:?}");
            assert_eq!(account.posted, sum(&["post"]), "{place}: {account:?}");
            let available = sum(&["credit", "adj"]) - sum(&["post"]) - pending;
            assert_eq!(account.available, available, "{place}: {account:?}");
            assert!(available >= 0, "{place}: {account:?} is below zero");
            assert_eq!(own().next_back().map(|line| line.available), Some(available), "{place}");
        }
    }

    /// One resolution at most, never over its hold, and exactly one once the task has ended.
    fn check_holds(&self, place: &str) {
        let mut resolutions: BTreeMap<&str, &Line> = BTreeMap::new();
        for line in &self.lines {
            if let Some(hold) = &line.resolves {
                let other = resolutions.insert(hold, line);
                assert!(other.is_none(), "{place}: {hold} is resolved twice");
            }
        }
        for hold in self.lines.iter().filter(|line| line.kind == "hold") {
            let (_, _, state) = &self.tasks[hold.id.trim_start_matches("hold:")];
            let resolution = resolutions.remove(hold.id.as_str());
            let expected = match state.as_str() {
                "succeeded" => Some("post"),
                "failed" | "cancelled" => Some("void"),
                _ => None,
            };
            assert_eq!(resolution.map(|line| line.kind.as_str()), expected, "{place}: {hold:?}");
            if let Some(resolution) = resolution {
                assert!(resolution.amount <= hold.amount, "{place}: {resolution:?}");
                assert_eq!(resolution.price_version, hold.price_version, "{place}");
            }
        }
        assert!(resolutions.is_empty(), "{place}: resolved without a hold: {resolutions:?}");
    }

    fn check_keys(&self, before: &Self, place: &str) {
        for key in &self.keys {
            let of_key = |kind: &str| -> i64 {
                let own = self.lines.iter().filter(|it| it.key == Some(key.id) && it.kind == kind);
                own.map(|line| line.amount).sum()
            };
            assert_eq!(key.used, of_key("hold") - of_key("void"), "{place}: {key:?}");
            // A budget may be lowered under what was used; it never grows over it.
            let was = before.keys.iter().find(|it| it.id == key.id);
            let (used, month) = was.map_or((0, 0), |it| (it.used, it.month_used));
            let is_within = |now: i64, before: i64, budget: Option<i64>| {
                now <= before || budget.is_none_or(|budget| now <= budget)
            };
            assert!(is_within(key.used, used, key.budget), "{place}: {key:?}");
            assert!(is_within(key.month_used, month, key.month_budget), "{place}: {key:?}");
        }
    }

    fn check_usage(&self, place: &str) {
        let mut expected: BTreeMap<(i64, i64, i64, String), [i64; 5]> = BTreeMap::new();
        for line in &self.lines {
            let at = match (line.kind.as_str(), line.reason.as_deref()) {
                ("post", _) => 0,
                ("void", Some("cancelled")) => 2,
                ("void", _) => 1,
                _ => continue,
            };
            let model = line.model.clone().unwrap_or_default();
            let row = expected.entry((line.day, line.account, line.key.unwrap_or(0), model));
            let row = row.or_default();
            row[at] += 1;
            if at == 0 {
                row[3] += line.seconds;
                row[4] += line.amount;
            }
        }
        assert_eq!(self.usage, expected, "{place}");
    }

    /// No key, account or group has more tasks in flight than its limit, unless the limit was
    /// lowered under what was there: then at least none comes in.
    fn check_places(&self, before: &Self, place: &str) {
        let within = |what: &str, now: i64, was: i64, limit: Option<i64>| {
            let is_sound = now <= was || limit.is_none_or(|limit| now <= limit);
            assert!(is_sound, "{place}: {what}: {now} in flight of {limit:?}, before {was}");
        };
        for key in &self.keys {
            let is_it = |_: i64, id: i64| id == key.id;
            let counts = (self.in_flight(is_it), before.in_flight(is_it));
            within(&format!("key {}", key.id), counts.0, counts.1, key.limit);
        }
        for account in &self.accounts {
            let is_it = |id: i64, _: i64| id == account.id;
            let counts = (self.in_flight(is_it), before.in_flight(is_it));
            within(&format!("account {}", account.id), counts.0, counts.1, Some(account.limit));
        }
        for (group, limit) in &self.totals {
            // An account that moves brings its tasks along.
            if self.members(*group) != before.members(*group) {
                continue;
            }
            let is_it = |id: i64, _: i64| self.members(*group).contains(&id);
            let counts = (self.in_flight(is_it), before.in_flight(is_it));
            within(&format!("group {group}"), counts.0, counts.1, *limit);
        }
    }

    fn members(&self, group: i64) -> Vec<i64> {
        let members = self.accounts.iter().filter(|account| account.group == group);
        members.map(|account| account.id).collect()
    }

    fn in_flight(&self, is_it: impl Fn(i64, i64) -> bool) -> i64 {
        let tasks = self.tasks.values();
        let tasks = tasks.filter(|(account, key, state)| {
            IN_FLIGHT.contains(&state.as_str()) && is_it(*account, *key)
        });
        i64::try_from(tasks.count()).unwrap()
    }
}

fn lines(tx: &mut Tx<'_>) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT id, account_id, kind, amount_ticks, resolves, key_id, available_ticks,
            price_version, created_at, model_id, COALESCE(seconds, 0), reason
        FROM transfers ORDER BY account_id, sequence";
    tx.rows(sql, params![], |row| {
        Ok(Line {
            id: row.take()?,
            account: row.take()?,
            kind: row.take()?,
            amount: row.take()?,
            resolves: row.take()?,
            key: row.take()?,
            available: row.take()?,
            price_version: row.take()?,
            day: row.take::<i64>()? / 86_400_000_000,
            model: row.take()?,
            seconds: row.take()?,
            reason: row.take()?,
        })
    })
}

fn accounts(tx: &mut Tx<'_>) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT id, group_id,
            credits_ticks + adjustments_ticks - posted_ticks - pending_ticks,
            pending_ticks, posted_ticks, in_flight_max FROM accounts";
    tx.rows(sql, params![], |row| {
        Ok(Account {
            id: row.take()?,
            group: row.take()?,
            available: row.take()?,
            pending: row.take()?,
            posted: row.take()?,
            limit: row.take()?,
        })
    })
}

fn keys(tx: &mut Tx<'_>) -> Result<Vec<Key>, StoreError> {
    let sql = "SELECT id, used_ticks, month_used_ticks, budget_ticks, month_budget_ticks,
            in_flight_max FROM keys";
    tx.rows(sql, params![], |row| {
        Ok(Key {
            id: row.take()?,
            used: row.take()?,
            month_used: row.take()?,
            budget: row.take()?,
            month_budget: row.take()?,
            limit: row.take()?,
        })
    })
}

type Usage = BTreeMap<(i64, i64, i64, String), [i64; 5]>;

fn usage(tx: &mut Tx<'_>) -> Result<Usage, StoreError> {
    let sql = "SELECT day, account_id, key_id, model_id, succeeded_count, failed_count,
            cancelled_count, seconds, posted_ticks FROM usage_days";
    let rows = tx.rows(sql, params![], |row| {
        let key = (row.take()?, row.take()?, row.take()?, row.take()?);
        let mut sums = [0; 5];
        for sum in &mut sums {
            *sum = row.take()?;
        }
        Ok((key, sums))
    })?;
    Ok(rows.into_iter().collect())
}
