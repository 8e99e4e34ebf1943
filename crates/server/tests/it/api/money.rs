//! Grants, corrections, codes, usage, and their tables for spreadsheets.

use pretty_assertions::assert_eq;
use rushes_domain::{AccountId, Ticks};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{By, call, get, make_account, must, on_a_clock, refusal, sign_in};
use crate::support::TestApp;

const DAY_MS: i64 = 86_400_000;

async fn available(app: &TestApp, name: &str) -> String {
    let account = get(app, By::Local, &format!("/api/admin/accounts/{name}")).await;
    account["balance"]["available"]["amount"].as_str().expect("an amount").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_booked_once_for_each_reference() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    let path = "/api/admin/accounts/alice/credit";
    let grant = |amount: &str, reference: Value| json!({ "amount": amount, "reason": "order 17", "reference": reference });
    let post = async |body: Value| call(&app, By::Local, "POST", path, &body).await;
    let first = must(&post(grant("20", json!("invoice-17"))).await, 201);
    assert_eq!((&first["reason"], &first["actor"]), (&json!("order 17"), &json!("local")));
    let again = must(&post(grant("20", json!("invoice-17"))).await, 200);
    assert_eq!(again["id"], first["id"], "a repetition gives the same transfer");
    let other = post(grant("30", json!("invoice-17"))).await;
    assert_eq!(refusal(&other), (409, "conflict".to_owned()));
    must(&post(grant("1", Value::Null)).await, 201);
    assert_eq!(available(&app, "alice").await, "21.00");
    for (field, body) in [
        ("amount", grant("0", Value::Null)),
        ("amount", grant("-5", Value::Null)),
        ("amount", grant("1e3", Value::Null)),
        ("amount", grant("1000001", Value::Null)),
        ("reference", grant("1", json!("with spaces"))),
        ("reason", json!({ "amount": "1", "reason": " " })),
    ] {
        let answer = post(body.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["param"]),
            (400, &json!(field)),
            "{body}"
        );
    }
    let nobody = "/api/admin/accounts/nobody/credit";
    let nobody = call(&app, By::Local, "POST", nobody, &grant("1", Value::Null)).await;
    assert_eq!(nobody.status, 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_never_takes_what_is_not_there() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "2" })).await;
    let path = "/api/admin/accounts/alice/adjustments";
    let adjust = async |amount: &str| {
        let body = json!({ "amount": amount, "reason": "a correction" });
        call(&app, By::Local, "POST", path, &body).await
    };
    let refused = adjust("-2.01").await;
    assert_eq!(refusal(&refused), (409, "conflict".to_owned()));
    assert!(refused.json()["message"].as_str().is_some_and(|it| it.contains("$2.00")));
    must(&adjust("-2").await, 201);
    assert_eq!(available(&app, "alice").await, "0.00");
    must(&adjust("0.5").await, 201);
    let foreign =
        app.create(&json!({ "model": "grok-image-video", "prompt": "the owner's" })).await;
    let body = json!({ "amount": "1", "reason": "refund", "task_id": foreign });
    let wrong = call(&app, By::Local, "POST", path, &body).await;
    assert_eq!(refusal(&wrong), (404, "task_not_exist".to_owned()), "not this account's task");
    app.wait(&foreign).await;
    // By a reference it is booked once, however often the answer was lost.
    let named = async |amount: &str| {
        let body = json!({ "amount": amount, "reason": "a ticket", "reference": "ticket-17" });
        call(&app, By::Local, "POST", path, &body).await
    };
    let first = must(&named("0.25").await, 201);
    assert_eq!(must(&named("0.25").await, 200)["id"], first["id"]);
    assert_eq!(refusal(&named("0.26").await), (409, "conflict".to_owned()));
    assert_eq!(available(&app, "alice").await, "0.75");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_worth_its_amount_once() {
    let (app, clock) = on_a_clock().await;
    for name in ["alice", "bob"] {
        make_account(&app, name, &json!({})).await;
    }
    let (alice, bob) = (sign_in(&app, "alice").await, sign_in(&app, "bob").await);
    let wanted = json!({
        "amount": "5", "count": 3, "batch": "spring",
        "expires_at": app.now().unix_seconds() + 86_400,
    });
    let made = must(&call(&app, By::Local, "POST", "/api/admin/codes", &wanted).await, 201);
    let code = |index: usize| made["data"][index]["code"].as_str().expect("a code").to_owned();
    let redeem = async |cookie: &str, code: &str| {
        call(&app, By::Cookie(cookie), "POST", "/api/redeem", &json!({ "code": code })).await
    };
    let typed = code(0).to_lowercase().replace('-', " ");
    let transfer = must(&redeem(&alice, &typed).await, 200);
    assert_eq!(transfer["amount"]["amount"], "5.00");
    for cookie in [&alice, &bob] {
        let again = redeem(cookie, &code(0)).await;
        assert_eq!(refusal(&again), (400, "code_invalid".to_owned()));
    }
    let id = &made["data"][1]["id"];
    let revoke = format!("/api/admin/codes/{id}");
    must(&call(&app, By::Local, "DELETE", &revoke, &Value::Null).await, 200);
    assert_eq!(redeem(&bob, &code(1)).await.status, 400);
    let redeemed = format!("/api/admin/codes/{}", made["data"][0]["id"]);
    let too_late = call(&app, By::Local, "DELETE", &redeemed, &Value::Null).await;
    assert_eq!(too_late.status, 409);
    clock.advance_ms(DAY_MS);
    let bob = sign_in(&app, "bob").await;
    let expired = redeem(&bob, &code(2)).await;
    assert_eq!(refusal(&expired), (400, "code_invalid".to_owned()));
    let list = get(&app, By::Local, "/api/admin/codes?batch=spring").await;
    let states: Vec<&str> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .filter_map(|it| it["state"].as_str())
        .collect();
    assert_eq!(states, ["redeemed", "revoked", "expired"]);
    let shown = list.to_string();
    assert!((0..3).all(|index| !shown.contains(&code(index))), "codes are shown once: {shown}");
    assert_eq!(
        (available(&app, "alice").await, available(&app, "bob").await),
        ("5.00".to_owned(), "0.00".to_owned())
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_at_once_one_gets_the_code_and_guesses_run_out() {
    let (app, _clock) = on_a_clock().await;
    let made = must(
        &call(&app, By::Local, "POST", "/api/admin/codes", &json!({ "amount": "7" })).await,
        201,
    );
    let code = made["data"][0]["code"].as_str().expect("a code").to_owned();
    let mut tries = JoinSet::new();
    for index in 0..16 {
        let name = format!("user{index}");
        must(
            &call(&app, By::Local, "POST", "/api/admin/accounts", &json!({ "name": name })).await,
            201,
        );
        let path = format!("/api/admin/accounts/{name}/keys");
        let key = must(
            &call(&app, By::Local, "POST", &path, &json!({ "name": "k", "scopes": ["manage"] }))
                .await,
            201,
        );
        let request = app
            .bare_request("POST", "/api/redeem")
            .bearer_auth(key["key"].as_str().expect("a key"))
            .header("content-type", "application/json")
            .body(json!({ "code": code }).to_string());
        tries.spawn(async move { request.send().await.expect("an answer").status().as_u16() });
    }
    let statuses = tries.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 15, "{statuses:?}");

    make_account(&app, "guesser", &json!({})).await;
    let cookie = sign_in(&app, "guesser").await;
    let mut refused = 0;
    for _ in 0..40 {
        let body = json!({ "code": "RC-0000-0000-0000-0000-0000" });
        let answer = call(&app, By::Cookie(&cookie), "POST", "/api/redeem", &body).await;
        refused += usize::from(answer.status == 429);
    }
    assert!(refused >= 30, "{refused} of 40 guesses were refused");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_the_sum_of_what_was_posted() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({ "credit": "5" })).await;
    let cookie = sign_in(&app, "alice").await;
    let by = By::Cookie(&cookie);
    let key = must(&call(&app, by, "POST", "/api/keys", &json!({ "name": "=cmd|x" })).await, 201);
    let key = key["key"].as_str().expect("a key").to_owned();
    let order = |picture: Value| {
        json!({
            "model": "grok-image-video", "prompt": "x", "seconds": 4, "resolution": "480p",
            "image_urls": picture,
        })
    };
    for picture in [json!([]), json!([]), json!(["http://nobody.invalid/a.png"])] {
        let id = app.create_with(&key, &order(picture)).await;
        let path = format!("/v1/video/generations/{id}");
        crate::support::eventually("it ends", async || {
            let body = call(&app, By::Key(&key), "GET", &path, &Value::Null).await.json();
            matches!(body["status"].as_str(), Some("completed" | "failed")).then_some(())
        })
        .await;
    }
    let usage = get(&app, by, "/api/usage?group_by=model").await;
    assert_eq!(
        usage["total"],
        json!({
            "succeeded": 2, "failed": 1, "cancelled": 0, "seconds": 8,
            "amount": { "amount": "0.48", "ticks": "4800000000" },
        })
    );
    assert_eq!(usage["data"][0]["model"], "grok-image-video");
    for (path, status) in [
        ("/api/usage?group_by=account", 400),
        ("/api/usage?account=owner", 400),
        ("/api/usage?from=yesterday", 400),
        ("/api/usage?from=2026-02-01&to=2026-01-01", 400),
        ("/api/usage?from=2020-01-01&to=2026-01-01", 400),
        ("/api/usage?to=1969-12-31", 400),
        ("/api/usage?to=-009999-01-01", 400),
        ("/api/usage?colour=red", 400),
        ("/api/admin/usage", 403),
    ] {
        assert_eq!(call(&app, by, "GET", path, &Value::Null).await.status, status, "{path}");
    }
    let first_days = get(&app, by, "/api/usage?to=1970-01-02").await;
    assert_eq!(
        (&first_days["from"], &first_days["to"]),
        (&json!("1970-01-01"), &json!("1970-01-02"))
    );
    let by_account = get(&app, By::Local, "/api/admin/usage?group_by=account").await;
    assert_eq!(by_account["data"][0]["account"], "alice");
    let csv = call(&app, by, "GET", "/api/usage.csv?group_by=key", &Value::Null).await;
    let text = String::from_utf8(csv.bytes).expect("UTF-8");
    assert!(text.contains("0.48") && text.contains("4800000000"), "{text}");
    assert!(text.contains("'=cmd|x") && !text.contains("\n=cmd"), "no formula: {text}");
    let rebuilt = call(&app, By::Local, "POST", "/api/admin/usage/rebuild", &Value::Null).await;
    assert_eq!(must(&rebuilt, 200)["wrong"], 0);
    let ledger = call(&app, by, "GET", "/api/ledger.csv", &Value::Null).await;
    let text = String::from_utf8(ledger.bytes).expect("UTF-8");
    assert_eq!(text.lines().count(), 1 + 7, "{text}");
    app.finish().await;
}

