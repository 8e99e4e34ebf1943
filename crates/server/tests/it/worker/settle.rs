use pretty_assertions::assert_eq;
use rushes_domain::{ChannelId, FailureCode, Timestamp};
use rushes_providers::{Resubmit, UpstreamError, UpstreamErrorKind as Kind};
use rushes_server::worker::settle::{Past, Phase, settle};
use rushes_store::Happening;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const ALL: [Resubmit; 4] = [Resubmit::Free, Resubmit::Few, Resubmit::Keyed, Resubmit::Never];

fn word(event: &Happening) -> String {
    match event {
        Happening::Failed(failure) | Happening::Cancelled(failure) => {
            format!("{:?}:{}", event_name(event), failure.code.as_str()).replace('"', "")
        }
        _ => event_name(event).to_owned(),
    }
}

fn event_name(event: &Happening) -> &'static str {
    match event {
        Happening::Failed(_) => "failed",
        Happening::Cancelled(_) => "cancelled",
        Happening::SubmitDeferred { .. } => "deferred",
        Happening::Resubmitted => "resubmitted",
        Happening::Polled { .. } => "polled",
        Happening::PollMissed => "missed",
        Happening::PollFailed => "poll failed",
        other => panic!("the policy has no business with {other:?}"),
    }
}

fn outcome(phase: Phase, kind: Kind, past: &Past, resubmit: Resubmit) -> (String, i64) {
    let settled = settle(phase, &UpstreamError::new(kind, "words"), past, resubmit, NOW);
    (word(&settled.event), settled.wait_ms)
}

#[test]
fn a_submit_is_repeated_only_where_that_does_no_harm() {
    let past = |attempts| Past { attempts, ..Past::default() };
    for kind in [Kind::Ambiguous, Kind::Temporary] {
        let at = |attempts, resubmit| outcome(Phase::Submit, kind, &past(attempts), resubmit).0;
        assert_eq!(at(1_000, Resubmit::Free), "resubmitted");
        assert_eq!(at(1_000, Resubmit::Keyed), "resubmitted");
        assert_eq!(at(1, Resubmit::Few), "resubmitted");
        assert_eq!(at(2, Resubmit::Few), "resubmitted");
        assert_eq!(at(3, Resubmit::Few), "failed:upstream_submit_ambiguous");
        assert_eq!(at(1, Resubmit::Never), "failed:upstream_submit_ambiguous");
        // An engine that starts again has time to; our own pool needs none.
        let wait_ms =
            |attempts, resubmit| outcome(Phase::Submit, kind, &past(attempts), resubmit).1;
        assert_eq!([1, 2].map(|attempts| wait_ms(attempts, Resubmit::Few)), [5_000, 10_000]);
        assert_eq!([1, 3, 50].map(|it| wait_ms(it, Resubmit::Keyed)), [5_000, 20_000, 60_000]);
        assert_eq!(wait_ms(9, Resubmit::Free), 0);
    }
}

