//! The first start: how its owner gets into the console, and what a page may know before that.

use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::bootstrap::{BOOTSTRAP_FILE, Bootstrap, read};
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use super::{By, START_SECONDS, call, get, must, on_a_clock, refusal};
use crate::support::{Answer, Options, TestApp};

const MINUTE_MS: i64 = 60_000;

fn known(app: &TestApp) -> Bootstrap {
    read(app.data_dir()).expect("readable").expect("there")
}

async fn by_password(app: &TestApp, known: &Bootstrap) -> Answer {
    let body = json!({ "name": known.admin_user, "password": known.admin_password });
    call(app, By::Nobody, "POST", "/api/login", &body).await
}

async fn by_link(app: &TestApp, known: &Bootstrap) -> Answer {
    let (page, token) = known.console_login_url.split_once("#t=").expect("a token");
    assert_eq!(page, format!("{}/console/login", app.base_url));
    call(app, By::Nobody, "POST", "/api/login", &json!({ "token": token })).await
}

async fn is_first_run(app: &TestApp) -> Value {
    get(app, By::Nobody, "/api/console").await["first_run"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_of_the_first_start_lets_its_owner_in() {
    let (app, clock) = on_a_clock().await;
    let known = known(&app);
    assert_eq!(known.console_url, format!("{}/console/", app.base_url));
    assert_eq!(known.admin_user, "owner");
    assert_eq!(is_first_run(&app).await, true);
    clock.advance_ms(15 * MINUTE_MS - 1);
    let opened = by_link(&app, &known).await;
    let opened = must(&opened, 200);
    assert_eq!(opened["account"]["role"], "owner");
    assert_eq!(opened["session"]["by_link"], true);
    assert_eq!(is_first_run(&app).await, false);
    let again = by_link(&app, &known).await;
    assert_eq!(refusal(&again), (401, "invalid_credentials".to_owned()));
    must(&by_password(&app, &known).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_link_ends_after_fifteen_minutes_and_the_password_does_not() {
    let (app, clock) = on_a_clock().await;
    let known = known(&app);
    clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(by_link(&app, &known).await.status, 401);
    assert_eq!(is_first_run(&app).await, true, "nobody came in");
    must(&by_password(&app, &known).await, 200);
    app.finish().await;
}

/// Puts a file where a start, cut off before its commit, would have left it.
fn leave(folder: &Path, file: &Value) {
    let data_dir = folder.join("data");
    std::fs::create_dir_all(&data_dir).expect("a folder");
    std::fs::write(data_dir.join(BOOTSTRAP_FILE), file.to_string()).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_an_owner_is_used_and_completed() {
    let folder = Arc::new(tempfile::tempdir().expect("a temporary directory"));
    let (key, test_key) = (format!("sk-{}", "a".repeat(48)), format!("sk-test-{}", "b".repeat(48)));
    let file =
        json!({ "base_url": "http://127.0.0.1:1", "api_key": key, "test_api_key": test_key });
    leave(folder.path(), &file);
    let app = Options::default().start_in(folder).await;
    let completed = known(&app);
    assert_eq!((&completed.api_key, &completed.test_api_key), (&key, &test_key));
    assert_eq!(completed.base_url, app.base_url, "the address is today's");
    get(&app, By::Key(&key), "/v1/models").await;
    must(&by_password(&app, &completed).await, 200);
    must(&by_link(&app, &completed).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn password_and_token_of_a_file_without_an_owner_are_kept() {
    let folder = Arc::new(tempfile::tempdir().expect("a temporary directory"));
    let token = "0123456789abcdef".repeat(4);
    leave(
        folder.path(),
        &json!({
            "base_url": "http://127.0.0.1:1",
            "api_key": format!("sk-{}", "a".repeat(48)),
            "test_api_key": format!("sk-test-{}", "b".repeat(48)),
            "console_url": "http://127.0.0.1:1/console/",
            "console_login_url": format!("http://127.0.0.1:1/console/login#t={token}"),
            "admin_user": "owner",
            "admin_password": "three green paper boats",
        }),
    );
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START_SECONDS));
    let app = Options::default().clock(&clock).start_in(folder).await;
    let kept = known(&app);
    assert_eq!(kept.admin_password, "three green paper boats");
    assert_eq!(kept.console_login_url, format!("{}/console/login#t={token}", app.base_url));
    must(&by_password(&app, &kept).await, 200);
    must(&by_link(&app, &kept).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_start_changes_neither_file_nor_password() {
    let app = TestApp::start().await;
    let (first, folder) = (known(&app), app.folder());
    app.finish().await;
    let app = Options::default().start_in(folder).await;
    assert!(app.app().first_start.is_none());
    let second = known(&app);
    assert!(first == second, "the file was written again");
    must(&by_password(&app, &second).await, 200);
    assert_eq!(is_first_run(&app).await, false);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_knows_what_it_needs_before_anybody_signed_in() {
    let app = TestApp::start().await;
    let expected = |registration: &str, first_run: bool| {
        json!({
            "object": "console_info",
            "version": env!("CARGO_PKG_VERSION"),
            "public_url": app.base_url,
            "registration": registration,
            "first_run": first_run,
            "insecure_cookie": false,
        })
    };
    assert_eq!(get(&app, By::Nobody, "/api/console").await, expected("closed", true));
    let open = json!({ "registration": "open" });
    must(&call(&app, By::Local, "PATCH", "/api/admin/settings", &open).await, 200);
    // Somebody else's coming in is not the owner's.
    let new = json!({ "name": "carol", "password": "three green paper boats" });
    must(&call(&app, By::Nobody, "POST", "/api/register", &new).await, 201);
    assert_eq!(get(&app, By::Nobody, "/api/console").await, expected("open", true));
    app.finish().await;
}
