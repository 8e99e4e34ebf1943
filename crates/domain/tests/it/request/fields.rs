use rushes_domain::ErrorCode::{InvalidRequest, ModelNotFound};
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::request::VideoRequest;
use serde_json::{Value, json};

use crate::support::{
    assert_refused, job_of, job_of_bytes, job_with, nothing_allowed, refusal_with,
};

#[test]
fn a_bare_request_gets_the_defaults() {
    let job = job_with(&json!({})).unwrap();
    assert_eq!((job.seconds, job.seconds_requested), (4, 4));
    assert_eq!((job.aspect_ratio.as_str(), job.resolution.as_str()), ("16:9", "720p"));
    assert_eq!((job.width, job.height), (1280, 720));
    assert_eq!(job.list_price.to_string(), "0.36");
    assert!(job.images.is_empty() && job.metadata.is_empty() && job.ignored_fields.is_empty());
}

#[test]
fn answers_name_the_model_as_the_client_did() {
    let job = job_with(&json!({"model": "grok-imagine-video"})).unwrap();
    assert_eq!(
        (job.model_id.as_str(), job.model_name.as_str()),
        ("grok-image-video", "grok-imagine-video")
    );
}

#[test]
fn a_model_is_required_before_a_prompt() {
    for model in [json!(null), json!(""), json!([]), json!("  \u{200b}")] {
        let error = refusal_with(&json!({"model": model, "prompt": "", "seconds": true}));
        assert_eq!(
            (error.code, error.message.as_str()),
            (InvalidRequest, "model field is required")
        );
        assert_eq!(error.param.as_deref(), Some("model"));
    }
    assert_eq!(job_of(&json!({})).expect_err("empty").message, "model field is required");
    for model in [json!(5), json!(true), json!({}), json!(["grok-image-video"])] {
        let error =
            assert_refused(&json!({"model": model}), InvalidRequest, "model must be a string");
        assert_eq!(error.param.as_deref(), Some("model"));
    }
}

#[test]
fn an_unknown_model_is_named_cut_and_printable() {
    let error = refusal_with(&json!({"model": "nope"}));
    assert_eq!(error.code, ModelNotFound);
    assert_eq!(error.message, "model \"nope\" does not exist; GET /v1/models lists yours");
    let error = refusal_with(&json!({"model": "é".repeat(10_240)}));
    assert_eq!(
        error.message,
        format!("model \"{}\" does not exist; GET /v1/models lists yours", "é".repeat(64))
    );
    for name in ["../../admin", "a\nb", "\u{1b}[31mred", "\u{202e}txt", "x\u{e0041}"] {
        let error = assert_refused(&json!({"model": name}), ModelNotFound, "does not exist");
        assert!(!error.message.contains(['\n', '\u{1b}', '\u{202e}', '\u{e0041}']), "{error}");
    }
}

#[test]
fn a_prompt_is_1_to_4096_characters_that_can_be_seen() {
    let blanks = [
        json!(null),
        json!(""),
        json!([]),
        json!(" \t\n"),
        json!("\u{200b}\u{200d}\u{feff}"),
        json!("\u{3000}\u{2060}\u{ad}"),
        json!("\u{fe0f}\u{e0020}\u{3164}\u{2800}"),
    ];
    for prompt in blanks {
        let error = refusal_with(&json!({"prompt": prompt, "seconds": true}));
        assert_eq!((error.code, error.message.as_str()), (InvalidRequest, "prompt is required"));
        assert_eq!(error.param.as_deref(), Some("prompt"));
    }
    for prompt in [json!(5), json!({"text": "x"}), json!(["x"]), json!(false)] {
        assert_refused(&json!({"prompt": prompt}), InvalidRequest, "prompt must be a string");
    }
    for prompt in ["x".repeat(4096), "雪".repeat(4096), "\u{202e}\u{1b}[31m<script>".to_owned()] {
        assert_eq!(job_with(&json!({"prompt": prompt})).unwrap().prompt, prompt);
    }
    let error = assert_refused(
        &json!({"prompt": "雪".repeat(4097)}),
        InvalidRequest,
        "at most 4096 characters, but 4097",
    );
    assert_eq!(error.param.as_deref(), Some("prompt"));
    refusal_with(&json!({"prompt": "x".repeat(1 << 20)}));
}

fn job_with_seconds(text: &str) -> Result<u32, rushes_domain::ApiError> {
    let body = format!("{{\"model\":\"grok-image-video\",\"prompt\":\"x\",\"seconds\":{text}}}");
    job_of_bytes(body.as_bytes()).map(|job| job.seconds)
}

#[test]
fn whole_seconds_are_read_in_every_spelling() {
    for text in [
        "6",
        "6.0",
        "\"6\"",
        "\"6.0\"",
        "\" 6 \"",
        "60e-1",
        "0.6e1",
        "6e0",
        "6.000",
        "0.0006E+4",
        "600000e-5",
    ] {
        assert_eq!(job_with_seconds(text), Ok(6), "{text}");
    }
    for seconds in 1..=15 {
        assert_eq!(job_with_seconds(&seconds.to_string()), Ok(seconds));
    }
    for absent in ["null", "\"\"", "[]"] {
        assert_eq!(job_with_seconds(absent), Ok(4));
    }
}

