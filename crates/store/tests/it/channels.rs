//! Channels: rows, places, who gets what, and what it costs.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use rushes_domain::channel::{
    ChannelTerms, ChannelTimeouts, ImageDelivery, ImageFit, ModelMapping, Resubmit, ResultLinks,
};
use rushes_domain::route::{Lane, RouteChannel, Routes};
use rushes_domain::{ChannelId, FailureCode, State, Ticks};
use rushes_store::{
    CHANNELS_SEEN_SETTING, ChannelOutcome, ChannelRow, ChannelSource, Happening, Route, Routed,
    SealedCredential, add_channel, channel, channels, claim_queued, drop_credentials, hide_task,
    jobs_of_channel, next_channel_id, occupy_routes, remove_channel, setting, update_channel,
};

use crate::harness::{LEASE_SECONDS, TestStore, at, created, failure, new_task, stored};

const MODEL: &str = "grok-image-video";

pub(crate) fn terms(name: &str) -> ChannelTerms {
    ChannelTerms {
        name: name.to_owned(),
        preset: "xai".to_owned(),
        provider: "xai".to_owned(),
        base_url: "https://api.example.com".to_owned(),
        models: vec![ModelMapping { ours: MODEL.to_owned(), theirs: "theirs".to_owned() }],
        priority: 0,
        weight: 1,
        max_concurrency: 2,
        groups: None,
        costs: BTreeMap::new(),
        image_fit: ImageFit::Cover,
        images: ImageDelivery::Inline,
        media_origins: Vec::new(),
        result_links: ResultLinks::Own,
        timeouts: ChannelTimeouts { submit_ms: 1_000, poll_ms: 1_000, download_ms: 1_000 },
        poll_interval_ms: 1_000,
        resubmit: Resubmit::Never,
        enabled: true,
    }
}

fn add(test: &TestStore, name: &'static str) -> ChannelOutcome {
    test.write(move |tx| {
        let id = next_channel_id(tx)?;
        let credential = SealedCredential { sealed: b"sealed".to_vec(), hint: "1234".to_owned() };
        add_channel(tx, id, &terms(name), Some(&credential), ChannelSource::Operator, at(0))
    })
}

fn added(test: &TestStore, name: &'static str) -> ChannelRow {
    match add(test, name) {
        ChannelOutcome::Done(row) => *row,
        other => panic!("not added: {other:?}"),
    }
}

/// The n-th task, for any channel of its model.
fn waiting(test: &TestStore, number: u64) {
    let mut new = test.new_task(number);
    new.lane = Lane::Model(MODEL.to_owned());
    created(test.create(new));
}

fn routes(ids: &[ChannelId]) -> Routes {
    let channel = |id: &ChannelId| RouteChannel {
        id: *id,
        models: vec![MODEL.to_owned()],
        groups: None,
        priority: 0,
        weight: 1,
        concurrency_max: 2,
        sendable: u32::MAX,
        takes_new: true,
        passes_image_urls: false,
    };
    Routes::new(0, ids.iter().map(channel).collect())
}

fn claim(test: &TestStore, seconds: i64, ids: &[ChannelId]) -> Vec<Routed> {
    let routes = routes(ids);
    test.write(move |tx| {
        let mut routes = routes.clone();
        occupy_routes(tx, &mut routes)?;
        claim_queued(tx, at(seconds), at(seconds + LEASE_SECONDS), 100, &mut routes)
    })
}

fn route(id: ChannelId, cost: i64) -> Happening {
    Happening::SubmitStarted(Route {
        channel_id: id,
        provider: "xai".to_owned(),
        expected_cost: Some(Ticks(cost)),
    })
}

#[test]
fn a_channel_is_kept_changed_and_removed_with_its_credential() {
    let test = TestStore::new();
    assert_eq!(test.read(|tx| setting(tx, CHANNELS_SEEN_SETTING)), None);
    let row = added(&test, "Main");
    assert_eq!(
        (row.credential_hint.as_str(), row.sealed.as_deref()),
        ("1234", Some(&b"sealed"[..]))
    );
    assert_eq!(add(&test, "mAIN"), ChannelOutcome::NameTaken);
    assert!(test.heard().contains(&"channels".to_owned()));
    let id = row.id;
    let mut changed = terms("other");
    changed.enabled = false;
    let outcome = test.write(move |tx| update_channel(tx, id, &changed, None, at(5)));
    let ChannelOutcome::Done(row) = outcome else { panic!("{outcome:?}") };
    assert_eq!((row.terms.name.as_str(), row.terms.enabled), ("other", false));
    assert!(row.sealed.is_some(), "it stays unless another one is given");
    assert_eq!(test.write(drop_credentials), 1);
    let waiting = test.read(move |tx| channel(tx, id)).expect("it is there");
    assert_eq!(waiting.sealed.as_deref(), Some(&b""[..]), "that it had one is known");
    assert!(matches!(test.write(move |tx| remove_channel(tx, id, at(6))), ChannelOutcome::Done(_)));
    assert_eq!(test.write(move |tx| remove_channel(tx, id, at(6))), ChannelOutcome::NotFound);
    assert_eq!(test.read(move |tx| channel(tx, id)), None);
    let left = test.read(|tx| tx.value::<i64>("SELECT COUNT(*) FROM channel_credentials", &[]));
    assert_eq!(left, Some(0));
    assert_eq!(test.read(channels), []);
    let seen = test.read(|tx| setting(tx, CHANNELS_SEEN_SETTING));
    assert_eq!(seen.as_deref(), Some("on"), "the switch is one-way");
    assert_ne!(added(&test, "main").id, id, "an id is never used again");
}

