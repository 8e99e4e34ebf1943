//! Whether a request that changes something was made by our own pages.
//!
//! Guarantees: a browser's request that another origin caused is refused, also one from a
//! neighbouring host of the same site; a program that is no browser is let through. Not here: who
//! is signed in.

use http::header::ORIGIN;
use http::{HeaderMap, Method};
use rushes_domain::{ApiError, ErrorCode};
use url::Url;

/// The header in which browsers say where a request comes from (W3C Fetch Metadata). Pages cannot
/// set it; browsers leave it out on plain connections off the machine.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Checks one request against the address that browsers know the gateway by. Methods that change
/// nothing pass (RFC 9110, section 9.2.1). `Sec-Fetch-Site` counts where there is one, else
/// `Origin` (RFC 6454), which browsers send with every other method.
///
/// # Errors
/// `cross_site_request`.
pub fn check(method: &Method, headers: &HeaderMap, public_url: &str) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    let is_ours = if headers.contains_key(SEC_FETCH_SITE) {
        matches!(only(headers, SEC_FETCH_SITE), Some(b"same-origin" | b"none"))
    } else if headers.contains_key(ORIGIN) {
        only(headers, ORIGIN.as_str()).is_some_and(|origin| is_origin_of(public_url, origin))
    } else {
        true
    };
    if is_ours {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::CrossSiteRequest,
        format!("this request comes from another website; open {public_url} and try again there"),
    ))
}

/// The value of a header that is there exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value.as_bytes())
}

/// Whether a browser writes the origin of the URL like this. An origin that is `null` is nobody's.
fn is_origin_of(public_url: &str, origin: &[u8]) -> bool {
    Url::parse(public_url).is_ok_and(|url| {
        let ours = url.origin();
        ours.is_tuple() && ours.ascii_serialization().as_bytes() == origin
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const HERE: &str = "https://video.example.com";

    fn passes(method: &Method, headers: &[(&'static str, &'static str)], url: &str) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        match check(method, &map, url) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code, ErrorCode::CrossSiteRequest);
                assert!(error.message.contains(url), "{}", error.message);
                false
            }
        }
    }

    #[test]
    fn safe_methods_pass() {
        let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(passes(&method, &foreign, HERE), "{method}");
        }
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!passes(&method, &foreign, HERE), "{method}");
        }
    }

    #[test]
    fn c01_the_site_counts_first() {
        for (site, expected) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("Same-Origin", false),
            ("", false),
        ] {
            for origin in [None, Some(HERE), Some("https://evil.example")] {
                let mut headers = vec![("sec-fetch-site", site)];
                headers.extend(origin.map(|origin| ("origin", origin)));
                assert_eq!(passes(&Method::POST, &headers, HERE), expected, "{headers:?}");
            }
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert!(!passes(&Method::POST, &twice, HERE));
    }

    #[test]
    fn without_it_the_origin_has_to_be_ours() {
        for (origin, url, expected) in [
            (HERE, HERE, true),
            (HERE, "https://video.example.com:443", true),
            (HERE, "https://Video.Example.com/rushes", true),
            ("http://192.168.1.5:8080", "http://192.168.1.5:8080", true),
            ("http://192.168.1.5", "http://192.168.1.5:8080", false),
            ("http://video.example.com", HERE, false),
            ("https://video.example.com.evil.example", HERE, false),
            ("https://example.com", HERE, false),
            ("null", HERE, false),
            ("null", "nonsense", false),
            ("null", "data:text/plain,x", false),
            ("", HERE, false),
        ] {
            let passed = passes(&Method::POST, &[("origin", origin)], url);
            assert_eq!(passed, expected, "{origin} at {url}");
        }
        assert!(!passes(&Method::POST, &[("origin", HERE), ("origin", HERE)], HERE));
    }

    #[test]
    fn what_is_no_browser_passes() {
        assert!(passes(&Method::POST, &[], HERE));
    }
}
