//! What is counted for one channel.
//!
//! Guarantees: counting is a few atomic additions. The labels are the operator's own name for the
//! channel and fixed words. Not here: what the store knows (jobs that a channel has), and where its
//! breaker stands.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rushes_domain::difference::Difference;
use rushes_providers::{Operation, UpstreamErrorKind};

use super::histogram::Histogram;
use super::text::{Kind, Text};
use crate::channels::Channel;
use crate::egress::{ObserveRequests, RequestOutcome};

/// The operations whose time is measured.
const OPERATIONS: [Operation; 4] =
    [Operation::Submit, Operation::Poll, Operation::Cancel, Operation::Check];

/// Unknown status words of one channel that are told apart, so that each is told once.
const WORDS_MAX: usize = 32;

/// Counters and histograms of one channel.
#[derive(Debug, Default)]
pub struct ChannelMetrics {
    submits: Outcomes,
    polls: Outcomes,
    unknown_words: AtomicU64,
    /// Those that were told; they are the upstream's text, and therefore no labels.
    words: Mutex<BTreeSet<String>>,
    differing: [AtomicU64; Difference::ALL.len()],
    took: [Histogram; OPERATIONS.len()],
    breaker_opened: AtomicU64,
}

/// How calls ended: well, or with an error of each kind.
#[derive(Debug, Default)]
struct Outcomes {
    ok: AtomicU64,
    errors: [AtomicU64; UpstreamErrorKind::ALL.len()],
}