#[test]
fn what_provably_was_not_taken_waits_longer_each_time() {
    for kind in [Kind::NotSent, Kind::Busy] {
        for resubmit in ALL {
            let waits: Vec<i64> = [0, 1, 2, 5, 6, 60]
                .map(|deferrals| Past { deferrals, ..Past::default() })
                .map(|past| outcome(Phase::Submit, kind, &past, resubmit))
                .into_iter()
                .map(|(event, wait_ms)| {
                    assert_eq!(event, "deferred");
                    wait_ms
                })
                .collect();
            assert_eq!(waits, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
        }
    }
}

#[test]
fn another_channel_is_asked_where_the_job_was_provably_not_taken() {
    let first = || Past {
        attempts: 1,
        channel_id: Some(ChannelId(2)),
        refused_by: vec![ChannelId(1)],
        has_other: true,
        ..Past::default()
    };
    let refused = |kind, past: Past| {
        let settled = settle(
            Phase::Submit,
            &UpstreamError::new(kind, "").with_retry_after_ms(9_000),
            &past,
            Resubmit::Never,
            NOW,
        );
        match settled.event {
            Happening::SubmitDeferred { refused_by } => Some((refused_by, settled.wait_ms)),
            _ => None,
        }
    };
    for kind in [Kind::NotSent, Kind::Busy, Kind::Unauthorized, Kind::Lost] {
        let both = vec![ChannelId(1), ChannelId(2)];
        assert_eq!(refused(kind, first()), Some((both.clone(), 0)), "at once");
        let later = Past { deferrals: 2, ..first() };
        assert_eq!(refused(kind, later), Some((both, 2_000)), "{kind:?}");
        // An earlier submit may have been taken: nobody else may have it.
        let pinned = Past { attempts: 2, ..first() };
        assert!(refused(kind, pinned).is_none_or(|(others, _)| others.is_empty()), "{kind:?}");
    }
    let alone = Past { has_other: false, ..first() };
    assert_eq!(refused(Kind::Busy, alone.clone()), Some((Vec::new(), 9_000)));
    assert_eq!(refused(Kind::Unauthorized, alone), None);
    for kind in [Kind::Ambiguous, Kind::Temporary, Kind::Refused, Kind::Moderated] {
        assert_eq!(refused(kind, first()), None, "{kind:?} is no reason to ask another one");
    }
}

#[test]
fn the_upstreams_wish_counts_up_to_a_limit() {
    let asked = |milliseconds| {
        let error = UpstreamError::new(Kind::Busy, "").with_retry_after_ms(milliseconds);
        settle(Phase::Submit, &error, &Past::default(), Resubmit::Never, NOW).wait_ms
    };
    assert_eq!([asked(0), asked(7_000), asked(u64::MAX)], [0, 7_000, 60_000]);
}

#[test]
fn refusals_end_the_task_with_their_own_code() {
    let table = [
        (Kind::Refused, FailureCode::InvalidForUpstream),
        (Kind::ImageRefused, FailureCode::ImageFetchFailed),
        (Kind::Moderated, FailureCode::Moderated),
        (Kind::Loop, FailureCode::LoopDetected),
    ];
    for (kind, code) in table {
        for phase in [Phase::Submit, Phase::Poll] {
            for resubmit in ALL {
                let (event, _) = outcome(phase, kind, &Past::default(), resubmit);
                assert_eq!(event, format!("failed:{}", code.as_str()));
            }
        }
    }
}

#[test]
fn a_poll_that_fails_is_no_verdict() {
    for kind in [Kind::NotSent, Kind::Busy, Kind::Ambiguous, Kind::Temporary, Kind::Unauthorized] {
        for resubmit in ALL {
            let (event, wait_ms) = outcome(Phase::Poll, kind, &Past::default(), resubmit);
            assert_eq!((event.as_str(), wait_ms), ("poll failed", 5_000));
            let often = Past { poll_failures: 9, ..Past::default() };
            assert_eq!(outcome(Phase::Poll, kind, &often, resubmit).1, 60_000);
        }
    }
}

#[test]
fn a_remote_job_is_lost_only_after_five_misses_in_two_minutes() {
    let missed = |poll_misses, since_ms: i64, attempts| Past {
        poll_misses,
        poll_missed_since: Some(NOW.plus_ms(-since_ms)),
        attempts,
        ..Past::default()
    };
    let at = |past: Past, resubmit| outcome(Phase::Poll, Kind::Lost, &past, resubmit).0;
    for resubmit in [Resubmit::Few, Resubmit::Keyed, Resubmit::Never] {
        assert_eq!(at(Past::default(), resubmit), "missed");
        assert_eq!(at(missed(3, 500_000, 1), resubmit), "missed");
        assert_eq!(at(missed(9, 119_999, 1), resubmit), "missed");
    }
    assert_eq!(at(missed(4, 120_000, 1), Resubmit::Never), "failed:upstream_lost");
    assert_eq!(at(missed(4, 120_000, 1), Resubmit::Keyed), "failed:upstream_lost");
    assert_eq!(at(missed(4, 120_000, 2), Resubmit::Few), "resubmitted");
    assert_eq!(at(missed(4, 120_000, 3), Resubmit::Few), "failed:upstream_lost");
}

#[test]
fn a_lost_preview_is_drawn_again_at_once_unless_it_was_called_off() {
    let at = |past: Past| outcome(Phase::Poll, Kind::Lost, &past, Resubmit::Free);
    assert_eq!(at(Past { attempts: 9, ..Past::default() }), ("resubmitted".into(), 0));
    let called_off = Past { cancel_requested: true, ..Past::default() };
    assert_eq!(at(called_off), ("cancelled:cancelled".into(), 0));
}

#[test]
fn every_kind_has_an_entry_in_every_phase() {
    for kind in Kind::ALL {
        for phase in [Phase::Submit, Phase::Poll] {
            for resubmit in ALL {
                let (event, wait_ms) = outcome(phase, kind, &Past::default(), resubmit);
                assert!(!event.is_empty() && (0..=60_000).contains(&wait_ms));
            }
        }
    }
}
