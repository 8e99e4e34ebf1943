//! Every refusal at every door.
//!
//! A dialect is one of the [`Columns`]; a new one adds it, and its doors to [`DOORS`].

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::account::{KeyKind, Scope};
use rushes_store::GroupTerms;
use serde_json::{Value, json};

use super::super::CREATES;
use super::{balance, key, only, order};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::forms::Form;
use crate::support::{Answer, TestApp};

/// What a customer hears: status, code and the whole message.
type Said = (u16, &'static str, &'static str);

/// A door: how its column is called, its path, whether it is sent a form, and its column.
struct Door {
    name: &'static str,
    path: &'static str,
    is_form: bool,
    column: fn(&Columns) -> Said,
}

/// The doors at which tasks are made.
const DOORS: [Door; 6] = [
    door("create", "/v1/video/generations", false, |said| said.create),
    door("create by form", "/v1/video/generations", true, |said| said.create),
    door("xai", "/v1/videos/generations", false, |said| said.xai),
    door("xai by form", "/v1/videos/generations", true, |said| said.xai),
    door("openai", "/v1/videos", true, |said| said.openai),
    door("openai by JSON", "/v1/videos", false, |said| said.openai),
];
const ESTIMATE: &str = "/v1/video/generations/estimate";

const fn door(
    name: &'static str,
    path: &'static str,
    is_form: bool,
    column: fn(&Columns) -> Said,
) -> Door {
    Door { name, path, is_form, column }
}

impl Door {
    async fn send(&self, app: &TestApp, key: &str, body: &Value) -> Answer {
        if self.is_form {
            app.post_form(key, self.path, Form::of(body)).await
        } else {
            app.post_with(key, self.path, body).await
        }
    }
}

/// What everybody hears whose key is none.
pub(super) const NO_KEY: &str =
    "the API key is missing or not valid; send the header Authorization: Bearer <API key>";

/// What is heard at each door.
struct Columns {
    create: Said,
    xai: Said,
    openai: Said,
}

impl Columns {
    /// The same words at every door.
    const fn same(said: Said) -> Self {
        Self { create: said, xai: said, openai: said }
    }
}

/// What one customer hears.
struct Case {
    line: &'static str,
    customer: Customer,
    body: Value,
    said: Columns,
    /// Status and code of an estimate, which answers 200 with the code as its reason where a create
    /// would only find out with the money in its hand.
    estimate: (u16, &'static str),
}

/// A case that is refused with the same words at every door.
fn refused(line: &'static str, customer: Customer, body: Value, said: Said) -> Case {
    let estimate = (said.0, said.1);
    Case { line, customer, body, said: Columns::same(said), estimate }
}

/// A case in which only money is missing.
fn unpaid(line: &'static str, customer: Customer, code: &'static str, said: &'static str) -> Case {
    let (said, estimate) = (Columns::same((403, code, said)), (200, code));
    Case { line, customer, body: order(), said, estimate }
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
        let estimate = app.post_with(&made.key, ESTIMATE, &case.body).await;
        let (status, code) = case.estimate;
        let said = (estimate.status, word(&estimate.json()));
        assert_eq!(said, (status, code.to_owned()), "{line}, estimated");
        for door in &DOORS {
            let (line, (status, code, message)) =
                (format!("{line} at {}", door.name), (door.column)(&case.said));
            let answer = door.send(&app, &made.key, &case.body).await;
            let body = answer.json();
            assert_eq!((answer.status, word(&body)), (status, code.to_owned()), "{line}: {body}");
            if status != 200 {
                assert_eq!(body, refusal_body(&app, &answer, code, message), "{line}");
            }
        }
        if case.said.create.0 != 200 {
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
    for path in CREATES.into_iter().chain([ESTIMATE]) {
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
fn word(body: &Value) -> String {
    body["code"].as_str().or(body["reason"].as_str()).unwrap_or("").to_owned()
}