#[test]
fn a_channel_gets_no_more_than_it_may_have_also_after_a_restart() {
    let test = TestStore::new();
    let id = added(&test, "main").id;
    for number in 0..5 {
        waiting(&test, number);
    }
    let first = claim(&test, 0, &[id]);
    assert_eq!(first.iter().map(|routed| routed.channel_id).collect::<Vec<_>>(), [id, id]);
    for routed in &first {
        test.step(routed.claimed.lease, route(id, 0), 0).unwrap();
    }
    assert_eq!(test.read(move |tx| jobs_of_channel(tx, id)), 2);
    assert_eq!(claim(&test, 1, &[id]), [], "what it has is counted in the rows");
    let used = test.write(move |tx| remove_channel(tx, id, at(2)));
    assert_eq!(used, ChannelOutcome::InUse(2));
    let lease = first[0].claimed.lease;
    test.step(lease, Happening::Failed(failure(FailureCode::UpstreamError)), 2).unwrap();
    assert_eq!(claim(&test, 3, &[id]).len(), 1);
}

#[test]
fn what_may_have_been_taken_goes_to_the_same_channel_and_the_rest_to_any() {
    let test = TestStore::new();
    let (one, two) = (added(&test, "one").id, added(&test, "two").id);
    waiting(&test, 1);
    let routed = claim(&test, 0, &[one]).remove(0);
    let lease = routed.claimed.lease;
    test.step(lease, route(one, 0), 0).unwrap();
    let refused = Happening::SubmitDeferred { refused_by: vec![one] };
    let task = test.step(lease, refused, 1).unwrap();
    assert_eq!((task.channel_id, task.provider.as_str()), (ChannelId::PREVIEW, ""));
    assert_eq!(task.lane, Lane::Model(MODEL.to_owned()));
    let routed = claim(&test, 2, &[one, two]).remove(0);
    assert_eq!(routed.channel_id, two, "the other one is asked");
    let lease = routed.claimed.lease;
    test.step(lease, route(two, 0), 2).unwrap();
    let task = test.step(lease, Happening::Resubmitted, 3).unwrap();
    assert_eq!((task.state, &task.lane), (State::Queued, &Lane::Channel(two)));
    assert_eq!(claim(&test, 4, &[one]), [], "nobody else may have it");
    let routed = claim(&test, 4, &[one, two]).remove(0);
    assert_eq!(routed.channel_id, two);
    let lease = routed.claimed.lease;
    test.step(lease, route(two, 0), 4).unwrap();
    let deferred = Happening::SubmitDeferred { refused_by: Vec::new() };
    let task = test.step(lease, deferred, 5).unwrap();
    assert_eq!(task.lane, Lane::Channel(two), "the first submit to it may have been taken");
}

#[test]
fn accounts_take_turns_at_a_channel() {
    let test = TestStore::new();
    let (other, other_key) = test.another_account(2);
    let id = added(&test, "main").id;
    for number in 0..20 {
        waiting(&test, number);
    }
    let mut single = new_task(other, other_key, 20);
    single.lane = Lane::Model(MODEL.to_owned());
    created(test.create(single));
    let first = claim(&test, 0, &[id]);
    let accounts: Vec<_> = first.iter().map(|routed| routed.claimed.task.account_id).collect();
    assert!(accounts.contains(&other), "{accounts:?}");
}

#[test]
fn what_a_job_cost_is_booked_to_its_channel_with_its_end() {
    let test = TestStore::new();
    let id = added(&test, "main").id;
    let ends: [(Option<i64>, Happening); 4] = [
        (Some(7), Happening::Failed(failure(FailureCode::ResultInvalid))),
        (None, Happening::Failed(failure(FailureCode::Moderated))),
        (None, Happening::Failed(failure(FailureCode::UpstreamError))),
        (None, Happening::Failed(failure(FailureCode::UpstreamSubmitAmbiguous))),
    ];
    for (number, (said, end)) in (0_u64..).zip(ends) {
        waiting(&test, number);
        let lease = claim(&test, 0, &[id]).remove(0).claimed.lease;
        test.step(lease, route(id, 100), 0).unwrap();
        let is_ambiguous = matches!(&end, Happening::Failed(failure)
            if failure.code == FailureCode::UpstreamSubmitAmbiguous);
        if !is_ambiguous {
            let accepted = Happening::SubmitAccepted { upstream_id: "job".to_owned() };
            test.step(lease, accepted, 0).unwrap();
        }
        if let Some(said) = said {
            let media = Some("{}".to_owned());
            let done = Happening::UpstreamDone { upstream_cost: Some(Ticks(said)), media };
            test.step(lease, done, 0).unwrap();
        }
        test.step(lease, end, 0).unwrap();
    }
    waiting(&test, 9);
    let routed = claim(&test, 0, &[id]).remove(0);
    let (task, lease) = (routed.claimed.task.id, routed.claimed.lease);
    test.step(lease, route(id, 100), 0).unwrap();
    test.step(lease, Happening::SubmitAccepted { upstream_id: "job".to_owned() }, 0).unwrap();
    let done = Happening::UpstreamDone { upstream_cost: None, media: None };
    test.step(lease, done, 0).unwrap();
    test.step(lease, Happening::Stored(stored(task)), 0).unwrap();
    let row = test.read(move |tx| channel(tx, id)).unwrap();
    assert_eq!(row.spent, Ticks(100), "by the terms where the upstream does not say");
    assert_eq!(row.lost, Ticks(7 + 100 + 100), "what the upstream itself failed costs nothing");
    assert_eq!(row.ambiguous_count, 1);
    assert_eq!(test.balance().posted, crate::harness::PRICE, "one of them was paid for");
}