/// The audit log has no end in its table either, also where the last page is a full one; a table of
/// usage that would be too long is refused instead of cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_ends_before_its_last_row() {
    let app = TestApp::start().await;
    let lines = async |path: &str| {
        let answer = call(&app, By::Local, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}");
        String::from_utf8(answer.bytes).expect("UTF-8").lines().count()
    };
    let now = app.now();
    for (count, expected) in [(2_000_u32, 2_001_usize), (500, 2_501)] {
        let fill = move |tx: &mut rushes_store::Tx<'_>| {
            for _ in 0..count {
                rushes_store::audit(tx, &line_of_log(now))?;
            }
            Ok(())
        };
        app.app().store.write(fill).await.expect("written");
        assert_eq!(lines("/api/admin/audit.csv?action=test.").await, expected);
    }

    let day = now.unix_days();
    let fill = move |tx: &mut rushes_store::Tx<'_>| {
        tx.exec(
            "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL
                 SELECT number + 1 FROM numbers WHERE number <= 100000)
             INSERT INTO usage_days SELECT $1, 1, number, 'm', 1, 0, 0, 4, 1 FROM numbers",
            rushes_store::params![day],
        )
    };
    assert_eq!(app.app().store.write(fill).await.expect("written"), 100_001);
    let path = "/api/admin/usage.csv?group_by=key";
    let refused = call(&app, By::Local, "GET", path, &Value::Null).await;
    assert_eq!(refused.status, 400);
    let text = String::from_utf8(refused.bytes).expect("UTF-8");
    assert!(text.contains("ask for fewer days at a time"), "{text}");
    let fewer = |tx: &mut rushes_store::Tx<'_>| {
        tx.exec("DELETE FROM usage_days WHERE key_id = 1", rushes_store::params![])
    };
    app.app().store.write(fewer).await.expect("written");
    assert_eq!(lines(path).await, 100_001);
    // The usage was made up.
    app.stop().await;
}