impl Outcomes {
    fn count(&self, error: Option<UpstreamErrorKind>) {
        let place = match error {
            None => Some(&self.ok),
            Some(kind) => UpstreamErrorKind::ALL
                .iter()
                .position(|known| *known == kind)
                .and_then(|index| self.errors.get(index)),
        };
        if let Some(place) = place {
            place.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl ChannelMetrics {
    /// Counts how a submit or a poll ended.
    pub fn outcome(&self, is_submit: bool, error: Option<UpstreamErrorKind>) {
        if is_submit { self.submits.count(error) } else { self.polls.count(error) }
    }

    /// Counts a status word that nobody knows; tells whether it is one that was not met before.
    pub fn unknown_word(&self, word: &str) -> bool {
        self.unknown_words.fetch_add(1, Ordering::Relaxed);
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.len() < WORDS_MAX && words.insert(word.to_owned())
    }

    /// Counts a video that is not what was asked for, for each way in which it is not.
    pub fn differs(&self, differences: &[Difference]) {
        for (known, count) in Difference::ALL.iter().zip(&self.differing) {
            count.fetch_add(u64::from(differences.contains(known)), Ordering::Relaxed);
        }
    }

    /// Counts that the breaker has opened.
    pub fn opened(&self) {
        self.breaker_opened.fetch_add(1, Ordering::Relaxed);
    }
}

impl ObserveRequests for ChannelMetrics {
    /// Counts how long a request took, whatever came of it.
    fn observed(&self, operation: Operation, _outcome: RequestOutcome, took: Duration) {
        let index = OPERATIONS.iter().position(|known| *known == operation);
        if let Some(histogram) = index.and_then(|index| self.took.get(index)) {
            histogram.record(took);
        }
    }
}

/// The word of a kind in a label.
pub const fn kind_word(kind: UpstreamErrorKind) -> &'static str {
    match kind {
        UpstreamErrorKind::NotSent => "not_sent",
        UpstreamErrorKind::Busy => "busy",
        UpstreamErrorKind::Unsuited => "unsuited",
        UpstreamErrorKind::Refused => "refused",
        UpstreamErrorKind::ImageRefused => "image_refused",
        UpstreamErrorKind::Moderated => "moderated",
        UpstreamErrorKind::Unauthorized => "unauthorized",
        UpstreamErrorKind::Loop => "loop",
        UpstreamErrorKind::Lost => "lost",
        UpstreamErrorKind::Ambiguous => "ambiguous",
        UpstreamErrorKind::Temporary => "temporary",
    }
}

/// Writes the lines of all channels; `jobs` are what each has, in the same order.
pub fn write(channels: &[Arc<Channel>], jobs: &[u32], now_ms: i64, text: &mut Text) {
    if channels.is_empty() {
        return;
    }
    let name = |channel: &'_ Arc<Channel>| channel.row.terms.name.clone();
    text.family("rushes_channel_jobs", Kind::Gauge, "Jobs that a channel has, or may have.");
    for (channel, count) in channels.iter().zip(jobs) {
        text.sample(&[("channel", &name(channel))], count);
    }
    text.family("rushes_channel_jobs_max", Kind::Gauge, "Jobs that it may have.");
    for channel in channels {
        text.sample(&[("channel", &name(channel))], channel.row.terms.max_concurrency);
    }
    let help = "Where a channel's breaker stands; 1 at the state that it is in.";
    text.family("rushes_channel_breaker", Kind::Gauge, help);
    for channel in channels {
        let state = channel.runtime.breaker(|breaker| breaker.state(now_ms));
        for word in ["closed", "half_open", "open"] {
            let is_it = u8::from(state.as_str() == word);
            text.sample(&[("channel", &name(channel)), ("state", word)], is_it);
        }
    }
    let help = "How often a channel's breaker has opened.";
    text.family("rushes_channel_breaker_opened_total", Kind::Counter, help);
    for channel in channels {
        let count = channel.runtime.metrics.breaker_opened.load(Ordering::Relaxed);
        text.sample(&[("channel", &name(channel))], count);
    }
    write_outcomes(channels, text);
    write_oddities(channels, text);
    let help = "Time of a request to a channel.";
    text.family("rushes_channel_request_duration_seconds", Kind::Histogram, help);
    for channel in channels {
        for (operation, took) in OPERATIONS.iter().zip(&channel.runtime.metrics.took) {
            let labels = [("channel", &*name(channel)), ("operation", operation.as_str())];
            text.histogram(&labels, &took.read());
        }
    }
}

fn write_outcomes(channels: &[Arc<Channel>], text: &mut Text) {
    type Pick = fn(&ChannelMetrics) -> &Outcomes;
    let families: [(&'static str, &str, Pick); 2] = [
        ("rushes_channel_submits_total", "Hand-overs of jobs by outcome.", |it| &it.submits),
        ("rushes_channel_polls_total", "Questions after jobs by outcome.", |it| &it.polls),
    ];
    for (family, help, pick) in families {
        text.family(family, Kind::Counter, help);
        for channel in channels {
            let outcomes = pick(&channel.runtime.metrics);
            let name = channel.row.terms.name.as_str();
            let ok = outcomes.ok.load(Ordering::Relaxed);
            text.sample(&[("channel", name), ("outcome", "ok")], ok);
            for (kind, count) in UpstreamErrorKind::ALL.iter().zip(&outcomes.errors) {
                let labels = [("channel", name), ("outcome", kind_word(*kind))];
                text.sample(&labels, count.load(Ordering::Relaxed));
            }
        }
    }
}

fn write_oddities(channels: &[Arc<Channel>], text: &mut Text) {
    let help = "Polls that were answered with a status word that nobody knows.";
    text.family("rushes_channel_unknown_status_words_total", Kind::Counter, help);
    for channel in channels {
        let count = channel.runtime.metrics.unknown_words.load(Ordering::Relaxed);
        text.sample(&[("channel", &channel.row.terms.name)], count);
    }
    let help = "Videos that were kept although they are not what was asked for.";
    text.family("rushes_channel_results_differing_total", Kind::Counter, help);
    for channel in channels {
        for (what, count) in Difference::ALL.iter().zip(&channel.runtime.metrics.differing) {
            let labels = [("channel", &*channel.row.terms.name), ("what", what.as_str())];
            text.sample(&labels, count.load(Ordering::Relaxed));
        }
    }
}
