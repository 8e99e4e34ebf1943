//! `Prefer: wait=N` (RFC 7240, section 4.3).

use http::HeaderMap;
use rushes_domain::ApiError;

/// Longest wait that is granted, in seconds; more is cut to it.
pub(super) const WAIT_SECONDS_MAX: u32 = 60;

/// The header's name.
const PREFER: &str = "prefer";

/// Seconds that the client wants to wait; `None` if it does not, or says `wait=0`.
///
/// # Errors
/// 400 if the wait is not a whole number of seconds. Other preferences are none of ours.
pub(super) fn wait_seconds(headers: &HeaderMap) -> Result<Option<u32>, ApiError> {
    for value in headers.get_all(PREFER) {
        let Ok(text) = value.to_str() else { continue };
        for preference in text.split(',') {
            let preference = preference.split(';').next().unwrap_or("");
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            if name.trim().eq_ignore_ascii_case("wait") {
                // The first one counts (RFC 7240, section 2).
                return parse(value.trim().trim_matches('"'))
                    .map(|seconds| Some(seconds).filter(|&seconds| seconds > 0));
            }
        }
    }
    Ok(None)
}

fn parse(text: &str) -> Result<u32, ApiError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let shown: String = text.chars().take(20).collect();
        return Err(ApiError::invalid(
            "Prefer",
            format!(
                "Prefer: wait must be a whole number of seconds from 1 to {WAIT_SECONDS_MAX}, \
                 not \"{shown}\""
            ),
        ));
    }
    // Too many digits for a number is more than the longest wait, too.
    Ok(text.parse().unwrap_or(WAIT_SECONDS_MAX).min(WAIT_SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(values: &[&'static str]) -> Result<Option<u32>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, http::HeaderValue::from_static(value));
        }
        wait_seconds(&headers).map_err(|error| error.message)
    }

    #[test]
    fn reads_the_wait_among_other_preferences() {
        assert_eq!(wait(&[]), Ok(None));
        assert_eq!(wait(&["respond-async"]), Ok(None));
        assert_eq!(wait(&["wait=7"]), Ok(Some(7)));
        assert_eq!(wait(&["respond-async, Wait = \"7\"; foo=1"]), Ok(Some(7)));
        assert_eq!(wait(&["return=minimal", "wait=5, wait=9"]), Ok(Some(5)));
        assert_eq!(wait(&["wait=0"]), Ok(None));
    }

    #[test]
    fn h10_too_long_is_cut_and_nonsense_refused() {
        assert_eq!(wait(&["wait=61"]), Ok(Some(60)));
        assert_eq!(wait(&["wait=99999999999999999999"]), Ok(Some(60)));
        for nonsense in ["wait=1e9", "wait=-1", "wait=", "wait", "wait=5s"] {
            let message = wait(&[nonsense]).unwrap_err();
            assert!(message.contains("from 1 to 60"), "{message}");
        }
    }
}
