//! Two at a time: a slow request changes what is there when it arrives, for whom it finds then; and
//! a client that hangs up leaves nothing half done.

use pretty_assertions::assert_eq;
use rushes_store::PriceVersion;
use serde_json::{Value, json};

use super::{By, call, get, make_account, must, refusal, sign_in};
use crate::support::raw::{Raw, status};
use crate::support::{TestApp, eventually, still};

/// A request whose head was taken and whose body waits.
struct Slow {
    connection: Raw,
    body: String,
}

impl Slow {
    /// Sends the head; comes back when the gateway asks for the body, after all that it looks at
    /// before.
    async fn begin(app: &TestApp, by: By<'_>, method: &str, path: &str, body: &Value) -> Self {
        let body = body.to_string();
        let who = match by {
            By::Local => format!("Authorization: Bearer {}", app.app().local_token),
            By::Cookie(cookie) => format!("Cookie: {cookie}"),
            By::Key(key) => format!("Authorization: Bearer {key}"),
            By::Nobody => "X-Nothing: 1".to_owned(),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{who}\r\nExpect: 100-continue\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut connection = Raw::connect(app).await;
        connection.send(head).await;
        connection.read_until("100 Continue\r\n\r\n").await;
        Self { connection, body }
    }

    /// Sends the body and gives the status.
    async fn end(mut self) -> String {
        self.connection.send(&self.body).await;
        status(&self.connection.read_to_end().await).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_at_a_time_none_is_lost() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let made = json!({ "name": "first" });
    let key = must(&call(&app, By::Cookie(&cookie), "POST", "/api/keys", &made).await, 201);
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &json!({ "name": "g" })).await, 201);
    let channel = json!({
        "name": "c", "provider": "xai", "base_url": "http://127.0.0.1:9", "api_key": "none",
        "models": { "grok-image-video": "grok-imagine-video" },
    });
    must(&call(&app, By::Local, "POST", "/api/admin/channels", &channel).await, 201);
    let key_path = format!("/api/keys/{}", key["id"]);
    for (by, path, slow, quick) in [
        (
            By::Cookie(cookie.as_str()),
            key_path.as_str(),
            json!({ "name": "second" }),
            json!({ "enabled": false }),
        ),
        (
            By::Local,
            "/api/admin/groups/g",
            json!({ "description": "for partners" }),
            json!({ "multiplier": "0.50" }),
        ),
        (
            By::Local,
            "/api/admin/accounts/alice",
            json!({ "display_name": "A." }),
            json!({ "group": "g" }),
        ),
        (By::Local, "/api/admin/channels/c", json!({ "weight": 7 }), json!({ "enabled": false })),
    ] {
        let begun = Slow::begin(&app, by, "PATCH", path, &slow).await;
        must(&call(&app, by, "PATCH", path, &quick).await, 200);
        assert_eq!(begun.end().await, "200", "{path}");
        let found = get(&app, by, path).await;
        for (field, value) in [&slow, &quick].into_iter().filter_map(Value::as_object).flatten() {
            assert_eq!(&found[field], value, "{field} of {path}");
        }
    }
    // The line says what the change found, not what it had seen.
    let log = get(&app, By::Local, "/api/admin/audit?action=key.update").await;
    let line = &log["data"][0];
    assert_eq!(line["before"], json!({ "name": "first" }));
    assert_eq!(line["after"], json!({ "name": "second" }));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_its_right_on_the_way_changes_nothing() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    make_account(&app, "op", &json!({ "role": "operator" })).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let all = json!({ "name": "all", "scopes": ["generate", "read", "manage"] });
    let key = must(&call(&app, by, "POST", "/api/keys", &all).await, 201);
    let old = key["key"].as_str().expect("a key").to_owned();
    let path = format!("/api/keys/{}", key["id"]);
    let roll = format!("{path}/roll");

