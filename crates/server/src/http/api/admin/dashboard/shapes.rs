//! How the dashboard looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_domain::Timestamp;
use rushes_store::{AuditEntry, ChannelRow, RecentTask};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::figures::Costs;
use crate::channels::breaker::BreakerState;
use crate::channels::health::{Health, Turn};
use crate::http::api::view::Money;
use crate::openapi::words;

/// Whether anything is broken, slow or at a loss.
#[derive(Serialize, ToSchema)]
pub(super) struct Dashboard {
    /// Always `dashboard`.
    #[schema(pattern = "^dashboard$")]
    pub(super) object: &'static str,
    #[schema(inline, value_type = words::DashboardRangeWord)]
    pub(super) range: &'static str,
    /// When it was made, in seconds since 1970.
    pub(super) at: i64,
    /// When the first bin begins, in seconds since 1970; figures are of tasks made since then.
    pub(super) from: i64,
    /// How long a bin is.
    pub(super) bin_seconds: i64,
    pub(super) queue: Queue,
    pub(super) running: Running,
    pub(super) success: Success,
    pub(super) latency: Latency,
    pub(super) money: Sums,
    /// Oldest first; the last bin is unfinished. Where `capped` is true it begins later than `from`: with the
    /// first bin all of whose tasks were looked at.
    pub(super) series: Vec<Bin>,
    /// In the order of their names.
    pub(super) channels: Vec<Channel>,
    /// Worst first.
    pub(super) problems: Vec<Problem>,
    /// Newest first, without sign-ins.
    pub(super) events: Vec<Event>,
    /// How many tasks were looked at for the figures.
    pub(super) looked_at: usize,
    /// Whether only the newest tasks of the time were looked at.
    pub(super) capped: bool,
}

/// What waits, of all keys.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardQueue)]
pub(super) struct Queue {
    pub(super) waiting_count: u64,
    /// Null if nothing waits.
    #[schema(required)]
    pub(super) oldest_wait_ms: Option<i64>,
}

/// What is being made, of all keys.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardRunning)]
pub(super) struct Running {
    pub(super) count: u64,
    /// How many the enabled channels and the preview renderer take at a time.
    pub(super) slots: u64,
}

/// How many tasks of live keys came out how.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardSuccess)]
pub(super) struct Success {
    pub(super) succeeded: u32,
    pub(super) failed: u32,
    pub(super) cancelled: u32,
    /// The part of those that succeeded or failed that succeeded, 0 to 1; null if there are none.
    #[schema(required)]
    pub(super) rate: Option<f64>,
}

/// How long videos of live keys took; null if there are none.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
#[schema(as = DashboardLatency)]
pub(super) struct Latency {
    /// From the create to the video: half took no longer.
    #[schema(required)]
    pub(super) p50_ms: Option<i64>,
    /// The same for 95 of 100.
    #[schema(required)]
    pub(super) p95_ms: Option<i64>,
    /// The part in which no upstream was waited for: before the submit, and after it was done.
    #[schema(required)]
    pub(super) own_p50_ms: Option<i64>,
    #[schema(required)]
    pub(super) own_p95_ms: Option<i64>,
}

/// Money of tasks that channels had; previews are not in it.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardMoney)]
pub(super) struct Sums {
    /// What accounts paid.
    pub(super) charged: Money,
    /// What the jobs cost, or may have cost, by the upstream's word or else by the channel's terms.
    pub(super) upstream_cost: Money,
    /// The difference.
    pub(super) margin: Money,
}

/// The same of the tasks that were made in some time.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardBin)]
pub(super) struct Bin {
    /// When it begins, in seconds since 1970.
    pub(super) at: i64,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
    pub(super) cancelled: u32,
    #[schema(required)]
    pub(super) p50_ms: Option<i64>,
    #[schema(required)]
    pub(super) p95_ms: Option<i64>,
    pub(super) charged: Money,
    pub(super) upstream_cost: Money,
}

/// How a channel does.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardChannel)]
pub(super) struct Channel {
    id: i64,
    name: String,
    /// Its preset.
    #[schema(examples("xai"))]
    provider: String,
    #[schema(inline, value_type = words::ChannelStateWord)]
    state: &'static str,
    /// The kind of the error with which its breaker turned last.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    reason: Option<&'static str>,
    /// When its breaker turned last, in seconds since 1970; null if not since the start.
    #[schema(required)]
    changed_at: Option<i64>,
    /// How long until an open breaker lets a probe through.
    #[schema(required)]
    next_probe_ms: Option<i64>,
    /// Null while it is not in force.
    #[schema(required)]
    health: Option<HealthView>,
    /// How many jobs it has.
    running: u32,
    /// How many it may have.
    limit: u32,
    /// What its jobs cost of the tasks made in the last 24 hours.
    cost_24h: Money,
}

/// A channel's calls of the last two hours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelHealth)]
pub(in crate::http::api::admin) struct HealthView {
    /// Since when calls are counted, in seconds since 1970.
    since: i64,
    /// 24 times five minutes, oldest first; the last one is unfinished.
    slots: Vec<HealthSlot>,
}

