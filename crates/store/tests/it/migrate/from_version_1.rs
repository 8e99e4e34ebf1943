//! From the first schema with data in it: nothing is lost, and work goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::route::Routes;
use rushes_domain::{AccountId, ChannelId, State, Ticks, Timestamp};
use rushes_store::{
    Advance, Fence, Happening, Route, Store, StoreOptions, StoredResult, Transfer, Tx, account,
    advance, balance, check_invariants, claim_due, claim_queued, embedded_migrations, find_key,
    find_replay, group, integrity_faults, list_transfers, params, rebuild_usage, void_all_leases,
};

use crate::harness::{LEASE_SECONDS, LIVE_HASH, at, stored};

/// Rows as the first version wrote them; the accounts' moments end 4,229 s after the start.
const ROWS: &str = include_str!("version_1.sql");
const NOW_SECONDS: i64 = 4_229;
const OWNER: AccountId = AccountId(1);
const OTHER: AccountId = AccountId(2);

fn options() -> StoreOptions {
    StoreOptions { opened_at: at(NOW_SECONDS), ..StoreOptions::default() }
}

/// A database of the first schema with the rows in it.
fn version_1(path: &Path) {
    let first = &embedded_migrations()[..1];
    let store = Store::open_with_migrations(path, options(), Arc::new(()), first).unwrap();
    let fill = |tx: &mut Tx<'_>| {
        for line in ROWS.lines().filter(|line| line.starts_with("INSERT")) {
            tx.exec(line, params![])?;
        }
        Ok(())
    };
    store.write_blocking(fill).unwrap();
    store.close_blocking();
}

fn migrated(path: &Path) -> Store {
    version_1(path);
    Store::open(path, options(), Arc::new(())).unwrap()
}

pub(super) fn read<T: Send + 'static>(
    store: &Store,
    operation: impl Fn(&mut Tx<'_>) -> Result<T, rushes_store::StoreError> + Send + 'static,
) -> T {
    store.read_blocking(operation).unwrap()
}

#[test]
fn money_and_keys_are_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder.path().join("rushes.db"));
    assert_eq!(read(&store, integrity_faults), Vec::<String>::new());
    assert_eq!(read(&store, |tx| check_invariants(tx, at(NOW_SECONDS))), []);

    let owner = read(&store, |tx| balance(tx, OWNER));
    assert_eq!(owner.credits, Ticks(216_000_000_000));
    assert_eq!((owner.posted, owner.pending), (Ticks(16_200_000_000), Ticks(75_600_000_000)));
    assert_eq!(owner.available, Ticks(216_000_000_000 - 16_200_000_000 - 75_600_000_000));
    // A multiplier of one's own becomes a group, a name that only differs in its case another one.
    let other = read(&store, |tx| account(tx, OTHER)).unwrap();
    assert_eq!((other.name.as_str(), other.balance.available), ("Owner-2", Ticks(50_000_000_000)));
    let its_group = read(&store, move |tx| group(tx, other.group_id)).unwrap();
    assert_eq!(its_group.terms.multiplier_millionths, 1_250_000);
    let first = read(&store, |tx| account(tx, OWNER)).unwrap();
    assert_eq!((first.name.as_str(), first.group_name.as_str()), ("owner", "default"));

    let key = read(&store, |tx| find_key(tx, &LIVE_HASH)).unwrap();
    assert!(key.enabled && key.scopes.words() == "generate read");
    assert_eq!((key.account_id, key.models), (OWNER, None));
    store.close_blocking();
}

#[test]
fn each_transfer_says_all_that_a_bill_needs() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder.path().join("rushes.db"));
    let mut lines: Vec<Transfer> = read(&store, |tx| list_transfers(tx, OWNER, None, 100));
    lines.reverse();
    assert_eq!(lines.len(), 41);
    let mut available = Ticks::ZERO;
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line.sequence, i64::try_from(index).unwrap() + 1);
        available = match line.kind.as_str() {
            "credit" | "void" => available.checked_add(line.amount).unwrap(),
            "hold" => available.checked_sub(line.amount).unwrap(),
            "post" => available,
            other => panic!("{other}"),
        };
        assert_eq!(line.available, available, "{}", line.id);
        if line.task_id.is_some() {
            let words = (line.key_id.is_some(), line.model_id.as_deref(), line.seconds);
            assert_eq!(words, (true, Some("grok-image-video"), Some(6)), "{}", line.id);
            assert_eq!(line.price_version, Some(1));
        }
        assert_eq!(line.reason.is_some(), line.kind == "void", "{}", line.id);
    }
    let rebuilt = store.write_blocking(rebuild_usage).unwrap();
    assert_eq!(rebuilt.wrong, 0, "the roll-up follows from the ledger");
    assert!(rebuilt.rows > 0);
    store.close_blocking();
}

