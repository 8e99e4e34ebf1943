//! A random walk: creates, work, ends, grants, codes, corrections, changed prices and limits in any
//! order, and never a broken invariant. After each step the sums are made anew, apart from the
//! store's own checks.

mod customers;
mod sums;

use rushes_domain::account::KeyKind;
use rushes_domain::webhook::EventType;
use rushes_domain::{AccountId, FailureCode, GroupId, KeyId, State, Ticks};
use rushes_store::{
    AccountLimits, Advance, Claimed, CreateOutcome, Fence, Happening, Route, StoreError, TaskRow,
    advance, cancel_task, expired_results, hide_task, overdue, remove_result, void_all_leases,
};

use self::sums::Sums;
use crate::harness::{
    PRICE, TestStore, at, failure, idempotency, inline_image, new_task, stored, task_id,
};

const WALKS: u64 = 40;
const STEPS: u32 = 300;
const STEPS_BETWEEN_CHECKS: u32 = 50;
/// What the configuration says of accounts whose group says nothing.
const DEFAULTS: AccountLimits = AccountLimits { in_flight_max: 4, waiting_max: 4 };

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

    fn up_to(&mut self, sides: u32) -> u32 {
        u32::try_from(self.roll(u64::from(sides))).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

/// A key that somebody walks with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    account: AccountId,
    id: KeyId,
    kind: KeyKind,
}

struct Walk {
    test: TestStore,
    dice: Dice,
    seconds: i64,
    tasks: u64,
    /// Secrets and codes that were made; each has a hash of its own.
    secrets: u64,
    groups: Vec<GroupId>,
    keys: Vec<Key>,
    claims: Vec<Claimed>,
}

#[test]
fn no_walk_breaks_an_invariant() {
    // Two at a time: the machine has more than one core, and the steps wait for the disk.
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (0..WALKS).filter(|seed| seed % 2 == half).for_each(walk));
        }
    });
}

fn walk(seed: u64) {
    let mut walk = Walk::begin(seed);
    let mut before = Sums::read(&walk.test);
    for step in 0..STEPS {
        walk.step();
        let after = Sums::read(&walk.test);
        after.check(&before, &format!("seed {seed}, step {step}"));
        before = after;
        if step % STEPS_BETWEEN_CHECKS == 0 {
            let found = walk.test.violations(walk.seconds);
            assert_eq!(found, [], "seed {seed}, step {step}");
        }
    }
    *walk.test.checked_at.lock().unwrap() = Some(at(walk.seconds));
}

impl Walk {
    fn begin(seed: u64) -> Self {
        let test = TestStore::with_credit(Ticks(PRICE.0 * 12));
        let (other, key) = test.another_account(1);
        let owner = test.account;
        // Everything that happens to a task is told, and the events have to agree with the tasks.
        crate::webhooks::endpoint(&test, owner, "a.example", &EventType::ALL);
        crate::webhooks::endpoint(&test, other, "b.example", &[EventType::Completed]);
        let keys = vec![
            Key { account: owner, id: test.live_key, kind: KeyKind::Live },
            Key { account: owner, id: test.test_key, kind: KeyKind::Test },
            Key { account: other, id: key, kind: KeyKind::Live },
        ];
        let mut walk = Self {
            test,
            dice: Dice(seed),
            seconds: 0,
            tasks: 0,
            secrets: 0,
            groups: vec![rushes_store::DEFAULT_GROUP],
            keys,
            claims: Vec::new(),
        };
        walk.make_group();
        walk
    }

    fn step(&mut self) {
        match self.dice.roll(24) {
            0..=5 => self.create(),
            6 | 7 => {
                let (now, slots) = (self.seconds, 1 + self.dice.roll(3));
                let slots = usize::try_from(slots).unwrap();
                self.claims.extend(self.test.claim_queued(now, slots));
            }
            8 => self.claims.extend(self.test.claim_due(self.seconds, 2)),
            9..=13 => self.work(),
            14 => self.cancel(),
            15 => self.turn_the_clock(),
            16 | 17 => self.sweep(),
            18 | 19 => self.money(),
            20 | 21 => self.limits(),
            _ => self.change_keys(),
        }
    }

    fn create(&mut self) {
        let key = self.dice.pick(&self.keys);
        let mut new = new_task(key.account, key.id, self.tasks);
        self.tasks += 1;
        new.key_kind = key.kind;
        new.now = at(self.seconds);
        new.limits = DEFAULTS;
        // The operator changed prices since: each task keeps the one that it was made with.
        let version = 1 + self.dice.seconds(3);
        new.price_version = version;
        new.price = if key.kind == KeyKind::Test { Ticks::ZERO } else { Ticks(PRICE.0 * version) };
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
            0..=2 => Happening::SubmitStarted(Route::preview()),
            3 | 4 => Happening::SubmitAccepted { upstream_id: "job".to_owned() },
            5 => Happening::SubmitDeferred { refused_by: Vec::new() },
            6 => Happening::Polled {
                percent: Some(u8::try_from(self.dice.roll(256)).unwrap()),
                started: true,
            },
            7 => Happening::PollMissed,
            8 => Happening::Resubmitted,
            9 => Happening::UpstreamDone { upstream_cost: Some(Ticks(3)), media: None },
            10 if self.dice.roll(3) == 0 => Happening::Failed(failure(FailureCode::UpstreamError)),
            10 => Happening::FinalizeDeferred,
            _ => {
                let mut result = stored(task.id);
                result.expires_at = at(self.seconds + self.dice.seconds(200));
                Happening::Stored(result)
            }
        }
    }

    /// A client calls a task off or deletes it.
    fn cancel(&mut self) {
        let account = self.dice.pick(&self.keys).account;
        let id = task_id(self.dice.roll(self.tasks.max(1)));
        let now = at(self.seconds);
        if self.dice.roll(2) == 0 {
            self.test.write(move |tx| hide_task(tx, account, id, now));
        } else {
            self.test.write(move |tx| cancel_task(tx, account, id, now));
        }
    }

    /// Forward with time, and now and then back, as somebody sets it.
    fn turn_the_clock(&mut self) {
        if self.dice.roll(4) == 0 {
            self.seconds -= self.dice.seconds(7_200);
        } else {
            self.seconds += self.dice.seconds(100);
        }
    }

    /// Time passes, and what is late by then is ended.
    fn leap(&mut self, seconds: i64) {
        self.seconds += seconds;
        let now = at(self.seconds);
        for id in self.test.write(move |tx| overdue(tx, now, 1_000)) {
            let late = Happening::Failed(failure(FailureCode::DeadlineExceeded));
            let ended = self.test.outside(id, late, self.seconds).unwrap();
            assert_eq!(ended.state, State::Failed);
        }
    }

    fn sweep(&mut self) {
        let now = at(self.seconds);
        match self.dice.roll(6) {
            0 => drop(self.test.write(move |tx| void_all_leases(tx, now))),
            1 => self.leap(1_800),
            _ => {
                for expired in self.test.write(move |tx| expired_results(tx, now, 5)) {
                    let id = expired.task_id;
                    self.test.write(move |tx| remove_result(tx, id, now)).unwrap();
                }
            }
        }
    }
}
