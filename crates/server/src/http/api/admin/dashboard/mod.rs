//! `GET /api/admin/dashboard`: whether anything is broken, slow or at a loss.
//!
//! Guarantees: the newest [`figures::LOOKED_AT_MAX`] tasks of the time are looked at, in small reads,
//! and an answer says if there were more; an answer is given out for [`KEPT_MS`], so that ten
//! dashboards cost one. Tasks of test keys are in no figure, and previews in no sum of money.
//! Problems are codes and facts: the words are the console's.

mod figures;
mod problems;
mod shapes;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::{ApiError, ChannelId, State as TaskState, Timestamp};
use rushes_store::{
    AuditEntry, AuditFilter, ChannelRow, EndpointRow, LiveTasks, StoreError, Tx, failing_endpoints,
};
use serde::Deserialize;
use tokio::sync::Mutex;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::figures::{Costs, Figures, RANGES, Range};
pub(crate) use self::problems::PROBLEM_WORDS;
use self::shapes::{Channel, Dashboard, Event, Queue, Running};
pub(super) use self::shapes::{ChannelName, HealthView};
use crate::app::App;
use crate::channels::Roster;
use crate::http::api::actor::Actor;
use crate::http::api::input;
use crate::http::error::HttpError;
use crate::http::metrics::Latest;
use crate::http::{Http, json, to_json};
use crate::openapi::{refusals, words};

/// How long an answer is given out again, in milliseconds.
const KEPT_MS: i64 = 5_000;
/// How long sums of channels' costs are given out again, in milliseconds.
const COSTS_KEPT_MS: i64 = 15_000;
/// Events in an answer.
const EVENTS_MAX: usize = 20;
/// Lines of the audit log that are looked at for them.
const AUDIT_READ_MAX: u32 = 100;
/// Failing webhooks that are counted, at most.
const FAILING_MAX: u32 = 100;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(show))
}

/// How far back.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// How far back figures go.
    #[param(inline, value_type = Option<words::DashboardRangeWord>, default = "24h")]
    range: Option<String>,
}

/// An answer, and when it was made, in milliseconds of the monotonic clock.
type Kept = (i64, Vec<u8>);

/// The latest answers.
#[derive(Debug, Default)]
pub(in crate::http) struct Dashboards {
    answers: [Mutex<Option<Kept>>; RANGES.len()],
    costs: Mutex<Option<(i64, Arc<Costs>)>>,
}

/// All that an operator asks first: the queue, the channels, success, time, money, and what is wrong.
///
/// Figures and bins are of the tasks that were made in the time. An answer may be five seconds old.
#[utoipa::path(get, path = "/api/admin/dashboard", operation_id = "getDashboard",
    tag = "operators", params(Wanted),
    responses((status = 200, body = Dashboard), refusals::ApiLook))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let wanted: Wanted = input::query(query.as_deref())?;
    let place = match wanted.range.as_deref() {
        None => 1,
        Some(word) => RANGES
            .iter()
            .position(|range| range.word == word)
            .ok_or_else(|| ApiError::invalid("range", "range must be one of 1h, 24h, 7d"))?,
    };
    Ok(json(StatusCode::OK, http.dashboards.answer(&http, place).await?))
}

impl Dashboards {
    /// The answer of a range, at most [`KEPT_MS`] old. Who comes together shares the work.
    async fn answer(&self, http: &Http, place: usize) -> Result<Vec<u8>, HttpError> {
        let (Some(kept), Some(range)) = (self.answers.get(place), RANGES.get(place)) else {
            return Err(ApiError::invalid("range", "range must be one of 1h, 24h, 7d").into());
        };
        let mut kept = kept.lock().await;
        let now_ms = http.app.clock.monotonic_ms();
        if let Some((at_ms, bytes)) = &*kept
            && now_ms - at_ms < KEPT_MS
        {
            return Ok(bytes.clone());
        }
        let bytes = to_json(serde_json::to_vec(&gather(http, range).await?))?;
        *kept = Some((now_ms, bytes.clone()));
        Ok(bytes)
    }

    /// What the channels cost in the last 24 hours, at most [`COSTS_KEPT_MS`] old.
    pub(super) async fn costs(&self, app: &App) -> Result<Arc<Costs>, HttpError> {
        let mut kept = self.costs.lock().await;
        let now_ms = app.clock.monotonic_ms();
        if let Some((at_ms, costs)) = &*kept
            && now_ms - at_ms < COSTS_KEPT_MS
        {
            return Ok(Arc::clone(costs));
        }
        let costs = Arc::new(figures::costs(&app.store, app.clock.now()).await?);
        *kept = Some((now_ms, Arc::clone(&costs)));
        Ok(costs)
    }
}

