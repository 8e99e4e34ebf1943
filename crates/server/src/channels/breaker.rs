//! A channel's circuit breaker: whether it is worth sending it jobs.
//!
//! Guarantees: it opens after [`FAILURES_IN_A_ROW`] failures, or when more than half of at least
//! [`WINDOW_MIN`] calls within [`WINDOW_MS`] failed; while it is open nothing is sent but one probe
//! when its wait is over, and each failed probe doubles the wait up to [`WAIT_MS_MAX`]. Jobs that were
//! sent before it opened or closed say nothing about how it stands after. What counts
//! as a failure is the caller's to say: never a user's own fault, a submit that our own crash
//! interrupted, or a bad result file. A breaker is forgotten with the process: the first calls after
//! a start find out anew. Moments are monotonic milliseconds. Not here: what is done with a task.

use std::collections::VecDeque;

/// Failures in a row that open it.
pub const FAILURES_IN_A_ROW: u32 = 5;
/// How far back calls count, in milliseconds.
pub const WINDOW_MS: i64 = 30_000;
/// Calls in the window from which on their share of failures counts.
pub const WINDOW_MIN: usize = 20;
/// Calls that are remembered, at most.
const WINDOW_MAX: usize = 256;
/// First wait before a probe, in milliseconds; doubled with each one that fails.
pub const WAIT_MS_MIN: i64 = 10_000;
/// Longest wait before a probe, in milliseconds.
pub const WAIT_MS_MAX: i64 = 120_000;
/// How long a probe may be under way before another one is let through, in milliseconds.
const PROBE_MS_MAX: i64 = 120_000;

/// What a call said about the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It works.
    Success,
    /// It could not be reached or did not answer as it should.
    Failure,
    /// It does not take our credential, or our account there is empty: opens at once.
    Refusal,
}

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything is let through.
    Closed,
    /// Nothing is, until its wait is over.
    Open,
    /// The wait is over: one probe is let through, or is under way.
    HalfOpen,
}

impl BreakerState {
    /// The word in JSON and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// When a job was sent, as the breaker counts: what comes of it counts only while nothing has changed
/// since. The default counts never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticket(u64);

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed,
    /// Until `until_ms`; then a probe may go, which went at `probe_at_ms`.
    Open {
        until_ms: i64,
        wait_ms: i64,
        probe_at_ms: Option<i64>,
    },
}

/// The breaker of one channel.
#[derive(Debug)]
pub struct Breaker {
    phase: Phase,
    /// What a job's ticket has to be to count. Another one with each opening, probe and closing.
    current: Ticket,
    failures_in_a_row: u32,
    calls: VecDeque<(i64, bool)>,
    /// Until when the upstream itself asked us to send nothing.
    paused_until_ms: i64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            phase: Phase::Closed,
            current: Ticket(1),
            failures_in_a_row: 0,
            calls: VecDeque::new(),
            paused_until_ms: i64::MIN,
        }
    }
}

