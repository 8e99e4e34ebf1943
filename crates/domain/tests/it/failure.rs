use rushes_domain::failure::UPSTREAM_WORDS_BYTES_MAX;
use rushes_domain::{Failure, FailureCode};

#[test]
fn the_codes_are_those_of_the_contract_and_read_back() {
    let words: Vec<_> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
    let expected = "image_fetch_failed moderated invalid_for_upstream upstream_error \
                    upstream_unavailable upstream_lost upstream_submit_ambiguous loop_detected \
                    result_invalid deadline_exceeded cancelled internal_error";
    assert_eq!(words.join(" "), expected);
    for &code in FailureCode::ALL {
        assert_eq!(FailureCode::from_word(code.as_str()), Some(code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
    assert_eq!(FailureCode::from_word("nope"), None);
}

#[test]
fn an_image_failure_reads_as_in_the_seed() {
    let detail = "Fetching image failed with HTTP status 400 Bad Request.";
    let failure = Failure::new(FailureCode::ImageFetchFailed, detail);
    assert_eq!(
        failure.reason,
        "Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad Request."
    );
}

#[test]
fn upstream_words_reach_the_customer_for_three_codes_only() {
    for &code in FailureCode::ALL {
        let failure = Failure::new(code, "secret words");
        assert_eq!(failure.reason.contains("secret"), code.shows_detail(), "{code:?}");
        assert_eq!(failure.internal, "secret words");
        assert!(Failure::new(code, " \n ").reason.ends_with('.'), "{code:?}");
    }
}

#[test]
fn upstream_words_are_cleaned_and_cut() {
    let failure =
        Failure::new(FailureCode::Moderated, "a\u{1b}[31m\nb see https://x.example/y now");
    assert!(failure.reason.ends_with(": a [31m b see (URL) now"), "{}", failure.reason);
    let failure = Failure::with_reason(FailureCode::UpstreamError, &"é".repeat(2000));
    assert_eq!(failure.reason.len(), UPSTREAM_WORDS_BYTES_MAX);
    assert_eq!(failure.internal, "");
}
