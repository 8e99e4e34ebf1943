//! Accounts, keys, credits and settings.

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::admission::Refusal;
use rushes_domain::{AccountId, Ticks};
use rushes_store::accounts::set_account_enabled;
use rushes_store::{
    Balance, CreateOutcome, KeyTerms, NewKey, OwnerOutcome, StoreError, add_credit, balance,
    create_key, create_owner, find_key, owner_exists, set_key_enabled, set_setting, setting,
};

use crate::harness::{CREDIT, LIVE_HASH, TEST_HASH, TestStore, at, key_secret, new_owner};

#[test]
fn there_is_one_owner() {
    let test = TestStore::new();
    assert!(test.read(owner_exists));
    let again = test.write(|tx| create_owner(tx, &new_owner(Ticks(7))));
    assert_eq!(again, OwnerOutcome::Exists);
    let Balance { credits, posted, pending, available, .. } = test.balance();
    assert_eq!((credits, posted, pending, available), (CREDIT, Ticks(0), Ticks(0), CREDIT));
}

#[test]
fn the_owners_keys_are_found_by_their_hash() {
    let test = TestStore::new();
    let live = test.read(|tx| find_key(tx, &LIVE_HASH)).unwrap();
    let probe = test.read(|tx| find_key(tx, &TEST_HASH)).unwrap();
    assert_eq!((live.kind, probe.kind), (KeyKind::Live, KeyKind::Test));
    assert_eq!((live.account_id, probe.account_id), (test.account, test.account));
    assert!(live.enabled && live.account_enabled && live.expires_at.is_none());
    assert_eq!(live.multiplier_millionths, 1_000_000);
    assert_eq!(test.read(|tx| find_key(tx, &[9; 32])), None);
}

#[test]
fn a_key_is_unique_can_expire_and_be_revoked() {
    let test = TestStore::new();
    let key = NewKey {
        account_id: test.account,
        kind: KeyKind::Live,
        secret: key_secret([3; 32]),
        terms: KeyTerms { expires_at: Some(at(60)), ..KeyTerms::named("ci") },
        now: at(0),
    };
    test.heard();
    let again = key.clone();
    let id = test.write(move |tx| create_key(tx, &key)).unwrap();
    assert_eq!(test.write(move |tx| create_key(tx, &again)), None);
    let found = test.read(|tx| find_key(tx, &[3; 32])).unwrap();
    assert_eq!((found.id, found.expires_at), (id, Some(at(60))));
    assert!(test.write(move |tx| set_key_enabled(tx, id, false, false)));
    assert!(!test.read(|tx| find_key(tx, &[3; 32])).unwrap().enabled);
    assert!(test.heard().iter().all(|change| change == "keys"));
}

#[test]
fn a_disabled_account_makes_no_tasks() {
    let test = TestStore::new();
    let account = test.account;
    assert!(test.write(move |tx| set_account_enabled(tx, account, false)));
    assert!(!test.read(|tx| find_key(tx, &LIVE_HASH)).unwrap().account_enabled);
    assert_eq!(test.create(test.new_task(1)), CreateOutcome::Refused(Refusal::AccountDisabled));
}

#[test]
fn a_credit_is_booked_once() {
    let test = TestStore::new();
    let account = test.account;
    let credit = move |name: &'static str, amount: i64| {
        test.store.write_blocking(move |tx| add_credit(tx, account, name, Ticks(amount), at(1)))
    };
    assert_eq!(credit("gift", 500), Ok(true));
    assert_eq!(credit("gift", 500), Ok(false));
    assert_eq!(credit("other", 1), Ok(true));
    assert!(credit("nothing", 0).is_err() && credit("less", -5).is_err());
}

#[test]
fn an_unknown_account_is_not_found() {
    let test = TestStore::new();
    let nobody = AccountId(99);
    assert_eq!(test.store.read_blocking(move |tx| balance(tx, nobody)), Err(StoreError::NotFound));
    let new = crate::harness::new_task(nobody, test.live_key, 1);
    let refused = test.store.write_blocking(move |tx| rushes_store::create_task(tx, &new));
    assert_eq!(refused, Err(StoreError::NotFound));
}

#[test]
fn a_setting_is_kept_and_replaced() {
    let test = TestStore::new();
    assert_eq!(test.read(|tx| setting(tx, "preview")), None);
    test.write(|tx| set_setting(tx, "preview", "auto", at(0)));
    test.write(|tx| set_setting(tx, "preview", "off", at(1)));
    assert_eq!(test.read(|tx| setting(tx, "preview")), Some("off".to_owned()));
}
