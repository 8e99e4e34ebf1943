//! Sessions, one-time links and the audit log.

use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_store::sessions::SESSIONS_PER_ACCOUNT_MAX;
use rushes_store::{
    AuditEntry, AuditFilter, NewSession, audit, confirm_session, create_login_link, create_session,
    delete_old_sessions, delete_other_sessions, delete_session, find_session, list_audit,
    list_sessions, touch_session, use_login_link,
};

use crate::harness::{TestStore, at};

const LONG_AGO: Timestamp = Timestamp(0);

fn open(test: &TestStore, number: u32) {
    let account_id = test.account;
    test.write(move |tx| {
        let mut token_hash = [0; 32];
        token_hash[..4].copy_from_slice(&number.to_be_bytes());
        let new = NewSession {
            id: format!("ses_{number}"),
            token_hash,
            account_id,
            address: "192.0.2.1".to_owned(),
            client: "a browser".to_owned(),
            by_link: false,
            now: at(i64::from(number)),
        };
        create_session(tx, &new)
    });
}

fn ids(test: &TestStore) -> Vec<String> {
    let account = test.account;
    let rows = test.read(move |tx| list_sessions(tx, account, LONG_AGO, LONG_AGO));
    rows.into_iter().map(|row| row.id).collect()
}

#[test]
fn a_session_is_found_by_its_hash_touched_and_ended() {
    let test = TestStore::new();
    for number in 1..=3 {
        open(&test, number);
    }
    let mut hash = [0; 32];
    hash[3] = 2;
    let found = test.read(move |tx| find_session(tx, &hash)).unwrap();
    assert_eq!((found.id.as_str(), found.account_id), ("ses_2", test.account));
    test.write(|tx| touch_session(tx, "ses_2", at(50)));
    test.write(|tx| confirm_session(tx, "ses_1", at(60)));
    assert_eq!(ids(&test), ["ses_1", "ses_2", "ses_3"], "the latest used first");
    let account = test.account;
    assert!(!test.write(move |tx| delete_session(tx, rushes_domain::AccountId(9), "ses_2")));
    assert!(test.write(move |tx| delete_session(tx, account, "ses_2")));
    assert_eq!(test.read(move |tx| find_session(tx, &hash)), None);
    assert_eq!(test.write(move |tx| delete_other_sessions(tx, account, Some("ses_1"))), 1);
    assert_eq!(ids(&test), ["ses_1"]);
    assert_eq!(test.write(|tx| delete_old_sessions(tx, at(1), at(1), 10)), 1);
    assert!(ids(&test).is_empty());
}

#[test]
fn an_account_has_so_many_sessions_and_no_more() {
    let test = TestStore::new();
    for number in 0..SESSIONS_PER_ACCOUNT_MAX + 5 {
        open(&test, number);
    }
    let ids = ids(&test);
    assert_eq!(ids.len(), usize::try_from(SESSIONS_PER_ACCOUNT_MAX).unwrap());
    assert_eq!(ids.last().map(String::as_str), Some("ses_5"), "the oldest went");
}

#[test]
fn a_link_is_used_once_in_time_and_the_last_one_counts() {
    let test = TestStore::new();
    let account = test.account;
    let make = |number: u8| {
        test.write(move |tx| create_login_link(tx, &[number; 32], account, at(0), at(900)));
    };
    let use_it =
        |number: u8, seconds| test.write(move |tx| use_login_link(tx, &[number; 32], at(seconds)));
    make(1);
    assert_eq!(use_it(1, 900), None, "its time is over");
    assert_eq!(use_it(1, 899), Some(account));
    assert_eq!(use_it(1, 899), None, "it was used");
    make(2);
    make(3);
    assert_eq!(use_it(2, 1), None, "there is a newer one");
    assert_eq!(use_it(3, 1), Some(account));
    assert_eq!(use_it(4, 1), None);
}

#[test]
fn the_audit_log_is_read_by_who_what_and_when() {
    let test = TestStore::new();
    for (seconds, actor, action, object) in [
        (1, "owner", "key.create", "key 1"),
        (2, "alice", "key.roll", "key 1"),
        (3, "owner", "group.create", "group studios"),
    ] {
        test.write(move |tx| {
            let entry = AuditEntry {
                at: at(seconds),
                actor: actor.to_owned(),
                actor_account_id: None,
                address: Some("192.0.2.1".to_owned()),
                request_id: None,
                action: action.to_owned(),
                object: object.to_owned(),
                account_id: None,
                before: None,
                after: Some("{\"name\":\"a\"}".to_owned()),
            };
            audit(tx, &entry)
        });
    }
    let found = |filter: AuditFilter| {
        let filter = AuditFilter { limit: 10, ..filter };
        let rows = test.read(move |tx| list_audit(tx, &filter));
        rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    let any = AuditFilter::default;
    assert_eq!(found(any()), [3, 2, 1]);
    assert_eq!(found(AuditFilter { actor: "owner".into(), ..any() }), [3, 1]);
    assert_eq!(found(AuditFilter { action: "key.".into(), ..any() }), [2, 1]);
    assert_eq!(found(AuditFilter { object: "key 1".into(), before: Some(2), ..any() }), [1]);
    assert_eq!(found(AuditFilter { from: Some(at(2)), until: Some(at(3)), ..any() }), [2]);
}
