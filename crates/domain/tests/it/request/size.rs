use rushes_domain::ErrorCode::InvalidRequest;
use serde_json::json;

use crate::support::{assert_refused, job_with};

#[test]
fn a_size_is_the_nearest_offer() {
    let cases = [
        ("1280x720", "16:9", "720p"),
        ("720x1280", "9:16", "720p"),
        ("854x480", "16:9", "480p"),
        ("848x480", "16:9", "480p"),
        ("1920x1080", "16:9", "720p"),
        ("1792x1024", "16:9", "720p"),
        ("1024x1792", "9:16", "720p"),
        ("1024x1024", "1:1", "720p"),
        ("500X500", "1:1", "480p"),
        ("640*480", "4:3", "480p"),
        ("1080×720", "3:2", "720p"),
        (" 480 x 720 ", "2:3", "480p"),
        ("600x600", "1:1", "720p"),
        ("16x16", "1:1", "480p"),
    ];
    for (size, ratio, resolution) in cases {
        let job = job_with(&json!({"size": size})).expect(size);
        assert_eq!(
            (job.aspect_ratio.as_str(), job.resolution.as_str()),
            (ratio, resolution),
            "{size}"
        );
    }
    let job = job_with(&json!({"width": "1280", "height": 720.0})).unwrap();
    assert_eq!((job.width, job.height), (1280, 720));
    assert!(job_with(&json!({"width": 1280, "height": 720, "size": "1280x720"})).is_ok());
}

#[test]
fn two_per_cent_is_the_limit() {
    assert!(job_with(&json!({"size": "1020x1000"})).is_ok());
    assert_refused(&json!({"size": "1021x1000"}), InvalidRequest, "within 2 % of 1021x1000");
    assert_refused(&json!({"size": "2100x900"}), InvalidRequest, "it offers 1:1, 16:9");
}

#[test]
fn what_is_no_size_is_refused_even_beside_a_ratio() {
    for size in [
        json!("99999x99999"),
        json!("0x0"),
        json!("1280"),
        json!("x"),
        json!("1280x"),
        json!("-1x5"),
        json!("15x15"),
        json!("12e2x720"),
        json!("8193x8193"),
        json!("+720x720"),
        json!("large"),
        json!(720),
        json!({"w": 1}),
    ] {
        let part = "size must be two numbers of pixels from 16 to 8192";
        for more in [json!({"size": size}), json!({"size": size, "aspect_ratio": "1:1"})] {
            let error = assert_refused(&more, InvalidRequest, part);
            assert_eq!(error.param.as_deref(), Some("size"));
        }
    }
    assert_refused(&json!({"width": 1280}), InvalidRequest, "must be sent together");
    assert_refused(&json!({"height": 720}), InvalidRequest, "must be sent together");
    assert_refused(&json!({"width": 0, "height": 720}), InvalidRequest, "width must be");
    let differing = json!({"size": "1280x720", "width": 720, "height": 1280});
    assert_refused(&differing, InvalidRequest, "send one of them");
}

#[test]
fn a_ratio_or_resolution_wins_and_the_size_is_named_as_ignored() {
    let job = job_with(&json!({"size": "1280x720", "aspect_ratio": "1:1"})).unwrap();
    assert_eq!((job.width, job.height), (720, 720));
    assert_eq!(job.ignored_fields, ["size"]);
    let job =
        job_with(&json!({"width": 720, "height": 720, "resolution": "480p", "rate": 24})).unwrap();
    assert_eq!((job.width, job.height), (854, 480));
    assert_eq!(job.ignored_fields, ["width", "height", "rate"]);
}