/// What the store says besides tasks.
struct Rows {
    /// Each with how many jobs it has.
    channels: Vec<(ChannelRow, u32)>,
    audit: Vec<(i64, AuditEntry)>,
    failing: Vec<EndpointRow>,
}

fn rows(tx: &mut Tx<'_>, now: Timestamp) -> Result<Rows, StoreError> {
    let with_jobs = |row: ChannelRow, tx: &mut Tx<'_>| {
        rushes_store::jobs_of_channel(tx, row.id).map(|jobs| (row, jobs))
    };
    let channels = rushes_store::channels(tx)?;
    let channels = channels.into_iter().map(|row| with_jobs(row, tx)).collect::<Result<_, _>>()?;
    let filter = AuditFilter { limit: AUDIT_READ_MAX, ..AuditFilter::default() };
    let mut audit = rushes_store::list_audit(tx, &filter)?;
    // Sign-ins would hide everything else.
    audit.retain(|(_, entry)| !entry.action.starts_with("session."));
    let since = now.plus_ms(-problems::WEBHOOK_FAILING_MS);
    Ok(Rows { channels, audit, failing: failing_endpoints(tx, since, FAILING_MAX)? })
}

/// Everything that problems are seen in.
struct Seen<'s> {
    app: &'s App,
    latest: &'s Latest,
    roster: &'s Roster,
    rows: &'s Rows,
    figures: &'s Figures,
    queue: &'s Queue,
}

async fn gather(http: &Http, range: &'static Range) -> Result<Dashboard, HttpError> {
    let app = &http.app;
    let now = app.clock.now();
    let latest = http.scrapes.latest(app).await?;
    let costs = http.dashboards.costs(app).await?;
    let figures = Figures::read(&app.store, range, now).await?;
    let roster = app.channels.current(&app.store).await?;
    let rows = app.store.read(move |tx| rows(tx, now)).await?;
    let queue = queue(&latest.stats.live, now);
    let seen = Seen {
        app,
        latest: &latest,
        roster: &roster,
        rows: &rows,
        figures: &figures,
        queue: &queue,
    };
    let problems = problems::of(&seen);
    let events = events(&seen);
    let channels = rows.channels.iter();
    let channels = channels.map(|(row, jobs)| {
        Channel::of(row, roster.find(row.id), *jobs, &costs, now, app.clock.monotonic_ms())
    });
    Ok(Dashboard {
        object: "dashboard",
        range: range.word,
        at: now.unix_seconds(),
        from: figures.from.unix_seconds(),
        bin_seconds: range.bin_seconds,
        running: running(app, &latest.stats.live, &roster),
        success: figures.success(),
        latency: figures.latency(),
        money: figures.money(),
        series: figures.series(),
        channels: channels.collect(),
        problems,
        events,
        looked_at: figures.looked_at,
        capped: figures.is_capped,
        queue,
    })
}

fn queue(live: &[LiveTasks], now: Timestamp) -> Queue {
    let waiting =
        || live.iter().filter(|group| matches!(group.state, TaskState::Parked | TaskState::Queued));
    let oldest = waiting().map(|group| group.waiting_since).min();
    Queue {
        waiting_count: waiting().map(|group| group.count).sum(),
        oldest_wait_ms: oldest.map(|since| now.ms_since(since).max(0)),
    }
}

fn running(app: &App, live: &[LiveTasks], roster: &Roster) -> Running {
    let is_running = |group: &&LiveTasks| {
        matches!(group.state, TaskState::Submitting | TaskState::Running | TaskState::Finalizing)
    };
    let terms = roster.all().iter().map(|channel| &channel.row.terms);
    let of_channels = terms.filter(|terms| terms.enabled).map(|it| u64::from(it.max_concurrency));
    Running {
        count: live.iter().filter(is_running).map(|group| group.count).sum(),
        slots: of_channels.sum::<u64>() + app.config.render.slot_count() as u64,
    }
}

/// The last things that happened, newest first.
fn events(seen: &Seen<'_>) -> Vec<Event> {
    let name_of = |id: ChannelId| {
        let row = seen.rows.channels.iter().find(|(row, _)| row.id == id);
        row.map(|(row, _)| ChannelName { id: id.0, name: row.terms.name.clone() })
    };
    let mut events = Vec::new();
    for channel in seen.roster.all() {
        let turns: Vec<_> = channel.runtime.health(|health| health.turns().copied().collect());
        events.extend(turns.into_iter().map(|turn| Event::breaker(turn, name_of(channel.id()))));
    }
    events.extend(seen.rows.audit.iter().map(|(_, entry)| Event::audit(entry)));
    let failures = seen.figures.failures.iter();
    events.extend(failures.map(|task| Event::failure(task, name_of(task.channel_id))));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(EVENTS_MAX);
    events
}
