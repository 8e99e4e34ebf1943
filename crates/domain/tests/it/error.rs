use std::collections::HashSet;

use pretty_assertions::assert_eq;
use rushes_domain::{ApiError, ErrorCode};
use serde_json::json;

#[test]
fn the_table_is_that_of_the_contract_and_the_json_api() {
    let contract = "\
401 invalid_api_key
403 model_not_allowed group_not_allowed insufficient_quota key_budget_exceeded ip_not_allowed account_disabled
400 invalid_request model_not_found invalid_reference_images image_url_invalid image_url_blocked image_unsupported image_too_large
403 url_expired link_signature_invalid
410 result_expired
404 task_not_exist not_found
405 method_not_allowed
409 task_already_terminal
422 idempotency_key_reused
408 request_timeout
413 request_too_large
415 unsupported_media_type
508 loop_detected
429 rate_limited queue_full
503 no_channel storage_full shutting_down
500 internal_error";
    // What the contract leaves to the JSON API, and what a key without the scope hears anywhere.
    let more = "\
401 not_signed_in invalid_credentials
403 permission_denied confirmation_required registration_closed key_reveal_off cross_site_request
409 conflict
400 code_invalid";
    let mut expected = HashSet::new();
    for line in contract.lines().chain(more.lines()) {
        let (status, words) = line.split_once(' ').expect("a status and words");
        expected
            .extend(words.split(' ').map(|word| (word, status.parse::<u16>().expect("a status"))));
    }
    let found: HashSet<_> =
        ErrorCode::ALL.iter().map(|code| (code.as_str(), code.status())).collect();
    assert_eq!(found, expected);
    assert_eq!(ErrorCode::ALL.len(), expected.len());
}

#[test]
fn every_code_reads_the_same_in_json_and_has_a_title() {
    for &code in ErrorCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), json!(code.as_str()));
        assert!(code.title().ends_with('.'), "{code:?}");
        let fits = match code.status() {
            401 => code.kind() == "authentication_error",
            429 => code.kind() == "rate_limit_error" && code.is_retryable(),
            500.. => code.kind() == "api_error",
            _ => code.kind() != "api_error",
        };
        assert!(fits, "{code:?}");
    }
    assert!(!ErrorCode::LoopDetected.is_retryable());
}

#[test]
fn the_body_is_read_by_both_families_of_clients() {
    let error = ApiError::invalid("prompt", "prompt is required");
    assert_eq!(
        serde_json::to_value(error.body("req_1", "https://gw.example")).expect("JSON"),
        json!({
            "code": "invalid_request", "message": "prompt is required", "data": null,
            "error": {
                "code": "invalid_request", "message": "prompt is required",
                "type": "invalid_request_error", "param": "prompt", "request_id": "req_1",
                "doc_url": "https://gw.example/docs/errors#invalid_request",
            },
        })
    );
    let error = ApiError::new(ErrorCode::QueueFull, "full").with_retry_after(7);
    assert_eq!(error.retry_after_seconds, Some(7));
    assert_eq!(
        serde_json::to_value(error.body("r", "u")).expect("JSON")["error"]["param"],
        json!(null)
    );
    assert_eq!(error.to_string(), "queue_full: full");
}
