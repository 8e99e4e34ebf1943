use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::job::{ImageSource, Job, Mode};
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::JSON_VALUES_MAX;
use rushes_domain::request::multipart::{HEAD_BYTES_MAX, PARTS_MAX};
use rushes_domain::{ApiError, ErrorCode};
use serde_json::json;

use crate::support::{PNG, PNG_BYTES, URL, body_with, nothing_allowed};

/// Heads and contents.
type Parts<'a> = Vec<(String, &'a [u8])>;

/// The head of a text part's `Content-Disposition` with this name.
fn named(name: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"")
}

fn file(name: &str, file_name: &str, mime: &str) -> String {
    format!("{}; filename=\"{file_name}\"\r\nContent-Type: {mime}", named(name))
}

/// A body with the boundary `b0`.
fn form(parts: &[(String, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--b0\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b0--\r\n");
    body
}

/// A valid text request with `more`.
fn request(more: &[(String, &[u8])]) -> Result<VideoRequest, ApiError> {
    let mut parts: Parts<'_> =
        vec![(named("model"), b"grok-image-video"), (named("prompt"), b"a red kite")];
    parts.extend_from_slice(more);
    VideoRequest::parse_form(&form(&parts), "b0")
}

fn job(more: &[(String, &[u8])]) -> Result<Job, ApiError> {
    request(more)?.into_job(&Catalogue::embedded(), KeyKind::Live, &nothing_allowed)
}

fn texts<'a>(more: &[(&str, &'a str)]) -> Parts<'a> {
    more.iter().map(|&(name, text)| (named(name), text.as_bytes())).collect()
}

#[test]
fn a_form_means_what_the_json_means() {
    let json = |more| VideoRequest::parse_json(body_with(&more).to_string().as_bytes()).unwrap();
    let same = [
        (texts(&[]), json(json!({}))),
        (
            texts(&[("seconds", "6"), ("aspect_ratio", "1:1")]),
            json(json!({"seconds": 6, "ratio": "1:1"})),
        ),
        (texts(&[("image_urls", URL)]), json(json!({"image_urls": [URL]}))),
        (
            texts(&[("image_urls", URL), ("image_urls", PNG)]),
            json(json!({"image_urls": [URL, PNG]})),
        ),
        (
            texts(&[("image_urls[]", URL), ("image_urls[]", PNG)]),
            json(json!({"image_urls": [URL, PNG]})),
        ),
        (
            texts(&[("images[1][url]", PNG), ("images[0][url]", URL)]),
            json(json!({"images": [{"url": URL}, {"url": PNG}]})),
        ),
        (
            texts(&[("image_urls", "[\"https://example.com/a.png\"]")]),
            json(json!({"image_urls": [URL]})),
        ),
        (
            texts(&[("input_reference[image_url]", URL)]),
            json(json!({"input_reference": {"image_url": URL}})),
        ),
        (
            texts(&[("metadata[order]", "7"), ("metadata[1]", "x")]),
            json(json!({"metadata": {"order": "7", "1": "x"}})),
        ),
        (texts(&[("metadata", "{\"order\":\"7\"}")]), json(json!({"metadata": {"order": "7"}}))),
        (
            vec![(file("input_reference", "a.png", "image/png"), PNG_BYTES)],
            json(json!({"input_reference": PNG})),
        ),
        (
            vec![
                (file("image_urls", "a.png", "text/plain"), PNG_BYTES),
                (named("image_urls"), URL.as_bytes()),
            ],
            json(json!({"image_urls": [PNG, URL]})),
        ),
        (
            vec![(named("image") + "\r\nContent-Type: image/png", PNG_BYTES)],
            json(json!({"image": PNG})),
        ),
        (
            vec![(
                named("metadata") + "\r\nContent-Type: application/json; charset=utf-8",
                b"{\"a\":\"b\"}",
            )],
            json(json!({"metadata": {"a": "b"}})),
        ),
        (vec![(file("image", "", "application/octet-stream"), b"")], json(json!({}))),
        (
            texts(&[("seed", "5"), ("guidance_scale", "7.5")]),
            json(json!({"seed": 5, "guidance_scale": 7.5})),
        ),
    ];
    for (parts, expected) in same {
        let read = request(&parts).unwrap();
        assert_eq!(read.fingerprint(), expected.fingerprint(), "{parts:?}");
    }
}

#[test]
fn a_file_is_a_picture() {
    let one = job(&[(file("input_reference", "a.png", "image/png"), PNG_BYTES)]).unwrap();
    assert_eq!(one.mode, Mode::ImageToVideo);
    assert_eq!(one.images, [ImageSource::Inline(PNG_BYTES.to_vec())]);
    let two = job(&[
        (file("reference_images[]", "a.png", "image/png"), PNG_BYTES),
        (file("reference_images[]", "b.png", "image/png"), b"x"),
    ])
    .unwrap();
    assert_eq!((two.mode, two.images.len()), (Mode::ReferenceToVideo, 2));
}

