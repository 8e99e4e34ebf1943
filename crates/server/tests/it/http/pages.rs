//! Pages for people, and the probes.

use crate::support::TestApp;

#[tokio::test]
async fn the_home_page_can_be_pasted_from() {
    let app = TestApp::start().await;
    let answer = app.send(app.bare_request("GET", "/").header("host", "evil.example")).await;
    assert_eq!(answer.status, 200);
    let html = String::from_utf8_lossy(&answer.bytes);
    assert!(html.contains(&format!("curl {}/v1/video/generations", app.base_url)), "{html}");
    assert!(!html.contains("evil.example"));
    assert!(html.contains("视频"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    app.finish().await;
}

#[tokio::test]
async fn every_doc_url_leads_somewhere() {
    let app = TestApp::start().await;
    let refusal = app.get("/nothing/here").await.json();
    let doc_url = refusal["error"]["doc_url"].as_str().expect("a link");
    let (page, anchor) = doc_url.split_once('#').expect("an anchor");
    let answer = app.send(app.bare_request("GET", page)).await;
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.bytes).contains(&format!("id=\"{anchor}\"")));
    app.finish().await;
}

#[tokio::test]
async fn probes() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.send(app.bare_request("GET", path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("x-request-id").starts_with("req_"));
    }
    app.finish().await;
}
