//! Pages and their assets as HTTP answers, for the documentation and the console.
//!
//! Guarantees: a strict policy goes with every page: nothing of another host is loaded but what the
//! policy names, no inline script or style works, nobody may frame a page. Pages have an
//! `ETag` and are asked for again each time; assets have their hash in the address and are kept
//! for a year. What is sent compressed was compressed once.

use std::fmt::Write as _;
use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::docs::language::{Language, weight};

/// Bytes of a hash that stand in an address or an `ETag`.
const HASH_BYTES: usize = 8;

/// What a page of the documentation may load.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Bytes that are ready to be sent, plain and compressed.
#[derive(Debug)]
pub(super) struct Ready {
    plain: Bytes,
    /// With gzip; `None` if it could not be made.
    packed: Option<Bytes>,
    /// What tells these bytes from others, in hex.
    pub(super) hash: String,
}

impl Ready {
    /// Compresses and hashes.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(bytes).iter().take(HASH_BYTES) {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self { plain: Bytes::copy_from_slice(bytes), packed: pack(bytes), hash }
    }

    fn body(&self, request: &HeaderMap, answer: &mut HeaderMap) -> Body {
        match &self.packed {
            Some(packed) if takes_gzip(request) => {
                answer.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                Body::from(packed.clone())
            }
            _ => Body::from(self.plain.clone()),
        }
    }

    /// As a page of the documentation in this language.
    pub(super) fn page(&self, request: &HeaderMap, language: Language) -> Response {
        let mut response = self.html(request, DOCS_POLICY);
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("Accept-Language, Accept-Encoding"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        response
    }

    /// As a page that may load what `policy` says (W3C Content Security Policy, level 3).
    pub(super) fn html(&self, request: &HeaderMap, policy: &str) -> Response {
        let mut response = self.revalidated(request);
        let headers = response.headers_mut();
        // Nothing that is no text for a header gets into a policy; if it did, nothing may be loaded.
        let policy = HeaderValue::from_str(policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        for (name, value) in [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (REFERRER_POLICY, "no-referrer"),
            (X_FRAME_OPTIONS, "DENY"),
            (VARY, "Accept-Encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// As the page of an address at which there is nothing; no cache keeps it.
    pub(super) fn missing(&self, request: &HeaderMap, language: Language) -> Response {
        let mut response = self.page(&without_conditions(request), language);
        *response.status_mut() = StatusCode::NOT_FOUND;
        let headers = response.headers_mut();
        headers.remove(ETAG);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Accept-Encoding"));
        response
    }

    /// As a JSON document.
    pub(super) fn json(&self, request: &HeaderMap) -> Response {
        let mut response = self.revalidated(request);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    }

    /// The bytes, or 304 for who has them, asked for again each time.
    fn revalidated(&self, request: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        // Weak: the same tag goes with both encodings.
        let etag = format!("W/\"{}\"", self.hash);
        let is_unchanged = request.get_all(IF_NONE_MATCH).iter().any(|line| {
            line.to_str().is_ok_and(|text| text.split(',').any(|tag| is_same(tag.trim(), &etag)))
        });
        if is_unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            let body = self.body(request, response.headers_mut());
            *response.body_mut() = body;
        }
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(ETAG, etag);
        }
        response
    }

    /// As an asset whose address names its hash.
    pub(super) fn asset(&self, request: &HeaderMap, kind: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        let mut response = Response::new(self.body(request, &mut headers));
        for (name, value) in [
            (CONTENT_TYPE, kind),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (VARY, "Accept-Encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        *response.headers_mut() = headers;
        response
    }
}

/// The headers without those that ask for a 304.
fn without_conditions(request: &HeaderMap) -> HeaderMap {
    let mut headers = request.clone();
    headers.remove(IF_NONE_MATCH);
    headers
}

/// Whether a request prefers pages to JSON, as browsers do that follow a link.
pub(super) fn takes_html(request: &HeaderMap) -> bool {
    let lines = request.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let lines: Vec<&str> = lines.collect();
    let most = |kind: &str| {
        let items = lines.iter().flat_map(|line| line.split(',')).filter_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            name.trim().eq_ignore_ascii_case(kind).then(|| weight(parameters))
        });
        items.fold(0.0, f32::max)
    };
    let html = most("text/html");
    html > 0.0 && html >= most("application/json")
}

/// A weak comparison (RFC 9110, section 8.8.3.2).
fn is_same(candidate: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    candidate == "*" || opaque(candidate) == opaque(etag)
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let lines = request.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        name.trim().eq_ignore_ascii_case("gzip") && weight(parameters) > 0.0
    })
}

fn pack(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))])
    }

    #[test]
    fn gzip_is_sent_to_whom_wants_it() {
        for good in ["gzip", "br, GZIP;q=0.5", "deflate,gzip"] {
            assert!(takes_gzip(&accepting(good)), "{good}");
        }
        for bad in ["", "br", "gzip;q=0", "gzipped", "identity"] {
            assert!(!takes_gzip(&accepting(bad)), "{bad}");
        }
    }

    #[test]
    fn pages_are_sent_to_whom_wants_them() {
        let takes = |text: &'static str| {
            takes_html(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(text))]))
        };
        for good in ["text/html", "a/b, TEXT/html;q=0.9,*/*;q=0.8"] {
            assert!(takes(good), "{good}");
        }
        for bad in ["", "*/*", "text/html;q=0", "application/json, text/html;q=0.5"] {
            assert!(!takes(bad), "{bad}");
        }
    }

    #[test]
    fn tags_are_compared_weakly() {
        for good in ["*", "W/\"a\"", "\"a\""] {
            assert!(is_same(good, "W/\"a\""), "{good}");
        }
        assert!(!is_same("\"b\"", "W/\"a\"") && !is_same("", "W/\"a\""));
    }
}
