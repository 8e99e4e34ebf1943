//! The console's list of tasks, its counts and its table.

use pretty_assertions::assert_eq;
use rushes_domain::TaskId;
use serde_json::{Value, json};

use super::{By, blamed, call, get, make_key, make_person, must, order, post};
use crate::support::{TestApp, eventually};

/// An account with two keys: a live one and one for tests.
struct Person {
    app: TestApp,
    cookie: String,
    live: Value,
    test: Value,
}

impl Person {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let cookie = make_person(&app, "alice").await;
        let live = make_key(&app, By::Cookie(&cookie), &json!({ "name": "live" })).await;
        let kind = json!({ "name": "try", "kind": "test" });
        let test = make_key(&app, By::Cookie(&cookie), &kind).await;
        Self { app, cookie, live, test }
    }

    /// Makes a task with a prompt; gives its id.
    async fn make(&self, key: &Value, prompt: &str) -> String {
        let mut wanted = order(&key["id"]);
        wanted["prompt"] = json!(prompt);
        let made = post(&self.app, By::Cookie(&self.cookie), "/api/tasks", &wanted).await;
        must(&made, 200)["id"].as_str().expect("an id").to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        get(&self.app, By::Cookie(&self.cookie), path).await
    }

    /// The ids of a list.
    async fn ids(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/api/tasks?{query}")).await;
        let id = |row: &Value| row["task"]["id"].as_str().expect("an id").to_owned();
        list["data"].as_array().expect("a list").iter().map(id).collect()
    }

    /// Waits until the task stands so.
    async fn until(&self, id: &str, state: &str) -> Value {
        eventually("the task ends", async || {
            let shown = self.get(&format!("/api/tasks/{id}")).await;
            (shown["state"] == state).then_some(shown)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_the_public_object_and_what_its_account_knows() {
    let person = Person::new().await;
    let id = person.make(&person.test, "A quiet Harbour").await;
    person.until(&id, "succeeded").await;
    let list = person.get("/api/tasks").await;
    assert_eq!((&list["has_more"], &list["next_after"]), (&json!(false), &Value::Null));
    let row = &list["data"][0];
    for (field, value) in [
        ("object", json!("task_row")),
        ("state", json!("succeeded")),
        ("prompt", json!("A quiet Harbour")),
        ("mode", json!("text_to_video")),
        ("image_count", json!(0)),
        ("source", json!("console")),
        ("dialect", json!("native")),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    let key = json!({ "id": person.test["id"], "name": "try", "kind": "test",
                      "mask": person.test["mask"], "deleted": false });
    assert_eq!(row["key"], key);
    assert!(row["took_ms"].as_i64().expect("a number") > 0);
    assert!(row["request_id"].as_str().expect("text").starts_with("req_"));
    let secret = person.live["key"].as_str().expect("a secret");
    let path = format!("/v1/video/generations/{id}");
    let public = person.app.send(person.app.bare_request("GET", &path).bearer_auth(secret)).await;
    let mut data = public.json()["data"].clone();
    let mut task = row["task"].clone();
    // Each answer signs its own links.
    assert!(task["result_url"].as_str().expect("a link").contains(&id));
    for value in [&mut data, &mut task] {
        let fields = value.as_object_mut().expect("fields");
        fields.retain(|name, _| !name.ends_with("url") && name != "output" && name != "data");
    }
    assert_eq!(task, data);

    // A key that is gone is still named.
    let path = format!("/api/keys/{}", person.test["id"]);
    must(&call(&person.app, By::Cookie(&person.cookie), "DELETE", &path, &Value::Null).await, 200);
    let row = person.get("/api/tasks").await["data"][0].clone();
    assert_eq!((&row["key"]["deleted"], &row["key"]["name"]), (&json!(true), &json!("try")));
    person.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_counts() {
    let person = Person::new().await;
    let stalled = person.make(&person.test, "[[stall]] One").await;
    let failed = person.make(&person.test, "[[fail: no luck]] Two").await;
    let done = person.make(&person.live, "Three at the Pier").await;
    person.until(&failed, "failed").await;
    person.until(&done, "succeeded").await;
    person.until(&stalled, "running").await;
    let uuid = done.parse::<TaskId>().expect("an id").hex();
    let request_id = person.get(&format!("/api/tasks/{done}")).await["request_id"].clone();
    let request_id = request_id.as_str().expect("text");
    let now = person.app.now().unix_seconds();
    let live_id = format!("key_id={}", person.live["id"]);
    let (all, none): (Vec<&str>, Vec<&str>) = (vec![&done, &failed, &stalled], vec![]);
    for (query, ids) in [
        ("", all.clone()),
        ("state=succeeded", vec![done.as_str()]),
        ("state=failed", vec![&failed]),
        ("state=running", vec![&stalled]),
        ("state=waiting", none.clone()),
        ("kind=live", vec![&done]),
        ("kind=test", vec![&failed, &stalled]),
        (&live_id, vec![&done]),
        ("model=grok-image-video", all.clone()),
        ("model=nothing", none.clone()),
        ("source=console", all.clone()),
        ("source=api", none.clone()),
        ("q=at%20the%20pIER", vec![&done]),
        (&format!("q={done}"), vec![&done]),
        (&format!("q=video_{uuid}"), vec![&done]),
        (&format!("q={done}&state=failed"), none.clone()),
        (&format!("q={request_id}"), vec![&done]),
        (&format!("since={}", now - 600), all.clone()),
        (&format!("since={}", now + 600), none.clone()),
        (&format!("until={}", now + 600), all.clone()),
        (&format!("until={}", now - 600), none.clone()),
    ] {
        assert_eq!(person.ids(query).await, ids, "{query}");
        if !query.contains("state=") {
            let counts = person.get(&format!("/api/tasks/counts?{query}")).await;
            assert_eq!(counts["all"], ids.len(), "{query}");
        }
    }
    let counts = person.get("/api/tasks/counts").await;
    let wanted = json!({ "object": "task_counts", "all": 3, "waiting": 0, "running": 1,
                         "succeeded": 1, "failed": 1, "cancelled": 0, "capped": false });
    assert_eq!(counts, wanted);
    let cancel = format!("/api/tasks/{stalled}/cancel");
    post(&person.app, By::Cookie(&person.cookie), &cancel, &Value::Null).await;
    person.until(&stalled, "cancelled").await;
    assert_eq!(person.ids("state=cancelled").await, [stalled.as_str()]);
    person.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_and_others_tasks_are_in_none() {
    let person = Person::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(person.make(&person.test, &format!("[[stall]] {number}")).await);
    }
    made.reverse();
    let first = person.get("/api/tasks?limit=2&kind=test").await;
    assert_eq!((&first["has_more"], &first["next_after"]), (&json!(true), &json!(made[1])));
    assert_eq!(person.ids(&format!("limit=2&kind=test&after={}", made[1])).await, made[2..4]);
    assert_eq!(person.ids(&format!("limit=2&after={}", made[3])).await, made[4..]);
    let last = person.get(&format!("/api/tasks?limit=1&after={}", made[3])).await;
    assert_eq!(last["has_more"], false);

    let bob = make_person(&person.app, "bob").await;
    let by = By::Cookie(&bob);
    assert_eq!(get(&person.app, by, "/api/tasks").await["data"], json!([]));
    let by_id = get(&person.app, by, &format!("/api/tasks?q={}", made[0])).await;
    assert_eq!(by_id["data"], json!([]));
    assert_eq!(get(&person.app, by, "/api/tasks/counts").await["all"], 0);
    // What was removed is in none either.
    let path = format!("/api/tasks/{}", made[0]);
    must(&call(&person.app, By::Cookie(&person.cookie), "DELETE", &path, &Value::Null).await, 200);
    assert_eq!(person.ids(&format!("q={}", made[0])).await, Vec::<String>::new());
    assert_eq!(person.ids("").await, made[1..]);
    person.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_refused_by_name() {
    let person = Person::new().await;
    let by = By::Cookie(&person.cookie);
    let long = format!("/api/tasks?q={}", "x".repeat(201));
    for (path, param) in [
        ("/api/tasks?limit=0", "limit"),
        ("/api/tasks?limit=101", "limit"),
        ("/api/tasks?limit=x", "limit"),
        ("/api/tasks?after=x", "after"),
        ("/api/tasks?state=SUCCESS", "state"),
        ("/api/tasks?kind=both", "kind"),
        ("/api/tasks?source=web", "source"),
        ("/api/tasks?key_id=x", "key_id"),
        ("/api/tasks?since=-1", "since"),
        ("/api/tasks?until=9223372036854775807", "until"),
        (&long, "q"),
        ("/api/tasks/counts?state=failed", "state"),
        ("/api/tasks/counts?after=x", "after"),
        ("/api/tasks.csv?limit=1", "limit"),
    ] {
        let refused = call(&person.app, by, "GET", path, &Value::Null).await;
        assert_eq!(blamed(&refused), (400, "invalid_request".to_owned(), json!(param)), "{path}");
    }
    for path in ["/api/tasks", "/api/tasks/counts", "/api/tasks.csv"] {
        assert_eq!(call(&person.app, By::Nobody, "GET", path, &Value::Null).await.status, 401);
        assert_eq!(call(&person.app, By::Local, "GET", path, &Value::Null).await.status, 403);
        let weak = By::Key(person.live["key"].as_str().expect("a secret"));
        assert_eq!(call(&person.app, weak, "GET", path, &Value::Null).await.status, 403);
    }
    person.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_has_exact_amounts() {
    let person = Person::new().await;
    let done = person.make(&person.live, "=Pier, \"West\"").await;
    person.until(&done, "succeeded").await;
    let failed = person.make(&person.live, "[[fail: no luck]] no").await;
    let by = By::Cookie(&person.cookie);
    let answer = call(&person.app, by, "GET", "/api/tasks.csv?state=succeeded", &Value::Null).await;
    let text = String::from_utf8(answer.bytes).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("id,created_at,finished_at,state,model,"), "{text}");
    assert!(lines[1].starts_with(&done), "{text}");
    assert!(lines[1].contains(",0.24,2400000000,posted,"), "{text}");
    assert!(lines[1].ends_with(",\"'=Pier, \"\"West\"\"\""), "{text}");
    let whole = call(&person.app, by, "GET", "/api/tasks.csv", &Value::Null).await;
    let whole = String::from_utf8(whole.bytes).expect("text");
    assert!(whole.contains(&failed) && whole.lines().count() == 3, "{whole}");
    person.app.finish().await;
}
