//! Pages for people, and the probes.

use std::collections::BTreeSet;

use crate::support::{Answer, TestApp};

/// Every page, and a word that its Chinese text has.
const PAGES: [(&str, &str); 6] = [
    ("/", "视频"),
    ("/docs", "快速开始"),
    ("/docs/webhooks", "验签"),
    ("/docs/dialects", "接口风格"),
    ("/docs/errors", "错误码"),
    ("/docs/reference", "请求体"),
];

/// A page with more headers.
async fn page(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = app.bare_request("GET", path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

/// The values of an attribute, in order.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    let values = html.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&amp;", "&")).collect()
}

/// What `reference` means on the page at `path`.
fn resolve(app: &TestApp, path: &str, reference: &str) -> reqwest::Url {
    let base = format!("{}{path}", app.base_url);
    reqwest::Url::parse(&base).expect("a page").join(reference).expect("an address")
}

#[tokio::test]
async fn the_home_page_can_be_pasted_from() {
    let app = TestApp::start().await;
    let answer = page(&app, "/", &[("host", "evil.example")]).await;
    assert_eq!(answer.status, 200);
    let html = text(&answer);
    assert!(html.contains(&format!("{}/v1/video/generations", app.base_url)), "{html}");
    assert!(!html.contains("evil.example"));
    assert!(html.contains("docs?lang=en"), "{html}");
    app.finish().await;
}

#[tokio::test]
async fn every_doc_url_leads_somewhere() {
    let app = TestApp::start().await;
    let refusal = app.get("/nothing/here").await.json();
    let doc_url = refusal["error"]["doc_url"].as_str().expect("a link");
    let (path, anchor) = doc_url.split_once('#').expect("an anchor");
    for language in ["en", "zh"] {
        let answer = page(&app, path, &[("accept-language", language)]).await;
        assert_eq!(answer.status, 200);
        assert!(text(&answer).contains(&format!("id=\"{anchor}\"")), "{language}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_language_is_the_readers() {
    let app = TestApp::start().await;
    for (path, word) in PAGES {
        let english = page(&app, path, &[]).await;
        assert_eq!(english.header("content-language"), "en", "{path}");
        assert!(english.header("vary").contains("Accept-Language"), "{path}");
        assert!(text(&english).contains("<html lang=\"en\">"), "{path}");
        let asked = format!("{path}?lang=zh");
        for (path, accepted) in [(path, "zh-CN,zh;q=0.9,en;q=0.8"), (asked.as_str(), "en")] {
            let chinese = page(&app, path, &[("accept-language", accepted)]).await;
            assert_eq!(chinese.header("content-language"), "zh-CN", "{path}");
            let html = text(&chinese);
            assert!(html.contains("<html lang=\"zh-CN\">") && html.contains(word), "{path}");
            assert_ne!(chinese.header("etag"), english.header("etag"), "{path}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn both_languages_have_the_same_anchors_and_examples() {
    let app = TestApp::start().await;
    for (path, _) in PAGES {
        let english = text(&page(&app, &format!("{path}?lang=en"), &[]).await);
        let chinese = text(&page(&app, &format!("{path}?lang=zh"), &[]).await);
        for name in ["id", "data-snippet", "data-sample"] {
            assert_eq!(attributes(&english, name), attributes(&chinese, name), "{path} {name}");
        }
        assert!(!attributes(&english, "data-snippet").is_empty() || path == "/docs/errors");
        let ids = attributes(&english, "id");
        let once: BTreeSet<_> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "{path} has an anchor twice: {ids:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_page_loads_nothing_but_what_lies_beside_it() {
    let app = TestApp::start().await;
    for (path, _) in PAGES {
        let answer = page(&app, path, &[]).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{policy}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        let html = text(&answer);
        for inline in ["<style", " style=", " onclick=", " onload=", "<script>", "javascript:"] {
            assert!(!html.contains(inline), "{path} has {inline}");
        }
        for source in attributes(&html, "src") {
            assert!(source.contains("assets/") && !source.contains("//"), "{path}: {source}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn every_link_within_the_documentation_leads_to_a_page_and_a_place_on_it() {
    let app = TestApp::start().await;
    let mut seen = BTreeSet::new();
    for (path, _) in PAGES {
        let html = text(&page(&app, path, &[]).await);
        for reference in attributes(&html, "href").into_iter().chain(attributes(&html, "src")) {
            let url = resolve(&app, path, &reference);
            if !url.as_str().starts_with(&app.base_url) || !seen.insert(url.to_string()) {
                continue;
            }
            let address = &url.as_str()[app.base_url.len()..];
            let answer = page(&app, address, &[]).await;
            assert_eq!(answer.status, 200, "{path} leads to {reference}");
            if let Some(anchor) = url.fragment() {
                let place = format!("id=\"{anchor}\"");
                assert!(text(&answer).contains(&place), "{path} leads to {reference}");
            }
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
    app.finish().await;
}

#[tokio::test]
async fn names_have_their_own_capitals() {
    let app = TestApp::start().await;
    for (path, _) in PAGES {
        for language in ["en", "zh"] {
            let html = text(&page(&app, &format!("{path}?lang={language}"), &[]).await);
            for wrong in ["XAI", "xAi", "OPENAI", "OpenAi", "openAI", "CURL", "Curl", "Javascript"]
            {
                // Part of a longer word it is an identifier, such as a schema's name.
                let is_word = |(at, _): (usize, &str)| {
                    let (before, after) = (&html[..at], &html[at + wrong.len()..]);
                    let is_letter =
                        |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
                    let is_part =
                        is_letter(before.chars().next_back()) || is_letter(after.chars().next());
                    !is_part && !before.ends_with('_') && !after.starts_with('_')
                };
                let found = html.match_indices(wrong).find(|it| is_word(*it));
                assert_eq!(found, None, "{path} in {language}");
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_slash_behind_an_address_leads_to_the_page() {
    let app = TestApp::start().await;
    for (path, _) in PAGES.iter().filter(|(path, _)| *path != "/") {
        for query in ["", "?lang=zh"] {
            let asked = format!("{path}/{query}");
            let answer = page(&app, &asked, &[]).await;
            assert_eq!(answer.status, 308, "{asked}");
            let location = answer.header("location");
            // Relative, since the gateway may be reached below a path that it does not know.
            assert!(location.starts_with("../"), "{asked}: {location}");
            let target = resolve(&app, &asked, location);
            assert_eq!(target.as_str(), format!("{}{path}{query}", app.base_url));
        }
    }
    for wrong in ["/docs//", "/docs/nothing/", "/docs/assets/"] {
        assert_eq!(page(&app, wrong, &[]).await.status, 404, "{wrong}");
    }
    app.finish().await;
}

#[tokio::test]
async fn pages_are_asked_for_again_and_assets_are_kept() {
    let app = TestApp::start().await;
    let first = page(&app, "/docs", &[]).await;
    assert_eq!(first.header("cache-control"), "no-cache");
    let etag = first.header("etag");
    for known in [etag, "*", &format!("\"other\", {etag}")] {
        let again = page(&app, "/docs", &[("if-none-match", known)]).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), etag);
    }
    let other = page(&app, "/docs?lang=zh", &[("if-none-match", etag)]).await;
    assert_eq!(other.status, 200);
    let html = text(&first);
    let script = attributes(&html, "src").into_iter().next().expect("a script");
    let address = resolve(&app, "/docs", &script);
    let asset = page(&app, address.path(), &[]).await;
    assert_eq!(asset.header("content-type"), "text/javascript; charset=utf-8");
    assert!(asset.header("cache-control").contains("immutable"));
    let wrong = page(&app, "/docs/assets/docs.0000000000000000.js", &[]).await;
    assert_eq!(wrong.json()["error"]["code"], "not_found");
    app.finish().await;
}

#[tokio::test]
async fn nothing_below_docs_is_a_page_for_people_and_json_for_programs() {
    let app = TestApp::start().await;
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("if-none-match", "*")];
    for path in ["/docs/nope", "/docs/a/b/c?lang=zh", "/docs/<script>%22"] {
        let shown = page(&app, path, &browser).await;
        assert_eq!((shown.status, shown.header("cache-control")), (404, "no-store"), "{path}");
        assert_eq!(shown.header("content-type"), "text/html; charset=utf-8", "{path}");
        let html = text(&shown);
        assert!(!html.contains("nope") && !html.contains("<script>"), "{path}: {html}");
        for reference in attributes(&html, "href").iter().chain(&attributes(&html, "src")) {
            // The page itself in another language is as missing as this one.
            if reference.starts_with(['?', '#']) {
                continue;
            }
            let address = resolve(&app, path, reference);
            assert_eq!(page(&app, address.path(), &[]).await.status, 200, "{path}: {reference}");
        }
        let told = page(&app, path, &[]).await;
        assert_eq!((told.status, told.json()["error"]["code"].as_str()), (404, Some("not_found")));
    }
    let deep = format!("/docs{}", "/a".repeat(2000));
    let deep = page(&app, &deep, &browser).await;
    assert_eq!((deep.status, deep.header("content-type")), (404, "application/json"));
    let sent = app.bare_request("POST", "/docs/nope").header("accept", "text/html");
    assert_eq!(app.send(sent).await.json()["error"]["code"], "not_found");
    app.finish().await;
}

#[tokio::test]
async fn a_first_visit_is_small() {
    const FIRST_LOAD_BYTES_MAX: usize = 60 * 1024;
    // It has a sample for every call.
    const REFERENCE_BYTES_MAX: usize = 120 * 1024;
    let app = TestApp::start().await;
    let packed = [("accept-encoding", "gzip, br")];
    for (path, _) in PAGES {
        let html = text(&page(&app, path, &[]).await);
        let answer = page(&app, path, &packed).await;
        assert_eq!(answer.header("content-encoding"), "gzip", "{path}");
        assert!(answer.header("vary").contains("Accept-Encoding"), "{path}");
        assert_eq!(answer.bytes.get(..2), Some(&[0x1f, 0x8b][..]), "{path}");
        let mut total = answer.bytes.len();
        let assets = attributes(&html, "href").into_iter().chain(attributes(&html, "src"));
        for asset in assets.filter(|it| it.contains("assets/")) {
            let address = resolve(&app, path, &asset);
            total += page(&app, address.path(), &packed).await.bytes.len();
        }
        println!("{path}: {total} bytes for the first visit");
        let most =
            if path == "/docs/reference" { REFERENCE_BYTES_MAX } else { FIRST_LOAD_BYTES_MAX };
        assert!(total < most, "{path}: {total} bytes");
    }
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
