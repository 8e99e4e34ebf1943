//! What holds for any answer of an upstream, and for any job.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_providers::{
    Check, HttpAnswer, HttpBody, HttpFault, JobHandle, JobImage, Preset, Progress, Provider,
    ProviderJob, Registry, UpstreamError, UpstreamErrorKind, UpstreamId,
};
use serde_json::{Map, Value};

use crate::support::{FakeHttp, FakePool, handle, job};

/// Names that the providers look for, and the numbers and words that they find there.
const NAMES: [&str; 30] = [
    "status",
    "progress",
    "id",
    "task_id",
    "request_id",
    "data",
    "models",
    "video",
    "url",
    "result_url",
    "video_url",
    "output",
    "content",
    "metadata",
    "fail_reason",
    "error",
    "code",
    "message",
    "detail",
    "loc",
    "msg",
    "usage",
    "cost_in_usd_ticks",
    "cost",
    "ticks",
    "state",
    "respect_moderation",
    "file_output",
    "public_url",
    "aliases",
];
const WORDS: [&str; 34] = [
    "",
    " ",
    "done",
    "failed",
    "pending",
    "expired",
    "queued",
    "in_progress",
    "completed",
    "deleted",
    "cancelled",
    "SUCCESS",
    "FAILURE",
    "UNKNOWN",
    "success",
    "posted",
    "42%",
    "NaN%",
    "-1",
    "1e999",
    "task_not_exist",
    "loop_detected",
    "image_fetch_failed",
    "no_channel",
    "Image URL could not be fetched: ",
    "rejected by content moderation",
    "https://a.example/v",
    "//evil.example",
    "/\\evil.example",
    "/v1/x",
    "javascript:x",
    "a\u{0}b\u{202e}é",
    "sk-0123456789abcdef",
    "0b3f3a52-7d2e-4f6a-9f0e-3f1f6f0a1c11",
];
/// Bytes at which texts are cut; a multiple of this and some words of ours is the longest.
const MESSAGE_BYTES_MAX: usize = 1_200;

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(&WORDS[..]).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let name = prop::sample::select(&NAMES[..]);
        let object = prop::collection::vec((name, inner.clone()), 0..6).prop_map(|pairs| {
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
        });
        prop_oneof![
            3 => object.prop_map(Value::Object),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn body() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => json().prop_map(|value| Bytes::from(value.to_string())),
        1 => json().prop_map(|value| {
            let text = value.to_string();
            Bytes::from(text.as_bytes()[..text.len() / 2].to_vec())
        }),
        1 => any::<Vec<u8>>().prop_map(Bytes::from),
        1 => "\\PC*".prop_map(Bytes::from),
        1 => Just(Bytes::from("[".repeat(10_000))),
        1 => Just(Bytes::from("{\"progress\":NaN,\"a\\\"\":\"-Infinity\"")),
    ]
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![3 => Just(200), 1 => Just(202), 3 => 400..=599_u16, 1 => any::<u16>()]
}

fn answer() -> impl Strategy<Value = Result<HttpAnswer, HttpFault>> {
    let whole = (status(), any::<Option<u64>>(), body())
        .prop_map(|(status, retry_after_ms, body)| HttpAnswer { status, retry_after_ms, body });
    prop_oneof![
        20 => whole.prop_map(Ok),
        1 => Just(Err(HttpFault::Broken("reset".into()))),
        1 => Just(Err(HttpFault::NotSent("refused".into()))),
    ]
}

fn any_job() -> impl Strategy<Value = ProviderJob> {
    let image = prop_oneof![
        any::<Vec<u8>>().prop_map(|bytes| JobImage::Bytes {
            mime: "image/png".into(),
            bytes: Bytes::from(bytes),
        }),
        any::<String>().prop_map(JobImage::Url),
    ];
    let mode =
        prop::sample::select(vec![Mode::TextToVideo, Mode::ImageToVideo, Mode::ReferenceToVideo]);
    let options = (any::<Option<i64>>(), any::<Option<String>>(), any::<Option<String>>());
    (any::<(String, String)>(), mode, prop::collection::vec(image, 0..4), options).prop_map(
        |((model, prompt), mode, images, (seed, negative_prompt, guidance_scale))| ProviderJob {
            model,
            prompt,
            mode,
            images,
            options: EngineOptions {
                seed,
                negative_prompt,
                guidance_scale,
                ..EngineOptions::default()
            },
            ..job(Directives::default())
        },
    )
}