/// A submit of which nobody knows whether it arrived may be on the bill, however its task ends.
#[test]
fn what_a_lost_submit_may_have_cost_is_booked_and_counted() {
    use FailureCode as Code;
    let failed = |code| Happening::Failed(failure(code));
    let cancelled = || Happening::Cancelled(failure(Code::Cancelled));
    // How often it was sent before, whether it is being sent now, its end, whether it may have cost.
    let cases = [
        (0, true, failed(Code::DeadlineExceeded), true),
        (0, true, failed(Code::InternalError), true),
        (0, true, failed(Code::UpstreamSubmitAmbiguous), true),
        (0, true, failed(Code::InvalidForUpstream), false),
        (0, true, failed(Code::Moderated), false),
        (0, true, failed(Code::ImageFetchFailed), false),
        (0, true, failed(Code::UpstreamUnavailable), false),
        (0, true, failed(Code::LoopDetected), false),
        (0, false, failed(Code::DeadlineExceeded), false),
        (0, false, cancelled(), false),
        (1, false, failed(Code::DeadlineExceeded), true),
        (1, false, cancelled(), true),
        (1, true, failed(Code::InvalidForUpstream), true),
        (2, true, failed(Code::UpstreamUnavailable), true),
    ];
    for (sent_before, is_sent_now, end, may_have_cost) in cases {
        let test = TestStore::new();
        let id = added(&test, "main").id;
        let keyed = ChannelTerms { resubmit: Resubmit::Keyed, ..terms("main") };
        test.write(move |tx| update_channel(tx, id, &keyed, None, at(0)));
        waiting(&test, 1);
        for _ in 0..sent_before {
            let lease = claim(&test, 0, &[id]).remove(0).claimed.lease;
            test.step(lease, route(id, 100), 0).unwrap();
            test.step(lease, Happening::Resubmitted, 0).unwrap();
        }
        let lease = claim(&test, 0, &[id]).remove(0).claimed.lease;
        test.step(lease, route(id, 100), 0).unwrap();
        if !is_sent_now {
            let deferred = Happening::SubmitDeferred { refused_by: Vec::new() };
            test.step(lease, deferred, 0).unwrap();
        }
        test.outside(lease.task_id, end.clone(), 0).unwrap();
        let row = test.read(move |tx| channel(tx, id)).unwrap();
        let expected = if may_have_cost { (Ticks(100), 1) } else { (Ticks::ZERO, 0) };
        let case = format!("sent {sent_before} times before, now: {is_sent_now}, {end:?}");
        assert_eq!((row.lost, row.ambiguous_count), expected, "{case}");
    }
}

#[test]
fn an_upstreams_address_of_a_video_is_the_result_and_goes_with_its_task() {
    let test = TestStore::new();
    let id = added(&test, "main").id;
    let account = test.account;
    let hide = |task| test.write(move |tx| hide_task(tx, account, task, at(9))).unwrap();
    for (number, is_hidden_before) in (0_u64..).zip([false, true]) {
        waiting(&test, number);
        let claimed = claim(&test, 0, &[id]).remove(0).claimed;
        let (task, lease) = (claimed.task.id, claimed.lease);
        test.step(lease, route(id, 100), 0).unwrap();
        test.step(lease, Happening::SubmitAccepted { upstream_id: "job".to_owned() }, 0).unwrap();
        let done = Happening::UpstreamDone { upstream_cost: None, media: Some("{}".to_owned()) };
        test.step(lease, done, 0).unwrap();
        if is_hidden_before {
            hide(task);
        }
        let link = "https://cdn.example/1.mp4";
        let ended = test.step(lease, Happening::Linked(link.to_owned()), 1).unwrap();
        assert_eq!((ended.state, ended.percent, ended.result), (State::Succeeded, 100, None));
        assert_eq!(ended.result_link.as_deref(), Some(if is_hidden_before { "" } else { link }));
        assert_eq!(test.violations(2), []);
        if !is_hidden_before {
            assert_eq!(hide(task).result_link.as_deref(), Some(""));
        }
    }
}