#[test]
fn answers_are_replayed_and_work_goes_on_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder.path().join("rushes.db"));
    let route = "POST /v1/video/generations";
    let replay = read(&store, move |tx| find_replay(tx, OWNER, route, "key 2", at(NOW_SECONDS)));
    assert!(format!("{replay:?}").contains("200"), "{replay:?}");

    let before = states(&store);
    assert_eq!(
        before.iter().map(|(state, count)| (state.as_str(), *count)).collect::<Vec<_>>(),
        [
            ("cancelled", 5),
            ("failed", 3),
            ("finalizing", 1),
            ("parked", 1),
            ("queued", 10),
            ("running", 1),
            ("submitting", 3),
            ("succeeded", 4),
        ],
    );
    let seconds = worked_to_the_end(&store, NOW_SECONDS + 60);
    assert_eq!(states(&store)["succeeded"], 4 + 16);
    let owner = read(&store, |tx| balance(tx, OWNER));
    assert_eq!(owner.pending, Ticks::ZERO);
    assert_eq!(owner.posted, Ticks(16_200_000_000 + 75_600_000_000));
    assert_eq!(read(&store, move |tx| check_invariants(tx, at(seconds))), []);
    store.close_blocking();
}

/// What a worker does after a start until no task is unfinished; tells the moment then.
pub(super) fn worked_to_the_end(store: &Store, start_seconds: i64) -> i64 {
    let now = at(start_seconds);
    store.write_blocking(move |tx| void_all_leases(tx, now)).unwrap();
    let mut seconds = start_seconds;
    while states(store)
        .keys()
        .any(|state| !matches!(state.as_str(), "cancelled" | "failed" | "succeeded"))
    {
        let (from, until) = (at(seconds), at(seconds + LEASE_SECONDS));
        let claims = store
            .write_blocking(move |tx| {
                let mut routes = Routes::new(50, Vec::new());
                let queued = claim_queued(tx, from, until, 50, &mut routes)?;
                let mut claims = claim_due(tx, from, until, ChannelId::PREVIEW, 50)?;
                claims.extend(queued.into_iter().map(|routed| routed.claimed));
                Ok(claims)
            })
            .unwrap();
        assert!(!claims.is_empty(), "stuck: {:?}", states(store));
        for claim in claims {
            let mut task = claim.task;
            while !task.state.is_terminal() {
                let event = next(task.state, &task.id, at(seconds + 86_400));
                let (lease, change) = (claim.lease, Advance::new(event, from));
                task = store
                    .write_blocking(move |tx| advance(tx, Fence::Lease(&lease), &change))
                    .unwrap();
            }
        }
        seconds += 60;
    }
    seconds
}

/// What brings a task nearer to its video.
fn next(state: State, id: &rushes_domain::TaskId, expires_at: Timestamp) -> Happening {
    match state {
        State::Parked | State::Queued => Happening::SubmitStarted(Route::preview()),
        State::Submitting => Happening::SubmitAccepted { upstream_id: "job".to_owned() },
        State::Running => Happening::UpstreamDone { upstream_cost: None, media: None },
        _ => Happening::Stored(StoredResult { expires_at, ..stored(*id) }),
    }
}

pub(super) fn states(store: &Store) -> BTreeMap<String, i64> {
    let rows = read(store, |tx| {
        let sql = "SELECT state, COUNT(*) FROM tasks GROUP BY state";
        tx.rows(sql, params![], |row| Ok((row.take::<String>()?, row.take::<i64>()?)))
    });
    rows.into_iter().collect()
}