/// Runs `check` for each preset with its provider.
fn for_each_preset(mut check: impl AsyncFnMut(&dyn Provider, &'static Preset)) {
    let registry = Registry::new(Arc::new(FakePool::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for (provider, preset) in registry.presets() {
            check(&**provider, preset).await;
        }
    });
}

fn check_error(error: &UpstreamError) {
    assert!(error.message.len() <= MESSAGE_BYTES_MAX, "{} bytes", error.message.len());
    assert!(!error.message.contains(char::is_control), "{:?}", error.message);
    assert!(!error.message.contains("sk-0123456789abcdef"), "a key");
}

fn check_id(id: &UpstreamId) {
    assert!((1..=256).contains(&id.as_str().len()), "{id}");
    assert!(!id.as_str().contains(char::is_control), "{id:?}");
}

proptest! {
    #[test]
    fn any_answer_to_any_submit_is_sorted(answer in answer(), job in any_job()) {
        for_each_preset(async |provider, preset| {
            let http = FakeHttp::answering([answer.clone()]);
            let outcome = provider.submit(http.upstream(preset), &job).await;
            let requests = http.requests.lock().unwrap();
            assert!(requests.len() <= 1, "at most one request leaves");
            if let Some(HttpBody::Json(body)) = requests.first().map(|it| &it.body) {
                assert!(serde_json::from_slice::<Value>(body).unwrap().is_object());
            }
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            match outcome {
                Ok(id) => {
                    check_id(&id);
                    assert!((200..=299).contains(&status), "{status} is no acceptance");
                }
                Err(error) => {
                    check_error(&error);
                    let may_exist = (200..=299).contains(&status)
                        || matches!(status, 500 | 502 | 504)
                            && error.kind != UpstreamErrorKind::Loop
                        || matches!(answer, Err(HttpFault::Broken(_)));
                    let says_so = error.kind == UpstreamErrorKind::Ambiguous;
                    assert!(says_so || !may_exist || requests.is_empty(), "{status}: {error}");
                    assert_ne!(error.kind, UpstreamErrorKind::Temporary);
                    assert_ne!(error.kind, UpstreamErrorKind::Lost);
                }
            }
        });
    }

    #[test]
    fn any_answer_to_any_poll_is_sorted(
        answer in answer(),
        id in any::<String>(),
        cancel_requested in any::<bool>(),
    ) {
        for_each_preset(async |provider, preset| {
            let http = FakeHttp::answering([answer.clone()]);
            let (id, none) = (UpstreamId::new(id.clone()), Directives::default());
            let job = JobHandle { cancel_requested, ..handle(&id, &none, 1_000) };
            let outcome = provider.poll(http.upstream(preset), &job).await;
            let requests = http.requests.lock().unwrap();
            assert_eq!(requests.len(), 1);
            assert!(requests[0].path.starts_with("/v1/"));
            assert!(!requests[0].path.contains(['.', '?', '#', '%', ' '])
                || requests[0].path.contains('%'));
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            match outcome {
                Ok(Progress::Pending { percent, again_in_ms, unknown_word, .. }) => {
                    assert!(unknown_word.is_none_or(|word| word.chars().count() <= 40));
                    assert!(percent.is_none_or(|percent| percent <= 99));
                    assert!(again_in_ms.is_none_or(|wait| (1..=60_000).contains(&wait)));
                }
                Ok(Progress::Done { cost, .. }) => {
                    assert!((200..=299).contains(&status), "{status} is no end");
                    assert!(cost.is_none_or(|cost| cost.0 >= 0));
                }
                Ok(Progress::Failed(failure)) => {
                    let is_gone = cancel_requested && matches!(status, 404 | 410);
                    assert!((200..=299).contains(&status) || is_gone, "{status} is no end");
                    assert!(failure.reason.starts_with(failure.code.sentence()));
                    assert!(!failure.reason.contains("://"));
                }
                Err(error) => {
                    check_error(&error);
                    assert_ne!(error.kind, UpstreamErrorKind::Ambiguous);
                }
            }
        });
    }

    #[test]
    fn any_answer_to_a_cancel_or_a_check_is_sorted(answer in answer(), id in any::<String>()) {
        for_each_preset(async |provider, preset| {
            let http = FakeHttp::answering([answer.clone(), answer.clone()]);
            let (id, none) = (UpstreamId::new(id.clone()), Directives::default());
            let job = handle(&id, &none, 1_000);
            if let Err(error) = provider.cancel(http.upstream(preset), &job).await {
                check_error(&error);
            }
            match provider.check(http.upstream(preset)).await {
                Ok(Check::Models(models)) => assert!(models.len() <= 1_000),
                Ok(Check::NoList) => {}
                Err(error) => check_error(&error),
            }
        });
    }
}