    // Somebody found the secret and holds a roll back until it is rolled away.
    let theirs = Slow::begin(&app, By::Key(&old), "POST", &roll, &json!({})).await;
    let rolled = must(&call(&app, by, "POST", &roll, &json!({})).await, 200);
    assert_eq!(theirs.end().await, "401");
    let new = rolled["key"].as_str().expect("a key").to_owned();
    must(&call(&app, By::Key(&new), "GET", "/api/keys", &Value::Null).await, 200);

    // A session that was ended, and one whose account was.
    let renamed = json!({ "name": "taken over" });
    let theirs = Slow::begin(&app, by, "PATCH", &path, &renamed).await;
    let ended = "/api/admin/accounts/alice/sessions";
    must(&call(&app, By::Local, "DELETE", ended, &Value::Null).await, 200);
    assert_eq!(theirs.end().await, "401");
    let theirs = Slow::begin(&app, By::Key(&new), "PATCH", &path, &renamed).await;
    let off = json!({ "enabled": false });
    must(&call(&app, By::Local, "PATCH", "/api/admin/accounts/alice", &off).await, 200);
    assert_eq!(theirs.end().await, "403");
    let shown = format!("/api/admin/keys/{}", key["id"]);
    assert_eq!(get(&app, By::Local, &shown).await["name"], "all");

    // An operator who is none any more.
    let op = sign_in(&app, "op").await;
    let credit = json!({ "amount": "5", "reason": "a present" });
    let grant = "/api/admin/accounts/alice/credit";
    let theirs = Slow::begin(&app, By::Cookie(&op), "POST", grant, &credit).await;
    let user = json!({ "role": "user" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/accounts/op", &user).await, 200);
    assert_eq!(theirs.end().await, "403");
    let alice = get(&app, By::Local, "/api/admin/accounts/alice").await;
    assert_eq!(alice["balance"]["available"]["amount"], "0.00");
    app.finish().await;
}

/// Sends a change of the operator's and does not wait for the answer.
async fn send_change(app: &TestApp, path: &str, body: &Value) -> Raw {
    let (token, body) = (&app.app().local_token, body.to_string());
    let mut connection = Raw::connect(app).await;
    let request = format!(
        "PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.send(request).await;
    connection
}

/// The latest prices and whether registration is open, as stored.
async fn stored(app: &TestApp) -> (Option<PriceVersion>, Option<String>) {
    let read = app.app().store.read(|tx| {
        let prices = rushes_store::list_prices(tx, None, 1)?.pop();
        Ok((prices, rushes_store::setting(tx, "operator.registration")?))
    });
    read.await.expect("read")
}

async fn is_in_force(app: &TestApp) {
    eventually("what is stored is in force", async || {
        let (prices, setting) = stored(app).await;
        let in_force = app.app().prices.current().version;
        let is_open = app.app().settings.get().registration;
        let is_same = prices.is_none_or(|prices| prices.version == in_force)
            && setting.is_none_or(|flag| (flag == "on") == is_open);
        is_same.then_some(())
    })
    .await;
}

const MODEL: &str = "/api/admin/models/grok-image-video";
const SETTINGS: &str = "/api/admin/settings";

/// What is committed is in force, though nobody waited for the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_leaves_no_change_half_done() {
    let app = TestApp::start().await;
    // How many of these are heard before their connection ends is not ours to say.
    for round in 1..=60_u32 {
        let price = json!({ "price_per_image": format!("0.{round:04}") });
        drop(send_change(&app, MODEL, &price).await);
        let word = if round % 2 == 0 { "open" } else { "closed" };
        drop(send_change(&app, SETTINGS, &json!({ "registration": word })).await);
        is_in_force(&app).await;
    }
    app.finish().await;
}

/// A change that is on its way into the store when its client goes takes effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_takes_nothing_back() {
    let app = TestApp::start().await;
    for round in 1..=30_u32 {
        let price = format!("0.{round:04}");
        let (word, flag) = if round % 4 < 2 { ("open", "on") } else { ("closed", "off") };
        let (path, body) = if round % 2 == 0 {
            (SETTINGS, json!({ "registration": word }))
        } else {
            (MODEL, json!({ "price_per_image": price }))
        };
        let connections = open_connections(&app).await;
        let still = still::writer(&app).await;
        let writes = app.app().store.operations().writes;
        let connection = send_change(&app, path, &body).await;
        eventually("the store is asked", async || {
            (app.app().store.operations().writes > writes).then_some(())
        })
        .await;
        drop(connection);
        eventually("the gateway sees that it is gone", async || {
            (open_connections(&app).await <= connections).then_some(())
        })
        .await;
        drop(still);
        eventually("the change is stored", async || {
            let (prices, setting) = stored(&app).await;
            let is_stored = match path {
                MODEL => prices.is_some_and(|it| it.prices.contains(&format!("\"{price}\""))),
                _ => setting.as_deref() == Some(flag),
            };
            is_stored.then_some(())
        })
        .await;
        is_in_force(&app).await;
    }
    app.finish().await;
}

/// Connections that the gateway has open.
async fn open_connections(app: &TestApp) -> u64 {
    let answer = call(app, By::Local, "GET", "/metrics", &Value::Null).await;
    let text = String::from_utf8(answer.bytes).expect("UTF-8");
    let line = text.lines().find_map(|line| line.strip_prefix("rushes_http_connections_open "));
    line.expect("a line").parse().expect("a number")
}

/// The same through one more key: a refusal says nothing about what it would have changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_path_is_not_found_in_the_usual_shape() {
    let app = TestApp::start().await;
    for path in [
        "/api/keys/%ff",
        "/api/sessions/%ff",
        "/api/admin/accounts/%ff",
        "/api/admin/groups/%ff",
        "/api/admin/channels/%ff",
        "/api/admin/codes/%ff",
    ] {
        let answer = call(&app, By::Local, "PATCH", path, &json!({})).await;
        assert!(matches!(answer.status, 403..=405), "{path}: {}", answer.status);
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        refusal(&answer);
    }
    app.finish().await;
}

