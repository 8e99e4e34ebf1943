//! Redemption codes, price versions and usage.

use pretty_assertions::assert_eq;
use rushes_domain::{FailureCode, State, Ticks};
use rushes_store::{
    CodeFilter, CodeState, Happening, NewCode, RebuildReport, RedeemOutcome, RevokeOutcome,
    UsageFilter, UsageGroup, add_prices, create_codes, list_codes, list_prices, params,
    price_version, rebuild_usage, redeem, revoke_code, usage_sums,
};
use tokio::task::JoinSet;

use crate::harness::{CREDIT, PRICE, TestStore, at, failure, stored, task_id};

fn code(number: u8) -> NewCode {
    NewCode {
        hash: [number; 32],
        mask: format!("RC-…{number}"),
        batch: "spring".to_owned(),
        amount: Ticks(500),
        expires_at: Some(at(100)),
        now: at(0),
    }
}

fn redeem_at(test: &TestStore, number: u8, seconds: i64) -> RedeemOutcome {
    let account = test.account;
    test.write(move |tx| redeem(tx, &[number; 32], account, "alice", at(seconds)))
}

#[test]
fn a_code_is_worth_its_amount_once_and_in_time() {
    let test = TestStore::new();
    let made = test.write(|tx| create_codes(tx, &[code(1), code(2), code(3), code(4)]));
    assert_eq!(made, Some(vec![1, 2, 3, 4]));
    assert_eq!(test.write(|tx| create_codes(tx, &[code(9), code(1)])), None);
    assert_eq!(redeem_at(&test, 9, 1), RedeemOutcome::Unknown, "nothing of it was made");
    let RedeemOutcome::Redeemed(transfer) = redeem_at(&test, 1, 1) else { panic!("refused") };
    assert_eq!((transfer.id.as_str(), transfer.amount), ("credit:1:code-1", Ticks(500)));
    assert_eq!(transfer.reason.as_deref(), Some("redemption code RC-…1"));
    assert_eq!(redeem_at(&test, 1, 2), RedeemOutcome::Refused(CodeState::Redeemed));
    assert_eq!(test.write(|tx| revoke_code(tx, 1, at(3))), RevokeOutcome::Redeemed);
    assert_eq!(test.write(|tx| revoke_code(tx, 2, at(3))), RevokeOutcome::Revoked);
    assert_eq!(test.write(|tx| revoke_code(tx, 77, at(3))), RevokeOutcome::NotFound);
    assert_eq!(redeem_at(&test, 2, 4), RedeemOutcome::Refused(CodeState::Revoked));
    assert_eq!(redeem_at(&test, 3, 100), RedeemOutcome::Refused(CodeState::Expired));
    assert_eq!(test.balance().available, Ticks(CREDIT.0 + 500));
    let list = |state, now| {
        let filter =
            CodeFilter { batch: String::new(), state, before: None, limit: 10, now: at(now) };
        let rows = test.read(move |tx| list_codes(tx, &filter));
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 5), [4, 3, 2, 1]);
    assert_eq!(list(Some(CodeState::Open), 5), [4, 3]);
    assert_eq!(list(Some(CodeState::Expired), 100), [4, 3]);
    assert_eq!(list(Some(CodeState::Revoked), 100), [2]);
    assert_eq!(list(Some(CodeState::Redeemed), 100), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_takers_one_wins() {
    let test = TestStore::new();
    let store = test.store.clone();
    store.write(|tx| create_codes(tx, &[code(1)])).await.unwrap();
    let mut takers = JoinSet::new();
    for _ in 0..64 {
        let (store, account) = (test.store.clone(), test.account);
        takers.spawn(async move {
            let taken = store.write(move |tx| redeem(tx, &[1; 32], account, "alice", at(1))).await;
            matches!(taken.unwrap(), RedeemOutcome::Redeemed(_))
        });
    }
    let won = takers.join_all().await.into_iter().filter(|&won| won).count();
    assert_eq!(won, 1);
    assert_eq!(test.balance().available, Ticks(CREDIT.0 + 500));
}

#[test]
fn prices_get_a_number_when_they_change() {
    let test = TestStore::new();
    let add = |prices: &'static str, seconds| {
        test.write(move |tx| add_prices(tx, prices, "owner", at(seconds)))
    };
    assert_eq!((add("{\"a\":1}", 1), add("{\"a\":1}", 2), add("{\"a\":2}", 3)), (1, 1, 2));
    assert_eq!(add("{\"a\":1}", 4), 3, "old prices anew are a new version");
    let found = test.read(|tx| price_version(tx, 2)).unwrap();
    assert_eq!((found.prices.as_str(), found.created_at), ("{\"a\":2}", at(3)));
    let versions = test.read(|tx| list_prices(tx, Some(3), 10));
    assert_eq!(versions.iter().map(|each| each.version).collect::<Vec<_>>(), [2, 1]);
}

