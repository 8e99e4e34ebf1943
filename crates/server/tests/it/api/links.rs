//! One-time links: what they open, for how long, and what they do not open.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, PASSWORD, call, cookie_of, get, make_account, must, refusal, sign_in};
use crate::support::{Answer, TestApp};

async fn link(app: &TestApp, by: By<'_>, name: &str) -> Answer {
    let path = format!("/api/admin/accounts/{name}/login-link");
    call(app, by, "POST", &path, &Value::Null).await
}

async fn use_link(app: &TestApp, link: &Value) -> Answer {
    call(app, By::Nobody, "POST", "/api/login", &json!({ "token": link["token"] })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_no_password() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let made = json!({ "name": "hers" });
    let key = must(&call(&app, By::Cookie(&cookie), "POST", "/api/keys", &made).await, 201);
    // Support opens her account, as it may; her keys stay hers.
    let opened = use_link(&app, &must(&link(&app, By::Local, "alice").await, 201)).await;
    let by_link = cookie_of(&opened);
    assert_eq!(must(&opened, 200)["session"]["by_link"], true);
    let reveal = format!("/api/keys/{}/reveal", key["id"]);
    let refused = call(&app, By::Cookie(&by_link), "POST", &reveal, &Value::Null).await;
    assert_eq!(refusal(&refused), (403, "confirmation_required".to_owned()));
    let info = get(&app, By::Cookie(&by_link), "/api/session").await;
    assert_eq!(info["confirmed"], false);
    let log = get(&app, By::Local, "/api/admin/audit?action=session.open").await;
    assert_eq!(log["data"][0]["after"], json!({ "by": "login_link" }));
    assert_eq!(log["data"][1]["after"], json!({ "by": "password" }));
    // A new password can be set once, for who forgot it; she sees that hers is none any more.
    let new = json!({ "new": "a password by link" });
    let done = call(&app, By::Cookie(&by_link), "POST", "/api/me/password", &new).await;
    assert_eq!(must(&done, 200)["sessions_ended"], 1);
    let again = json!({ "new": "and one more of them" });
    let again = call(&app, By::Cookie(&by_link), "POST", "/api/me/password", &again).await;
    assert_eq!((again.status, &again.json()["error"]["param"]), (400, &json!("current")));
    let me = call(&app, By::Cookie(&cookie), "GET", "/api/me", &Value::Null).await;
    assert_eq!(me.status, 401);
    app.finish().await;
}

/// Neither a stolen key nor an open browser becomes the account itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_opens_their_own_account() {
    let app = TestApp::start().await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    let cookie = sign_in(&app, "op").await;
    let manage = json!({ "name": "m", "scopes": ["manage"] });
    let made = must(&call(&app, By::Cookie(&cookie), "POST", "/api/keys", &manage).await, 201);
    let key = made["key"].as_str().expect("a key").to_owned();
    let denied = (403, "permission_denied".to_owned());
    for by in [By::Key(&key), By::Cookie(&cookie)] {
        assert_eq!(refusal(&link(&app, by, "op").await), denied);
        let new = json!({ "password": "taken over!" });
        let path = "/api/admin/accounts/op/password";
        assert_eq!(refusal(&call(&app, by, "POST", path, &new).await), denied);
    }
    // The password as it is now is asked for, however fresh the session is.
    let new = json!({ "new": "taken over!" });
    let refused = call(&app, By::Cookie(&cookie), "POST", "/api/me/password", &new).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("current")));
    sign_in(&app, "op").await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_ends_with_what_should_end_it() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let account = "/api/admin/accounts/alice";
    let reset = format!("{account}/password");
    let sessions = format!("{account}/sessions");
    for (method, path, body) in [
        ("POST", reset.as_str(), json!({ "password": "given by support" })),
        ("DELETE", &sessions, Value::Null),
        ("PATCH", account, json!({ "enabled": false })),
    ] {
        let made = must(&link(&app, By::Local, "alice").await, 201);
        must(&call(&app, By::Local, method, path, &body).await, 200);
        let answer = use_link(&app, &made).await;
        assert_eq!(refusal(&answer), (401, "invalid_credentials".to_owned()), "{path}");
    }
    let refused = link(&app, By::Local, "alice").await;
    assert_eq!(refusal(&refused), (409, "conflict".to_owned()), "the account is disabled");
    must(&call(&app, By::Local, "PATCH", account, &json!({ "enabled": true })).await, 200);
    let login = json!({ "name": "alice", "password": "given by support" });
    let cookie = cookie_of(&call(&app, By::Nobody, "POST", "/api/login", &login).await);
    let made = must(&link(&app, By::Local, "alice").await, 201);
    let new = json!({ "current": "given by support", "new": PASSWORD });
    must(&call(&app, By::Cookie(&cookie), "POST", "/api/me/password", &new).await, 200);
    assert_eq!(use_link(&app, &made).await.status, 401, "she changed her password");
    app.finish().await;
}

/// A browser that was left open guesses no password and keeps nobody out of signing in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_in_a_session_are_counted_too() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let mut statuses = Vec::new();
    for attempt in 0..14 {
        let body = json!({ "current": format!("guess {attempt:06}"), "new": "taken over!" });
        let answer = call(&app, By::Cookie(&cookie), "POST", "/api/me/password", &body).await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
    app.finish().await;
}