#[test]
fn what_a_form_cannot_say() {
    let png = |name: &str| vec![(file(name, "a.png", "image/png"), PNG_BYTES)];
    let large = vec![0; 20_000_001];
    let cases: [(Parts<'_>, ErrorCode, &str); 14] = [
        (
            texts(&[("model", "x")]),
            ErrorCode::InvalidRequest,
            "model must be a string, but an array",
        ),
        (texts(&[("seconds", "six")]), ErrorCode::InvalidRequest, "seconds must be a whole number"),
        (
            texts(&[("seconds", "4"), ("seconds", "4")]),
            ErrorCode::InvalidRequest,
            "an array was sent",
        ),
        (texts(&[("image_urls", "iVBORw0KGgo")]), ErrorCode::ImageUrlInvalid, "bare base64"),
        (texts(&[("a\0", "x")]), ErrorCode::InvalidRequest, "U+0000"),
        (texts(&[("user", "\0")]), ErrorCode::InvalidRequest, "U+0000"),
        (vec![(named("user"), b"\xff")], ErrorCode::InvalidRequest, "\"user\" is not UTF-8"),
        (texts(&[("metadata", "{")]), ErrorCode::InvalidRequest, "\"metadata\" is not valid JSON"),
        (
            texts(&[("metadata", "x"), ("metadata[a]", "b")]),
            ErrorCode::InvalidRequest,
            "does not fit",
        ),
        (png("seconds"), ErrorCode::InvalidRequest, "but a file was sent"),
        (png("first_frame"), ErrorCode::InvalidRequest, "\"first_frame\" holds an image"),
        (png("whatever"), ErrorCode::InvalidRequest, "\"whatever\" holds an image"),
        (
            vec![(file("clip", "a.mp4", "video/mp4"), b"\0\0\0 ftypisom")],
            ErrorCode::InvalidRequest,
            "\"clip\" holds a video",
        ),
        (
            vec![(file("image", "a.png", "image/png"), large.as_slice())],
            ErrorCode::ImageTooLarge,
            "over 20 MB",
        ),
    ];
    for (parts, code, message) in &cases {
        let error = job(parts).expect_err(message);
        assert_eq!(error.code, *code, "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    let empty = job(&[(file("image", "a.png", "image/png"), b"")]).unwrap_err();
    assert_eq!(empty.code, ErrorCode::ImageUnsupported, "{empty}");
}

/// Many parts of JSON are no way around the limit of one body.
#[test]
fn the_values_of_all_parts_count_together() {
    let head = |name: &str| named(name) + "\r\nContent-Type: application/json";
    let list = format!("[{}]", vec!["0"; JSON_VALUES_MAX / 2].join(","));
    let of = |count: usize| -> Parts<'_> {
        (0..count).map(|index| (head(&format!("x{index}")), list.as_bytes())).collect()
    };
    assert!(request(&of(2)).is_ok());
    let error = request(&of(3)).unwrap_err();
    assert!(error.message.contains("over 10000 values"), "{error}");
}

#[test]
fn unknown_parts_are_named() {
    let parts = texts(&[("user", "u"), ("extra[a]", "b"), ("odd[", "c")]);
    assert_eq!(job(&parts).unwrap().ignored_fields, ["user", "extra", "odd["]);
}

/// Preamble, epilogue, padding, a part without content, odd quoting: RFC 2046, section 5.1.1.
#[test]
fn forms_as_senders_write_them() {
    let body = b"preamble\r\n--b0 \t\r\ncontent-disposition:form-data;name=model\r\n\r\n\
        grok-image-video\r\n--b0\r\nContent-Disposition: form-data; filename*=utf-8''x; \
        name=\"extra\"\r\n\r\n--b0\r\nContent-Disposition: form-data; name=\"p\\\"r\"\r\n\r\n\
        \r\n--b0\r\nContent-Transfer-Encoding: binary\r\nContent-Disposition: form-data; \
        name=\"prompt\"\r\n\r\n--b1\r\n--b0--\r\nepilogue --b0";
    let request = VideoRequest::parse_form(body, "b0").unwrap();
    assert_eq!((request.model(), request.prompt()), (Some("grok-image-video"), Some("--b1")));
}

#[test]
fn what_is_no_form() {
    let whole = form(&[(named("model"), b"x")]);
    let head = "x".repeat(HEAD_BYTES_MAX);
    let many: Parts<'_> = (0..=PARTS_MAX).map(|_| (named("a"), &b""[..])).collect();
    let cases: [(Vec<u8>, &str); 9] = [
        (Vec::new(), "does not hold the boundary"),
        (b"{\"model\":\"x\"}".to_vec(), "does not hold the boundary"),
        (whole[..whole.len() - 5].to_vec(), "cut off"),
        (b"--b0\r\n--b0--".to_vec(), "has no head"),
        (b"--b0x\r\n\r\n\r\n--b0--".to_vec(), "cut off"),
        (form(&[("Content-Type: text/plain".into(), b"x")]), "has no name"),
        (form(&[(head, b"x")]), "has no head"),
        (form(&[(named("a") + "\r\nContent-Transfer-Encoding: base64", b"x")]), "base64"),
        (form(&many), "more than 1000 parts"),
    ];
    for (body, message) in cases {
        let error = VideoRequest::parse_form(&body, "b0").expect_err(message);
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(error.message.contains(message), "{error}");
    }
    for length in 0..whole.len() - 3 {
        assert!(VideoRequest::parse_form(&whole[..length], "b0").is_err(), "{length}");
    }
}

proptest::proptest! {
    /// No bytes make it panic.
    #[test]
    fn any_bytes(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "--b0", "\r\n", "--", "Content-Disposition: form-data; name=\"", "a[", "]", "[]", "0", "\"",
        "; filename=\"", "\\", "x", "\r\n\r\n", "metadata", "{", "}", "\0", ":", "=", ";",
    ]), 0..60)) {
        let body = pieces.concat();
        let _ = VideoRequest::parse_form(body.as_bytes(), "b0");
    }
}
