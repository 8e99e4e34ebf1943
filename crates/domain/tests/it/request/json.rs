use rushes_domain::ErrorCode;
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::{JSON_DEPTH_MAX, JSON_VALUES_MAX, Value, read_pairs};
use std::borrow::Cow;

fn refusal(body: &[u8]) -> rushes_domain::ApiError {
    let error = VideoRequest::parse_json(body).expect_err("a refusal");
    assert_eq!(error.code, ErrorCode::InvalidRequest, "{error}");
    error
}

#[test]
fn pairs_keep_their_order_and_borrow_their_strings() {
    let pairs =
        read_pairs(br#" {"b":"x","a":[1,2.50,null,{"c":true}],"d":6.0,"e":"\n"} "#).unwrap();
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, ["b", "a", "d", "e"]);
    assert!(matches!(&pairs[0], (Cow::Borrowed(_), Value::String(Cow::Borrowed("x")))));
    assert_eq!(pairs[2].1, Value::Number("6.0".into()));
    assert!(matches!(&pairs[3].1, Value::String(Cow::Owned(text)) if text == "\n"));
    assert!(
        pairs[1].1
            == Value::Array(vec![
                Value::Number("1".into()),
                Value::Number("2.5".into()),
                Value::Null,
                Value::Object(vec![("c".into(), Value::Bool(true))]),
            ])
    );
}

#[test]
fn duplicate_keys_are_refused_at_any_depth() {
    let error = refusal(br#"{"a":1,"a":2}"#);
    assert_eq!(
        (error.message.as_str(), error.param.as_deref()),
        ("the field \"a\" is there twice", Some("a"))
    );
    refusal(br#"{"a":1,"\u0061":2}"#);
    let error = refusal(br#"{"metadata":{"x":{"k":"1","k":"1"}}}"#);
    assert_eq!(error.message, "the field \"metadata\" holds the key \"k\" twice");
    assert_eq!(error.param.as_deref(), Some("metadata"));
}

#[test]
fn bodies_that_are_no_json_object_are_refused_with_the_reason() {
    let cases: [(&[u8], &str); 17] = [
        (b"", "the body is empty"),
        (b"  ", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"[]", "must be a JSON object"),
        (b"\"x\"", "must be a JSON object"),
        (b"prompt=x", "must be a JSON object"),
        (b"\xEF\xBB\xBF{}", "byte order mark"),
        (b"\xFF\xFE{\0}\0", "byte order mark"),
        (b"\xFE\xFF\0{\0}", "byte order mark"),
        (b"{\0}\0", "not valid JSON"),
        (b"{\"prompt\":\"\xff\"}", "not UTF-8 (byte 11)"),
        (b"{", "not valid JSON"),
        (b"{}x", "not valid JSON"),
        (b"{\"a\":1,}", "not valid JSON"),
        (b"{a:1}", "not valid JSON"),
        (b"{'a':1}", "not valid JSON"),
        (b"{\"prompt\":\"\\ud800\"}", "\"prompt\" is not valid JSON"),
    ];
    for (body, part) in cases {
        let error = refusal(body);
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn u_0000_is_refused_wherever_it_is() {
    for (body, param) in [
        (r#"{"model":"m","prompt":"a\u0000b"}"#, Some("prompt")),
        (r#"{"metadata":{"a\u0000":"b"}}"#, Some("metadata")),
        (r#"{"x":[{"y":"\u0000"}]}"#, Some("x")),
        (r#"{"a\u0000":1}"#, None),
    ] {
        let error = refusal(body.as_bytes());
        assert!(error.message.contains("U+0000"), "{error}");
        assert_eq!(error.param.as_deref(), param);
    }
}

#[test]
fn depth_and_number_of_values_are_limited() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let depth = usize::try_from(JSON_DEPTH_MAX).unwrap();
    assert!(VideoRequest::parse_json(nested(depth - 1).as_bytes()).is_ok());
    for depth in [depth, 1_000_000] {
        let error = refusal(nested(depth).as_bytes());
        assert!(error.message.contains("nested deeper than 32 levels"), "{error}");
    }
    let deep_object = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(refusal(deep_object.as_bytes()).message.contains("nested deeper"));
    let many = format!("{{\"a\":[0{}]}}", ",0".repeat(JSON_VALUES_MAX));
    assert!(refusal(many.as_bytes()).message.contains("over 10000 values"));
    let fields: Vec<_> = (0..=JSON_VALUES_MAX).map(|n| format!("\"f{n}\":0")).collect();
    assert!(refusal(format!("{{{}}}", fields.join(",")).as_bytes()).message.contains("over 10000"));
}

#[test]
fn numbers_that_are_no_json_name_their_field() {
    for (token, shown) in
        [("NaN", "NaN"), ("-Infinity", "-Infinity"), ("+6", "+6"), (".5", ".5"), ("06", "06")]
    {
        for body in [
            format!("{{\"model\":\"a:b\",\"prompt\":\"x\",\n \"seconds\": {token}}}"),
            format!("{{\"duration\":{token} ,\"prompt\":\"x\"}}"),
        ] {
            let error = refusal(body.as_bytes());
            assert_eq!(error.param.as_deref(), Some("seconds"), "{error}");
            assert!(error.message.contains("whole number of seconds from 1"), "{error}");
            assert!(error.message.contains(&format!("\"{shown}\" was sent")), "{error}");
        }
    }
    let error = refusal(b"{\"width\":NaN}");
    assert_eq!(error.param.as_deref(), Some("width"));
}

#[test]
fn inert_keys_are_inert() {
    let body = br#"{"__proto__":{"model":"x"},"$ref":"file:///etc/passwd","prompt":"p"}"#;
    let request = VideoRequest::parse_json(body).unwrap();
    assert_eq!(request.ignored_fields(), ["__proto__", "$ref"]);
    assert_eq!((request.model(), request.prompt()), (None, Some("p")));
}
