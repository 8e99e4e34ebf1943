//! What the process counts about itself, for the operator's monitoring.
//!
//! Guarantees: one [`Metrics`] belongs to one app, so that several apps of one process do not mix;
//! counting is cheap enough for every poll; no label is text of a customer's. Not here: what the
//! rows already know (tasks that are under way, money, files), which is asked of the store when
//! somebody scrapes, and who may scrape (`http/metrics`).

pub mod channels;
pub mod histogram;
pub mod requests;
pub mod text;
pub mod webhooks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rushes_domain::State;
use rushes_domain::catalogue::Catalogue;
use rushes_store::TaskRow;

use self::histogram::Histogram;
use self::requests::Requests;
use self::text::{Kind, Text};
use self::webhooks::WebhookMetrics;

/// The label of a model that the catalogue does not have any more.
pub const OTHER_MODEL: &str = "(other)";
/// Models whose ends are told apart; as many as a catalogue may have, and then some that went.
const MODELS_MAX: usize = 2 * rushes_domain::catalogue::MODELS_MAX;

/// Counters and histograms of one app.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests.
    pub requests: Requests,
    /// Webhooks.
    pub webhooks: WebhookMetrics,
    commits: Histogram,
    written: AtomicU64,
    connections: AtomicU64,
    /// Model's id → state → tasks that ended so.
    ended: Mutex<BTreeMap<String, BTreeMap<&'static str, u64>>>,
}

impl Metrics {
    /// Counts a commit of so many operations.
    pub fn commit(&self, operations: usize, took: Duration) {
        self.commits.record(took);
        self.written.fetch_add(u64::try_from(operations).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Looks at a row that was just committed, and counts it if this commit ended the task.
    pub fn task(&self, row: &TaskRow) {
        // The only change of an ended task's row is that its video goes.
        let is_removal = row.result.as_ref().is_some_and(|result| result.removed_at.is_some());
        if !row.state.is_terminal() || is_removal {
            return;
        }
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = ended.contains_key(&row.model_id) || ended.len() < MODELS_MAX;
        let model = if is_known { row.model_id.as_str() } else { OTHER_MODEL };
        *ended.entry(model.to_owned()).or_default().entry(row.state.as_str()).or_default() += 1;
    }

    /// Counts a connection as open until the value is dropped.
    pub fn connection(self: &Arc<Self>) -> OpenConnection {
        self.connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(self))
    }

    /// Writes everything that is counted here.
    pub fn write(&self, catalogue: &Catalogue, text: &mut Text) {
        self.requests.write(text);
        let help = "Connections that are open.";
        text.family("rushes_http_connections_open", Kind::Gauge, help)
            .sample(&[], self.connections.load(Ordering::Relaxed));
        self.write_ended(catalogue, text);
        self.webhooks.write(text);
        let help = "Time of a commit until it was synced to the disk.";
        text.family("rushes_store_commit_duration_seconds", Kind::Histogram, help)
            .histogram(&[], &self.commits.read());
        let help = "Write operations that were committed; several share a commit.";
        text.family("rushes_store_writes_total", Kind::Counter, help)
            .sample(&[], self.written.load(Ordering::Relaxed));
    }

    /// Every model of the catalogue has its lines from the start, so that a rate can be taken of
    /// the first end.
    fn write_ended(&self, catalogue: &Catalogue, text: &mut Text) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let help = "Tasks that ended while this process ran.";
        text.family("rushes_tasks_ended_total", Kind::Counter, help);
        let outcomes = || State::ALL.into_iter().filter(|state| state.is_terminal());
        for model in catalogue.models() {
            for outcome in outcomes().map(State::as_str) {
                let count = ended.get(&model.id).and_then(|it| it.get(outcome)).unwrap_or(&0);
                text.sample(&[("model", &model.id), ("outcome", outcome)], count);
            }
        }
        let others = || ended.iter().filter(|(id, _)| label(catalogue, id) == OTHER_MODEL);
        for outcome in outcomes().map(State::as_str) {
            let count: u64 = others().filter_map(|(_, counts)| counts.get(outcome)).sum();
            if count > 0 {
                text.sample(&[("model", OTHER_MODEL), ("outcome", outcome)], count);
            }
        }
    }
}

/// A model's label: its id if the catalogue has it.
pub fn label<'m>(catalogue: &Catalogue, model_id: &'m str) -> &'m str {
    let is_known = catalogue.models().iter().any(|model| model.id == model_id);
    if is_known { model_id } else { OTHER_MODEL }
}

/// A connection that is counted.
#[derive(Debug)]
pub struct OpenConnection(Arc<Metrics>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
