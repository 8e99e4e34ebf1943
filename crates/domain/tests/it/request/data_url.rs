use rushes_domain::ErrorCode::{ImageTooLarge, ImageUnsupported, ImageUrlInvalid};
use rushes_domain::job::ImageSource;
use rushes_domain::request::data_url::IMAGE_BYTES_MAX;
use serde_json::json;

use crate::support::{PNG_BYTES, assert_refused, job_with};

#[test]
fn a_data_url_becomes_its_bytes() {
    for url in [
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/png;base64,iVBORw0KGgo",
        "DATA:IMAGE/PNG;BASE64,iVBORw0KGgo=",
        "data:image/png;charset=utf-8;base64,iVBORw0KGgo=",
        "data:image/jpeg;base64,iVBO\r\nRw0K Ggo=\t",
        "data:image/x-unheard-of;base64,iVBORw0KGgo=",
    ] {
        let job = job_with(&json!({"image_urls": [url]})).expect(url);
        assert_eq!(job.images, [ImageSource::Inline(PNG_BYTES.to_vec())], "{url}");
    }
    let job = job_with(&json!({"image": "data:image/png;base64,-_-_"})).unwrap();
    assert_eq!(job.images, [ImageSource::Inline(vec![0xfb, 0xff, 0xbf])]);
}

#[test]
fn other_types_are_unsupported() {
    for url in [
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/SVG;base64,PHN2Zz4=",
        "data:application/octet-stream;base64,iVBORw0KGgo=",
        "data:video/mp4;base64,AAAA",
        "data:image/;base64,AAAA",
    ] {
        let error = assert_refused(
            &json!({"image_urls": [url]}),
            ImageUnsupported,
            "image_urls[0]: the type",
        );
        assert_eq!(error.param.as_deref(), Some("image_urls"));
    }
}

#[test]
fn incomplete_data_urls_are_invalid() {
    for url in [
        "data:",
        "data:,",
        "data:image/png",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png,abc",
        "data:image/png;base64,%%%",
        "data:image/png;base64,iVBORw0KGgo%3D",
        "data:image/png;base64,a",
        "data:;base64,AAAA",
        "data:base64,AAAA",
        "data:image;base64,AAAA",
        "data:image/png;base64;x,AAAA",
        "data:image/png;base64,AA=A",
        "data:image/png;base64,é",
    ] {
        assert_refused(
            &json!({"image": url}),
            ImageUrlInvalid,
            "data:image/png;base64,iVBORw0KGgo…",
        );
    }
}

#[test]
fn twenty_megabytes_are_the_limit() {
    let zeros = |groups, rest| format!("data:image/png;base64,{}{rest}", "AAAA".repeat(groups));
    assert_eq!(IMAGE_BYTES_MAX % 3, 2);
    let whole_groups = IMAGE_BYTES_MAX / 3;
    assert!(job_with(&json!({"image": zeros(whole_groups, "AAA=")})).is_ok());
    for groups in [whole_groups + 1, whole_groups + 100] {
        assert_refused(&json!({"image": zeros(groups, "")}), ImageTooLarge, "over 20 MB");
    }
}
