use pretty_assertions::assert_eq;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::route::Lane;
use rushes_domain::{AccountId, ChannelId, Failure, FailureCode, IdSource, KeyId};
use rushes_store::{AccountLimits, ResultRow};
use serde_json::Value;

use super::*;
use crate::secrets::Secret;

struct NoIds;

impl IdSource for NoIds {
    fn task_id(&self) -> TaskId {
        TaskId::new(0)
    }

    fn request_id(&self) -> String {
        String::new()
    }

    fn fill(&self, _bytes: &mut [u8]) {}
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_780_000_060);

fn links() -> LinkSigner {
    let secret = Secret::open(std::path::Path::new("."), Some(&"11".repeat(32)), &NoIds).unwrap();
    LinkSigner::new(&secret, "https://video.example.com")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_780_000_000 + seconds)
}

/// A queued task of six seconds.
fn row() -> TaskRow {
    TaskRow {
        id: TaskId::new(0x0197_0000_0000_7000_8000_0000_0000_00ab),
        account_id: AccountId(1),
        key_id: KeyId(1),
        key_kind: KeyKind::Live,
        state: State::Queued,
        version: 1,
        model_id: "grok-image-video".into(),
        model_name: "grok-imagine-video".into(),
        prompt: "rain".into(),
        mode: Mode::TextToVideo,
        seconds: 6,
        seconds_requested: 6,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        width: 1280,
        height: 720,
        image_count: 0,
        metadata: Vec::new(),
        ignored_fields: Vec::new(),
        directives: Directives::default(),
        price: Ticks(5_400_000_000),
        price_version: 1,
        cost_state: CostState::Held,
        upstream_cost: Some(Ticks(3)),
        expected_cost: Some(Ticks(2)),
        provider: "xai".into(),
        channel_id: ChannelId(7),
        lane: Lane::Model("grok-image-video".into()),
        refused_by: Vec::new(),
        hops: 0,
        options: EngineOptions::default(),
        door: "api".into(),
        client_address: Some("192.0.2.1".into()),
        user_agent: None,
        request_id: "req_1".into(),
        callback_url: None,
        run_timeout_ms: 1,
        queue_timeout_ms: 1,
        created_at: at(0),
        queued_at: Some(at(0)),
        submitted_at: None,
        started_at: None,
        upstream_done_at: None,
        finished_at: None,
        deadline_at: at(100),
        next_run_at: Some(at(0)),
        lease_until: at(0),
        lease_epoch: 0,
        attempts: 0,
        deferrals: 0,
        finalize_attempts: 0,
        poll_misses: 0,
        poll_missed_since: None,
        poll_failures: 0,
        media: None,
        percent: 0,
        upstream_id: None,
        cancel_requested: false,
        failure: None,
        result: None,
    }
}

fn succeeded() -> TaskRow {
    TaskRow {
        state: State::Succeeded,
        started_at: Some(at(2)),
        finished_at: Some(at(9)),
        percent: 100,
        provider: "preview".into(),
        cost_state: CostState::Posted,
        metadata: vec![("z".into(), "1".into()), ("a".into(), "2".into())],
        seconds_requested: 12,
        result: Some(ResultRow {
            path: "files/x.mp4".into(),
            poster_path: Some("files/x.jpg".into()),
            bytes: 10,
            sha256_hex: "ab".into(),
            width: 1280,
            height: 720,
            duration_ms: 6_000,
            expires_at: at(86_409),
            removed_at: None,
        }),
        ..row()
    }
}

fn failed() -> TaskRow {
    let words = "Fetching image failed with HTTP status 400 Bad Request.";
    TaskRow {
        state: State::Failed,
        started_at: None,
        finished_at: Some(at(9)),
        cost_state: CostState::Voided,
        failure: Some(Failure::new(FailureCode::ImageFetchFailed, words)),
        ..row()
    }
}

fn text_of(row: &TaskRow, queue_position: Option<u32>) -> String {
    let links = links();
    let view = View { row, links: &links, now: NOW, queue_position, is_held_back: false };
    String::from_utf8(envelope(&view).unwrap()).unwrap()
}

fn value_of(row: &TaskRow) -> Value {
    serde_json::from_str(&text_of(row, None)).unwrap()
}

/// Links are checked elsewhere; here they would only be noise.
fn without_signatures(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("?exp=") {
        clean.push_str(before);
        clean.push_str("?…");
        rest = &after[after.find('"').unwrap()..];
    }
    clean + rest
}

