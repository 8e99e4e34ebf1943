//! Figures about the whole store.

use rushes_domain::State;
use rushes_store::{Happening, KeptFiles, LedgerSums, stats};

use crate::harness::{CREDIT, PRICE, TestStore, at, created, inline_image, stored, task_id};

#[test]
fn figures_are_those_of_the_rows() {
    let test = TestStore::new();
    test.another_account(2);
    let (_, lease) = test.brought_to(1, State::Finalizing);
    test.step(lease, Happening::Stored(stored(task_id(1))), 1).unwrap();
    test.brought_to(2, State::Running);
    for number in [3, 4] {
        let mut new = test.new_task(number);
        new.images = vec![inline_image(new.id, 0)];
        new.now = at(i64::try_from(number).unwrap());
        created(test.create(new));
    }
    let found = test.read(stats);
    let groups: Vec<_> = found
        .live
        .iter()
        .map(|live| (live.state, live.model_id.as_str(), live.count, live.waiting_since))
        .collect();
    assert_eq!(
        groups,
        [
            (State::Queued, "grok-image-video", 2, at(3)),
            (State::Running, "grok-image-video", 1, at(0))
        ]
    );
    let (credit, price) = (i128::from(CREDIT.0), i128::from(PRICE.0));
    let ledger =
        LedgerSums { credits: 2 * credit, adjustments: 0, posted: price, pending: 3 * price };
    assert_eq!(found.ledger, ledger);
    let files =
        KeptFiles { videos: 1, video_bytes: 4_567, posters: 1, images: 2, image_bytes: 2_468 };
    assert_eq!(found.files, files);
}

#[test]
fn sums_beyond_one_amount_do_not_overflow() {
    let test = TestStore::new();
    test.without_final_check();
    test.another_account(2);
    test.write(|tx| {
        let sql = "UPDATE accounts SET credits_ticks = $1, posted_ticks = -7";
        tx.exec(sql, rushes_store::params![i64::MAX])
    });
    let ledger = test.read(stats).ledger;
    assert_eq!(ledger.credits, 2 * i128::from(i64::MAX));
    assert_eq!(ledger.posted, -14);
}
