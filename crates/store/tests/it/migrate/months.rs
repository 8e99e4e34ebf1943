//! To the fourth schema: the months of keys' budgets begin at what the ledger says.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_store::{Store, StoreOptions, Tx, embedded_migrations, params};

const DAY_SECONDS: i64 = 86_400;
/// Days from 1970 to 2109, with the odd leap year of 2100 in it, the first and last second of each
/// thirteenth, and of those around a leap day.
fn moments() -> Vec<Timestamp> {
    let leap_days = [789, 11_016, 20_512, 47_540].into_iter().flat_map(|day| day - 2..day + 3);
    let days = (0..51_000).step_by(13).chain(leap_days);
    let seconds = days.flat_map(|day| [day * DAY_SECONDS, (day + 1) * DAY_SECONDS - 1]);
    seconds.map(Timestamp::from_unix_seconds).collect()
}

/// An account with a key of each kind of past, and a hold at each moment.
fn fill(tx: &mut Tx<'_>) -> Result<(), rushes_store::StoreError> {
    tx.exec(
        "INSERT INTO accounts (id, name, role, enabled, credits_ticks, posted_ticks,
             pending_ticks, parked_count, queued_count, active_count, in_flight_max,
             limits_changed_at, last_claimed_at, created_at)
         VALUES (1, 'owner', 'owner', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        params![],
    )?;
    // The second has only ever given back; the third has counted on a clock that was ahead.
    for (key, month) in [(1_i64, 0_i64), (2, 0), (3, 99_999)] {
        tx.exec(
            "INSERT INTO keys (id, account_id, kind, name, mask, hash, enabled, created_at, month,
                 month_used_ticks)
             VALUES ($1, 1, 'live', '', '', CAST('hash' || $1 AS BLOB), 1, 0, $2, 5)",
            params![key, month],
        )?;
    }
    let mut place = 0_i64;
    let mut add = |tx: &mut Tx<'_>, id: String, key: i64, kind: &str, at: Timestamp| {
        place += 1;
        let resolves = (kind != "hold").then(|| format!("hold:{}", &id[5..]));
        tx.exec(
            "INSERT INTO transfers (id, account_id, kind, amount_ticks, created_at, sequence,
                 available_ticks, key_id, resolves) VALUES ($1, 1, $2, 7, $3, $4, 0, $5, $6)",
            params![id, kind, at, place, key, resolves],
        )
    };
    for (number, at) in moments().into_iter().enumerate() {
        add(tx, format!("hold:{number}"), 1, "hold", at)?;
    }
    let last = Timestamp::from_unix_seconds(51_000 * DAY_SECONDS);
    for (key, kind) in [(1, "post"), (1, "void"), (2, "void")] {
        add(tx, format!("hold:{key}-{kind}"), key, "hold", last)?;
        add(tx, format!("{kind}:{key}-{kind}"), key, kind, last)?;
    }
    Ok(())
}

#[test]
fn each_hold_gets_its_month_and_each_key_its_sum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rushes.db");
    let options = StoreOptions::default();
    let third = &embedded_migrations()[..3];
    let store = Store::open_with_migrations(&path, options, Arc::new(()), third).unwrap();
    store.write_blocking(fill).unwrap();
    store.close_blocking();

    let store = Store::open(&path, options, Arc::new(())).unwrap();
    let holds = store.read_blocking(|tx| {
        let sql = "SELECT created_at, spend_month FROM transfers WHERE kind = 'hold'";
        tx.rows(sql, params![], |row| Ok((row.take::<Timestamp>()?, row.take::<i64>()?)))
    });
    let holds = holds.unwrap();
    assert_eq!(holds.len(), moments().len() + 3);
    for (at, month) in holds {
        assert_eq!(month, at.utc_month(), "{at:?}");
    }
    let keys = store.read_blocking(|tx| {
        let sql = "SELECT month, month_used_ticks FROM keys ORDER BY id";
        tx.rows(sql, params![], |row| Ok((row.take::<i64>()?, row.take::<i64>()?)))
    });
    let last = Timestamp::from_unix_seconds(51_000 * DAY_SECONDS).utc_month();
    let of_last = moments().iter().filter(|at| at.utc_month() == last).count();
    let open_and_posted = 7 * (i64::try_from(of_last).unwrap() + 1);
    assert_eq!(keys.unwrap(), [(last, open_and_posted), (last, 0), (99_999, 0)]);
    store.close_blocking();
}