#[test]
fn other_seconds_are_refused_with_what_is_allowed_and_what_was_sent() {
    let cases = [
        "6.5",
        "true",
        "-1",
        "0",
        "-0",
        "0.0",
        "1e9",
        "1e400",
        "-1e400",
        "16",
        "9223372036854775808",
        "1e-400",
        "6.0000000000000000000001",
        "\"NaN\"",
        "\"six\"",
        "\"6s\"",
        "\"0x6\"",
        "\"+6\"",
        "\"6.\"",
        "\".6\"",
        "\"-6\"",
        "\"1e999999999999999999999\"",
        "{}",
        "[6]",
        "\"６\"",
        "\" \"",
    ];
    for text in cases {
        let error = job_with_seconds(text).expect_err(text);
        assert_eq!(
            (error.code, error.param.as_deref()),
            (InvalidRequest, Some("seconds")),
            "{text}"
        );
        let shown = match text {
            "{}" => "an object",
            "[6]" => "an array",
            _ => text,
        };
        let expected = format!(
            "seconds must be a whole number of seconds from 1 to 15 (suggested: 4, 6, 8, 10, 12, 15), \
             but {shown} was sent"
        );
        assert_eq!(error.message, expected);
    }
    let long = format!("\"{}\"", "1".repeat(100_000));
    assert!(job_with_seconds(&long).expect_err("long").message.len() < 200);
}

#[test]
fn seconds_and_duration_are_one_field() {
    assert_eq!(job_with(&json!({"duration": "8"})).unwrap().seconds, 8);
    assert_eq!(job_with(&json!({"duration": 8.0, "seconds": "8"})).unwrap().seconds, 8);
    assert_eq!(job_with(&json!({"duration": null, "seconds": 8})).unwrap().seconds, 8);
    let error = assert_refused(
        &json!({"duration": 8, "seconds": 6}),
        InvalidRequest,
        "seconds and duration differ (6 and 8); send one of them",
    );
    assert_eq!(error.param.as_deref(), Some("seconds"));
    for more in [
        json!({"duration": -1}),
        json!({"duration": 6.5, "seconds": 6}),
        json!({"duration": 6, "seconds": true}),
    ] {
        assert_eq!(refusal_with(&more).param.as_deref(), Some("seconds"), "{more}");
    }
    assert!(refusal_with(&json!({"duration": 0})).message.starts_with("duration must be"));
}

#[test]
fn ratio_and_resolution_are_those_of_the_model() {
    for ratio in ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"] {
        assert_eq!(job_with(&json!({"ratio": ratio})).unwrap().aspect_ratio, ratio);
    }
    let job = job_with(&json!({"aspect_ratio": " 9:16 ", "ratio": "9:16", "resolution": "480P"}))
        .unwrap();
    assert_eq!((job.width, job.height, job.resolution.as_str()), (480, 854, "480p"));
    let error = assert_refused(
        &json!({"aspect_ratio": "16:9", "ratio": "9:16"}),
        InvalidRequest,
        "aspect_ratio and ratio differ (\"16:9\" and \"9:16\"); send one of them",
    );
    assert_eq!(error.param.as_deref(), Some("aspect_ratio"));
    let error = refusal_with(&json!({"ratio": "21:9"}));
    assert_eq!(
        error.message,
        "aspect_ratio must be one of 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3, but \"21:9\" was sent"
    );
    let error = refusal_with(&json!({"resolution": "1080p"}));
    assert_eq!(error.message, "resolution must be one of 480p, 720p, but \"1080p\" was sent");
    assert_eq!(error.param.as_deref(), Some("resolution"));
    for more in
        [json!({"aspect_ratio": 1.78}), json!({"resolution": 720}), json!({"resolution": {}})]
    {
        assert_refused(&more, InvalidRequest, "must be a string, but");
    }
    let single =
        json!({"model": "grok-video-1.5", "image": "https://example.com/a.png", "ratio": "1:1"});
    assert_refused(&single, InvalidRequest, "must be one of 16:9, 9:16, but \"1:1\"");
}

#[test]
fn n_can_only_be_one() {
    for n in [json!(1), json!("1"), json!(1.0), json!(null)] {
        assert!(job_with(&json!({"n": n})).unwrap().ignored_fields.is_empty());
    }
    for n in [json!(0), json!(2), json!(1_000_000), json!(-1), json!(true), json!("two"), json!({})]
    {
        let error = assert_refused(&json!({"n": n}), InvalidRequest, "n can only be 1");
        assert_eq!(error.param.as_deref(), Some("n"));
    }
}

fn pairs(count: usize, name_chars: usize, value_chars: usize) -> Value {
    let name = |index| format!("{index:0>name_chars$}");
    (0..count).map(|index| (name(index), json!("é".repeat(value_chars)))).collect()
}

#[test]
fn metadata_is_sixteen_pairs_of_strings() {
    let job = job_with(&json!({"metadata": {"z": "1", "a": ""}})).unwrap();
    assert_eq!(job.metadata.len(), 2);
    assert_eq!(job_with(&json!({"metadata": pairs(16, 64, 512)})).unwrap().metadata.len(), 16);
    for absent in [json!(null), json!(""), json!([]), json!({})] {
        assert!(job_with(&json!({"metadata": absent})).unwrap().metadata.is_empty());
    }
    let bad = [
        pairs(17, 2, 1),
        pairs(1, 65, 1),
        pairs(1, 1, 513),
        json!({"": "x"}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": {"b": "c"}}),
        json!("x"),
        json!(["a"]),
        json!(7),
    ];
    for metadata in bad {
        let error = assert_refused(&json!({"metadata": metadata}), InvalidRequest, "metadata");
        assert_eq!(error.param.as_deref(), Some("metadata"));
    }
}

#[test]
fn directives_count_for_test_keys_only() {
    let body = br#"{"model":"grok-image-video","prompt":"[[stall]] x"}"#;
    for (kind, stalls) in [(KeyKind::Live, false), (KeyKind::Test, true)] {
        let request = VideoRequest::parse_json(body).unwrap();
        let job = request.into_job(&Catalogue::embedded(), kind, &nothing_allowed).unwrap();
        assert_eq!((job.directives.stall, job.prompt.as_str()), (stalls, "[[stall]] x"));
    }
}
