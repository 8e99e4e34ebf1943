//! What operators see of channels and their tasks: the dashboard, all tasks, tests that are kept.

use fake_upstream::Flavour;
use fake_upstream::script::{Behaviour, Phase};
use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use super::{Hurry, add, admin, end_of, fake, gateway, order, wait_with};
use crate::support::customers::Customer;
use crate::support::{Options, TestApp};

async fn look(app: &TestApp, path: &str) -> Value {
    let answer = admin(app, "GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_has_the_money_and_the_health_of_channels() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let off = json!({ "enabled": false, "models": { "grok-image-video": "grok-imagine-video" } });
    add(&app, "spare", "xai", &upstream, off).await;
    let id = app.create(&order("a paper boat")).await;
    assert_eq!(end_of(&app.wait(&id).await).0, "SUCCESS");
    let shown = look(&app, "/api/admin/dashboard?range=1h").await;
    let money = &shown["money"];
    let amounts = ["charged", "upstream_cost", "margin"].map(|field| &money[field]["amount"]);
    assert_eq!(amounts, ["0.24", "0.08", "0.16"]);
    assert_eq!(shown["running"]["slots"], 101, "the channel's and one preview's");
    let (main, spare) = (&shown["channels"][0], &shown["channels"][1]);
    assert_eq!((&main["name"], &main["state"]), (&json!("main"), &json!("closed")));
    assert_eq!((&spare["name"], &spare["state"]), (&json!("spare"), &json!("disabled")));
    assert_eq!((&main["limit"], &main["cost_24h"]["amount"]), (&json!(100), &json!("0.08")));
    let slots = main["health"]["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 24);
    let good: i64 = slots.iter().filter_map(|slot| slot["good"].as_i64()).sum();
    assert!(good >= 2, "a submit and a poll: {main}");
    let problems = shown["problems"].to_string();
    // The other model is served by nobody.
    assert!(problems.contains("no_channel") && !problems.contains("\"grok-image-video\""));
    app.finish().await;
}

/// Worst first: a channel whose key is refused, with why and since when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_breaker_is_the_first_problem_and_an_event() {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_780_272_000));
    let app = Options::default().clock(&clock).start().await;
    let upstream = fake(Flavour::OpenAi).await;
    add(&app, "main", "xai", &upstream, json!({})).await;
    upstream.set(Phase::Submit, Behaviour::Status(401), None);
    let hurry = Hurry::begin(&clock);
    let id = app.create(&order("a paper boat")).await;
    app.wait(&id).await;
    drop(hurry);
    clock.advance_ms(5_000);
    let shown = look(&app, "/api/admin/dashboard?range=1h").await;
    let channel = &shown["channels"][0];
    assert_eq!((&channel["state"], &channel["reason"]), (&json!("open"), &json!("unauthorized")));
    assert!(channel["next_probe_ms"].as_i64().is_some_and(|ms| ms > 0), "{channel}");
    let problems = shown["problems"].as_array().unwrap();
    let open = problems.iter().find(|it| it["kind"] == "breaker_open").unwrap();
    assert_eq!((&open["level"], &open["channel"]["name"]), (&json!("bad"), &json!("main")));
    assert_eq!(open["facts"]["reason"], "unauthorized");
    let levels: Vec<&Value> = problems.iter().map(|problem| &problem["level"]).collect();
    assert!(
        levels.is_sorted_by_key(|level| ["bad", "warn", "note"].iter().position(|it| *level == it))
    );
    let events = shown["events"].as_array().unwrap();
    let turned = events.iter().find(|it| it["kind"] == "breaker").unwrap();
    assert_eq!((&turned["state"], &turned["channel"]["name"]), (&json!("open"), &json!("main")));
    let failed = events.iter().find(|it| it["kind"] == "failure").unwrap();
    assert_eq!((&failed["task_id"], &failed["code"]), (&json!(id), &json!("upstream_unavailable")));
    assert_eq!(shown["success"]["rate"], 0.0);
    let slots = channel["health"]["slots"].as_array().unwrap();
    let bad: i64 = slots.iter().filter_map(|slot| slot["bad"].as_i64()).sum();
    assert_eq!(bad, 1);
    app.finish().await;
}

/// Everybody's tasks, also deleted ones, with channel, cost and margin; nobody else sees that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_tasks_are_shown_with_what_they_cost_to_operators_alone() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    add(&app, "main", "xai", &upstream, json!({})).await;
    let done = app.create(&order("a paper boat")).await;
    app.wait(&done).await;
    let customer = Customer::named("lin").make(&app).await;
    upstream.set(Phase::Submit, Behaviour::Status(400), None);
    let failed = app.create_with(&customer.key, &order("=a stone")).await;
    wait_with(&app, &customer.key, &failed).await;
    let path = format!("/v1/video/generations/{failed}");
    let removed = app.send(app.bare_request("DELETE", &path).bearer_auth(&customer.key)).await;
    assert_eq!(removed.status, 200);
    let test = app.create_with(&app.test_api_key, &order("[[fail: no]] x")).await;
    wait_with(&app, &app.test_api_key, &test).await;
    let ids = async |query: &str| -> Vec<String> {
        let list = look(&app, &format!("/api/admin/tasks?{query}")).await;
        let id = |row: &Value| row["task"]["id"].as_str().unwrap().to_owned();
        list["data"].as_array().unwrap().iter().map(id).collect()
    };
    for (query, wanted) in [
        ("", vec![&test, &failed, &done]),
        ("account=lin", vec![&failed]),
        ("channel=MAIN", vec![&failed, &done]),
        ("channel=preview", vec![&test]),
        ("channel=id:1&state=succeeded", vec![&done]),
        ("q=STONE", vec![&failed]),
        ("kind=test", vec![&test]),
        ("limit=1", vec![&test]),
    ] {
        assert_eq!(ids(query).await, wanted.into_iter().cloned().collect::<Vec<_>>(), "{query}");
    }
    let row = look(&app, &format!("/api/admin/tasks?q={done}")).await["data"][0].clone();
    assert_eq!(row["channel"], json!({ "id": 1, "name": "main" }));
    assert_eq!((&row["account"]["name"], &row["attempts"]), (&json!("owner"), &json!(1)));
    let amounts = ["charged", "upstream_cost", "margin"].map(|field| &row[field]["amount"]);
    assert_eq!(amounts, ["0.24", "0.08", "0.16"]);
    assert_eq!(
        (&row["upstream_cost_estimated"], &row["deleted_at"]),
        (&json!(false), &Value::Null)
    );
    let shown = look(&app, &format!("/api/admin/tasks/{failed}")).await;
    assert!(shown["deleted_at"].is_i64() && shown["failure_internal"].is_string());
    assert!(shown["log"].to_string().contains("invalid_for_upstream"), "{shown}");
    let counts = look(&app, "/api/admin/tasks/counts?channel=main").await;
    assert_eq!((&counts["all"], &counts["failed"]), (&json!(2), &json!(1)));
    let table = admin(&app, "GET", "/api/admin/tasks.csv?account=lin", &Value::Null).await;
    let lines = String::from_utf8(table.bytes).unwrap();
    assert!(lines.lines().count() == 2 && lines.contains("'=a stone,"), "{lines}");
    for query in ["account=nobody", "channel=nope", "channel=id:99"] {
        let path = format!("/api/admin/tasks?{query}");
        assert_eq!(admin(&app, "GET", &path, &Value::Null).await.status, 404, "{query}");
    }
    for path in ["?state=x", "?limit=0", "?x=1", "/counts?state=failed", ".csv?after=x"] {
        let path = format!("/api/admin/tasks{path}");
        assert_eq!(admin(&app, "GET", &path, &Value::Null).await.status, 400, "{path}");
    }
    let one = format!("/{failed}");
    for path in ["", "/counts", ".csv", &one] {
        let path = format!("/api/admin/tasks{path}");
        let request = app.bare_request("GET", &path).bearer_auth(&customer.key);
        assert_eq!(app.send(request).await.status, 403, "{path}");
    }
    app.finish().await;
}

