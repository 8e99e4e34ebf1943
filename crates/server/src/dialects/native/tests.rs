use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use serde_json::Value;

use super::*;
use crate::dialects::samples::{
    NOW, at, failed, links, new_task, row, succeeded, without_signatures,
};

fn text_of(row: &TaskRow, queue_position: Option<u32>) -> String {
    let links = links();
    let view = View { row, links: &links, now: NOW, queue_position, is_held_back: false };
    String::from_utf8(envelope(&view).unwrap()).unwrap()
}

fn value_of(row: &TaskRow) -> Value {
    serde_json::from_str(&text_of(row, None)).unwrap()
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
