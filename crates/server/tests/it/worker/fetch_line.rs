use rushes_domain::AccountId;
use rushes_server::worker::fetch_line::{
    ACCOUNT_FETCHES_MAX, ACCOUNT_WAITING_MAX, FETCHES_MAX, FetchLine, FetchPlace, Spot,
};

const GREEDY: AccountId = AccountId(1);

/// The place, if it is this one's turn already.
async fn now(spot: Spot) -> Option<FetchPlace> {
    tokio::select! {
        biased;
        place = spot.turn() => place,
        () = tokio::task::yield_now() => None,
    }
}

#[tokio::test]
async fn an_account_has_its_share_of_the_places_and_no_more() {
    let line = FetchLine::default();
    let mut spots: Vec<_> = (0..20).map(|_| line.join(GREEDY).unwrap()).collect();
    let waiting = spots.split_off(ACCOUNT_FETCHES_MAX);
    let mut places = Vec::new();
    for spot in spots {
        places.push(now(spot).await.unwrap());
    }
    let other = line.join(AccountId(2)).unwrap();
    assert!(now(other).await.is_some());
    let mut waiting = waiting.into_iter();
    assert!(now(waiting.next().unwrap()).await.is_none());
    drop(places.pop());
    // The one that has just left the line was the first in it.
    assert!(now(waiting.next().unwrap()).await.is_some());
}

#[tokio::test]
async fn a_free_place_goes_to_the_account_that_has_none() {
    let line = FetchLine::default();
    let mut places = Vec::new();
    for account in 1..=i64::try_from(FETCHES_MAX / ACCOUNT_FETCHES_MAX).unwrap() {
        for _ in 0..ACCOUNT_FETCHES_MAX {
            places.push(now(line.join(AccountId(account)).unwrap()).await.unwrap());
        }
    }
    let greedy = line.join(GREEDY).unwrap();
    let late = line.join(AccountId(77)).unwrap();
    drop(places.remove(0));
    let late = now(late).await.expect("the turn of the account that has none");
    drop(late);
    assert!(now(greedy).await.is_some());
}

#[tokio::test]
async fn who_leaves_the_line_takes_nothing_along() {
    let line = FetchLine::default();
    for _ in 0..ACCOUNT_WAITING_MAX * 3 {
        drop(line.join(GREEDY).unwrap());
    }
    let spots: Vec<_> = (0..ACCOUNT_FETCHES_MAX + ACCOUNT_WAITING_MAX)
        .map(|_| line.join(GREEDY).expect("room in the line"))
        .collect();
    assert!(line.join(GREEDY).is_none());
    assert!(line.join(AccountId(2)).is_some());
    drop(spots);
    assert!(now(line.join(GREEDY).unwrap()).await.is_some());
}
