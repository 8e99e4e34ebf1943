//! How fast a follower goes: pauses, and what is borne for how long.
//!
//! Guarantees: a pause grows with each fault in a row until there is news, is never under
//! [`PAUSE_MIN`], and never the same for two clients; a server that was there is waited for, for
//! [`OUTAGE_MAX`]. Not here: what is done after a pause.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::error::Error;
use crate::transport::retry_after_seconds;

/// A server that was there before may be away so long: it is being restarted.
const OUTAGE_MAX: Duration = Duration::from_secs(60);
/// Pause before a stream is opened again, until the server names one.
const RETRY_DEFAULT: Duration = Duration::from_millis(500);
/// Longest such pause.
const RETRY_MAX: Duration = Duration::from_secs(8);
/// Shortest pause of all, whatever the server names.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// A stream that was heard for so long did its work, also where there was no news.
const STOOD_MIN: Duration = Duration::from_secs(10);
/// Streams in a row that bring nothing, after which it is asked instead: something on the way keeps
/// them.
const EMPTY_STREAMS_MAX: u32 = 2;
/// Refusals in a row that may pass, after which the task is asked for in between.
const REFUSED_STREAMS_MAX: u32 = 3;
/// Pause between two questions when the server names none.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5);
/// Longest pause that a `Retry-After` makes.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A pause is doubled so often at the most.
const DOUBLINGS_MAX: u32 = 8;

/// What went wrong lately, and when it was last right.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the server was last heard.
    heard_at: Option<Instant>,
    /// When the newest stream was opened.
    opened_at: Option<Instant>,
    /// Faults in a row, broken streams among them.
    faults: u32,
    /// Streams in a row that brought nothing.
    empty_streams: u32,
    /// Streams in a row that were refused for a while.
    refused_streams: u32,
    /// The pause that the server names.
    retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heard_at: None,
            opened_at: None,
            faults: 0,
            empty_streams: 0,
            refused_streams: 0,
            retry: RETRY_DEFAULT,
        }
    }
}

impl Pace {
    /// Whether the server was ever there.
    pub(super) const fn was_heard(&self) -> bool {
        self.heard_at.is_some()
    }

    /// The server said something.
    pub(super) fn heard(&mut self) {
        self.heard_at = Some(Instant::now());
    }

    /// A stream was opened.
    pub(super) fn opened(&mut self) {
        self.heard();
        self.opened_at = self.heard_at;
    }

    /// A question was answered.
    pub(super) fn answered(&mut self) {
        self.heard();
        self.faults = 0;
    }

    /// A stream brought an event.
    pub(super) const fn understood(&mut self) {
        self.empty_streams = 0;
    }

    /// The event told something new.
    pub(super) const fn news(&mut self) {
        (self.faults, self.refused_streams) = (0, 0);
    }

    /// The server named a pause, or none.
    pub(super) fn be_told(&mut self, retry: Option<Duration>) {
        self.retry = retry.unwrap_or(self.retry).clamp(PAUSE_MIN, RETRY_MAX);
    }

    /// A stream broke: the pause before the next, or none if streams bring nothing.
    pub(super) fn broke(&mut self) -> Option<Duration> {
        let heard_for = self.heard_at.zip(self.opened_at).map(|(heard, opened)| heard - opened);
        if heard_for.is_some_and(|time| time >= STOOD_MIN) {
            (self.faults, self.empty_streams, self.refused_streams) = (0, 0, 0);
        }
        self.faults = self.faults.saturating_add(1);
        self.empty_streams += 1;
        (self.empty_streams < EMPTY_STREAMS_MAX).then(|| self.back_off())
    }

    /// A stream was refused for a while: the pause before the next, or none if the task is to be
    /// asked for meanwhile.
    pub(super) fn refused(&mut self, asked_for: Duration) -> Option<Duration> {
        if self.refused_streams + 1 >= REFUSED_STREAMS_MAX || asked_for > PAUSE_DEFAULT {
            return None;
        }
        self.refused_streams += 1;
        self.faults = self.faults.saturating_add(1);
        Some(self.back_off().max(asked_for))
    }

    /// For how long no stream is tried: as the server asks, or longer with each refusal.
    pub(super) fn without_stream(&mut self, asked_for: Duration) -> Duration {
        let grown = PAUSE_MIN * 2_u32.pow(self.refused_streams.min(DOUBLINGS_MAX));
        self.refused_streams = self.refused_streams.saturating_add(1);
        asked_for.max(grown).min(PAUSE_MAX)
    }

    /// Something failed: the pause before the next attempt, or none if it is not to be borne.
    pub(super) fn fault(&mut self, error: &Error, attempts_max: u32) -> Option<Duration> {
        self.faults = self.faults.saturating_add(1);
        let is_borne = error.is_passing()
            && match self.heard_at {
                Some(moment) => moment.elapsed() < OUTAGE_MAX,
                None => !error.is_refused() && self.faults < attempts_max,
            };
        let asked_for = error.retry_after().unwrap_or_default().min(PAUSE_MAX);
        is_borne.then(|| self.back_off().max(asked_for))
    }

    /// The pause that the server names, doubled with each fault in a row, and up to half of it
    /// more by chance: clients that lost one server do not come back at one moment.
    fn back_off(&self) -> Duration {
        let doublings = self.faults.saturating_sub(1).min(DOUBLINGS_MAX);
        let pause = (self.retry * 2_u32.pow(doublings)).min(RETRY_MAX);
        pause + pause.mul_f64(random_share() / 2.0)
    }
}

/// Nothing if the server has held its answer back (that was the pause), else what it asks for.
pub(super) fn pause_after(headers: &HeaderMap, hold: Duration, took: Duration) -> Duration {
    if hold.as_secs() > 0 && took >= hold / 2 {
        return Duration::ZERO;
    }
    retry_after_seconds(headers)
        .map_or(PAUSE_DEFAULT, |seconds| Duration::from_secs(u64::from(seconds)))
        .clamp(PAUSE_MIN, PAUSE_MAX)
}

/// By chance from 0 to 1; the middle if the machine gives no chance.
fn random_share() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
