//! Every refusal at every door.
//!
//! A door is a column of [`Case`]; a new door adds one and its path to [`DOORS`].

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::account::{KeyKind, Scope};
use rushes_store::GroupTerms;
use serde_json::{Value, json};

use super::{balance, key, only, order};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::{Answer, TestApp};

/// The doors by their columns.
const DOORS: [(&str, &str); 2] =
    [("create", "/v1/video/generations"), ("estimate", "/v1/video/generations/estimate")];
/// What everybody hears whose key is none.
pub(super) const NO_KEY: &str =
    "the API key is missing or not valid; send the header Authorization: Bearer <API key>";

/// What one customer hears at each door.
struct Case {
    line: &'static str,
    customer: Customer,
    body: Value,
    /// Status, code and the whole message of a create.
    create: (u16, &'static str, &'static str),
    /// Status and code of an estimate, which answers 200 with the code as its reason where a create
    /// would only find out with the money in its hand.
    estimate: (u16, &'static str),
}

/// A case that is refused with the same status and code at both doors.
fn refused(
    line: &'static str,
    customer: Customer,
    body: Value,
    create: (u16, &'static str, &'static str),
) -> Case {
    Case { line, customer, body, create, estimate: (create.0, create.1) }
}

/// A case in which only money is missing.
fn unpaid(line: &'static str, customer: Customer, code: &'static str, said: &'static str) -> Case {
    let estimate = (200, code);
    Case { line, customer, body: order(), create: (403, code, said), estimate }
}

fn of_the_key(app: &TestApp) -> Vec<Case> {
    let now = app.now();
    let customer = Customer::named;
    let network = "192.0.2.0/24".parse().expect("a network");
    let expired = key(|terms| terms.expires_at = Some(now));
    let elsewhere = key(|terms| terms.addresses = Some(vec![network]));
    let reading = key(|terms| terms.scopes = [Scope::Read].into_iter().collect());
    let listed = key(|terms| terms.models = Some(only("grok-video-1.5")));
    vec![
        refused(
            "a key that has expired",
            Customer { terms: expired, ..customer("expired") },
            order(),
            (401, "invalid_api_key", NO_KEY),
        ),
        refused(
            "another address",
            Customer { terms: elsewhere, ..customer("elsewhere") },
            order(),
            (403, "ip_not_allowed", "this API key may not be used from 127.0.0.1"),
        ),
        refused(
            "a key for reading",
            Customer { terms: reading, ..customer("reader") },
            order(),
            (403, "permission_denied", "this API key lacks the scope \"generate\"; it has: read"),
        ),
        refused(
            "the key's list",
            Customer { terms: listed, ..customer("listed") },
            order(),
            (
                403,
                "model_not_allowed",
                "this API key may not use model grok-image-video; it may use: grok-video-1.5",
            ),
        ),
        refused(
            "the model comes before the money",
            Customer { credit: "0", ..customer("mistaken") },
            json!({ "model": "nope", "prompt": "x" }),
            (400, "model_not_found", "model \"nope\" does not exist; GET /v1/models lists yours"),
        ),
    ]
}

async fn of_the_group(app: &TestApp) -> Vec<Case> {
    let models = Some(only("grok-video-1.5"));
    let video_only = make_group(app, GroupTerms { models, ..group_terms("video-only") }).await;
    let dear = GroupTerms { multiplier_millionths: 1_500_000, ..group_terms("dear") };
    let dear = make_group(app, dear).await;
    vec![
        refused(
            "the group's list, by an alias",
            Customer { group: video_only, ..Customer::named("grouped") },
            json!({ "model": "grok-imagine-video", "prompt": "x" }),
            (
                403,
                "group_not_allowed",
                "the group of this account may not use model grok-image-video; it may use: \
                 grok-video-1.5",
            ),
        ),
        unpaid(
            "not enough for the group's price",
            Customer { group: dear, credit: "0.80", ..Customer::named("nearly") },
            "insufficient_quota",
            "the balance does not cover this video: $0.81 needed, $0.80 left",
        ),
    ]
}

fn of_money() -> Vec<Case> {
    let customer = Customer::named;
    let budget = key(|terms| terms.budget = Ticks::parse_dollars("0.5").ok());
    let month = key(|terms| terms.month_budget = Ticks::parse_dollars("0.01").ok());
    vec![
        unpaid(
            "no money",
            Customer { credit: "0.53", ..customer("poor") },
            "insufficient_quota",
            "the balance does not cover this video: $0.54 needed, $0.53 left",
        ),
        unpaid(
            "the key's budget",
            Customer { terms: budget, ..customer("budgeted") },
            "key_budget_exceeded",
            "the budget of this API key does not cover this video: $0.54 needed, $0.50 left",
        ),
        unpaid(
            "the key's budget of the month",
            Customer { terms: month, ..customer("monthly") },
            "key_budget_exceeded",
            "this month's budget of this API key does not cover this video: $0.54 needed, \
             $0.01 left",
        ),
        refused(
            "a test key needs no money",
            Customer { credit: "0", kind: KeyKind::Test, ..customer("tester") },
            order(),
            (200, "", ""),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_is_the_same_at_every_door() {
    let app = TestApp::start().await;
    let cases = [of_the_key(&app), of_the_group(&app).await, of_money()];
    for case in cases.into_iter().flatten() {
        let line = case.line;
        let made = case.customer.make(&app).await;
        for (door, path) in DOORS {
            let answer = app.post_with(&made.key, path, &case.body).await;
            let body = answer.json();
            let said = (answer.status, word(&body, door));
            if door == "estimate" {
                let (status, code) = case.estimate;
                assert_eq!(said, (status, code.to_owned()), "{line} at {door}: {body}");
                continue;
            }
            let (status, code, message) = case.create;
            assert_eq!(said, (status, code.to_owned()), "{line} at {door}: {body}");
            if status != 200 {
                assert_eq!(body, refusal_body(&app, &answer, code, message), "{line} at {door}");
            }
        }
        if case.create.0 != 200 {
            let held = balance(&app, &made).await;
            assert_eq!(held.pending, Ticks::ZERO, "{line}: something was left behind");
        }
    }
    app.finish().await;
}

/// Missing, malformed, unknown: nobody can tell one from another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_key_hears_the_same_at_every_door() {
    let app = TestApp::start().await;
    for (_, path) in DOORS {
        for token in ["", "sk-", "nonsense", &format!("sk-{}", "0".repeat(48))] {
            let answer = app.post_with(token, path, &order()).await;
            assert_eq!(answer.status, 401, "{token}");
            let body = refusal_body(&app, &answer, "invalid_api_key", NO_KEY);
            assert_eq!(answer.json(), body, "{token}");
        }
    }
    app.finish().await;
}

/// The whole body of a refusal: nothing else may be in it.
pub(super) fn refusal_body(app: &TestApp, answer: &Answer, code: &str, message: &str) -> Value {
    let of_model = ["model_not_allowed", "group_not_allowed", "model_not_found"].contains(&code);
    let kind = match code {
        "invalid_api_key" => "authentication_error",
        "insufficient_quota" | "key_budget_exceeded" => "insufficient_quota",
        "model_not_found" => "invalid_request_error",
        "rate_limited" | "queue_full" => "rate_limit_error",
        "no_channel" => "api_error",
        _ => "permission_error",
    };
    json!({
        "code": code,
        "message": message,
        "data": null,
        "error": {
            "code": code,
            "message": message,
            "type": kind,
            "param": of_model.then_some("model"),
            "request_id": answer.header("x-request-id"),
            "doc_url": format!("{}/docs/errors#{code}", app.base_url),
        },
    })
}

/// The code of a refusal, or the reason of an estimate.
fn word(body: &Value, door: &str) -> String {
    let code = body["code"].as_str();
    let reason = body["reason"].as_str().filter(|_| door == "estimate");
    code.or(reason).unwrap_or("").to_owned()
}
