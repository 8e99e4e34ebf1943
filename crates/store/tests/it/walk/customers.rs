//! What customers and operators do in a walk: money, limits, keys.

use rushes_domain::Ticks;
use rushes_domain::account::KeyKind;
use rushes_store::{
    BookOutcome, GroupOutcome, GroupTerms, KeySecret, KeyTerms, NewAdjustment, NewCode, NewCredit,
    NewKey, StoreError, group_limits_changed, key_limits_changed, update_key,
};

use super::{DEFAULTS, Key, Walk};
use crate::harness::{PRICE, at, key_secret, task_id};

/// A day and a bit, so that midnight and the month's end are passed now and then.
const LEAP_SECONDS: i64 = 90_000;

impl Walk {
    /// A hash that no secret and no code had before.
    fn fresh_hash(&mut self) -> [u8; 32] {
        self.secrets += 1;
        let mut hash = [200; 32];
        hash[..8].copy_from_slice(&self.secrets.to_be_bytes());
        hash
    }

    pub(super) fn money(&mut self) {
        let account = self.dice.pick(&self.keys).account;
        let now = at(self.seconds);
        let amount = Ticks(1 + i64::try_from(self.dice.roll(3)).unwrap() * PRICE.0);
        match self.dice.roll(6) {
            0 | 1 => {
                // A reference may come again: then nothing is booked.
                let credit = NewCredit {
                    account_id: account,
                    name: format!("grant-{}", self.dice.roll(6)),
                    amount,
                    reason: Some("walk".to_owned()),
                    actor: "walk".to_owned(),
                    now,
                };
                let outcome = self.test.write(move |tx| rushes_store::credit(tx, &credit));
                assert!(matches!(outcome, BookOutcome::Booked(_) | BookOutcome::Exists(_)));
            }
            2 | 3 => {
                let takes = self.dice.roll(2) == 0;
                let about = self.dice.roll(self.tasks.max(1));
                let adjustment = NewAdjustment {
                    account_id: account,
                    task_id: (self.dice.roll(2) == 0).then(|| task_id(about)),
                    reference: None,
                    amount: if takes { Ticks(-amount.0) } else { amount },
                    reason: "walk".to_owned(),
                    actor: "walk".to_owned(),
                    now,
                };
                let adjust =
                    move |tx: &mut rushes_store::Tx<'_>| rushes_store::adjust(tx, &adjustment);
                match self.test.store.write_blocking(adjust) {
                    // Somebody else's task, or none.
                    Ok(_) | Err(StoreError::NotFound) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            _ => self.code(amount),
        }
    }

    /// Makes a code, perhaps takes it back or lets it expire, and lets several take it.
    fn code(&mut self, amount: Ticks) {
        let (hash, now) = (self.fresh_hash(), at(self.seconds));
        let lifetime = self.dice.seconds(3);
        let code = NewCode {
            hash,
            mask: "RC-…".to_owned(),
            batch: String::new(),
            amount,
            expires_at: (lifetime > 0).then(|| at(self.seconds + lifetime)),
            now,
        };
        let codes = [code];
        let ids = self.test.write(move |tx| rushes_store::create_codes(tx, &codes)).unwrap();
        if self.dice.roll(4) == 0 {
            self.test.write(move |tx| rushes_store::revoke_code(tx, ids[0], now));
        }
        self.seconds += self.dice.seconds(3);
        let now = at(self.seconds);
        for _ in 0..2 {
            let account = self.dice.pick(&self.keys).account;
            self.test.write(move |tx| rushes_store::redeem(tx, &hash, account, "walk", now));
        }
    }

    fn any_limit(&mut self) -> Option<u32> {
        let limit = self.dice.up_to(5);
        (limit > 0).then_some(limit)
    }

    fn any_group(&mut self, name: String) -> GroupTerms {
        GroupTerms {
            name,
            description: String::new(),
            multiplier_millionths: 1_000_000,
            models: None,
            in_flight_max: self.any_limit(),
            waiting_max: self.any_limit(),
            creates_per_minute: None,
            total_in_flight_max: self.any_limit(),
            total_waiting_max: self.any_limit(),
        }
    }

    pub(super) fn make_group(&mut self) {
        let (terms, now) =
            (self.any_group(format!("group-{}", self.groups.len())), at(self.seconds));
        let outcome = self.test.write(move |tx| rushes_store::create_group(tx, &terms, now));
        let GroupOutcome::Done(id) = outcome else { panic!("{outcome:?}") };
        self.groups.push(id);
    }

    /// Changes a group, or moves an account into another one; parked tasks follow at once.
    pub(super) fn limits(&mut self) {
        let now = at(self.seconds);
        let group = self.dice.pick(&self.groups);
        if self.dice.roll(2) == 0 {
            let terms = self.any_group(format!("group-of-{group}"));
            self.test.write(move |tx| {
                rushes_store::update_group(tx, group, &terms)?;
                group_limits_changed(tx, group, DEFAULTS, now)
            });
            return;
        }
        let account = self.dice.pick(&self.keys).account;
        self.test.write(move |tx| {
            let before = rushes_store::account(tx, account)?.ok_or(StoreError::NotFound)?.group_id;
            let change = rushes_store::AccountChange {
                group_id: Some(group),
                ..rushes_store::AccountChange::default()
            };
            rushes_store::update_account(tx, account, &change)?;
            group_limits_changed(tx, before, DEFAULTS, now)?;
            group_limits_changed(tx, group, DEFAULTS, now)
        });
    }

    pub(super) fn change_keys(&mut self) {
        let now = at(self.seconds);
        let key = self.dice.pick(&self.keys);
        match self.dice.roll(8) {
            0 if self.keys.len() > 3 => {
                self.test.write(move |tx| rushes_store::delete_key(tx, key.id, now));
                self.keys.retain(|kept| *kept != key);
            }
            0 | 1 => self.make_key(key.account),
            2 => {
                let (hash, grace) = (self.fresh_hash(), self.dice.seconds(100));
                let secret = key_secret(hash);
                let until = at(self.seconds + grace);
                self.test.write(move |tx| rushes_store::roll_key(tx, key.id, &secret, until, now));
            }
            3 => {
                let days = self.dice.seconds(12);
                self.leap(LEAP_SECONDS * days);
            }
            _ => {
                let terms = self.any_terms();
                self.test.write(move |tx| {
                    update_key(tx, key.id, &terms)?;
                    key_limits_changed(tx, key.id, now)
                });
            }
        }
    }

    fn any_terms(&mut self) -> KeyTerms {
        let budget = |rolled: i64| (rolled > 0).then_some(Ticks(rolled * PRICE.0));
        let mut terms = KeyTerms::named("walk");
        terms.budget = budget(self.dice.seconds(12));
        terms.month_budget = budget(self.dice.seconds(6));
        terms.in_flight_max = self.any_limit();
        terms
    }

    fn make_key(&mut self, account_id: rushes_domain::AccountId) {
        let kind = if self.dice.roll(3) == 0 { KeyKind::Test } else { KeyKind::Live };
        let secret: KeySecret = key_secret(self.fresh_hash());
        let terms = self.any_terms();
        let new = NewKey { account_id, kind, secret, terms, now: at(self.seconds) };
        let id = self.test.write(move |tx| rushes_store::create_key(tx, &new)).unwrap();
        self.keys.push(Key { account: account_id, id, kind });
    }
}
