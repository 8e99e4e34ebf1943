//! What is counted of webhooks.
//!
//! Guarantees: counting is an atomic addition; no label is a customer's. Not here: what waits, which
//! the store knows.

use std::sync::atomic::{AtomicU64, Ordering};

use rushes_store::{DisabledBy, Verdict};

use super::text::{Kind, Text};

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Answered with 2xx.
    Delivered,
    /// Answered otherwise, or not at all.
    Failed,
    /// Not made: its address leads where the gateway does not go.
    Blocked,
}

/// Counters of one app.
#[derive(Debug, Default)]
pub struct WebhookMetrics {
    attempts_delivered: AtomicU64,
    attempts_failed: AtomicU64,
    attempts_blocked: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    disabled_gone: AtomicU64,
    disabled_failing: AtomicU64,
}

impl WebhookMetrics {
    /// Counts an attempt.
    pub fn attempt(&self, sent: Sent) {
        let counter = match sent {
            Sent::Delivered => &self.attempts_delivered,
            Sent::Failed => &self.attempts_failed,
            Sent::Blocked => &self.attempts_blocked,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a delivery, if it ended.
    pub fn ended(&self, verdict: Verdict) {
        match verdict {
            Verdict::Delivered => self.delivered.fetch_add(1, Ordering::Relaxed),
            Verdict::GivenUp(_) => self.failed.fetch_add(1, Ordering::Relaxed),
            Verdict::Again(_) => 0,
        };
    }

    /// Counts deliveries that were given up without an attempt.
    pub fn given_up(&self, count: usize) {
        self.failed.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts an endpoint that was disabled for what it answered.
    pub fn disabled(&self, by: DisabledBy) {
        match by {
            DisabledBy::Gone => self.disabled_gone.fetch_add(1, Ordering::Relaxed),
            DisabledBy::Failing => self.disabled_failing.fetch_add(1, Ordering::Relaxed),
            DisabledBy::Owner | DisabledBy::Operator => 0,
        };
    }

    /// Writes all of it.
    pub fn write(&self, text: &mut Text) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let help = "Calls of webhooks.";
        text.family("rushes_webhook_attempts_total", Kind::Counter, help)
            .sample(&[("outcome", "delivered")], read(&self.attempts_delivered))
            .sample(&[("outcome", "failed")], read(&self.attempts_failed))
            .sample(&[("outcome", "blocked")], read(&self.attempts_blocked));
        let help = "Deliveries that ended; failed ones can be replayed.";
        text.family("rushes_webhook_deliveries_total", Kind::Counter, help)
            .sample(&[("outcome", "delivered")], read(&self.delivered))
            .sample(&[("outcome", "failed")], read(&self.failed));
        let help = "Webhooks that were disabled for what they answered.";
        text.family("rushes_webhooks_disabled_total", Kind::Counter, help)
            .sample(&[("by", "gone")], read(&self.disabled_gone))
            .sample(&[("by", "failing")], read(&self.disabled_failing));
    }
}
