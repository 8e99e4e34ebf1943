//! Sealed secrets that were taken away are gone from every byte on the disk.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use rushes_domain::account::KeyKind;
use rushes_store::keys::drop_sealed_keys;
use rushes_store::{
    ChannelSource, KeySecret, KeyTerms, KeyUse, NewKey, SealedCredential, Store, StoreOptions, Tx,
    add_channel, create_key, delete_key, next_channel_id, params, record_uses, remove_channel,
    update_channel,
};
use sha2::{Digest as _, Sha256};

use crate::channels::terms;
use crate::harness::{TestStore, at, key_secret};

const FILES: [&str; 2] = ["rushes.db", "rushes.db-wal"];

/// Long enough to be told from everything else, and short enough to lie in one page.
fn sealed(letter: u8) -> Vec<u8> {
    [b"sealed-canary-", &[letter; 40][..]].concat()
}

fn lies_on_disk(test: &TestStore, needle: &[u8]) -> bool {
    lies_in(test.folder.path(), needle)
}

fn lies_in(folder: &Path, needle: &[u8]) -> bool {
    FILES.iter().any(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

fn key(test: &TestStore, letter: u8) -> rushes_domain::KeyId {
    let account = test.account;
    test.write(move |tx| {
        let secret = KeySecret { sealed: Some(sealed(letter)), ..key_secret([letter; 32]) };
        let terms = KeyTerms::named("sealed");
        let new = NewKey { account_id: account, kind: KeyKind::Live, secret, terms, now: at(0) };
        Ok(create_key(tx, &new)?.expect("a new key"))
    })
}

/// Other rows in the same pages, so that nothing is gone by accident.
fn fill(tx: &mut Tx<'_>) -> Result<(), rushes_store::StoreError> {
    for number in 0..50 {
        tx.exec(
            "INSERT INTO settings (key, value, changed_at) VALUES ($1, 'x', 0)",
            params![format!("{number}")],
        )?;
    }
    Ok(())
}

#[test]
fn a_key_that_is_deleted_or_may_no_longer_be_copied_leaves_no_sealed_byte() {
    let test = TestStore::new();
    let (first, _) = (key(&test, b'a'), key(&test, b'b'));
    test.write(fill);
    assert!(lies_on_disk(&test, &sealed(b'a')) && lies_on_disk(&test, &sealed(b'b')));
    assert!(test.write(move |tx| delete_key(tx, first, at(1))));
    assert!(!lies_on_disk(&test, &sealed(b'a')));
    assert!(lies_on_disk(&test, &sealed(b'b')), "the other one is kept");
    assert_eq!(test.write(drop_sealed_keys), 1);
    assert!(!lies_on_disk(&test, &sealed(b'b')));
}

#[test]
fn a_channels_credential_goes_when_it_is_replaced_and_with_the_channel() {
    let test = TestStore::new();
    let credential = |letter| SealedCredential { sealed: sealed(letter), hint: "1234".to_owned() };
    let id = test.write(move |tx| {
        let id = next_channel_id(tx)?;
        add_channel(
            tx,
            id,
            &terms("main"),
            Some(&credential(b'c')),
            ChannelSource::Operator,
            at(0),
        )?;
        Ok(id)
    });
    test.write(fill);
    assert!(lies_on_disk(&test, &sealed(b'c')));
    test.write(move |tx| {
        update_channel(tx, id, &terms("main"), Some(&credential(b'd')), at(1)).map(drop)
    });
    assert!(!lies_on_disk(&test, &sealed(b'c')) && lies_on_disk(&test, &sealed(b'd')));
    test.write(move |tx| remove_channel(tx, id, at(2)).map(drop));
    assert!(!lies_on_disk(&test, &sealed(b'd')));
}

/// Rows that grow are moved from page to page, and `secure_delete` knows of no copy that is left in the
/// gap where one was: no sealed byte may lie where rows grow.
#[test]
fn keys_that_were_used_for_a_while_leave_no_sealed_byte_either() {
    const KEYS: u32 = 1_500;
    let test = TestStore::new();
    let sealed: Vec<Vec<u8>> = (0..KEYS).map(pseudo_random).collect();
    for (number, sealed) in (0_u32..).zip(sealed.clone()) {
        let account = test.account;
        test.write(move |tx| {
            let hash = Sha256::digest(&sealed).into();
            let secret = KeySecret { sealed: Some(sealed.clone()), ..key_secret(hash) };
            let terms = KeyTerms::named("sealed");
            let new =
                NewKey { account_id: account, kind: KeyKind::Live, secret, terms, now: at(0) };
            let id = create_key(tx, &new)?.expect("a new key");
            let length = (number * 7_919) as usize;
            let used = KeyUse {
                key_id: rushes_domain::KeyId(1 + i64::from(number * 6_101) % id.0),
                address: "2001:db8::1"[..length % 12].to_owned(),
                client: "y".repeat(length % 200),
                at: at(i64::from(number)),
            };
            record_uses(tx, &[used])
        });
    }
    assert!(test.write(drop_sealed_keys) >= KEYS as usize);
    let path = test.folder.path().join("rushes.db");
    let bytes = std::fs::read(path).expect("the database");
    let found: HashSet<&[u8]> = bytes.windows(16).collect();
    let left = sealed.iter().filter(|it| it.windows(16).any(|part| found.contains(part)));
    assert_eq!(left.count(), 0, "keys of which something is left");
}

/// As many bytes as a sealed key has.
fn pseudo_random(number: u32) -> Vec<u8> {
    let digests =
        [0_u8, 1, 2].map(|part| Sha256::digest([&number.to_le_bytes()[..], &[part]].concat()));
    digests.concat()[..92].to_vec()
}

/// A snapshot that somebody still reads keeps the log; the next write after it empties it, also that
/// of another process after this one was killed.
#[test]
fn a_reader_puts_it_off_and_no_more() {
    let (test, killed) = (TestStore::new(), tempfile::tempdir().unwrap());
    key(&test, b'e');
    let (entered, is_in) = std::sync::mpsc::channel();
    let (leave, may_leave) = std::sync::mpsc::channel::<()>();
    let may_leave = std::sync::Mutex::new(may_leave);
    std::thread::scope(|scope| {
        let store = &test.store;
        let reader = scope.spawn(move || {
            store.read_blocking(move |tx| {
                tx.value::<i64>("SELECT id FROM keys", params![])?;
                entered.send(()).unwrap();
                may_leave.lock().unwrap().recv().unwrap();
                Ok(())
            })
        });
        is_in.recv().unwrap();
        assert_eq!(test.write(drop_sealed_keys), 1);
        assert!(lies_on_disk(&test, &sealed(b'e')), "somebody reads the log");
        for name in FILES {
            std::fs::copy(test.folder.path().join(name), killed.path().join(name)).unwrap();
        }
        leave.send(()).unwrap();
        reader.join().unwrap().unwrap();
    });
    test.write(fill);
    assert!(!lies_on_disk(&test, &sealed(b'e')));

    assert!(lies_in(killed.path(), &sealed(b'e')));
    let path = killed.path().join("rushes.db");
    let next = Store::open(&path, StoreOptions::default(), Arc::new(())).unwrap();
    next.write_blocking(fill).unwrap();
    assert!(!lies_in(killed.path(), &sealed(b'e')));
    next.close_blocking();
}