/// Two videos, a failure and a cancelled task on one day, one video on the next.
fn with_ends() -> TestStore {
    let test = TestStore::new();
    for (number, day) in [(1, 0), (2, 0), (5, 1)] {
        let (_, lease) = test.brought_to(number, State::Finalizing);
        test.step(lease, Happening::Stored(stored(task_id(number))), day * 86_400 + 1).unwrap();
    }
    for (number, code) in [(3, FailureCode::Moderated), (4, FailureCode::Cancelled)] {
        let (_, lease) = test.brought_to(number, State::Running);
        let event = match code {
            FailureCode::Cancelled => Happening::Cancelled(failure(code)),
            _ => Happening::Failed(failure(code)),
        };
        test.step(lease, event, 2).unwrap();
    }
    test
}

#[test]
fn usage_is_counted_by_day_key_and_model() {
    let test = with_ends();
    let day = at(0).unix_days();
    let sums = |group, from_day, to_day| {
        let account = test.account;
        test.read(move |tx| {
            let filter = UsageFilter {
                account_id: Some(account),
                from_day,
                to_day,
                ..UsageFilter::default()
            };
            usage_sums(tx, &filter, group, 100)
        })
    };
    let days = sums(UsageGroup::Day, day, day + 1);
    let shown: Vec<_> = days
        .iter()
        .map(|row| {
            let counts = (row.succeeded_count, row.failed_count, row.cancelled_count);
            (row.day, counts, row.seconds, row.posted)
        })
        .collect();
    assert_eq!(
        shown,
        [(Some(day), (2, 1, 1), 12, Ticks(PRICE.0 * 2)), (Some(day + 1), (1, 0, 0), 6, PRICE),]
    );
    let keys = sums(UsageGroup::Key, day, day + 1);
    assert_eq!((keys.len(), keys[0].key_id, keys[0].seconds), (1, Some(test.live_key), 18));
    let models = sums(UsageGroup::Model, day + 1, day + 1);
    assert_eq!(models[0].model_id.as_deref(), Some("grok-image-video"));
    assert_eq!(models[0].posted, PRICE);
    assert_eq!(sums(UsageGroup::Day, day + 2, day + 3), []);
}

#[test]
fn usage_is_rebuilt_from_the_ledger() {
    let test = with_ends();
    assert_eq!(test.write(rebuild_usage), RebuildReport { rows: 2, wrong: 0 });
    for damage in [
        "UPDATE usage_days SET seconds = seconds + 1 WHERE succeeded_count = 2",
        "DELETE FROM usage_days WHERE succeeded_count = 1",
        "INSERT INTO usage_days VALUES (1, 1, 1, 'm', 1, 0, 0, 4, 5)",
    ] {
        test.write(move |tx| tx.exec(damage, params![]));
        let found = test.violations(0);
        assert!(
            found.iter().any(|each| each.detail.contains("does not follow from the ledger")),
            "{damage}: {found:?}"
        );
        assert_eq!(test.write(rebuild_usage), RebuildReport { rows: 2, wrong: 1 }, "{damage}");
        test.assert_sound();
    }
}
