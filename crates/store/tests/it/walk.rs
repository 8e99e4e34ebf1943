//! A random walk: thousands of operations in any order, and never a broken invariant.

use rushes_domain::account::KeyKind;
use rushes_domain::{FailureCode, State, Ticks};
use rushes_store::{
    AccountLimits, Advance, Claimed, CreateOutcome, Fence, Happening, StoreError, TaskRow, advance,
    cancel_task, expired_results, overdue, remove_result, void_all_leases,
};

use crate::harness::{PRICE, TestStore, at, failure, idempotency, inline_image, stored, task_id};

const WALKS: u64 = 6;
const STEPS: u32 = 600;
const STEPS_BETWEEN_CHECKS: u32 = 25;

/// The same walk for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn seconds(&mut self, sides: u64) -> i64 {
        i64::try_from(self.roll(sides)).unwrap()
    }
}

struct Walk {
    test: TestStore,
    dice: Dice,
    seconds: i64,
    tasks: u64,
    claims: Vec<Claimed>,
}

#[test]
fn no_walk_breaks_an_invariant() {
    for seed in 0..WALKS {
        let test = TestStore::with_credit(Ticks(PRICE.0 * 12));
        let mut walk = Walk { test, dice: Dice(seed), seconds: 0, tasks: 0, claims: Vec::new() };
        for step in 0..STEPS {
            walk.step();
            if step % STEPS_BETWEEN_CHECKS == 0 {
                let found = walk.test.violations(walk.seconds);
                assert_eq!(found, [], "seed {seed}, step {step}");
            }
        }
        *walk.test.checked_at.lock().unwrap() = Some(at(walk.seconds));
    }
}

impl Walk {
    fn step(&mut self) {
        match self.dice.roll(14) {
            0..=4 => self.create(),
            5 => {
                let (now, slots) = (self.seconds, 1 + self.dice.roll(3));
                let slots = usize::try_from(slots).unwrap();
                self.claims.extend(self.test.claim_queued(now, slots));
            }
            6 => self.claims.extend(self.test.claim_due(self.seconds, 2)),
            7..=10 => self.work(),
            11 => self.cancel(),
            12 => self.seconds += self.dice.seconds(100),
            _ => self.sweep(),
        }
    }

    fn create(&mut self) {
        let mut new = self.test.new_task(self.tasks);
        self.tasks += 1;
        new.now = at(self.seconds);
        new.limits = AccountLimits {
            in_flight_max: 2 + u32::try_from(self.dice.roll(4)).unwrap(),
            waiting_max: 4,
        };
        if self.dice.roll(4) == 0 {
            new.key_kind = KeyKind::Test;
            new.key_id = self.test.test_key;
        }
        if self.dice.roll(3) == 0 {
            new.images = vec![inline_image(new.id, 0)];
        }
        if self.dice.roll(3) == 0 {
            let key = format!("key {}", self.dice.roll(20));
            new.idempotency = Some(idempotency(&key, 1));
        }
        let is_sound = matches!(
            self.test.create(new),
            CreateOutcome::Created(_) | CreateOutcome::Replayed { .. } | CreateOutcome::Refused(_)
        );
        assert!(is_sound);
    }

    /// A worker writes something, perhaps long after its lease ran out.
    fn work(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let index = usize::try_from(self.dice.roll(self.claims.len() as u64)).unwrap();
        let claim = self.claims[index].clone();
        let event = self.any_event(&claim.task);
        let mut change =
            Advance::new(event, at(self.seconds)).run_at(at(self.seconds + self.dice.seconds(20)));
        if self.dice.roll(2) == 0 {
            change = change.keep_lease_until(at(self.seconds + 60));
        }
        let lease = claim.lease;
        let outcome =
            self.test.store.write_blocking(move |tx| advance(tx, Fence::Lease(&lease), &change));
        match outcome {
            Ok(task) if !task.state.is_terminal() => self.claims[index].task = task,
            Ok(_) | Err(StoreError::Fenced) => drop(self.claims.swap_remove(index)),
            Err(StoreError::Illegal(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }

    fn any_event(&mut self, task: &TaskRow) -> Happening {
        match self.dice.roll(12) {
            0..=2 => Happening::SubmitStarted,
            3 | 4 => Happening::SubmitAccepted { upstream_id: "job".to_owned() },
            5 => Happening::SubmitDeferred,
            6 => Happening::Polled {
                percent: Some(u8::try_from(self.dice.roll(256)).unwrap()),
                started: true,
            },
            7 => Happening::PollMissed,
            8 => Happening::Resubmitted,
            9 => Happening::UpstreamDone { upstream_cost: Some(Ticks(3)) },
            10 if self.dice.roll(3) == 0 => Happening::Failed(failure(FailureCode::UpstreamError)),
            10 => Happening::FinalizeDeferred,
            _ => {
                let mut result = stored(task.id);
                result.expires_at = at(self.seconds + self.dice.seconds(200));
                Happening::Stored(result)
            }
        }
    }

    fn cancel(&mut self) {
        let account = self.test.account;
        let id = task_id(self.dice.roll(self.tasks.max(1)));
        let now = at(self.seconds);
        self.test.write(move |tx| cancel_task(tx, account, id, now));
    }

    fn sweep(&mut self) {
        let now = at(self.seconds);
        match self.dice.roll(6) {
            0 => drop(self.test.write(move |tx| void_all_leases(tx, now))),
            1 => {
                self.seconds += 1_800;
                let now = at(self.seconds);
                for id in self.test.write(move |tx| overdue(tx, now, 100)) {
                    let late = Happening::Failed(failure(FailureCode::DeadlineExceeded));
                    let ended = self.test.outside(id, late, self.seconds).unwrap();
                    assert_eq!(ended.state, State::Failed);
                }
            }
            _ => {
                for expired in self.test.write(move |tx| expired_results(tx, now, 5)) {
                    let id = expired.task_id;
                    self.test.write(move |tx| remove_result(tx, id, now)).unwrap();
                }
            }
        }
    }
}
