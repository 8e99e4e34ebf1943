//! Every field of every request, and what a channel is sent for it.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, ImageSource, Job, Mode};
use rushes_domain::request::VideoRequest;
use rushes_domain::request::json::{Pairs, read_pairs};
use rushes_domain::{AccountId, ApiError, TaskId};
use rushes_providers::gateway::Gateway;
use rushes_providers::openai_videos::OpenAiVideos;
use rushes_providers::xai::Xai;
use rushes_providers::{
    BoxFuture, Http, HttpAnswer, HttpBody, HttpFault, HttpRequest, JobImage, ProviderJob, Registry,
    Upstream,
};
use serde_json::{Value, json};

use super::{names, table};
use crate::dialects::{native, openai, xai};

const URL: &str = "https://example.com/a.png";
/// A model with a resolution that is nobody's default.
const SMALL: &str = "small";
/// The readers of requests by their columns.
const DIALECTS: [fn(Pairs<'_>) -> VideoRequest; 3] =
    [native::request, xai::request, openai::request];
/// The presets by their columns.
const PRESETS: [&str; 6] = ["xai", "openai-videos", "vllm-omni", "sglang", "gateway", "new-api"];

/// A body with this field; `aspect` is the line of the table.
fn body(aspect: &str, field: &str) -> Value {
    let mut body = json!({ "model": "grok-image-video", "prompt": "rain" });
    if ["ratio", "resolution"].contains(&aspect) {
        body["model"] = json!(SMALL);
    }
    let value = match (aspect, field) {
        ("model", _) => json!("grok-imagine-video"),
        ("prompt", _) => json!("snow"),
        ("length", _) => json!(7),
        ("ratio", "aspect_ratio" | "ratio") => json!("1:1"),
        ("resolution", "resolution") => json!("360p"),
        ("ratio" | "resolution", "size") => json!("360x360"),
        ("ratio" | "resolution", "width" | "height") => {
            body["width"] = json!(360);
            body["height"] = json!(360);
            return body;
        }
        ("first frame", "input_reference") => json!({ "image_url": URL }),
        ("first frame", _) => json!({ "url": URL }),
        ("references", _) => json!([{ "url": URL }, { "url": URL }]),
        ("metadata", _) => json!({ "a": "b" }),
        ("callback", _) => json!("https://hooks.example.com/jobs/7"),
        ("one video", _) => json!(1),
        ("negative prompt", _) => json!("fog"),
        _ => json!(9),
    };
    body[field] = value;
    body
}

/// The built-in models, and [`SMALL`].
fn catalogue() -> Catalogue {
    let mut models = Catalogue::embedded().models().to_vec();
    let mut small = models[0].clone();
    small.id = SMALL.into();
    small.aliases.clear();
    small.resolutions.push("360p".into());
    small.price_per_second.insert("360p".into(), rushes_domain::Ticks(1));
    models.push(small);
    Catalogue::from_models(models).unwrap()
}

fn job(read: fn(Pairs<'_>) -> VideoRequest, body: &Value) -> Result<Job, ApiError> {
    let text = body.to_string();
    read(read_pairs(text.as_bytes())?).into_job(&catalogue(), KeyKind::Live, &|_| false)
}

/// What a line of the table says of a job.
fn aspect_of(aspect: &str, job: &Job) -> String {
    let EngineOptions { seed, negative_prompt, fps, guidance_scale, num_inference_steps } =
        &job.options;
    match aspect {
        "model" => job.model_name.clone(),
        "prompt" => job.prompt.clone(),
        "length" => job.seconds.to_string(),
        "ratio" => job.aspect_ratio.clone(),
        "resolution" => job.resolution.clone(),
        "first frame" | "references" => format!("{:?} {}", job.mode, job.images.len()),
        "seed" => format!("{seed:?}"),
        "negative prompt" => format!("{negative_prompt:?}"),
        "frames a second" => format!("{fps:?}"),
        "guidance" => format!("{guidance_scale:?}"),
        "steps" => format!("{num_inference_steps:?}"),
        "metadata" => format!("{:?}", job.metadata),
        "callback" => format!("{:?}", job.callback_url),
        "one video" => String::new(),
        other => panic!("the line {other:?} means nothing to this test"),
    }
}

/// The fields of its own family in each dialect, and those of the native one in all of them.
#[test]
fn fields_mean_what_the_page_says() {
    let plain = json!({ "model": "grok-image-video", "prompt": "rain" });
    for line in table("requests") {
        let aspect = line[0];
        for (column, read) in DIALECTS.into_iter().enumerate() {
            let before = aspect_of(aspect, &job(read, &plain).unwrap());
            let own: BTreeSet<_> =
                names(line[1]).into_iter().chain(names(line[column + 1])).collect();
            for field in own {
                let body = body(aspect, field);
                let job = job(read, &body).unwrap_or_else(|error| panic!("{body}: {error}"));
                assert_eq!(job.ignored_fields, Vec::<String>::new(), "{body}");
                let after = aspect_of(aspect, &job);
                assert_eq!(after != before, aspect != "one video", "{aspect} in {body}");
                let is_url = |image: &ImageSource| matches!(image, ImageSource::Url(_));
                assert!(job.images.iter().all(is_url));
            }
        }
    }
}

/// The bodies in the OpenAPI document have the fields of the page.
#[test]
fn the_schemas_have_the_fields_of_the_page() {
    let document = crate::http::openapi::document("http://x");
    let schemas = ["CreateVideo", "XaiCreateVideo", "OpenaiCreateVideo"];
    for (column, schema) in schemas.into_iter().enumerate() {
        let lines = table("requests");
        let said: BTreeSet<&str> = lines.iter().flat_map(|line| names(line[column + 1])).collect();
        let properties = document["components"]["schemas"][schema]["properties"].as_object();
        let found: BTreeSet<&str> = properties.unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, said, "{schema}");
        let form = &document["components"]["schemas"][format!("{schema}Form")]["properties"];
        let known = |field: &String| said.contains(field.as_str());
        assert!(form.as_object().is_none_or(|fields| fields.keys().all(known)), "{form}");
    }
}

/// Takes every request and keeps it.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<HttpRequest>>);

impl Http for Recorder {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpAnswer, HttpFault>> {
        self.0.lock().unwrap().push(request);
        let body = bytes::Bytes::from_static(br#"{"id":"x","task_id":"x","request_id":"x"}"#);
        Box::pin(ready(Ok(HttpAnswer { status: 200, retry_after_ms: None, body })))
    }
}

/// The names of the fields that a preset sends for a job; none if it takes no such job.
async fn sent(preset: &str, job: &ProviderJob) -> BTreeSet<String> {
    let registry =
        Registry::from_providers(vec![Arc::new(Xai), Arc::new(OpenAiVideos), Arc::new(Gateway)]);
    let (provider, preset) = registry.find_preset(preset).expect(preset);
    let recorder = Recorder::default();
    let _ = provider.submit(Upstream { http: &recorder, preset }, job).await;
    let requests = recorder.0.into_inner().unwrap();
    let names = |request: &HttpRequest| -> Vec<String> {
        match &request.body {
            HttpBody::Json(bytes) => {
                let body: Value = serde_json::from_slice(bytes).unwrap();
                body.as_object().unwrap().keys().cloned().collect()
            }
            HttpBody::Multipart(parts) => parts.iter().map(|part| part.name.to_owned()).collect(),
            HttpBody::None => Vec::new(),
        }
    };
    requests.iter().flat_map(names).collect()
}

fn provider_job(mode: Mode, images: Vec<JobImage>, options: EngineOptions) -> ProviderJob {
    ProviderJob {
        task_id: TaskId::new(1),
        account_id: AccountId(1),
        model: "m".into(),
        prompt: "rain".into(),
        mode,
        seconds: 6,
        width: 1280,
        height: 720,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        images,
        options,
        hops: 1,
        directives: Directives::default(),
        seed: 1,
        caption: false,
    }
}

/// What a preset is sent for a plain prompt, and beyond that for each of the other lines.
async fn sent_for(preset: &str, aspect: &str) -> BTreeSet<String> {
    let none = EngineOptions::default;
    let plain = provider_job(Mode::TextToVideo, Vec::new(), none());
    let url = || JobImage::Url(URL.into());
    let bytes = || JobImage::Bytes { mime: "image/png".into(), bytes: "x".into() };
    let option = |options| vec![provider_job(Mode::TextToVideo, Vec::new(), options)];
    let jobs = match aspect {
        "first frame" => [url(), bytes()]
            .map(|image| provider_job(Mode::ImageToVideo, vec![image], none()))
            .to_vec(),
        "references" => {
            vec![provider_job(Mode::ReferenceToVideo, vec![bytes(), bytes()], none())]
        }
        "seed" => option(EngineOptions { seed: Some(5), ..none() }),
        "negative prompt" => {
            option(EngineOptions { negative_prompt: Some("fog".into()), ..none() })
        }
        "frames a second" => option(EngineOptions { fps: Some(24), ..none() }),
        "guidance" => option(EngineOptions { guidance_scale: Some("7".into()), ..none() }),
        "steps" => option(EngineOptions { num_inference_steps: Some(9), ..none() }),
        _ => return sent(preset, &plain).await,
    };
    let always = sent(preset, &plain).await;
    let mut found = BTreeSet::new();
    for job in jobs {
        found.extend(sent(preset, &job).await.difference(&always).cloned());
    }
    found
}

#[tokio::test]
async fn channels_are_sent_what_the_page_says() {
    for (index, preset) in PRESETS.into_iter().enumerate() {
        let mut of_every_job = BTreeSet::new();
        for line in table("requests") {
            let said: BTreeSet<String> =
                names(line[index + 4]).into_iter().map(str::to_owned).collect();
            let found = sent_for(preset, line[0]).await;
            match line[0] {
                "model" | "prompt" | "length" | "ratio" | "resolution" => {
                    assert!(said.is_subset(&found), "{preset}, {}: {found:?}", line[0]);
                    of_every_job.extend(said);
                }
                "metadata" | "callback" | "one video" => assert_eq!(said, BTreeSet::new()),
                _ => assert_eq!(said, found, "{preset}, {}", line[0]),
            }
        }
        assert_eq!(sent_for(preset, "prompt").await, of_every_job, "{preset}");
    }
}

/// As the page says beside the table.
#[tokio::test]
async fn xai_is_sent_no_ratio_beside_a_first_frame() {
    let image = JobImage::Url(URL.into());
    let job = provider_job(Mode::ImageToVideo, vec![image], EngineOptions::default());
    assert!(!sent("xai", &job).await.contains("aspect_ratio"));
}
