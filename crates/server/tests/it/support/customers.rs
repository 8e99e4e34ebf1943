//! Accounts, groups and keys written straight into the store, for tests of what they may do.

use rushes_domain::account::{KeyKind, Role, key_hash};
use rushes_domain::{AccountId, GroupId, KeyId, Ticks};
use rushes_store::{
    DEFAULT_GROUP, GroupOutcome, GroupTerms, KeySecret, KeyTerms, NewAccount, NewKey,
};

use super::TestApp;

/// An account to be made, with one key.
pub(crate) struct Customer {
    /// Its name; the key is made of it.
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) group: GroupId,
    /// In dollars; `0` is none.
    pub(crate) credit: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) terms: KeyTerms,
}

impl Customer {
    /// A user in the default group with $10 and a live key without limits.
    pub(crate) fn named(name: &'static str) -> Self {
        Self {
            name,
            role: Role::User,
            group: DEFAULT_GROUP,
            credit: "10",
            kind: KeyKind::Live,
            terms: KeyTerms::named("key"),
        }
    }

    /// Writes it down.
    pub(crate) async fn make(self, app: &TestApp) -> MadeCustomer {
        let key = format!("{}{}-{}", self.kind.prefix(), "k".repeat(20), self.name);
        let (hash, now) = (key_hash(&key), app.now());
        let credit = Ticks::parse_dollars(self.credit).expect("dollars");
        let write = move |tx: &mut rushes_store::Tx<'_>| {
            let account = NewAccount {
                name: self.name.to_owned(),
                display_name: String::new(),
                role: self.role,
                group_id: self.group,
                password_hash: None,
                now,
            };
            let account_id = rushes_store::create_account(tx, &account)?.expect("a new name");
            if credit > Ticks::ZERO {
                rushes_store::add_credit(tx, account_id, "first", credit, now)?;
            }
            let secret = KeySecret { hash, mask: "sk-…".to_owned(), sealed: None };
            let new =
                NewKey { account_id, kind: self.kind, secret, terms: self.terms.clone(), now };
            let key_id = rushes_store::create_key(tx, &new)?.expect("a new key");
            Ok((account_id, key_id))
        };
        let (account_id, key_id) = app.app().store.write(write).await.expect("written");
        MadeCustomer { account_id, key_id, key }
    }
}

/// What was made.
#[derive(Debug, Clone)]
pub(crate) struct MadeCustomer {
    pub(crate) account_id: AccountId,
    pub(crate) key_id: KeyId,
    /// The key's text.
    pub(crate) key: String,
}

/// A group that allows everything at the catalogue's price.
pub(crate) fn group_terms(name: &str) -> GroupTerms {
    GroupTerms {
        name: name.to_owned(),
        description: String::new(),
        multiplier_millionths: 1_000_000,
        models: None,
        in_flight_max: None,
        waiting_max: None,
        creates_per_minute: None,
        total_in_flight_max: None,
        total_waiting_max: None,
    }
}

/// Writes a group down.
pub(crate) async fn make_group(app: &TestApp, terms: GroupTerms) -> GroupId {
    let now = app.now();
    let make = move |tx: &mut rushes_store::Tx<'_>| rushes_store::create_group(tx, &terms, now);
    let outcome = app.app().store.write(make).await.expect("written");
    let id = if let GroupOutcome::Done(id) = outcome { Some(id) } else { None };
    id.expect("a new name")
}