const ID: &str = "task_0197000000007000800000000000";

#[test]
fn a_waiting_task_word_by_word() {
    let id = format!("{ID}00ab");
    let expected = format!(
        r#"{{"code":"success","message":"","data":{{"task_id":"{id}","status":"QUEUED","progress":"0%","result_url":"","fail_reason":"","id":"{id}","object":"video","model":"grok-imagine-video","seconds":6,"aspect_ratio":"16:9","resolution":"720p","width":1280,"height":720,"created_at":1780000000,"queue_position":3,"cost":{{"amount":"0.54","ticks":"5400000000","state":"held"}},"url":"","video_url":"","output":"","submit_time":1780000000,"data":{{"id":"{id}","status":"queued","content":{{"video_url":""}},"video_url":"","url":"","output":""}}}},"id":"{id}","task_id":"{id}","status":"queued","url":"","video_url":"","result_url":""}}"#
    );
    assert_eq!(text_of(&row(), Some(3)), expected);
}

#[test]
fn a_finished_task_word_by_word() {
    let id = format!("{ID}00ab");
    let url = format!("https://video.example.com/files/{id}.mp4?…");
    let expected = format!(
        r#"{{"code":"success","message":"","data":{{"task_id":"{id}","status":"SUCCESS","progress":"100%","result_url":"{url}","fail_reason":"","id":"{id}","object":"video","model":"grok-imagine-video","seconds":6,"seconds_requested":12,"aspect_ratio":"16:9","resolution":"720p","width":1280,"height":720,"created_at":1780000000,"started_at":1780000002,"finished_at":1780000009,"expires_at":1780086409,"poster_url":"https://video.example.com/files/{id}.jpg?…","cost":{{"amount":"0.54","ticks":"5400000000","state":"posted"}},"metadata":{{"z":"1","a":"2"}},"provider":"preview","url":"{url}","video_url":"{url}","output":"{url}","submit_time":1780000000,"start_time":1780000002,"finish_time":1780000009,"data":{{"id":"{id}","status":"succeeded","content":{{"video_url":"{url}"}},"video_url":"{url}","url":"{url}","output":"{url}"}}}},"id":"{id}","task_id":"{id}","status":"completed","url":"{url}","video_url":"{url}","result_url":"{url}"}}"#
    );
    assert_eq!(without_signatures(&text_of(&succeeded(), None)), expected);
}

#[test]
fn a_failed_task_word_by_word() {
    let id = format!("{ID}00ab");
    let reason = "Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad \
                  Request.";
    let expected = format!(
        r#"{{"code":"success","message":"","data":{{"task_id":"{id}","status":"FAILURE","progress":"100%","result_url":"","fail_reason":"{reason}","id":"{id}","object":"video","model":"grok-imagine-video","seconds":6,"aspect_ratio":"16:9","resolution":"720p","width":1280,"height":720,"created_at":1780000000,"finished_at":1780000009,"cost":{{"amount":"0.00","ticks":"0","state":"voided"}},"error":{{"code":"image_fetch_failed","message":"{reason}","retryable":false}},"url":"","video_url":"","output":"","submit_time":1780000000,"finish_time":1780000009,"data":{{"id":"{id}","status":"failed","content":{{"video_url":""}},"video_url":"","url":"","output":"","error":{{"message":"{reason}"}}}}}},"id":"{id}","task_id":"{id}","status":"failed","url":"","video_url":"","result_url":"","error":{{"code":"image_fetch_failed","message":"{reason}"}}}}"#
    );
    assert_eq!(text_of(&failed(), None), expected);
}

#[test]
fn one_state_in_three_vocabularies() {
    let started = Some(at(1));
    let table = [
        (State::Parked, None, "NOT_START", "queued", "queued"),
        (State::Queued, None, "QUEUED", "queued", "queued"),
        (State::Submitting, None, "SUBMITTED", "queued", "queued"),
        (State::Running, None, "SUBMITTED", "queued", "queued"),
        (State::Running, started, "IN_PROGRESS", "in_progress", "running"),
        (State::Finalizing, started, "IN_PROGRESS", "in_progress", "running"),
        (State::Succeeded, started, "SUCCESS", "completed", "succeeded"),
        (State::Failed, started, "FAILURE", "failed", "failed"),
        (State::Cancelled, None, "FAILURE", "failed", "failed"),
    ];
    for (state, started_at, word, top, nested) in table {
        let task = TaskRow { state, started_at, ..row() };
        let body = value_of(&task);
        assert_eq!(body["data"]["status"], word, "{state:?}");
        assert_eq!(body["status"], top, "{state:?}");
        assert_eq!(body["data"]["data"]["status"], nested, "{state:?}");
        let states = states_of_word(word).unwrap();
        assert!(states.iter().any(|(known, _)| *known == state), "{state:?}");
    }
}

