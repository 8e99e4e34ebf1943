//! Who has a task's job: the provider, the channel, and what a call to it says about the channel.
//!
//! Guarantees: the target is the one that the row names, never chosen anew. What a call says is
//! noted once: in the channel's breaker and in its counters. A user's own fault says that the
//! channel works.

use std::sync::Arc;

use rushes_domain::ChannelId;
use rushes_providers::preview::PRESET;
use rushes_providers::{
    BoxFuture, Http, HttpAnswer, HttpFault, HttpRequest, Preset, Provider, Upstream, UpstreamError,
    UpstreamErrorKind as Kind,
};
use rushes_store::TaskRow;

use crate::alerts;
use crate::app::App;
use crate::channels::Channel;
use crate::channels::breaker::{Breaker, Outcome, Ticket};
use crate::channels::health::Turn;
use crate::metrics::channels::kind_word;

/// Longest pause that an upstream can ask for, in milliseconds.
const PAUSE_MS_MAX: u64 = 60_000;
/// The pause after a refusal that names none, in milliseconds.
const PAUSE_MS: u64 = 1_000;
/// From which age on a job is asked after less often, in milliseconds, and how many times as long
/// the interval is then.
const SLOWER_FROM_MS: [(i64, u64); 2] = [(600_000, 4), (120_000, 2)];
/// Longest interval that comes of that, in milliseconds.
const INTERVAL_MS_MAX: u64 = 60_000;

/// The preview renderer is not spoken to over HTTP.
struct NoHttp;

impl Http for NoHttp {
    fn send(&self, _request: HttpRequest) -> BoxFuture<'_, Result<HttpAnswer, HttpFault>> {
        let fault = HttpFault::NotSent("the preview renderer has no address".to_owned());
        Box::pin(std::future::ready(Err(fault)))
    }
}

/// What a call was for, as far as the breaker asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Submit,
    Poll,
}

/// A provider, and the channel behind it.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) provider: Arc<dyn Provider>,
    pub(super) channel: Option<Arc<Channel>>,
    /// When the job was sent, if this is to hand one over.
    pub(super) ticket: Ticket,
}

impl Target {
    /// Who has the task; none if its channel is not in force.
    pub(super) fn of(app: &App, task: &TaskRow) -> Option<Self> {
        if task.channel_id == ChannelId::PREVIEW {
            let provider = Arc::clone(app.registry.find(&task.provider)?);
            return Some(Self { provider, channel: None, ticket: Ticket::default() });
        }
        let channel = Arc::clone(app.channels.known().find(task.channel_id)?);
        let provider = Arc::clone(&channel.provider);
        Some(Self { provider, channel: Some(channel), ticket: Ticket::default() })
    }