/// A key is what it is when the task is made, not when its request began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_narrowed_on_the_way_creates_nothing() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "10" })).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let order = json!({ "model": "grok-image-video", "prompt": "x", "seconds": 4 });
    let create = "/v1/video/generations";
    let (own, roll) = (("PATCH", ""), ("POST", "/roll"));
    for ((method, more), change, expected) in [
        (own, json!({ "scopes": ["read"] }), "403"),
        (own, json!({ "models": ["grok-video-1.5"] }), "403"),
        (own, json!({ "addresses": ["192.0.2.1"] }), "403"),
        (own, json!({ "enabled": false }), "401"),
        (roll, json!({}), "401"),
        // What still allows it is no reason to refuse.
        (own, json!({ "addresses": ["127.0.0.1"], "models": ["grok-image-video"] }), "200"),
        (roll, json!({ "grace_seconds": 60 }), "200"),
    ] {
        let key = must(&call(&app, by, "POST", "/api/keys", &json!({ "name": "k" })).await, 201);
        let text = key["key"].as_str().expect("a key");
        let begun = Slow::begin(&app, By::Key(text), "POST", create, &order).await;
        let path = format!("/api/keys/{}{more}", key["id"]);
        must(&call(&app, by, method, &path, &change).await, 200);
        assert_eq!(begun.end().await, expected, "{path} {change}");
    }
    // The same of the group that the account is in.
    let group = json!({ "name": "g", "models": ["grok-image-video"] });
    must(&call(&app, By::Local, "POST", "/api/admin/groups", &group).await, 201);
    let alice = "/api/admin/accounts/alice";
    must(&call(&app, By::Local, "PATCH", alice, &json!({ "group": "g" })).await, 200);
    let key = must(&call(&app, by, "POST", "/api/keys", &json!({ "name": "k" })).await, 201);
    let text = key["key"].as_str().expect("a key");
    let begun = Slow::begin(&app, By::Key(text), "POST", create, &order).await;
    let other = json!({ "models": ["grok-video-1.5"] });
    must(&call(&app, By::Local, "PATCH", "/api/admin/groups/g", &other).await, 200);
    assert_eq!(begun.end().await, "403");
    app.finish().await;
}
