//! Webhooks: what is taken, what is refused, and what is read. Against the gateway's own calls they
//! are tried in `crates/server`.

use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use pretty_assertions::assert_eq;
use rushes_sdk::webhook::{Event, Happened, Rejected, Verifier};
use sha2::Sha256;

/// Examples of the standard's own libraries: secret, id, second, body, signature.
const VECTORS: [[&str; 5]; 2] = [
    [
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        r#"{"email":"test@example.com","username":"test_user"}"#,
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ],
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        r#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ],
];
const SECRET: &str = VECTORS[1][0];
const OTHER_SECRET: &str = VECTORS[0][0];
/// The second in which the calls here are made.
const SENT_AT: u64 = 1_780_272_012;

fn moment(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A call with what can be wrong about it.
#[derive(Clone)]
struct Call {
    id: Option<String>,
    sent_at: Option<String>,
    signature: Option<String>,
    body: Vec<u8>,
}

impl Call {
    fn of(body: &str) -> Self {
        let mut call = Self {
            id: Some("evt_1_2".into()),
            sent_at: Some(SENT_AT.to_string()),
            signature: None,
            body: body.into(),
        };
        call.signature = Some(call.signed_with(SECRET));
        call
    }

    fn signed_with(&self, secret: &str) -> String {
        let key = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.expect("a secret")).expect("a key");
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        mac.update(format!("{}.{}.", text(&self.id), text(&self.sent_at)).as_bytes());
        mac.update(&self.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    fn verified(&self, verifier: &Verifier, now_seconds: u64) -> Result<Event, Rejected> {
        let header = |name: &'static str| match name {
            "webhook-id" => self.id.as_deref(),
            "webhook-timestamp" => self.sent_at.as_deref(),
            other => {
                assert_eq!(other, "webhook-signature", "no header of the standard");
                self.signature.as_deref()
            }
        };
        verifier.verify_at(moment(now_seconds), header, &self.body)
    }
}

fn verifier() -> Verifier {
    Verifier::new(SECRET).expect("a secret")
}

fn completed() -> Call {
    Call::of(
        r#"{"type":"video.completed","timestamp":"2026-06-01T00:00:12.345678Z","data":{"task_id":"task_1","status":"SUCCESS","progress":"100%","result_url":"https://x/v.mp4"},"sequence":2}"#,
    )
}

#[test]
fn the_standards_own_examples_are_taken() {
    for [secret, id, sent_at, body, signature] in VECTORS {
        let call = Call {
            id: Some(id.into()),
            sent_at: Some(sent_at.into()),
            signature: Some(signature.into()),
            body: body.into(),
        };
        let outcome = call.verified(&Verifier::new(secret).unwrap(), sent_at.parse().unwrap());
        // The signature fits; what it signs is no event of a gateway.
        assert!(matches!(outcome, Err(Rejected::Body(_))), "{outcome:?}");
        let foreign = Verifier::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let foreign = call.verified(&foreign, sent_at.parse().unwrap());
        assert!(matches!(foreign, Err(Rejected::Signature)), "{foreign:?}");
    }
}

#[test]
fn an_event_is_read_with_its_task() {
    let event = completed().verified(&verifier(), SENT_AT).unwrap();
    assert_eq!(event.id, "evt_1_2");
    assert_eq!((event.sequence, event.sent_at_seconds), (2, 1_780_272_012));
    assert_eq!(event.happened_at, "2026-06-01T00:00:12.345678Z");
    let Happened::Completed(task) = &event.happened else { panic!("{event:?}") };
    assert_eq!((task.id.as_str(), task.result_url.as_str()), ("task_1", "https://x/v.mp4"));
    assert_eq!(event.happened.task(), Some(&**task));
}

#[test]
fn every_kind_has_its_variant_and_a_later_one_is_unknown() {
    let read = |kind: &str, data: &str| {
        let call = Call::of(&format!(r#"{{"type":"{kind}","data":{data},"more":[1]}}"#));
        call.verified(&verifier(), SENT_AT).unwrap().happened
    };
    // The shortest data there is: what a body that would be too long is cut to.
    let task = r#"{"task_id":"task_1","id":"task_1","status":"QUEUED"}"#;
    assert!(matches!(read("video.started", task), Happened::Started(_)));
    assert!(matches!(read("video.completed", task), Happened::Completed(_)));
    assert!(matches!(read("video.failed", task), Happened::Failed(_)));
    assert!(matches!(read("video.canceled", task), Happened::Canceled(_)));
    assert!(matches!(read("video.expired", task), Happened::Expired(_)));
    let test = read("webhook.test", r#"{"webhook_id":7,"message":"hello"}"#);
    assert_eq!(test, Happened::Test { webhook_id: 7, message: "hello".into() });
    let unknown = read("video.applauded", r#"{"loud":true}"#);
    let data = serde_json::json!({ "loud": true });
    assert_eq!(unknown, Happened::Unknown { kind: "video.applauded".into(), data });
    assert_eq!(unknown_task(&read("video.applauded", "null")), None);
}

fn unknown_task(happened: &Happened) -> Option<&str> {
    happened.task().map(|task| task.id.as_str())
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let good = completed();
    assert!(good.verified(&verifier(), SENT_AT).is_ok());
    for index in 0..good.body.len() {
        let mut call = good.clone();
        call.body[index] ^= 1;
        let outcome = call.verified(&verifier(), SENT_AT);
        assert!(matches!(outcome, Err(Rejected::Signature)), "byte {index}: {outcome:?}");
    }
    let other_id = Call { id: Some("evt_1_3".into()), ..good.clone() };
    let later = Call { sent_at: Some((SENT_AT + 1).to_string()), ..good.clone() };
    // The dots between the parts are no parts: nothing may move from one to the next.
    let moved = Call { id: Some(format!("evt_1_2.{SENT_AT}")), ..good.clone() };
    let padded = Call { sent_at: Some(format!("0{SENT_AT}")), ..good.clone() };
    for call in [other_id, later, moved, padded] {
        let outcome = call.verified(&verifier(), SENT_AT);
        assert!(matches!(outcome, Err(Rejected::Signature)), "{outcome:?}");
    }
}

#[test]
fn one_signature_that_fits_is_enough_and_parts_of_one_are_not() {
    let good = completed();
    let fits = good.signature.clone().unwrap();
    let foreign = good.signed_with(OTHER_SECRET);
    let asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    let many = [&foreign[..]; 16].join(" ");
    for (signature, is_taken) in [
        (format!("{foreign} {fits}"), true),
        (format!("{fits} {foreign}"), true),
        (format!("{asymmetric} nonsense v1,!!! {fits}"), true),
        (foreign.clone(), false),
        (asymmetric.to_owned(), false),
        ("v1,".to_owned(), false),
        (fits[..8].to_owned(), false),
        (fits.replace("v1,", ""), false),
        (fits.replace("v1,", "v2,"), false),
        (fits.replace("v1,", "v1a,"), false),
        (format!("{many} {fits}"), false),
    ] {
        let call = Call { signature: Some(signature.clone()), ..good.clone() };
        assert_eq!(call.verified(&verifier(), SENT_AT).is_ok(), is_taken, "{signature}");
    }
}

#[test]
fn during_a_rotation_either_secret_will_do() {
    let both = verifier().or_secret(OTHER_SECRET).unwrap();
    let good = completed();
    let by_the_other = Call { signature: Some(good.signed_with(OTHER_SECRET)), ..good.clone() };
    assert!(good.verified(&both, SENT_AT).is_ok() && by_the_other.verified(&both, SENT_AT).is_ok());
    assert!(by_the_other.verified(&verifier(), SENT_AT).is_err());
}

#[test]
fn a_call_is_good_for_five_minutes_either_way() {
    let call = completed();
    for (now, is_taken) in [
        (SENT_AT, true),
        (SENT_AT + 300, true),
        (SENT_AT + 301, false),
        (SENT_AT - 300, true),
        (SENT_AT - 301, false),
        (0, false),
        (u64::from(u32::MAX) * 16, false),
    ] {
        let outcome = call.verified(&verifier(), now);
        assert_eq!(outcome.is_ok(), is_taken, "{now}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(matches!(error, Rejected::Time { .. }), "{error:?}");
        }
    }
    let strict = verifier().tolerance(Duration::from_secs(1));
    assert!(matches!(call.verified(&strict, SENT_AT + 2), Err(Rejected::Time { seconds_old: 2 })));
    // By this machine's own clock a call of that day is no longer, or not yet, good.
    let header = |name: &'static str| match name {
        "webhook-id" => call.id.as_deref(),
        "webhook-timestamp" => call.sent_at.as_deref(),
        _ => call.signature.as_deref(),
    };
    assert!(matches!(strict.verify(header, &call.body), Err(Rejected::Time { .. })));
}

#[test]
fn a_call_that_nobody_signed_costs_one_look_at_its_body_for_each_secret() {
    let verifier = (1..8).fold(verifier(), |verifier, _| verifier.or_secret(SECRET).unwrap());
    let mut call = Call::of(&"x".repeat(1024 * 1024));
    let wrong = format!("v1,{} ", STANDARD.encode([7; 32]));
    let time = |call: &Call, now: u64| {
        let started_at = Instant::now();
        let outcome = call.verified(&verifier, now);
        (started_at.elapsed(), outcome.unwrap_err())
    };
    // The quickest of three: others want the processor too.
    let quickest = |call: &Call, now: u64| (0..3).map(|_| time(call, now).0).min().unwrap();

    call.signature = Some(wrong.clone());
    let one = quickest(&call, SENT_AT);
    call.signature = Some(wrong.repeat(16));
    let sixteen = quickest(&call, SENT_AT);
    assert!(sixteen < one * 4, "{one:?} and {sixteen:?}");
    assert!(matches!(time(&call, SENT_AT).1, Rejected::Signature));
    // Out of time, or signed in no known way: the body is not looked at.
    let too_late = quickest(&call, SENT_AT + 301);
    assert!(too_late < one / 4, "{one:?} and {too_late:?}");
    assert!(matches!(time(&call, SENT_AT + 301).1, Rejected::Time { seconds_old: 301 }));
    call.signature = Some("v2,abcd v1,abcd".into());
    assert!(matches!(time(&call, SENT_AT).1, Rejected::Signature));
    let unknown = quickest(&call, SENT_AT);
    assert!(unknown < one / 4, "{one:?} and {unknown:?}");
}

#[test]
fn headers_that_are_missing_or_nonsense_are_named() {
    let good = completed();
    let long = "1".repeat(5_000);
    for (call, name) in [
        (Call { id: None, ..good.clone() }, "webhook-id"),
        (Call { id: Some(String::new()), ..good.clone() }, "webhook-id"),
        (Call { id: Some(long.clone()), ..good.clone() }, "webhook-id"),
        (Call { sent_at: None, ..good.clone() }, "webhook-timestamp"),
        (Call { sent_at: Some("-5".into()), ..good.clone() }, "webhook-timestamp"),
        (Call { sent_at: Some("1.5".into()), ..good.clone() }, "webhook-timestamp"),
        (Call { sent_at: Some("9".repeat(30)), ..good.clone() }, "webhook-timestamp"),
        (Call { signature: None, ..good.clone() }, "webhook-signature"),
        (Call { signature: Some(long), ..good.clone() }, "webhook-signature"),
    ] {
        let outcome = call.verified(&verifier(), SENT_AT);
        assert!(
            matches!(&outcome, Err(Rejected::Header(it)) if *it == name),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn what_is_signed_and_no_event_is_told_apart() {
    for body in ["", "[]", "{}", "\u{FEFF}{}", r#"{"type":"video.failed","data":{"id":1}}"#] {
        let outcome = Call::of(body).verified(&verifier(), SENT_AT);
        assert!(matches!(outcome, Err(Rejected::Body(_))), "{body}: {outcome:?}");
    }
}

#[test]
fn secrets_that_are_none_are_refused_and_never_shown() {
    let short = format!("whsec_{}", STANDARD.encode([7; 23]));
    let long = format!("whsec_{}", STANDARD.encode([7; 65]));
    for secret in ["", "whsec_", "sk-test-0123456789abcdef", &SECRET[6..], &short, &long, "whsec_!"]
    {
        let error = Verifier::new(secret).unwrap_err().to_string();
        assert!(error.contains("not a webhook's secret"), "{error}");
        assert!(secret.len() < 8 || !error.contains(&secret[6..]), "{error}");
    }
    assert!(Verifier::new(&format!(" {SECRET}\n")).is_ok());
    let shown = format!("{:?}", verifier());
    assert_eq!(shown, "Verifier { secrets: 1, tolerance: 300s }");
    let full = (1..8).fold(verifier(), |verifier, _| verifier.or_secret(SECRET).unwrap());
    assert!(full.or_secret(SECRET).is_err());
}
