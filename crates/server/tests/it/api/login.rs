//! Signing in, sessions, and what a browser on another site cannot do.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, PASSWORD, call, cookie_of, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::{Options, TestApp};

const MINUTE_MS: i64 = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_begins_ends_and_is_listed() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let body = json!({ "name": "alice", "password": PASSWORD });
    let answer = call(&app, By::Nobody, "POST", "/api/login", &body).await;
    let opened = must(&answer, 200);
    assert_eq!(opened["account"]["name"], "alice");
    let set = answer.header("set-cookie").to_owned();
    assert!(set.starts_with("rushes_session="), "{set}");
    for word in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Max-Age=43200"] {
        assert!(set.contains(word), "{set}");
    }
    // Over plain http on this machine Safari keeps no cookie that says so.
    assert!(!set.contains("Secure"), "{set}");
    let cookie = cookie_of(&answer);
    let info = get(&app, By::Cookie(&cookie), "/api/session").await;
    assert_eq!((&info["account"]["name"], &info["confirmed"]), (&json!("alice"), &json!(true)));
    assert_eq!(info["insecure_cookie"], false);

    let other = sign_in(&app, "alice").await;
    let list = get(&app, By::Cookie(&cookie), "/api/sessions").await;
    let list = list["data"].as_array().expect("a list").clone();
    assert_eq!(list.len(), 2);
    let not_this = list.iter().find(|each| each["current"] == false).expect("the other one");
    let path = format!("/api/sessions/{}", not_this["id"].as_str().expect("an id"));
    must(&call(&app, By::Cookie(&cookie), "DELETE", &path, &Value::Null).await, 200);
    let gone = call(&app, By::Cookie(&other), "GET", "/api/me", &Value::Null).await;
    assert_eq!(refusal(&gone), (401, "not_signed_in".to_owned()));

    let out = call(&app, By::Cookie(&cookie), "POST", "/api/logout", &Value::Null).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let gone = call(&app, By::Cookie(&cookie), "GET", "/api/me", &Value::Null).await;
    assert_eq!(gone.status, 401, "the token is ended, not only forgotten by the browser");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_after_30_idle_minutes_and_after_12_hours() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "alice", &json!({})).await;
    let status = async |cookie: &str| {
        call(&app, By::Cookie(cookie), "GET", "/api/me", &Value::Null).await.status
    };
    let idle = sign_in(&app, "alice").await;
    clock.advance_ms(30 * MINUTE_MS - 1);
    assert_eq!(status(&idle).await, 200);
    clock.advance_ms(30 * MINUTE_MS);
    assert_eq!(status(&idle).await, 401);

    let busy = sign_in(&app, "alice").await;
    for _ in 0..35 {
        clock.advance_ms(20 * MINUTE_MS);
        assert_eq!(status(&busy).await, 200);
    }
    clock.advance_ms(20 * MINUTE_MS);
    assert_eq!(status(&busy).await, 401, "12 hours are the most, however busy it is");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_counts_as_fresh_for_ten_minutes() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let made = call(&app, by, "POST", "/api/keys", &json!({ "name": "mine" })).await;
    let key = must(&made, 201);
    let reveal = format!("/api/keys/{}/reveal", key["id"]);
    assert_eq!(must(&call(&app, by, "POST", &reveal, &Value::Null).await, 200)["key"], key["key"]);
    clock.advance_ms(10 * MINUTE_MS);
    let refused = call(&app, by, "POST", &reveal, &Value::Null).await;
    assert_eq!(refusal(&refused), (403, "confirmation_required".to_owned()));
    let wrong = json!({ "password": "something else" });
    let wrong = call(&app, by, "POST", "/api/session/confirm", &wrong).await;
    assert_eq!(refusal(&wrong), (401, "invalid_credentials".to_owned()));
    let right = json!({ "password": PASSWORD });
    must(&call(&app, by, "POST", "/api/session/confirm", &right).await, 200);
    must(&call(&app, by, "POST", &reveal, &Value::Null).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let (one, two) = (sign_in(&app, "alice").await, sign_in(&app, "alice").await);
    let wanted = json!({ "current": "not this one", "new": "a longer password" });
    let wrong = call(&app, By::Cookie(&one), "POST", "/api/me/password", &wanted).await;
    assert_eq!(refusal(&wrong), (401, "invalid_credentials".to_owned()));
    let short = json!({ "current": PASSWORD, "new": "short" });
    let short = call(&app, By::Cookie(&one), "POST", "/api/me/password", &short).await;
    assert_eq!((short.status, &short.json()["error"]["param"]), (400, &json!("new")));
    let wanted = json!({ "current": PASSWORD, "new": "a longer password" });
    let done = call(&app, By::Cookie(&one), "POST", "/api/me/password", &wanted).await;
    assert_eq!(must(&done, 200)["sessions_ended"], 1);
    let me = async |cookie: &str| {
        call(&app, By::Cookie(cookie), "GET", "/api/me", &Value::Null).await.status
    };
    assert_eq!((me(&one).await, me(&two).await), (200, 401));
    let old = json!({ "name": "alice", "password": PASSWORD });
    assert_eq!(call(&app, By::Nobody, "POST", "/api/login", &old).await.status, 401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_link_opens_once_and_for_fifteen_minutes() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "bob", &json!({ "password": null })).await;
    let path = "/api/admin/accounts/bob/login-link";
    let link = async || must(&call(&app, By::Local, "POST", path, &Value::Null).await, 201);
    let use_it = async |link: &Value| {
        let body = json!({ "token": link["token"] });
        call(&app, By::Nobody, "POST", "/api/login", &body).await
    };
    let first = link().await;
    let url = first["url"].as_str().expect("a link");
    // Behind the hash: it reaches no log of a server or proxy, and no Referer.
    assert!(url.starts_with(&format!("{}/console/login#t=", app.base_url)), "{url}");
    let answer = use_it(&first).await;
    must(&answer, 200);
    assert_eq!(refusal(&use_it(&first).await), (401, "invalid_credentials".to_owned()));
    // Who came by a link may set a first password without knowing one.
    let cookie = cookie_of(&answer);
    let wanted = json!({ "new": PASSWORD });
    must(&call(&app, By::Cookie(&cookie), "POST", "/api/me/password", &wanted).await, 200);
    sign_in(&app, "bob").await;
    let late = link().await;
    clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(use_it(&late).await.status, 401);
    app.finish().await;
}

