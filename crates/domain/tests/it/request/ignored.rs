use rushes_domain::ErrorCode::InvalidRequest;
use serde_json::json;

use crate::support::{PNG, URL, assert_refused, job_with};

#[test]
fn unknown_fields_are_ignored_and_named() {
    let more = json!({
        "style": 7, "negative": "blur", "user": "u", "tenant": "t", "price": 0, "steps": null,
        "image_count": 3, "reference_strength": 0.5, "callback": "https://example.com/hook",
        "video_callback_url": "https://example.com/hook", "preference": URL, "frame_rate": "24",
        "image_description": "a red kite over a green hill and nothing else whatsoever in all the world",
        "reference_id": "0123456789abcdef".repeat(8), "ref": "main", "extra": {"a": ["b", {"c": "http://x.example/"}]},
    });
    let mut names = job_with(&more).unwrap().ignored_fields;
    names.sort();
    let mut expected: Vec<_> = more
        .as_object()
        .expect("an object")
        .keys()
        .filter(|key| *key != "steps")
        .cloned()
        .collect();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn at_most_twenty_are_named_each_cut() {
    let more = (0..30).map(|index| (format!("{index:0>100}"), json!(1))).collect();
    let names = job_with(&more).unwrap().ignored_fields;
    assert_eq!(names.len(), 20);
    assert!(names.iter().all(|name| name.chars().count() == 64));
}

#[test]
fn an_unknown_field_that_holds_an_image_names_the_right_one() {
    let cases = [
        json!({"first_frame": URL}),
        json!({"last_frame": {"url": URL}}),
        json!({"image_tail": URL}),
        json!({"img": URL}),
        json!({"imgUrl": URL}),
        json!({"picture": [URL]}),
        json!({"photoURL": URL}),
        json!({"ref": URL}),
        json!({"styleRefs": [URL]}),
        json!({"keyframes": [{"image": {"url": URL}, "timestamp_s": 1}]}),
        json!({"图片": URL}),
        json!({"start_image_url": "HTTP://EXAMPLE.COM/A"}),
        json!({"extra_body": {"input": {"init_image": URL}}}),
        json!({"content": [{"type": "text"}, {"type": "image_url", "image_url": {"url": URL}}]}),
        json!({"whatever": PNG}),
        json!({"a": {"b": [[PNG]]}}),
        json!({"x": "see DATA:IMAGE/PNG;base64,AAAA"}),
        json!({"first_frame": "iVBORw0KGgoAAAANSUhEUg"}),
        json!({"reference_video_image": URL}),
    ];
    for more in cases {
        let error = assert_refused(
            &more,
            InvalidRequest,
            "holds an image, but images are read from image_urls",
        );
        let name = more.as_object().expect("an object").keys().next().cloned();
        assert_eq!(error.param, name, "{more}");
    }
    let nested = json!({"extra_body": {"frames": [1, {"u": URL}]}});
    assert_refused(&nested, InvalidRequest, "\"extra_body.frames[1].u\"");
}

#[test]
fn a_video_is_refused_in_its_own_words() {
    for more in [
        json!({"video": URL}),
        json!({"video_url": "https://example.com/clip"}),
        json!({"video": {"url": URL}}),
        json!({"source": "https://example.com/a.MP4?x=1"}),
        json!({"reference_video": "https://example.com/a"}),
        json!({"input": "data:video/mp4;base64,AAAA"}),
    ] {
        assert_refused(
            &more,
            InvalidRequest,
            "holds a video, but videos are made from a prompt and images only",
        );
    }
    assert!(job_with(&json!({"video_length": 16, "video_style": "noir"})).is_ok());
}
