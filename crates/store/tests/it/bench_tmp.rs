use crate::harness::*;
use rushes_store::*;
use rushes_domain::{Ticks, TaskId};
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bench() {
    let test = TestStore::with_credit(Ticks(i64::MAX / 4));
    for (callers, each) in [(1u64, 300u64), (64, 300), (512, 60)] {
        let start = std::time::Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let store = test.store.clone();
            let (account, key) = (test.account, test.live_key);
            set.spawn(async move {
                for number in 0..each {
                    let mut new = new_task(account, key, callers * 1_000_000 + caller * each + number);
                    new.price = Ticks(1);
                    new.limits = AccountLimits{in_flight_max: 1_000_000, waiting_max: 10};
                    store.write(move |tx| create_task(tx, &new)).await.unwrap();
                }
            });
        }
        set.join_all().await;
        let n = callers * each;
        println!("{callers} callers: {:.0} creates/s", n as f64 / start.elapsed().as_secs_f64());
    }
    let start = std::time::Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for caller in 0..64u64 {
        let store = test.store.clone();
        set.spawn(async move {
            for number in 0..500u64 {
                let id: TaskId = task_id(64_000_000 + (caller * 7 + number) % 19_000);
                assert!(store.read(move |tx| task(tx, id)).await.unwrap().is_some());
            }
        });
    }
    set.join_all().await;
    println!("reads {:.0}/s", 32_000.0 / start.elapsed().as_secs_f64());
    let start = std::time::Instant::now();
    let mut total = 0;
    for _ in 0..20 { total += test.claim_queued(1, 500).len(); }
    println!("claim {total}: {:?} per 500", start.elapsed() / 20);
    let start = std::time::Instant::now();
    test.write(|tx| void_all_leases(tx, at(5)));
    println!("void 10k: {:?}", start.elapsed());
}