/// C01: another site's page cannot act for who is signed in here, nor sign anybody in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_requests_of_other_sites_are_refused() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let cookie = sign_in(&app, "alice").await;
    let login = json!({ "name": "alice", "password": PASSWORD });
    for (path, body) in [
        ("/api/login", &login),
        ("/api/logout", &json!({})),
        ("/api/register", &login),
        ("/api/keys", &json!({ "name": "stolen" })),
        ("/api/me/password", &json!({ "current": PASSWORD, "new": "taken over!" })),
    ] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = app
                .bare_request("POST", path)
                .header("cookie", &cookie)
                .header("content-type", "application/json")
                .header(name, value)
                .body(body.to_string());
            let answer = app.send(request).await;
            let expected = (403, "cross_site_request".to_owned());
            assert_eq!(refusal(&answer), expected, "{path} with {name}: {value}");
        }
    }
    assert_eq!(get(&app, By::Cookie(&cookie), "/api/keys").await["data"], json!([]));
    app.finish().await;
}

/// C03: a token that was there before signing in never becomes the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c03_a_token_that_a_client_brings_is_never_adopted() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    make_account(&app, "mallory", &json!({})).await;
    let login = json!({ "name": "alice", "password": PASSWORD });
    let made_up = format!("rushes_session={}", "a".repeat(64));
    let attackers = sign_in(&app, "mallory").await;
    for planted in [&made_up, &attackers] {
        let answer = call(&app, By::Cookie(planted), "POST", "/api/login", &login).await;
        must(&answer, 200);
        assert_ne!(&cookie_of(&answer), planted);
        let with_planted = call(&app, By::Cookie(planted), "GET", "/api/me", &Value::Null).await;
        assert_eq!(with_planted.status, 401, "the planted token opens nothing");
    }
    app.finish().await;
}

