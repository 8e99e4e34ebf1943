use rushes_domain::ErrorCode::{
    ImageUrlBlocked, ImageUrlInvalid, InvalidReferenceImages, InvalidRequest,
};
use rushes_domain::job::{ImageSource, Mode};
use serde_json::json;

use crate::support::{PNG, PNG_BYTES, URL, assert_refused, job_with};

#[test]
fn an_image_has_five_forms_and_the_list_three_names() {
    let forms = [
        json!(URL),
        json!({"url": URL}),
        json!({"image_url": URL}),
        json!({"image_url": {"url": URL}}),
        json!({"type": "image_url", "image_url": {"url": URL, "detail": "high"}}),
        json!({"url": URL, "image_url": URL}),
        json!({"url": null, "image_url": URL}),
    ];
    for form in forms {
        let mut bodies = vec![json!({"input_reference": form})];
        for name in ["image_urls", "images", "image"] {
            bodies.push(json!({name: [form]}));
            bodies.push(json!({name: form}));
        }
        for body in bodies {
            let job = job_with(&body).unwrap_or_else(|error| panic!("{body}: {error}"));
            assert_eq!(job.images, [ImageSource::Url(URL.to_owned())], "{body}");
            assert_eq!(job.mode, Mode::ImageToVideo);
            assert!(job.ignored_fields.is_empty());
        }
        let job = job_with(&json!({"reference_images": [form]})).unwrap();
        assert_eq!(job.mode, Mode::ReferenceToVideo);
    }
    let job = job_with(&json!({"input_reference": {"image_url": PNG}})).unwrap();
    assert_eq!(job.images, [ImageSource::Inline(PNG_BYTES.to_vec())]);
}

#[test]
fn null_empty_text_and_empty_array_are_absent() {
    for absent in [json!(null), json!(""), json!([])] {
        let body = json!({
            "image_urls": absent, "images": absent, "image": absent, "input_reference": absent,
            "reference_images": absent, "first_frame": absent, "n": absent, "size": absent,
        });
        let job = job_with(&body).unwrap();
        assert_eq!((job.mode, job.ignored_fields.len()), (Mode::TextToVideo, 0));
    }
}

#[test]
fn what_is_no_image_is_refused_with_its_place() {
    let error = assert_refused(
        &json!({"image_urls": [URL, ""]}),
        ImageUrlInvalid,
        "image_urls[1] is an empty string",
    );
    assert_eq!(error.param.as_deref(), Some("image_urls"));
    for (image, what) in [
        (json!(5), "5 was sent"),
        (json!(true), "true was sent"),
        (json!(null), "null was sent"),
        (json!([URL]), "an array was sent"),
        (json!({}), "an object without url"),
        (json!({"src": URL}), "an object without url"),
        (json!({"url": 5}), "5 was sent"),
        (json!({"image_url": {}}), "nothing was sent"),
        (json!({"url": {"url": URL}}), "an object was sent"),
        (json!({"file_id": "file-1"}), "a file id was sent"),
    ] {
        assert_refused(&json!({"images": [image]}), InvalidRequest, what);
    }
    assert_refused(&json!({"image_urls": 5}), InvalidRequest, "image_urls must be an image");
    assert_refused(
        &json!({"input_reference": [URL]}),
        InvalidRequest,
        "an array of 1 was sent; use image_urls",
    );
    assert_refused(
        &json!({"input_reference": {"image_url": ""}}),
        InvalidRequest,
        "an object without url",
    );
    let two = json!({"image": {"url": URL, "image_url": "https://example.com/b.png"}});
    assert_refused(&two, InvalidReferenceImages, "send one of them");
    for text in ["//127.0.0.1/x", "/etc/passwd", "a.png", " "] {
        assert_refused(
            &json!({"image_urls": [text]}),
            ImageUrlInvalid,
            "image 1: not a usable image URL",
        );
    }
    assert_refused(&json!({"image_urls": [URL, "http://127.0.0.1/"]}), ImageUrlBlocked, "image 2:");
}

#[test]
fn bare_base64_is_answered_with_the_right_form() {
    for (text, form) in [
        ("iVBORw0KGgo...", "data:image/png;base64,iVBORw0KGgo."),
        ("/9j/4AAQSkZJRg", "data:image/jpeg;base64,/9j/4AAQSkZJ"),
        ("R0lGODlhAQABAIAAAA==", "data:image/gif;base64,R0lGODlhAQAB"),
        ("UklGRiQAAABXRUJQ", "data:image/webp;base64,UklGRiQAAABX"),
        (&"QUJD".repeat(1_000_000), "data:image/png;base64,QUJDQUJDQUJD"),
    ] {
        let error = assert_refused(
            &json!({"image_urls": [text]}),
            ImageUrlInvalid,
            "is bare base64; send a complete data URL: ",
        );
        assert!(error.message.ends_with(&format!("{form}…")), "{error}");
    }
}

#[test]
fn fields_must_agree_on_their_images() {
    let other = "https://example.com/b.png";
    let error = assert_refused(
        &json!({"input_reference": URL, "reference_images": [URL]}),
        InvalidReferenceImages,
        "input_reference and reference_images cannot be used together",
    );
    assert_eq!(error.message, "input_reference and reference_images cannot be used together");
    let error = assert_refused(
        &json!({"image_urls": [URL], "input_reference": other}),
        InvalidReferenceImages,
        "",
    );
    assert_eq!(
        error.message,
        "image_urls and input_reference hold different images; send one of them"
    );
    for more in [
        json!({"image_urls": [URL], "images": [other]}),
        json!({"image": URL, "images": [URL, other]}),
        json!({"image_urls": [URL, other], "input_reference": URL}),
        json!({"image_urls": [URL], "reference_images": [other]}),
        json!({"image_urls": [PNG], "image": URL}),
    ] {
        assert_refused(&more, InvalidReferenceImages, "hold different images; send one of them");
    }
    for more in [
        json!({"image_urls": [URL], "input_reference": {"image_url": URL}, "image": URL}),
        json!({"image_urls": [PNG], "input_reference": "data:image/png;base64,iVBORw0KGgo"}),
    ] {
        assert_eq!(job_with(&more).unwrap().images.len(), 1, "{more}");
    }
    let job = job_with(&json!({"image_urls": [URL], "reference_images": [URL]})).unwrap();
    assert_eq!((job.mode, job.images.len()), (Mode::ReferenceToVideo, 1));
}
