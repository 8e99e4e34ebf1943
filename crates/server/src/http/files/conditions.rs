//! Conditional and range requests (RFC 9110, sections 13 and 14).

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};

/// Longest `Range` header that is looked at, in bytes.
const RANGE_BYTES_MAX: usize = 256;

/// What tells one version of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validators {
    /// Strong, with its quotes.
    pub(super) etag: String,
    /// When the file came to be, in seconds since the epoch.
    pub(super) modified_seconds: i64,
}

/// The part of a file that an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Both ends included.
    Range {
        /// The first byte.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// Nothing of what was asked for exists.
    Unsatisfiable,
}

/// Whether the client's copy is still good: 304.
pub(super) fn is_unchanged(headers: &HeaderMap, validators: &Validators) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        // A weak comparison; it also decides alone when both conditions are sent.
        return headers.get_all(IF_NONE_MATCH).iter().any(|value| {
            value.to_str().is_ok_and(|text| {
                text.split(',').map(str::trim).any(|candidate| {
                    candidate == "*"
                        || candidate.strip_prefix("W/").unwrap_or(candidate) == validators.etag
                })
            })
        });
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    since.and_then(parse_http_date).is_some_and(|since| validators.modified_seconds <= since)
}

/// The part that `Range` asks for, if `If-Range` allows it. More than one range is answered with
/// the whole file, as section 14.2 permits.
pub(super) fn wanted_part(headers: &HeaderMap, validators: &Validators, length: u64) -> Part {
    let mut ranges = headers.get_all(RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Part::Whole };
    if let Some(condition) = headers.get(IF_RANGE) {
        let is_same = condition.to_str().is_ok_and(|text| {
            // A strong comparison: a weak validator never matches.
            text == validators.etag || parse_http_date(text) == Some(validators.modified_seconds)
        });
        if !is_same {
            return Part::Whole;
        }
    }
    range.to_str().ok().and_then(|text| parse_range(text, length)).unwrap_or(Part::Whole)
}

/// One range in bytes; `None` for what is no such thing and is then ignored.
fn parse_range(text: &str, length: u64) -> Option<Part> {
    if text.len() > RANGE_BYTES_MAX {
        return None;
    }
    let (unit, set) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    if first.is_empty() {
        let suffix = parse_number(last)?;
        if suffix == 0 || length == 0 {
            return Some(Part::Unsatisfiable);
        }
        return Some(Part::Range { first: length.saturating_sub(suffix), last: length - 1 });
    }
    let first = parse_number(first)?;
    let last = if last.is_empty() { u64::MAX } else { parse_number(last)? };
    if last < first {
        return None;
    }
    if first >= length {
        return Some(Part::Unsatisfiable);
    }
    Some(Part::Range { first, last: last.min(length - 1) })
}

/// Digits only; more than fit are as good as the largest number.
fn parse_number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

/// The moment as HTTP writes it.
pub(super) fn http_date(seconds: i64) -> String {
    let since_epoch = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    httpdate::fmt_http_date(UNIX_EPOCH + since_epoch)
}

fn parse_http_date(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text).ok()?;
    i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn validators() -> Validators {
        Validators { etag: "\"abc\"".to_owned(), modified_seconds: 1_780_000_000 }
    }

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().cloned();
        pairs.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
    }

    fn part(range: &'static str) -> Part {
        wanted_part(&headers(&[(RANGE, range)]), &validators(), 100)
    }

    #[test]
    fn single_ranges() {
        assert_eq!(part("bytes=0-0"), Part::Range { first: 0, last: 0 });
        assert_eq!(part("bytes=0-"), Part::Range { first: 0, last: 99 });
        assert_eq!(part("Bytes= 10-19"), Part::Range { first: 10, last: 19 });
        assert_eq!(part("bytes=90-1000"), Part::Range { first: 90, last: 99 });
        assert_eq!(part("bytes=-5"), Part::Range { first: 95, last: 99 });
        assert_eq!(part("bytes=-500"), Part::Range { first: 0, last: 99 });
        assert_eq!(part("bytes=0-99999999999999999999"), Part::Range { first: 0, last: 99 });
    }

    #[test]
    fn unsatisfiable_ranges() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=99999999999999999999-", "bytes=-0"] {
            assert_eq!(part(range), Part::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn nonsense_and_many_ranges_give_the_whole_file() {
        for range in [
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=+1-2",
            "lines=0-1",
            "bytes=0-1,5-6",
        ] {
            assert_eq!(part(range), Part::Whole, "{range}");
        }
    }

    #[test]
    fn if_range_compares_strongly() {
        let with = |condition: &'static str| {
            let headers = headers(&[(RANGE, "bytes=0-0"), (IF_RANGE, condition)]);
            wanted_part(&headers, &validators(), 100)
        };
        let first = Part::Range { first: 0, last: 0 };
        assert_eq!(with("\"abc\""), first);
        assert_eq!(with("Thu, 28 May 2026 20:26:40 GMT"), first);
        for other in ["W/\"abc\"", "\"abd\"", "Thu, 28 May 2026 20:26:41 GMT", "x"] {
            assert_eq!(with(other), Part::Whole, "{other}");
        }
    }

    #[test]
    fn copies_that_are_still_good() {
        let unchanged = |name: HeaderName, value: &'static str| {
            is_unchanged(&headers(&[(name, value)]), &validators())
        };
        for good in ["\"abc\"", "W/\"abc\"", "*", "\"x\", \"abc\""] {
            assert!(unchanged(IF_NONE_MATCH, good), "{good}");
        }
        assert!(!unchanged(IF_NONE_MATCH, "\"x\""));
        assert!(unchanged(IF_MODIFIED_SINCE, "Thu, 28 May 2026 20:26:40 GMT"));
        assert!(!unchanged(IF_MODIFIED_SINCE, "Thu, 28 May 2026 20:26:39 GMT"));
        assert!(!unchanged(IF_MODIFIED_SINCE, "yesterday"));
        assert_eq!(http_date(1_780_000_000), "Thu, 28 May 2026 20:26:40 GMT");
    }
}