/// What a test found stays on its channel; one that is not there yet can be looked at for free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_are_kept_and_drafts_are_looked_at_for_nothing() {
    let (app, upstream) = (gateway().await, fake(Flavour::OpenAi).await);
    let added = add(&app, "main", "openai-videos", &upstream, json!({})).await;
    assert_eq!((&added["last_test"], &added["cost_24h"]["ticks"]), (&Value::Null, &json!("0")));
    assert_eq!(added["health"]["slots"].as_array().map(Vec::len), Some(24));
    let path = "/api/admin/channels/main/test";
    let tested = admin(&app, "POST", path, &json!({ "spend": true })).await.json();
    let steps = tested["steps"].as_array().unwrap();
    let steps: Vec<_> = steps.iter().map(|it| (it["step"].as_str().unwrap(), &it["ok"])).collect();
    let yes = json!(true);
    assert_eq!(steps, [("reach", &yes), ("key", &yes), ("models", &yes), ("video", &yes)]);
    let kept = look(&app, "/api/admin/channels/main").await["last_test"].clone();
    assert_eq!((&kept["ok"], &kept["spend"]), (&yes, &yes));
    assert_eq!(kept["findings"], tested["findings"]);
    assert_eq!(kept["cost"], tested["cost"]);

    let draft = json!({ "provider": "openai-videos", "base_url": upstream.base_url(),
                        "api_key": upstream.api_key() });
    let probe = "/api/admin/channels/probe";
    let probed = admin(&app, "POST", probe, &draft).await;
    assert_eq!(probed.status, 200, "{}", String::from_utf8_lossy(&probed.bytes));
    let probed = probed.json();
    assert_eq!((&probed["ok"], &probed["error"]), (&yes, &Value::Null));
    assert!(probed["models"].as_array().unwrap().contains(&json!("grok-imagine-video")));
    assert_eq!(probed["suggested"]["grok-image-video"], "grok-image-video", "{probed}");
    assert!(!probed.to_string().contains(upstream.api_key()), "{probed}");
    assert_eq!(upstream.accepted(), 1, "the test's own");
    upstream.set(Phase::Models, Behaviour::Status(401), None);
    let refused = admin(&app, "POST", probe, &draft).await.json();
    let steps: Vec<&Value> =
        refused["steps"].as_array().unwrap().iter().map(|it| &it["ok"]).collect();
    assert_eq!(steps, [&yes, &json!(false), &Value::Null]);
    assert_eq!(refused["error"], "unauthorized");
    let log = look(&app, "/api/admin/audit?action=channel.probe").await;
    assert_eq!(log["data"].as_array().map(Vec::len), Some(2), "each look leaves a line");
    assert_eq!(log["data"][0]["after"], json!({ "base_url": upstream.base_url() }));
    let inner = json!({ "provider": "openai-videos", "base_url": "http://169.254.169.254",
                        "api_key": "k" });
    let answer = admin(&app, "POST", probe, &inner).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("base_url")));
    let list = look(&app, "/api/admin/channels").await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "nothing was added");
    let customer = Customer::named("lin").make(&app).await;
    assert_eq!(app.post_with(&customer.key, probe, &json!({ "x": 1 })).await.status, 403);
    for (body, param) in
        [(json!({}), "provider"), (json!({ "provider": "openai-videos" }), "base_url")]
    {
        let answer = admin(&app, "POST", probe, &body).await;
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)));
    }
    app.finish().await;
}