/// C04: guesses run out, for names that exist and names that do not alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_a_thousand_wrong_passwords_are_mostly_not_looked_at() {
    let (app, clock) = on_a_clock().await;
    make_account(&app, "alice", &json!({})).await;
    let mut heard = Vec::new();
    for name in ["alice", "nobody"] {
        let mut statuses = Vec::new();
        let mut words = Vec::new();
        for attempt in 0..500 {
            let body = json!({ "name": name, "password": format!("wrong password {attempt}") });
            let answer = call(&app, By::Nobody, "POST", "/api/login", &body).await;
            statuses.push(answer.status);
            let body = answer.json();
            words.push((
                body["code"].clone(),
                body["message"].clone(),
                body["error"]["param"].clone(),
            ));
            if answer.status == 429 {
                assert_ne!(answer.header("retry-after"), "");
            }
        }
        // By then the bucket of the address has filled up again.
        clock.advance_ms(60 * MINUTE_MS);
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10);
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 490);
        heard.push(words);
    }
    assert_eq!(heard[0], heard[1], "the answers tell whether the account exists");
    // Who knows the password comes in again once the bucket has something.
    sign_in(&app, "alice").await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn off_loopback_without_https_the_cookie_has_a_plain_name_and_a_warning() {
    let app = Options::default().toml("public_url = \"http://lan.example:8080\"").start().await;
    // The harness speaks to the address that was bound, not to the public one.
    let base = rushes_server::data_dir::read_note(app.data_dir()).expect("a note").base_url;
    let local = app.app().local_token.clone();
    let made = json!({ "name": "alice", "password": PASSWORD });
    let send = async |path: &str, body: &Value, token: Option<&str>| {
        let mut request = app
            .bare_request("POST", &format!("{base}{path}"))
            .header("content-type", "application/json")
            .body(body.to_string());
        // Browsers send no `Sec-Fetch-Site` on a plain connection off the machine.
        request = match token {
            Some(token) => request.bearer_auth(token),
            None => request.header("origin", "http://lan.example:8080"),
        };
        app.send(request).await
    };
    must(&send("/api/admin/accounts", &made, Some(&local)).await, 201);
    let answer = send("/api/login", &made, None).await;
    must(&answer, 200);
    let set = answer.header("set-cookie");
    assert!(set.starts_with("rushes_session=") && !set.contains("Secure"), "{set}");
    let request = app
        .bare_request("GET", &format!("{base}/api/session"))
        .header("cookie", cookie_of(&answer));
    assert_eq!(app.send(request).await.json()["insecure_cookie"], true);
    let request = app.bare_request("GET", &format!("{base}/api/console"));
    assert_eq!(app.send(request).await.json()["insecure_cookie"], true);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_is_closed_until_an_operator_opens_it() {
    let app = TestApp::start().await;
    let new = json!({ "name": "carol", "password": PASSWORD, "display_name": "Carol" });
    let register = async || call(&app, By::Nobody, "POST", "/api/register", &new).await;
    assert_eq!(refusal(&register().await), (403, "registration_closed".to_owned()));
    let open = json!({ "registration": "open" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &open).await, 200);
    let answer = register().await;
    let opened = must(&answer, 201);
    assert_eq!(
        (&opened["account"]["role"], &opened["account"]["display_name"]),
        (&json!("user"), &json!("Carol"))
    );
    let me = get(&app, By::Cookie(&cookie_of(&answer)), "/api/me").await;
    assert_eq!(me["balance"]["available"]["amount"], "0.00", "nobody gives money away");
    assert_eq!(refusal(&register().await), (409, "conflict".to_owned()));
    app.finish().await;
}
