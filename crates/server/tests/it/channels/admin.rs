//! Channels in the operators' API: what goes in, what never comes out, what the switch does.

use std::time::Duration;

use fake_upstream::script::{Behaviour, Phase};
use fake_upstream::{FakeUpstream, Flavour, Options as FakeOptions};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{add, admin, channel, end_of, fake, gateway, order, wait_with};
use crate::support::customers::{Customer, group_terms, make_group};
use crate::support::raw::Raw;
use crate::support::{Options, TestApp, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_added_used_changed_and_removed_and_its_key_never_comes_out() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    let added = add(&app, "main", "xai", &upstream, json!({ "api_key": "fake-key" })).await;
    assert_eq!(added["provider"], "xai");
    assert_eq!(added["resubmit"], "never");
    assert_eq!(added["costs"]["grok-image-video"]["per_second"]["480p"], "0.05");
    let id = app.create(&order("a paper boat")).await;
    let body = app.wait(&id).await;
    assert_eq!(end_of(&body), ("SUCCESS".to_owned(), "posted".to_owned()));
    assert_eq!(body["data"].get("provider"), None, "only previews say who made them");
    let url = body["data"]["result_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&app.base_url), "{url}");
    let video = app.send(app.bare_request("GET", &url)).await;
    assert_eq!((video.status, video.bytes.get(4..8)), (200, Some(&b"ftyp"[..])));
    let seen = channel(&app, "MAIN").await;
    assert_eq!((&seen["jobs"], &seen["breaker"]), (&json!(0), &json!("closed")));
    assert_eq!(seen["spent"]["amount"], "0.08", "by the upstream's word");

    let taken = admin(
        &app,
        "POST",
        "/api/admin/channels",
        &json!({"name": "Main",
        "provider": "xai", "api_key": "x"}),
    )
    .await;
    assert_eq!((taken.status, &taken.json()["code"]), (409, &json!("conflict")));
    let moved = json!({ "base_url": "http://127.0.0.1:9" });
    let moved = admin(&app, "PATCH", "/api/admin/channels/main", &moved).await;
    assert_eq!((moved.status, &moved.json()["error"]["param"]), (400, &json!("api_key")));
    let off = admin(&app, "PATCH", "/api/admin/channels/main", &json!({"enabled": false})).await;
    assert_eq!(off.json()["enabled"], false);
    let refused = app.post("/v1/video/generations", &order("x")).await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("no_channel")));
    let models = app.get("/v1/models").await.json();
    assert_eq!(models["data"], json!([]), "nothing serves this key");

    let removed = admin(&app, "DELETE", "/api/admin/channels/main", &Value::Null).await;
    assert_eq!(removed.status, 200);
    let again = admin(&app, "GET", "/api/admin/channels/main", &Value::Null).await;
    assert_eq!(again.status, 404);
    let log = admin(&app, "GET", "/api/admin/audit?action=channel.add", &Value::Null).await;
    let all = String::from_utf8_lossy(&log.bytes).into_owned();
    assert!(all.contains("channel main") && !all.contains("fake-key"), "{all}");
    let rest = app.post("/v1/video/generations", &order("x")).await;
    assert_eq!(rest.json()["code"], "no_channel", "the switch is one-way");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn test_keys_go_on_with_previews_for_nothing() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let id = app.create_with(&app.test_api_key, &order("[[moderated]] a boat")).await;
    let body = app.wait(&id).await;
    assert_eq!(end_of(&body).0, "moderated");
    assert_eq!(body["data"]["provider"], "preview");
    assert_eq!(upstream.accepted(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_is_refused_with_the_fields_name() {
    let app = gateway().await;
    let base = json!({"name": "a", "provider": "xai", "api_key": "key"});
    let table = [
        (json!({"name": "has space"}), "name"),
        (json!({"provider": "nope"}), "provider"),
        (json!({"base_url": "ftp://x"}), "base_url"),
        (json!({"base_url": "http://user:pass@x"}), "base_url"),
        (json!({"models": {"nope": "x"}}), "models"),
        (json!({"provider": "vllm-omni"}), "base_url"),
        (json!({"provider": "vllm-omni", "base_url": "http://127.0.0.1:1"}), "models"),
        (json!({"api_key": "two words"}), "api_key"),
        (json!({"priority": 100_000}), "priority"),
        (json!({"max_concurrency": 0}), "max_concurrency"),
        (json!({"groups": ["nobody"]}), "groups"),
        (json!({"costs": {"grok-image-video": {"per_second": {"480p": "-1"}}}}), "costs"),
        (json!({"timeouts": {"poll_ms": 1}}), "timeouts"),
        (json!({"poll_interval_ms": 1}), "poll_interval_ms"),
        (json!({"media_origins": ["nope"]}), "media_origins"),
    ];
    for (change, field) in table {
        let mut body = base.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = admin(&app, "POST", "/api/admin/channels", &body).await;
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["param"]), (400, &json!(field)), "{change}: {error}");
    }
    let list = admin(&app, "GET", "/api/admin/channels", &Value::Null).await.json();
    assert_eq!(list["data"], json!([]), "nothing was left behind");
    let preview = app.get("/v1/models").await.json();
    assert_eq!(preview["data"][0]["id"], "grok-image-video", "no channel was ever added");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_cannot_reach_any_of_it() {
    let app = gateway().await;
    let user = Customer::named("user").make(&app).await;
    for (method, path) in [
        ("GET", "/api/admin/channels"),
        ("POST", "/api/admin/channels"),
        ("GET", "/api/admin/channels/1"),
        ("PATCH", "/api/admin/channels/1"),
        ("DELETE", "/api/admin/channels/1"),
        ("POST", "/api/admin/channels/1/test"),
        ("GET", "/api/admin/presets"),
    ] {
        let request = app.bare_request(method, path).bearer_auth(&user.key);
        assert_eq!(app.send(request).await.status, 403, "{method} {path}");
        assert_eq!(app.send(app.bare_request(method, path)).await.status, 401, "{method} {path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_in_words_what_is_wrong() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "openai-videos", &upstream, json!({})).await;
    let test = async |spend: bool| {
        let body = json!({ "spend": spend });
        let answer = admin(&app, "POST", "/api/admin/channels/main/test", &body).await;
        assert_eq!(answer.status, 200);
        let report = answer.json();
        let words = report["findings"].to_string();
        (report["ok"].as_bool().unwrap(), words)
    };
    let (is_ok, words) = test(false).await;
    assert!(is_ok && words.contains("has all models"), "{words}");
    assert_eq!(upstream.accepted(), 0, "it costs nothing");
    let (is_ok, words) = test(true).await;
    assert!(is_ok && words.contains("a video of 4 s at 480p"), "{words}");
    assert_eq!(upstream.accepted(), 1);
    upstream.set(Phase::Models, Behaviour::Status(401), None);
    let (is_ok, words) = test(false).await;
    assert!(!is_ok && words.contains("does not accept the key"), "{words}");
    upstream.clear();
    let wrong = json!({ "models": { "grok-image-video": "not-there" } });
    admin(&app, "PATCH", "/api/admin/channels/main", &wrong).await;
    let (is_ok, words) = test(false).await;
    assert!(!is_ok && words.contains("does not list not-there"), "{words}");
    upstream.stop_listening();
    // A connection that is just being closed is one that broke.
    eventually("it cannot be reached", async || {
        let (is_ok, words) = test(false).await;
        assert!(!is_ok, "{words}");
        words.contains("cannot be reached").then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declared_channel_is_there_at_once_and_can_only_be_changed_in_the_file() {
    let upstream = fake(Flavour::OpenAi).await;
    let declared = format!(
        "[[channels]]\nname = \"file\"\nprovider = \"xai\"\nbase_url = \"{}/v1/\"\n\
         api_key = \"fake-key\"\npoll_interval_ms = 50\n",
        upstream.base_url()
    );
    let app = Options::default().toml(&declared).start().await;
    let seen = channel(&app, "file").await;
    assert_eq!((&seen["source"], &seen["read_only"]), (&json!("config"), &json!(true)));
    assert_eq!(seen["base_url"], upstream.base_url(), "right with and without its /v1");
    let id = app.create(&order("a boat")).await;
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    for method in ["PATCH", "DELETE"] {
        let answer = admin(&app, method, "/api/admin/channels/file", &json!({})).await;
        assert_eq!(answer.status, 409, "{method}");
    }
    let folder = app.stop().await;
    let app = Options::default().start_in(folder).await;
    let gone = admin(&app, "GET", "/api/admin/channels/file", &Value::Null).await;
    assert_eq!(gone.status, 404, "it is not declared any more");
    app.finish().await;
}

/// What the file says no longer is not kept: least of all a key, for another address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declared_channel_without_its_key_has_none() {
    let (first, second) = (fake(Flavour::VllmOmni).await, fake(Flavour::VllmOmni).await);
    let declared = |upstream: &FakeUpstream, key: &str| {
        let base_url = upstream.base_url();
        format!(
            "[[channels]]\nname = \"gpu\"\nprovider = \"vllm-omni\"\nbase_url = \"{base_url}\"\n{key}\n\
             [channels.models]\ngrok-image-video = \"grok-imagine-video\"\n"
        )
    };
    let test = async |app: &TestApp| {
        admin(app, "POST", "/api/admin/channels/gpu/test", &json!({})).await.json()
    };
    let app = Options::default().toml(&declared(&first, "api_key = \"fake-key\"")).start().await;
    assert_eq!(test(&app).await["ok"], true);
    let folder = app.stop().await;
    // It would take the same key.
    let app = Options::default().toml(&declared(&second, "")).start_in(folder).await;
    assert_eq!(channel(&app, "gpu").await["api_key"], Value::Null);
    let tested = test(&app).await;
    assert_eq!(tested["ok"], false, "{tested}");
    assert!(tested["findings"].to_string().contains("does not accept the key"), "{tested}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_of_a_channel_is_in_the_metrics() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let id = app.create(&order("a boat")).await;
    app.wait(&id).await;
    let request = app.bare_request("GET", "/metrics").bearer_auth(&app.app().local_token);
    let text = String::from_utf8(app.send(request).await.bytes).unwrap();
    for line in [
        "rushes_channel_submits_total{channel=\"main\",outcome=\"ok\"} 1",
        "rushes_channel_breaker{channel=\"main\",state=\"closed\"} 1",
        "rushes_channel_jobs{channel=\"main\"} 0",
        "rushes_channel_request_duration_seconds_count{channel=\"main\",operation=\"submit\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_odd_about_an_upstream_is_in_the_metrics_and_fails_no_task() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "xai", "xai", &upstream, json!({ "weight": 0 })).await;
    let group = make_group(&app, group_terms("odd")).await;
    add(&app, "openai", "openai-videos", &upstream, json!({ "groups": ["odd"] })).await;
    let customer = Customer { group, ..Customer::named("customer") }.make(&app).await;
    // The fake's film is 320x180 and a second long, whatever was asked for.
    let square = json!({
        "model": "grok-image-video", "prompt": "a boat <<poll: unknown_status x2>>",
        "seconds": 4, "resolution": "480p", "aspect_ratio": "1:1",
    });
    for body in [order("a boat"), square] {
        let id = app.create_with(&customer.key, &body).await;
        let ended = wait_with(&app, &customer.key, &id).await;
        assert_eq!(end_of(&ended).0, "SUCCESS");
        assert_eq!(ended["data"]["resolution"], "480p", "what was asked for");
    }
    let request = app.bare_request("GET", "/metrics").bearer_auth(&app.app().local_token);
    let text = String::from_utf8(app.send(request).await.bytes).unwrap();
    for (channel, words, differing) in [("openai", 2, [2, 1, 2]), ("xai", 0, [0; 3])] {
        let words =
            format!("rushes_channel_unknown_status_words_total{{channel=\"{channel}\"}} {words}\n");
        assert!(text.contains(&words), "{words} is not in\n{text}");
        for (what, count) in ["duration", "ratio", "resolution"].into_iter().zip(differing) {
            let line = format!(
                "rushes_channel_results_differing_total{{channel=\"{channel}\",what=\"{what}\"}} \
                 {count}\n"
            );
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
    }
    assert!(!text.contains("marinating"), "an upstream's text is no label");
    app.finish().await;
}

/// A video that was ordered is paid for, so it is seen to its end and booked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_nobody_waits_for_is_finished_and_booked() {
    let app = gateway().await;
    let takes = Duration::from_secs(1);
    let upstream = FakeOptions { takes, flavour: Flavour::OpenAi, ..FakeOptions::default() };
    let upstream = FakeUpstream::start(upstream).await.unwrap();
    add(&app, "main", "xai", &upstream, json!({})).await;
    let body = json!({ "spend": true }).to_string();
    let mut connection = Raw::connect(&app).await;
    connection
        .send(format!(
            "POST /api/admin/channels/main/test HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            app.app().local_token,
            body.len()
        ))
        .await;
    eventually("the job is taken", async || (upstream.accepted() == 1).then_some(())).await;
    assert_eq!(channel(&app, "main").await["spent"]["amount"], "0.00");
    drop(connection);
    let seen = eventually("the cost is booked", async || {
        let seen = channel(&app, "main").await;
        (seen["spent"]["amount"] != "0.00").then_some(seen)
    })
    .await;
    assert_eq!(seen["spent"]["amount"], "0.08", "by the upstream's word");
    assert_eq!(seen["lost"]["amount"], "0.00");
    // What may have been charged for nothing is booked as well.
    upstream.set(Phase::Submit, Behaviour::LostReply, Some(1));
    let spend = json!({ "spend": true });
    let tested = admin(&app, "POST", "/api/admin/channels/main/test", &spend).await;
    assert_eq!(tested.json()["ok"], false);
    let seen = channel(&app, "main").await;
    assert_eq!(seen["lost"]["amount"], "0.20", "four seconds by the channel's own prices");
    assert_eq!(seen["ambiguous_submits"], 1);
    app.finish().await;
}

/// A job is known where it was sent, and nowhere else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_jobs_are_with_keeps_its_address() {
    let (app, upstream, other) =
        (gateway().await, fake(Flavour::OpenAi).await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    upstream.set(Phase::Poll, Behaviour::Stall, None);
    let id = app.create(&order("a paper boat")).await;
    eventually("the job is taken", async || (upstream.accepted() == 1).then_some(())).await;
    let moved = json!({ "base_url": other.base_url(), "api_key": other.api_key() });
    let path = "/api/admin/channels/main";
    let refused = admin(&app, "PATCH", path, &moved).await;
    let error = refused.json();
    assert_eq!((refused.status, &error["error"]["param"]), (409, &json!("base_url")), "{error}");
    assert!(error["message"].as_str().unwrap().starts_with("1 unfinished"), "{error}");
    // The address as it is, and all else, may be said.
    let same = json!({ "base_url": upstream.base_url(), "weight": 7 });
    assert_eq!(admin(&app, "PATCH", path, &same).await.json()["weight"], 7);
    upstream.clear();
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    assert_eq!(admin(&app, "PATCH", path, &moved).await.status, 200);
    app.finish().await;
}

/// As in paths, only `id:5` is a number: no channel comes to serve strangers by a group's name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_digits_is_a_name() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    let group = async |name: &str| {
        let made = admin(&app, "POST", "/api/admin/groups", &json!({ "name": name })).await;
        made.json()["id"].as_i64().unwrap()
    };
    // Its name is the id of the default group, in which everybody is.
    group("1").await;
    let vip = group("vip").await;
    add(&app, "main", "xai", &upstream, json!({ "groups": ["1"] })).await;
    assert_eq!(channel(&app, "main").await["groups"], json!(["1"]));
    let refused = app.post("/v1/video/generations", &order("x")).await;
    assert_eq!(refused.json()["code"], "no_channel", "the owner is in the default group");
    let path = "/api/admin/channels/main";
    let by_id = json!({ "groups": ["id:1", format!("id:{vip}")] });
    let changed = admin(&app, "PATCH", path, &by_id).await.json();
    assert_eq!(changed["groups"], json!(["default", "vip"]));
    for unknown in [vip.to_string(), "id:99".to_owned(), "id:".to_owned()] {
        let refused = admin(&app, "PATCH", path, &json!({ "groups": [unknown] })).await;
        assert_eq!(refused.json()["error"]["param"], "groups", "{unknown}");
    }
    app.finish().await;
}