fn line_of_log(at: rushes_domain::Timestamp) -> rushes_store::AuditEntry {
    rushes_store::AuditEntry {
        at,
        actor: "test".to_owned(),
        actor_account_id: None,
        address: None,
        request_id: None,
        action: "test.line".to_owned(),
        object: "nothing".to_owned(),
        account_id: None,
        before: None,
        after: None,
    }
}

/// More rows than one answer or one read from the store has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_tables_are_whole_and_sums_are_of_all_rows() {
    const COUNT: i64 = 2_500;
    const LINES: usize = 2_501;
    let app = TestApp::start().await;
    let alice = make_account(&app, "alice", &json!({})).await;
    let account = AccountId(alice["id"].as_i64().expect("an id"));
    let (now, day) = (app.now(), app.now().unix_days());
    let fill = move |tx: &mut rushes_store::Tx<'_>| {
        for number in 0..COUNT {
            rushes_store::add_credit(tx, account, &format!("n{number}"), Ticks(1), now)?;
            tx.exec(
                "INSERT INTO usage_days VALUES ($1, $2, $3, 'm', 1, 0, 0, 4, 1)",
                rushes_store::params![day, account, 1_000 + number],
            )?;
        }
        Ok(())
    };
    app.app().store.write(fill).await.expect("written");
    let lines = async |path: &str| {
        let answer = call(&app, By::Local, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-disposition").contains("attachment"));
        String::from_utf8(answer.bytes).expect("UTF-8").lines().count()
    };
    assert_eq!(lines("/api/admin/accounts/alice/ledger.csv").await, LINES);
    assert_eq!(lines("/api/admin/usage.csv?group_by=key").await, LINES);
    let usage = get(&app, By::Local, "/api/admin/usage?group_by=key").await;
    assert_eq!(usage["data"].as_array().map(Vec::len), Some(1_000));
    assert_eq!((&usage["has_more"], &usage["total"]["succeeded"]), (&json!(true), &json!(COUNT)));
    assert_eq!(usage["total"]["amount"]["ticks"], COUNT.to_string());
    // The usage was made up.
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_comes_in_pages() {
    let app = TestApp::start().await;
    make_account(&app, "alice", &json!({})).await;
    for number in 1..=5 {
        let body = json!({ "amount": format!("{number}"), "reason": "page" });
        must(&call(&app, By::Local, "POST", "/api/admin/accounts/alice/credit", &body).await, 201);
    }
    let cookie = sign_in(&app, "alice").await;
    let mut seen = Vec::new();
    let mut path = "/api/ledger?limit=2".to_owned();
    loop {
        let page = get(&app, By::Cookie(&cookie), &path).await;
        let data = page["data"].as_array().expect("a list");
        seen.extend(
            data.iter().filter_map(|row| row["amount"]["amount"].as_str().map(str::to_owned)),
        );
        let Some(next) = page["next_after"].as_str() else { break };
        path = format!("/api/ledger?limit=2&after={next}");
    }
    assert_eq!(seen, ["5.00", "4.00", "3.00", "2.00", "1.00"]);
    app.finish().await;
}
