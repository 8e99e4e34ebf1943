//! How a channel did of late: its calls in slots of five minutes, and the turns of its breaker.
//!
//! Guarantees: a bounded memory of the last two hours, counted by the wall clock; a clock that is set
//! back forgets what would be in the future. Forgotten with the process. Not here: what a call's
//! outcome means (`worker::target`), and where the breaker stands (`breaker`).

use std::collections::{BTreeMap, VecDeque};

use rushes_domain::Timestamp;

use super::breaker::BreakerState;

/// Length of a slot, in seconds.
pub const SLOT_SECONDS: i64 = 300;
/// Slots that are kept.
pub const SLOTS: i64 = 24;
/// Turns of the breaker that are kept.
const TURNS_MAX: usize = 20;

/// Calls of five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it began, in seconds since 1970.
    pub at: i64,
    /// Calls that say that the channel works.
    pub good: u32,
    /// Calls that say that it does not.
    pub bad: u32,
}

/// The breaker came to stand elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Where it stands since.
    pub state: BreakerState,
    /// The kind of the error that did it.
    pub reason: Option<&'static str>,
}

/// What is remembered of a channel.
#[derive(Debug)]
pub struct Health {
    since: Timestamp,
    slots: BTreeMap<i64, (u32, u32)>,
    turns: VecDeque<Turn>,
}

impl Health {
    /// Nothing is known before `since`.
    pub const fn new(since: Timestamp) -> Self {
        Self { since, slots: BTreeMap::new(), turns: VecDeque::new() }
    }

    /// Since when calls are counted.
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// A call said that the channel works, or that it does not.
    pub fn called(&mut self, now: Timestamp, is_good: bool) {
        let current = number(now);
        self.slots.retain(|slot, _| (current - SLOTS + 1..=current).contains(slot));
        let (good, bad) = self.slots.entry(current).or_default();
        let count = if is_good { good } else { bad };
        *count = count.saturating_add(1);
    }

    /// The breaker turned.
    pub fn turned(&mut self, turn: Turn) {
        self.turns.push_back(turn);
        if self.turns.len() > TURNS_MAX {
            self.turns.pop_front();
        }
    }

    /// The last [`SLOTS`] slots, oldest first; the last one is unfinished.
    pub fn slots(&self, now: Timestamp) -> Vec<Slot> {
        let current = number(now);
        let slot = |number: i64| {
            let (good, bad) = self.slots.get(&number).copied().unwrap_or_default();
            Slot { at: number.saturating_mul(SLOT_SECONDS), good, bad }
        };
        (current - SLOTS + 1..=current).map(slot).collect()
    }

    /// The turns that are remembered, oldest first.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter()
    }

    /// The last turn.
    pub fn last_turn(&self) -> Option<Turn> {
        self.turns.back().copied()
    }
}

const fn number(at: Timestamp) -> i64 {
    at.unix_seconds().div_euclid(SLOT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn calls_are_in_their_slots_and_old_ones_are_forgotten() {
        let mut health = Health::new(at(30_000));
        health.called(at(30_000), true);
        health.called(at(30_299), false);
        health.called(at(30_300), false);
        let slots = health.slots(at(30_301));
        assert_eq!(slots.len(), 24);
        assert_eq!(slots[22], Slot { at: 30_000, good: 1, bad: 1 });
        assert_eq!(slots[23], Slot { at: 30_300, good: 0, bad: 1 });
        // Two hours on nothing of it is left, and a clock that is set back starts anew.
        health.called(at(30_300 + 24 * 300), true);
        assert_eq!(health.slots.len(), 1);
        health.called(at(30_000), true);
        assert_eq!(health.slots(at(30_000))[23], Slot { at: 30_000, good: 1, bad: 0 });
        assert_eq!(health.slots.len(), 1);
    }

    #[test]
    fn few_turns_are_kept() {
        let mut health = Health::new(at(0));
        for second in 0..100 {
            health.turned(Turn { at: at(second), state: BreakerState::Open, reason: None });
        }
        assert_eq!(health.turns().count(), TURNS_MAX);
        assert_eq!(health.last_turn().map(|turn| turn.at), Some(at(99)));
    }
}
