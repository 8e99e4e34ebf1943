//! The frame of the few HTML pages: made once at the start, no script, nothing loaded.

use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use sha2::{Digest as _, Sha256};

use super::{docs, home};

const STYLE: &str = "\
body{font:16px/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;\
color:#1c1e21;background:#fff}\
pre{background:#f3f4f6;padding:1rem;overflow-x:auto;border-radius:8px}\
code{font:14px/1.5 ui-monospace,monospace}\
table{border-collapse:collapse;width:100%}\
td,th{border-bottom:1px solid #d9dce1;padding:.5rem;text-align:left;vertical-align:top}\
:target{background:#fff4cc}\
@media(prefers-color-scheme:dark){body{color:#e6e7ea;background:#16181c}\
pre{background:#22252b}td,th{border-color:#363a42}:target{background:#4a4220}a{color:#8ab4ff}}";

/// The pages, ready to be sent.
pub(super) struct Pages {
    /// `/`.
    pub(super) home: Page,
    /// `/docs/errors`.
    pub(super) errors: Page,
}

impl Pages {
    /// Pages of a gateway under `public_url`.
    pub(super) fn new(public_url: &str) -> Self {
        let policy = policy();
        let page = |title: &str, body: &str| Page::new(title, body, policy.clone());
        Self {
            home: page("Rushes", &home::body(public_url)),
            errors: page("Rushes: errors · 错误代码", &docs::body()),
        }
    }
}

/// One page.
pub(super) struct Page {
    html: Bytes,
    policy: HeaderValue,
}

impl Page {
    fn new(title: &str, body: &str, policy: HeaderValue) -> Self {
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n"
        );
        Self { html: html.into(), policy }
    }

    /// The page as an answer.
    pub(super) fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.html.clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Nothing but our one style sheet, by its hash.
fn policy() -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// Text as it may stand in HTML, also within quotes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(escape("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
        let page = Pages::new("https://x.example/<script>").home;
        assert!(!String::from_utf8_lossy(&page.html).contains("<script"));
    }
}
