//! What is wrong, worst first.
//!
//! Guarantees: a problem is a code with facts, in no language; at most [`PROBLEMS_MAX`] are told. Not
//! here: what the breaker does about it.

use std::collections::BTreeMap;

use rushes_domain::channel::ChannelTerms;
use rushes_store::ChannelRow;
use serde_json::{Value, json};

use super::Seen;
use super::shapes::{ChannelName, Problem};
use crate::channels::breaker::BreakerState;

/// Problems that are told at a time.
const PROBLEMS_MAX: usize = 20;
/// From which wait on the queue is slow, in milliseconds.
const QUEUE_SLOW_MS: i64 = 10 * 60 * 1_000;
/// Below so many times the least free space the disk is low.
const DISK_LOW_FACTOR: u64 = 4;
/// Tasks that have to have ended before their share of failures counts.
const FAILURES_ENDED_MIN: u32 = 10;
/// For how long nothing has arrived at a webhook that is a problem, in milliseconds.
pub(super) const WEBHOOK_FAILING_MS: i64 = 60 * 60 * 1_000;

/// All kinds of problem.
pub(crate) const PROBLEM_WORDS: [&str; 9] = [
    "disk_low",
    "channel_not_in_force",
    "breaker_open",
    "no_channel",
    "failures_high",
    "queue_slow",
    "breaker_half_open",
    "webhooks_failing",
    "previews_only",
];

const BAD: &str = "bad";
const WARN: &str = "warn";
const NOTE: &str = "note";

fn problem(kind: &'static str, level: &'static str, facts: Value) -> Problem {
    let facts: BTreeMap<String, Value> = match facts {
        Value::Object(facts) => facts.into_iter().collect(),
        _ => BTreeMap::new(),
    };
    Problem { kind, level, channel: None, model: None, facts }
}

/// What is wrong by all that was seen.
pub(super) fn of(seen: &Seen<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(disk(seen));
    for (row, _) in &seen.rows.channels {
        problems.extend(channel(seen, row));
    }
    problems.extend(models(seen));
    problems.extend(failures(seen));
    problems.extend(queue(seen));
    problems.extend(webhooks(seen));
    let worth = |problem: &Problem| {
        let level = [BAD, WARN, NOTE].iter().position(|level| *level == problem.level);
        let kind = PROBLEM_WORDS.iter().position(|kind| *kind == problem.kind);
        (level, kind)
    };
    problems.sort_by_key(worth);
    problems.truncate(PROBLEMS_MAX);
    problems
}

fn disk(seen: &Seen<'_>) -> Option<Problem> {
    let free = seen.latest.disk?.free_bytes;
    let needed = seen.app.config.limits.storage_free_bytes_min;
    let is_low = free < needed.saturating_mul(DISK_LOW_FACTOR);
    let level = if free < needed { BAD } else { WARN };
    is_low
        .then(|| problem("disk_low", level, json!({ "free_bytes": free, "needed_bytes": needed })))
}

fn channel(seen: &Seen<'_>, row: &ChannelRow) -> Option<Problem> {
    if !row.terms.enabled {
        return None;
    }
    let name = ChannelName { id: row.id.0, name: row.terms.name.clone() };
    let Some(channel) = seen.roster.find(row.id) else {
        let found = problem("channel_not_in_force", BAD, Value::Null);
        return Some(Problem { channel: Some(name), ..found });
    };
    let now_ms = seen.app.clock.monotonic_ms();
    let (state, next_ms) = channel.runtime.breaker(|it| (it.state(now_ms), it.next_change(now_ms)));
    let turn = channel.runtime.health(|health| health.last_turn());
    let mut facts = json!({
        "reason": turn.and_then(|turn| turn.reason),
        "since": turn.map(|turn| turn.at.unix_seconds()),
    });
    let (kind, level) = match state {
        BreakerState::Closed => return None,
        BreakerState::Open => {
            facts["next_probe_ms"] = json!(next_ms.map(|at| at - now_ms));
            ("breaker_open", BAD)
        }
        BreakerState::HalfOpen => ("breaker_half_open", WARN),
    };
    Some(Problem { channel: Some(name), ..problem(kind, level, facts) })
}

/// Models that nobody makes; one problem for all of them if there is no channel yet.
fn models(seen: &Seen<'_>) -> Vec<Problem> {
    if seen.roster.live_keys_get_previews() {
        return vec![problem("previews_only", NOTE, Value::Null)];
    }
    let makes = |terms: &ChannelTerms, id: &str| {
        terms.enabled && terms.weight > 0 && terms.upstream_model(id).is_some()
    };
    let is_made = |id: &str| seen.roster.all().iter().any(|channel| makes(&channel.row.terms, id));
    let priced = seen.app.prices.current();
    let missing = priced.catalogue.models().iter().filter(|model| !is_made(&model.id));
    let told = missing.map(|model| Problem {
        model: Some(model.id.clone()),
        ..problem("no_channel", BAD, Value::Null)
    });
    told.collect()
}

fn failures(seen: &Seen<'_>) -> Option<Problem> {
    let success = seen.figures.success();
    let ended = success.succeeded + success.failed;
    let is_high = ended >= FAILURES_ENDED_MIN && success.failed * 2 > ended;
    let facts = json!({ "failed": success.failed, "ended": ended });
    is_high.then(|| problem("failures_high", BAD, facts))
}

fn queue(seen: &Seen<'_>) -> Option<Problem> {
    let wait_ms = seen.queue.oldest_wait_ms.filter(|wait_ms| *wait_ms > QUEUE_SLOW_MS)?;
    let facts = json!({ "oldest_wait_ms": wait_ms, "waiting_count": seen.queue.waiting_count });
    Some(problem("queue_slow", WARN, facts))
}

fn webhooks(seen: &Seen<'_>) -> Option<Problem> {
    let first = seen.rows.failing.first()?;
    let facts = json!({
        "count": seen.rows.failing.len(),
        "since": first.failing_since.map(rushes_domain::Timestamp::unix_seconds),
        "endpoint_id": first.id.0,
        "account_id": first.account_id.0,
        "host": first.terms.host,
    });
    Some(problem("webhooks_failing", WARN, facts))
}