impl Breaker {
    /// Where it stands.
    pub fn state(&self, now_ms: i64) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until_ms, .. } if now_ms < until_ms => BreakerState::Open,
            Phase::Open { .. } => BreakerState::HalfOpen,
        }
    }

    /// How many jobs may be sent now.
    pub fn sendable(&self, now_ms: i64) -> u32 {
        if now_ms < self.paused_until_ms {
            return 0;
        }
        match self.phase {
            Phase::Closed => u32::MAX,
            Phase::Open { until_ms, .. } if now_ms < until_ms => 0,
            Phase::Open { .. } => u32::from(!self.is_probing(now_ms)),
        }
    }

    fn is_probing(&self, now_ms: i64) -> bool {
        let Phase::Open { probe_at_ms: Some(at), .. } = self.phase else { return false };
        now_ms < at + PROBE_MS_MAX
    }

    /// The next moment at which [`Self::sendable`] may say more than it does now.
    pub fn next_change(&self, now_ms: i64) -> Option<i64> {
        let opens_ms = match self.phase {
            Phase::Closed => None,
            Phase::Open { probe_at_ms: Some(at), .. } => Some(at + PROBE_MS_MAX),
            Phase::Open { until_ms, .. } => Some(until_ms),
        };
        [opens_ms, Some(self.paused_until_ms)].into_iter().flatten().filter(|&at| at > now_ms).min()
    }

    /// A job is being sent. While the breaker is half open this is its probe.
    pub fn sending(&mut self, now_ms: i64) -> Ticket {
        if matches!(self.phase, Phase::Open { .. }) {
            if self.state(now_ms) == BreakerState::Open || self.is_probing(now_ms) {
                // Let through a moment ago, by what held then.
                return Ticket::default();
            }
            self.probe(Some(now_ms));
        }
        self.current
    }

    /// The job was not sent after all, or its end says nothing about the channel: another probe may
    /// go.
    pub fn not_sent(&mut self, ticket: Ticket) {
        if ticket == self.current {
            self.probe(None);
        }
    }

    /// Notes when the probe went, or that there is none: the one before is over either way.
    fn probe(&mut self, at_ms: Option<i64>) {
        if let Phase::Open { probe_at_ms, .. } = &mut self.phase {
            *probe_at_ms = at_ms;
            self.next_ticket();
        }
    }

    /// The upstream asked for a pause.
    pub fn pause(&mut self, ticket: Ticket, until_ms: i64) {
        self.paused_until_ms = self.paused_until_ms.max(until_ms);
        self.not_sent(ticket);
    }

    /// What a submit said. Tells whether the breaker has just opened.
    pub fn submitted(&mut self, ticket: Ticket, outcome: Outcome, now_ms: i64) -> bool {
        if ticket != self.current {
            return false;
        }
        let Phase::Open { wait_ms, .. } = self.phase else {
            return self.note(outcome, now_ms);
        };
        if outcome == Outcome::Success {
            self.phase = Phase::Closed;
            self.next_ticket();
        } else {
            self.open(now_ms, (wait_ms * 2).min(WAIT_MS_MAX));
        }
        false
    }

    /// What a poll or a cancel said. It cannot close the breaker: that the upstream answers does not
    /// mean that it takes jobs. Tells whether the breaker has just opened.
    pub fn polled(&mut self, outcome: Outcome, now_ms: i64) -> bool {
        matches!(self.phase, Phase::Closed) && self.note(outcome, now_ms)
    }

    fn note(&mut self, outcome: Outcome, now_ms: i64) -> bool {
        let is_failure = outcome != Outcome::Success;
        self.failures_in_a_row = if is_failure { self.failures_in_a_row + 1 } else { 0 };
        self.calls.push_back((now_ms, is_failure));
        while self.calls.len() > WINDOW_MAX
            || self.calls.front().is_some_and(|&(at, _)| at + WINDOW_MS < now_ms)
        {
            self.calls.pop_front();
        }
        let failures = self.calls.iter().filter(|(_, is_failure)| *is_failure).count();
        let opens = outcome == Outcome::Refusal
            || self.failures_in_a_row >= FAILURES_IN_A_ROW
            || (self.calls.len() >= WINDOW_MIN && failures * 2 > self.calls.len());
        if is_failure && opens {
            self.open(now_ms, WAIT_MS_MIN);
        }
        is_failure && opens
    }

    fn open(&mut self, now_ms: i64, wait_ms: i64) {
        self.phase = Phase::Open { until_ms: now_ms + wait_ms, wait_ms, probe_at_ms: None };
        self.next_ticket();
    }

    /// What is under way does not count from now on.
    fn next_ticket(&mut self) {
        self.current = Ticket(self.current.0 + 1);
        self.failures_in_a_row = 0;
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_IN_A_ROW {
            submit(&mut breaker, Outcome::Failure, 0);
        }
        assert_eq!(breaker.state(0), BreakerState::Open);
        breaker
    }

    /// Sends a job and hears of it at once.
    fn submit(breaker: &mut Breaker, outcome: Outcome, now_ms: i64) -> bool {
        let ticket = breaker.sending(now_ms);
        breaker.submitted(ticket, outcome, now_ms)
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let mut breaker = Breaker::default();
        for round in 0..3 {
            for _ in 0..4 {
                assert!(!submit(&mut breaker, Outcome::Failure, round));
            }
            assert!(!breaker.polled(Outcome::Success, round));
        }
        // 12 of 15 calls failed, but 15 are too few to count.
        assert_eq!(breaker.state(3), BreakerState::Closed);
        let opened: Vec<bool> = (0..5).map(|_| breaker.polled(Outcome::Failure, 3)).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        assert_eq!(breaker.sendable(3), 0);
    }

    #[test]
    fn more_than_half_of_twenty_calls_within_the_window_open_it() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            submit(&mut breaker, Outcome::Success, 0);
            assert!(!submit(&mut breaker, Outcome::Failure, 0));
        }
        assert_eq!(breaker.state(0), BreakerState::Closed, "half is not more than half");
        assert!(submit(&mut breaker, Outcome::Failure, 0));

        let mut breaker = Breaker::default();
        for at in 0..20 {
            submit(&mut breaker, Outcome::Success, at * WINDOW_MS);
            assert!(!submit(&mut breaker, Outcome::Failure, at * WINDOW_MS + 1));
        }
    }

    #[test]
    fn one_probe_goes_after_the_wait_which_doubles_with_each_that_fails() {
        let mut breaker = opened();
        let (mut now, mut wait) = (0, WAIT_MS_MIN);
        for _ in 0..6 {
            assert_eq!(breaker.next_change(now), Some(now + wait));
            assert_eq!(breaker.sendable(now + wait - 1), 0);
            now += wait;
            assert_eq!((breaker.state(now), breaker.sendable(now)), (BreakerState::HalfOpen, 1));
            let probe = breaker.sending(now);
            assert_eq!(breaker.sendable(now), 0, "one probe at a time");
            assert!(!breaker.submitted(probe, Outcome::Failure, now), "it was open already");
            wait = (wait * 2).min(WAIT_MS_MAX);
        }
        now += wait;
        submit(&mut breaker, Outcome::Success, now);
        assert_eq!((breaker.state(now), breaker.sendable(now)), (BreakerState::Closed, u32::MAX));
    }

    #[test]
    fn a_probe_that_never_ends_does_not_keep_it_shut() {
        let mut breaker = opened();
        let first = breaker.sending(WAIT_MS_MIN);
        assert_eq!(breaker.sendable(WAIT_MS_MIN + PROBE_MS_MAX - 1), 0);
        assert_eq!(breaker.sendable(WAIT_MS_MIN + PROBE_MS_MAX), 1);
        breaker.not_sent(first);
        assert_eq!(breaker.sendable(WAIT_MS_MIN), 1);
    }

    #[test]
    fn jobs_that_were_under_way_when_it_opened_are_no_probes() {
        let mut breaker = Breaker::default();
        let early: Vec<Ticket> = (0..12).map(|_| breaker.sending(0)).collect();
        let opened: Vec<bool> = early[..10]
            .iter()
            .map(|&ticket| breaker.submitted(ticket, Outcome::Failure, 1_000))
            .collect();
        assert_eq!(opened.iter().position(|&it| it), Some(4));
        assert_eq!(opened.iter().filter(|&&it| it).count(), 1);
        assert_eq!(
            breaker.next_change(1_000),
            Some(1_000 + WAIT_MS_MIN),
            "nothing doubled the wait"
        );
        breaker.submitted(early[10], Outcome::Success, 1_001);
        assert_eq!(breaker.state(1_001), BreakerState::Open, "nor closed it");
        // What is sent by what held a moment ago is no probe either.
        let crossed = breaker.sending(1_002);
        let now = 1_000 + WAIT_MS_MIN;
        let (probe, second) = (breaker.sending(now), breaker.sending(now));
        for ticket in [crossed, second, early[11]] {
            breaker.submitted(ticket, Outcome::Failure, now);
            breaker.submitted(ticket, Outcome::Success, now);
            breaker.not_sent(ticket);
            assert_eq!((breaker.state(now), breaker.sendable(now)), (BreakerState::HalfOpen, 0));
        }
        breaker.submitted(probe, Outcome::Success, now);
        assert_eq!(breaker.state(now), BreakerState::Closed);
        for ticket in early {
            assert!(
                !breaker.submitted(ticket, Outcome::Failure, now),
                "they say how it was before"
            );
        }
        assert_eq!(breaker.state(now), BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_was_given_up_does_not_count_any_more() {
        let mut breaker = opened();
        let given_up = breaker.sending(WAIT_MS_MIN);
        let now = WAIT_MS_MIN + PROBE_MS_MAX;
        let probe = breaker.sending(now);
        breaker.submitted(given_up, Outcome::Failure, now);
        breaker.pause(given_up, now);
        assert_eq!((breaker.state(now), breaker.sendable(now)), (BreakerState::HalfOpen, 0));
        breaker.submitted(probe, Outcome::Success, now);
        assert_eq!(breaker.state(now), BreakerState::Closed);
    }

    #[test]
    fn a_poll_that_works_does_not_close_it() {
        let mut breaker = opened();
        breaker.polled(Outcome::Success, 1);
        assert_eq!(breaker.state(1), BreakerState::Open);
    }

    #[test]
    fn a_refused_credential_opens_it_at_once() {
        let mut breaker = Breaker::default();
        assert!(submit(&mut breaker, Outcome::Refusal, 0));
    }

    #[test]
    fn a_pause_is_kept_and_is_no_failure() {
        let mut breaker = Breaker::default();
        let ticket = breaker.sending(0);
        breaker.pause(ticket, 500);
        breaker.pause(ticket, 100);
        assert_eq!((breaker.state(0), breaker.sendable(499)), (BreakerState::Closed, 0));
        assert_eq!(breaker.next_change(0), Some(500));
        assert_eq!(breaker.sendable(500), u32::MAX);
    }
}
