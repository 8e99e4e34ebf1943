//! The web console's page and files.

use serde_json::json;

use crate::support::{Answer, TestApp};

async fn asked(app: &TestApp, path: &str) -> Answer {
    app.send(app.bare_request("GET", path)).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

/// What `src="…"` or `href="…"` name in the page, each as an address from the root.
fn loaded(path: &str, html: &str) -> Vec<String> {
    let base = reqwest::Url::parse("http://gateway").expect("a base").join(path).expect("a path");
    let starts = [" src=\"", " href=\""];
    let values = starts.iter().flat_map(|start| html.split(start).skip(1));
    let named = values.filter_map(|rest| rest.split('"').next());
    named.map(|way| base.join(way).expect("a way").path().to_owned()).collect()
}

#[tokio::test]
async fn every_address_has_the_page_and_the_page_has_its_files() {
    let app = TestApp::start().await;
    for path in
        ["/console/", "/console/login", "/console/tasks/task_0123", "/console/admin/users/7"]
    {
        let page = asked(&app, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        let html = text(&page);
        let files = loaded(path, &html);
        assert!(files.len() > 10, "{path}: {html}");
        for file in files {
            let answer = asked(&app, &file).await;
            assert_eq!(answer.status, 200, "{path} names {file}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{file}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn the_address_without_a_slash_leads_to_the_page() {
    let app = TestApp::start().await;
    let answer = asked(&app, "/console").await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), "console/");
    app.finish().await;
}

#[tokio::test]
async fn the_policy_lets_nothing_of_others_in() {
    let app = TestApp::start().await;
    let page = asked(&app, "/console/keys").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let html = text(&page);
    for word in ["<style", " style=", " onload=", " onclick=", "http-equiv"] {
        assert!(!html.contains(word), "{word} in {html}");
    }
    app.finish().await;
}

#[tokio::test]
async fn videos_of_other_hosts_play_once_a_channel_gives_their_addresses_out() {
    let app = TestApp::start().await;
    let before = asked(&app, "/console/").await;
    assert!(before.header("content-security-policy").ends_with("; media-src 'self' blob:"));
    let channel = json!({
        "name": "rack", "provider": "vllm-omni", "base_url": "http://127.0.0.1:9/v1",
        "models": { "grok-image-video": "wan" }, "result_links": "upstream",
    });
    let request = app.bare_request("POST", "/api/admin/channels");
    let request = request.bearer_auth(&app.app().local_token);
    let request = request.header("content-type", "application/json").body(channel.to_string());
    assert_eq!(app.send(request).await.status, 201);
    let after = asked(&app, "/console/").await;
    let policy = after.header("content-security-policy");
    assert!(policy.ends_with("; media-src 'self' blob: http: https:"), "{policy}");
    // A browser that kept the page would keep its policy with it.
    assert_ne!(before.header("etag"), after.header("etag"));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_file_of_the_console_is_not_found() {
    let app = TestApp::start().await;
    let deep = format!("/console/{}", "a/".repeat(17));
    for path in [
        "/console/assets/disk/index.html",
        "/console/assets/disk/vendor/VERSIONS",
        "/console/assets/disk/none.js",
        "/console/assets/disk/..%2f..%2fCargo.toml",
        "/console/assets/disk/%2fetc%2fpasswd.js",
        "/console/assets/disk/%ff.js",
        "/console/assets/0123456789abcdef/app.js",
        "/console/assets/",
        "/console/assets/disk",
        deep.as_str(),
    ] {
        let answer = asked(&app, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["error"]["code"], "not_found", "{path}");
    }
    app.finish().await;
}