    /// For a provider's calls.
    pub(super) fn upstream(&self) -> Upstream<'_> {
        match &self.channel {
            Some(channel) => channel.upstream(),
            None => Upstream { http: &NoHttp, preset: &PRESET },
        }
    }

    pub(super) fn preset(&self) -> &'static Preset {
        self.channel.as_ref().map_or(&PRESET, |channel| channel.preset)
    }

    /// Whether a submit may be repeated.
    pub(super) fn resubmit(&self) -> rushes_providers::Resubmit {
        self.channel.as_ref().map_or(PRESET.resubmit, |channel| channel.row.terms.resubmit)
    }

    /// From the hand-over to the first poll, in milliseconds.
    pub(super) fn first_poll_ms(&self) -> i64 {
        let preset = self.preset();
        let first_ms = u64::from(preset.poll.first_ms);
        let first_ms = match &self.channel {
            // Who wants quicker polls than the preset's wants the first one quicker too.
            Some(channel) => {
                let own_ms = channel.row.terms.poll_interval_ms;
                let is_quicker = own_ms < u64::from(preset.poll.interval_ms);
                if is_quicker { first_ms.min(own_ms) } else { first_ms }
            }
            None => first_ms,
        };
        i64::try_from(first_ms).unwrap_or(i64::MAX)
    }

    /// From one poll to the next of a job of this age, in milliseconds, with up to a tenth more or
    /// less so that jobs that began together are not asked after together.
    pub(super) fn interval_ms(&self, age_ms: i64, draw: u64) -> i64 {
        let Some(channel) = &self.channel else {
            return i64::from(PRESET.poll.interval_ms);
        };
        let own_ms = channel.row.terms.poll_interval_ms;
        let slower = SLOWER_FROM_MS.iter().find(|(from_ms, _)| age_ms >= *from_ms);
        let factor = slower.map_or(1, |(_, factor)| *factor);
        let slow_ms = own_ms.saturating_mul(factor).min(INTERVAL_MS_MAX.max(own_ms));
        let spread = slow_ms / 10;
        let shift = draw.checked_rem(2 * spread + 1).unwrap_or(0);
        i64::try_from(slow_ms - spread + shift).unwrap_or(i64::MAX)
    }

    /// Notes what a call said about the channel.
    pub(super) fn note(&self, app: &App, call: Call, outcome: Result<(), &UpstreamError>) {
        let Some(channel) = &self.channel else { return };
        let now_ms = app.clock.monotonic_ms();
        channel.runtime.metrics.outcome(call == Call::Submit, outcome.err().map(|it| it.kind));
        if let Err(error) = outcome
            && error.kind == Kind::Busy
        {
            let pause_ms = error.retry_after_ms.unwrap_or(PAUSE_MS).min(PAUSE_MS_MAX);
            let until_ms = now_ms.saturating_add(i64::try_from(pause_ms).unwrap_or(i64::MAX));
            channel.runtime.breaker(|breaker| match call {
                Call::Submit => breaker.pause(self.ticket, until_ms),
                Call::Poll => {}
            });
            return;
        }
        let said = outcome.map_or_else(|error| said_by(error.kind), |()| Outcome::Success);
        let tell = |breaker: &mut Breaker| {
            let before = breaker.state(now_ms);
            let has_opened = match call {
                Call::Submit => breaker.submitted(self.ticket, said, now_ms),
                Call::Poll => breaker.polled(said, now_ms),
            };
            (has_opened, Some(breaker.state(now_ms)).filter(|after| *after != before))
        };
        let (has_opened, turned) = channel.runtime.breaker(tell);
        let at = app.clock.now();
        channel.runtime.health(|health| {
            health.called(at, said == Outcome::Success);
            if let Some(state) = turned {
                let reason = outcome.err().map(|error| kind_word(error.kind));
                health.turned(Turn { at, state, reason });
            }
        });
        if has_opened {
            alerts::breaker_opened(app, channel, outcome.err());
        }
    }

    /// A poll was answered with a status word that the provider does not know. Told in the log once
    /// for each word: it comes again with every poll.
    pub(super) fn unknown_word(&self, word: &str) {
        let Some(channel) = &self.channel else { return };
        if channel.runtime.metrics.unknown_word(word) {
            let name = channel.row.terms.name.as_str();
            tracing::warn!(channel = name, word, "an upstream's status word is not known");
        }
    }

    /// A hand-over ended before anything was sent: the next one may be the breaker's probe.
    pub(super) fn not_sent(&self) {
        if let Some(channel) = &self.channel {
            channel.runtime.breaker(|breaker| breaker.not_sent(self.ticket));
        }
    }
}

/// What an error says about the channel. Whoever refuses a job for what is in it works.
const fn said_by(kind: Kind) -> Outcome {
    match kind {
        Kind::NotSent | Kind::Ambiguous | Kind::Temporary => Outcome::Failure,
        Kind::Unauthorized => Outcome::Refusal,
        Kind::Busy
        | Kind::Unsuited
        | Kind::Refused
        | Kind::ImageRefused
        | Kind::Moderated
        | Kind::Loop
        | Kind::Lost => Outcome::Success,
    }
}
