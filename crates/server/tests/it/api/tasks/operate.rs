//! The tasks of all accounts, for operators.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{By, call, get, make_key, make_person, must, order, post};
use crate::support::{TestApp, eventually};

/// Two people with a task each, both ended; gives the cookies and the ids.
async fn two(app: &TestApp) -> [(String, String); 2] {
    let mut made = Vec::new();
    for name in ["alice", "bob"] {
        let cookie = make_person(app, name).await;
        let key = make_key(app, By::Cookie(&cookie), &json!({ "name": format!("{name}'s") })).await;
        let mut wanted = order(&key["id"]);
        wanted["prompt"] = json!(format!("the harbour of {name}"));
        let answer = post(app, By::Cookie(&cookie), "/api/tasks", &wanted).await;
        let id = must(&answer, 200)["id"].as_str().expect("an id").to_owned();
        eventually("the task ends", async || {
            let shown = get(app, By::Cookie(&cookie), &format!("/api/tasks/{id}")).await;
            (shown["state"] == "succeeded").then_some(())
        })
        .await;
        made.push((cookie, id));
    }
    made.try_into().expect("two")
}

fn ids(list: &Value) -> Vec<&str> {
    let rows = list["data"].as_array().expect("a list");
    rows.iter().map(|row| row["task"]["id"].as_str().expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_the_tasks_of_all_with_their_account_and_money() {
    let app = TestApp::start().await;
    let [(alice, hers), (_, his)] = two(&app).await;
    let list = get(&app, By::Local, "/api/admin/tasks").await;
    assert_eq!(ids(&list), [&*his, &*hers]);
    let row = &list["data"][1];
    assert_eq!(
        (&row["account"]["name"], &row["prompt"]),
        (&json!("alice"), &json!("the harbour of alice"))
    );
    // A preview has no channel, and no margin that would mean anything.
    assert_eq!((&row["channel"], &row["margin"]), (&Value::Null, &Value::Null));
    assert_eq!(row["charged"]["amount"], row["task"]["cost"]["amount"]);
    assert_eq!(row["upstream_cost"]["ticks"], "0");

    for (query, wanted) in [
        ("account=alice", vec![&*hers]),
        ("account=alice&state=failed", vec![]),
        ("channel=preview&q=bob", vec![&*his]),
        ("limit=1", vec![&*his]),
    ] {
        let list = get(&app, By::Local, &format!("/api/admin/tasks?{query}")).await;
        assert_eq!(ids(&list), wanted, "{query}");
    }
    let counts = get(&app, By::Local, "/api/admin/tasks/counts?account=bob").await;
    assert_eq!((&counts["all"], &counts["succeeded"]), (&json!(1), &json!(1)));
    let table = call(&app, By::Local, "GET", "/api/admin/tasks.csv", &Value::Null).await;
    let text = String::from_utf8(table.bytes.clone()).expect("text");
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().any(|line| line.contains(&hers) && line.contains(",alice,")), "{text}");

    // What its account deleted is there for operators still, and says since when.
    let path = format!("/api/tasks/{hers}");
    must(&call(&app, By::Cookie(&alice), "DELETE", &path, &Value::Null).await, 200);
    let detail = get(&app, By::Local, &format!("/api/admin/tasks/{hers}")).await;
    assert!(detail["deleted_at"].is_i64() && detail["finished_at_ms"].is_i64(), "{detail}");
    assert_eq!(detail["account"]["name"], "alice");
    assert_eq!(detail["log"].as_array().map(|log| log.len() > 3), Some(true));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_tells_operators_the_internal_reason() {
    let app = TestApp::start().await;
    let cookie = make_person(&app, "alice").await;
    let key = make_key(&app, By::Cookie(&cookie), &json!({ "name": "t", "kind": "test" })).await;
    let mut wanted = order(&key["id"]);
    wanted["prompt"] = json!("[[fail: no luck]] rain");
    let made = post(&app, By::Cookie(&cookie), "/api/tasks", &wanted).await;
    let id = must(&made, 200)["id"].as_str().expect("an id").to_owned();
    let detail = eventually("the task ends", async || {
        let shown = get(&app, By::Local, &format!("/api/admin/tasks/{id}")).await;
        (shown["state"] == "failed").then_some(shown)
    })
    .await;
    assert_eq!(detail["charged"]["ticks"], "0");
    assert_eq!((&detail["margin"], &detail["attempts"]), (&Value::Null, &json!(1)));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_questions_are_named_and_users_are_refused() {
    let app = TestApp::start().await;
    let [(alice, _), (_, his)] = two(&app).await;
    for (query, param) in [("limit=0", "limit"), ("state=odd", "state"), ("after=x", "after")] {
        let path = format!("/api/admin/tasks?{query}");
        let answer = call(&app, By::Local, "GET", &path, &Value::Null).await;
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)));
    }
    for query in ["account=nobody", "channel=nowhere"] {
        let path = format!("/api/admin/tasks?{query}");
        assert_eq!(call(&app, By::Local, "GET", &path, &Value::Null).await.status, 404, "{query}");
    }
    let odd = call(&app, By::Local, "GET", "/api/admin/tasks?colour=red", &Value::Null).await;
    assert_eq!(odd.status, 400);
    let one = format!("/api/admin/tasks/{his}");
    for path in ["/api/admin/tasks", "/api/admin/tasks/counts", "/api/admin/tasks.csv", &one] {
        let answer = call(&app, By::Cookie(&alice), "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    app.finish().await;
}
