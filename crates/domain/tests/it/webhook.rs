//! What is told, when it is tried again, and which URLs are called.

use std::net::{IpAddr, Ipv4Addr};

use rushes_domain::webhook::{
    ATTEMPTS_MAX, EventType, RETRY_DELAYS_MS, check_webhook_url, host_of, retry_delay_ms,
};
use rushes_domain::{State, TaskId};

#[test]
fn the_id_of_an_event_follows_from_the_task_and_its_place() {
    let id = TaskId::new(0xab);
    let hex = "0".repeat(30);
    assert_eq!(EventType::Started.event_id(id), format!("evt_{hex}ab_1"));
    for end in [EventType::Completed, EventType::Failed, EventType::Canceled] {
        assert_eq!(end.event_id(id), format!("evt_{hex}ab_2"), "a task ends once");
    }
    for each in EventType::ALL {
        assert_eq!(EventType::from_word(each.as_str()), Some(each));
    }
    let ends: Vec<_> = State::ALL.into_iter().filter_map(EventType::of_end).collect();
    assert_eq!(ends.len(), 3);
}

#[test]
fn delays_are_those_of_the_schedule_give_or_take_a_fifth() {
    assert_eq!(usize::try_from(ATTEMPTS_MAX).unwrap(), RETRY_DELAYS_MS.len() + 1);
    for (step, delay) in (0_u32..).zip(RETRY_DELAYS_MS) {
        let drawn: Vec<i64> = (0..2_000_u32)
            .map(|draw| retry_delay_ms(step, draw.wrapping_mul(2_654_435_761), None).unwrap())
            .collect();
        let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
        assert!(*least >= delay * 4 / 5 && *most <= delay * 6 / 5, "{step}: {least} to {most}");
        assert!(most - least > delay / 4, "{step}: no spread");
    }
    assert_eq!(retry_delay_ms(9, 0, Some(1_000)), None, "ten attempts, whatever is asked");
}

#[test]
fn a_receiver_may_ask_for_more_time_and_not_for_less() {
    assert_eq!(retry_delay_ms(0, 0, Some(60_000)), Some(60_000));
    assert_eq!(retry_delay_ms(1, 0, Some(1_000)), Some(240_000));
    assert_eq!(retry_delay_ms(0, 0, Some(i64::MAX)), Some(86_400_000), "a day at most");
}

#[test]
fn w01_what_is_no_webhook_url() {
    let nothing = |_: IpAddr| false;
    let own = Some("video.example.com");
    for url in [
        "http://hooks.example.com/",
        "https://203.0.113.9/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://0x08080808/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:6379/",
        "https://hooks.example.com:0/",
        "https://video.example.com/x",
        "https://VIDEO.example.com./x",
        "https://video.example.com:8443/x",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://user:pass@hooks.example.com/",
        "https://hooks.internal/",
        "https://hooks.example.com/#part",
        "//hooks.example.com/",
        "ftp://hooks.example.com/",
        "javascript:alert(1)",
        "",
    ] {
        let refused = check_webhook_url("url", url, &nothing, own).expect_err(url);
        assert_eq!(refused.param.as_deref(), Some("url"), "{url}");
    }
    let long = format!("https://hooks.example.com/{}", "a".repeat(2_048));
    assert!(check_webhook_url("url", &long, &nothing, own).is_err());
    for url in ["https://hooks.example.com/a?b=c", "https://hooks.example.com:8443/"] {
        check_webhook_url("url", url, &nothing, own).expect(url);
    }
    let loopback = |address: IpAddr| address == IpAddr::V4(Ipv4Addr::LOCALHOST);
    assert!(check_webhook_url("url", "https://127.0.0.1/", &loopback, own).is_err());
    check_webhook_url("url", "https://localhost:9999/", &loopback, own).expect("allowed");
    assert_eq!(host_of("https://Hooks.Example.com.:443/x").as_deref(), Some("hooks.example.com"));
}