#[test]
fn progress_is_below_100_until_the_end() {
    let progress = |state, percent| {
        let task = TaskRow { state, percent, started_at: Some(at(1)), ..row() };
        value_of(&task)["data"]["progress"].as_str().unwrap().to_owned()
    };
    assert_eq!(progress(State::Queued, 40), "0%");
    assert_eq!(progress(State::Running, 30), "30%");
    assert_eq!(progress(State::Finalizing, 100), "99%");
    assert_eq!(progress(State::Failed, 30), "100%");
    assert_eq!(progress(State::Succeeded, 100), "100%");
}

#[test]
fn an_expired_result_says_so_and_stays_a_success() {
    let mut task = succeeded();
    if let Some(result) = &mut task.result {
        result.removed_at = Some(at(20));
    }
    let body = value_of(&task);
    assert_eq!(body["data"]["status"], "SUCCESS");
    assert_eq!(body["data"]["result_expired"], true);
    assert_ne!(body["data"]["result_url"], "");
}

#[test]
fn the_link_is_the_same_from_poll_to_poll() {
    let task = succeeded();
    let links = links();
    let url = |now| {
        Strings::of(&View {
            row: &task,
            links: &links,
            now,
            queue_position: None,
            is_held_back: false,
        })
        .url
    };
    assert_eq!(url(at(61)), url(at(90)));
    assert_ne!(url(at(61)), url(at(661)));
}

#[test]
fn nothing_of_the_inside_and_no_null() {
    for task in [row(), succeeded(), failed()] {
        let text = text_of(&task, None);
        for inside in ["null", "192.0.2.1", "req_1", "upstream_cost", "account", "xai"] {
            assert!(!text.contains(inside), "{inside} in {text}");
        }
    }
}

#[test]
fn a_list_names_its_next_page_only_if_there_is_one() {
    let rows = [succeeded(), row()];
    let page = |has_more| -> Value {
        serde_json::from_slice(&list(&rows, has_more, &links(), NOW, &|_| false).unwrap()).unwrap()
    };
    let body = page(true);
    assert_eq!(body["object"], "list");
    assert_eq!(body["data"][0], value_of(&rows[0])["data"]);
    assert_eq!(body["has_more"], true);
    assert_eq!(body["next_after"], rows[1].id.to_string());
    assert_eq!(page(false).get("next_after"), None);
}

fn new_task(key_kind: KeyKind) -> NewTask {
    let TaskRow { id, account_id, key_id, mode, seconds, width, height, .. } = row();
    NewTask {
        id,
        account_id,
        key_id,
        key_kind,
        model_id: "grok-image-video".into(),
        model_name: "grok-image-video".into(),
        prompt: "rain".into(),
        mode,
        seconds,
        seconds_requested: 6,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        width,
        height,
        images: Vec::new(),
        metadata: Vec::new(),
        ignored_fields: Vec::new(),
        directives: Directives::default(),
        options: EngineOptions::default(),
        hops: 0,
        price: Ticks(5_400_000_000),
        price_version: 1,
        door: "api",
        client_address: None,
        user_agent: None,
        request_id: "req_1".into(),
        callback_url: None,
        run_timeout_ms: 1,
        queue_timeout_ms: 1,
        now: at(0),
        limits: AccountLimits { in_flight_max: 1, waiting_max: 1 },
        idempotency: None,
        lane: Lane::Preview,
    }
}

#[test]
fn the_answer_to_a_create_word_by_word() {
    let id = format!("{ID}00ab");
    let expected = format!(
        r#"{{"id":"{id}","task_id":"{id}","object":"video","model":"grok-image-video","status":"queued","progress":0,"created_at":1780000000,"seconds":6,"aspect_ratio":"16:9","resolution":"720p","cost":{{"amount":"0.54","ticks":"5400000000","state":"held"}}}}"#
    );
    let body = created(&new_task(KeyKind::Live)).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[test]
fn test_keys_hold_nothing() {
    let body: Value = serde_json::from_slice(&created(&new_task(KeyKind::Test)).unwrap()).unwrap();
    assert_eq!(body["cost"]["amount"], "0.00");
    assert_eq!(body["cost"]["ticks"], "0");
}