/// Calls of five minutes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelHealthSlot)]
struct HealthSlot {
    /// When they begin, in seconds since 1970.
    at: i64,
    /// Calls that say that the channel works.
    good: u32,
    /// Calls that say that it does not.
    bad: u32,
}

impl HealthView {
    /// What is remembered of a channel.
    pub(in crate::http::api::admin) fn of(health: &Health, now: Timestamp) -> Self {
        let slots = health.slots(now).into_iter();
        let slots = slots.map(|it| HealthSlot { at: it.at, good: it.good, bad: it.bad });
        Self { since: health.since().unix_seconds(), slots: slots.collect() }
    }
}

impl Channel {
    /// A channel with what is known of it.
    pub(super) fn of(
        row: &ChannelRow,
        in_force: Option<&Arc<crate::channels::Channel>>,
        jobs: u32,
        costs: &Costs,
        now: Timestamp,
        now_ms: i64,
    ) -> Self {
        let runtime = in_force.map(|channel| &channel.runtime);
        let turn = runtime.and_then(|it| it.health(|health| health.last_turn()));
        let breaker = runtime.map(|it| it.breaker(|it| (it.state(now_ms), it.next_change(now_ms))));
        let state = match breaker {
            _ if !row.terms.enabled => "disabled",
            None => "not_in_force",
            Some((state, _)) => state.as_str(),
        };
        let next_probe_ms = breaker
            .filter(|(state, _)| *state == BreakerState::Open)
            .and_then(|(_, next_ms)| next_ms.map(|at| at - now_ms));
        Self {
            id: row.id.0,
            name: row.terms.name.clone(),
            provider: row.terms.preset.clone(),
            state,
            reason: turn.and_then(|turn| turn.reason),
            changed_at: turn.map(|turn| turn.at.unix_seconds()),
            next_probe_ms,
            health: runtime.map(|it| it.health(|health| HealthView::of(health, now))),
            running: jobs,
            limit: row.terms.max_concurrency,
            cost_24h: costs.of(row.id).into(),
        }
    }
}

/// A channel's name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelName)]
pub(in crate::http::api::admin) struct ChannelName {
    pub(in crate::http::api::admin) id: i64,
    #[schema(examples("xai-eu"))]
    pub(in crate::http::api::admin) name: String,
}

/// Something that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = DashboardProblem)]
pub(super) struct Problem {
    #[schema(inline, value_type = words::ProblemWord)]
    pub(super) kind: &'static str,
    #[schema(inline, value_type = words::ProblemLevelWord)]
    pub(super) level: &'static str,
    /// The channel that it is about.
    #[schema(required)]
    pub(super) channel: Option<ChannelName>,
    /// The model that it is about.
    #[schema(required)]
    pub(super) model: Option<String>,
    /// Numbers and words about it.
    pub(super) facts: BTreeMap<String, Value>,
}

/// Something that happened.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = DashboardEvent)]
pub(super) struct Event {
    /// When, in seconds since 1970.
    pub(super) at: i64,
    #[schema(inline, value_type = words::DashboardEventWord)]
    kind: &'static str,
    #[schema(required)]
    channel: Option<ChannelName>,
    /// Where the breaker stands since.
    #[schema(required, inline, value_type = Option<words::BreakerWord>)]
    state: Option<&'static str>,
    /// The kind of error that turned the breaker.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    reason: Option<&'static str>,
    /// Who did it, as in the audit log.
    #[schema(required)]
    actor: Option<String>,
    /// What was done, as in the audit log.
    #[schema(required)]
    action: Option<String>,
    /// To what, as in the audit log.
    #[schema(required)]
    target: Option<String>,
    /// The task that failed.
    #[schema(required)]
    task_id: Option<String>,
    /// Why it failed.
    #[schema(required, inline, value_type = Option<words::TaskFailureCode>)]
    code: Option<&'static str>,
}

impl Event {
    /// A breaker turned.
    pub(super) fn breaker(turn: Turn, channel: Option<ChannelName>) -> Self {
        let state = Some(turn.state.as_str());
        let (kind, at) = ("breaker", turn.at.unix_seconds());
        Self { at, kind, channel, state, reason: turn.reason, ..Self::default() }
    }

    /// Somebody changed something.
    pub(super) fn audit(entry: &AuditEntry) -> Self {
        Self {
            at: entry.at.unix_seconds(),
            kind: "audit",
            actor: Some(entry.actor.clone()),
            action: Some(entry.action.clone()),
            target: Some(entry.object.clone()),
            ..Self::default()
        }
    }

    /// A task failed.
    pub(super) fn failure(task: &RecentTask, channel: Option<ChannelName>) -> Self {
        Self {
            at: task.finished_at.unwrap_or(task.created_at).unix_seconds(),
            kind: "failure",
            channel,
            task_id: Some(task.id.to_string()),
            code: task.failure_code.map(rushes_domain::FailureCode::as_str),
            ..Self::default()
        }
    }
}
