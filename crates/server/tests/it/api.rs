//! The JSON API over HTTP: signing in, keys, money, administration.

mod accounts;
mod admin;
mod dashboard;
mod first_run;
mod keys;
mod ledger;
mod limits;
mod links;
mod login;
mod money;
mod power;
mod races;
mod tasks;
mod upkeep;

use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use crate::support::{Answer, Options, TestApp};

/// A password that is long enough.
const PASSWORD: &str = "correct horse battery";
/// 2026-06-01T00:00:00Z.
const START_SECONDS: i64 = 1_780_272_000;

/// How a request says who sends it.
#[derive(Clone, Copy)]
enum By<'t> {
    /// The token of this run, as a command on the machine.
    Local,
    /// The `Cookie` header of a browser.
    Cookie(&'t str),
    /// An API key.
    Key(&'t str),
    /// Nothing.
    Nobody,
}

/// One request to the JSON API; a body of null is none.
async fn call(app: &TestApp, by: By<'_>, method: &str, path: &str, body: &Value) -> Answer {
    let mut request = app.bare_request(method, path);
    request = match by {
        By::Local => request.bearer_auth(&app.app().local_token),
        By::Cookie(cookie) => request.header("cookie", cookie),
        By::Key(key) => request.bearer_auth(key),
        By::Nobody => request,
    };
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    app.send(request).await
}

/// The same, which has to answer with this status; gives the body.
#[track_caller]
fn must(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

async fn get(app: &TestApp, by: By<'_>, path: &str) -> Value {
    must(&call(app, by, "GET", path, &Value::Null).await, 200)
}

/// Status and code of a refusal.
fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["code"], body["error"]["code"], "{body}");
    (answer.status, body["code"].as_str().unwrap_or("").to_owned())
}

/// An app on a clock that the test moves.
async fn on_a_clock() -> (TestApp, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    (Options::default().clock(&clock).start().await, clock)
}

/// Makes an account with [`PASSWORD`]; more fields may be given.
async fn make_account(app: &TestApp, name: &str, more: &Value) -> Value {
    let mut body = json!({ "name": name, "password": PASSWORD });
    if let (Some(fields), Some(more)) = (body.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    must(&call(app, By::Local, "POST", "/api/admin/accounts", &body).await, 201)
}

/// The `Cookie` header that an answer's `Set-Cookie` leads to.
fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or("").to_owned()
}

/// Signs in with [`PASSWORD`] and gives the `Cookie` header.
async fn sign_in(app: &TestApp, name: &str) -> String {
    let body = json!({ "name": name, "password": PASSWORD });
    let answer = call(app, By::Nobody, "POST", "/api/login", &body).await;
    must(&answer, 200);
    cookie_of(&answer)
}
