//! Every sentence of the published document (seed) that states a rule which this crate decides,
//! each case named after its sentence.

use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::job::{ImageSource, Job, Mode};
use rushes_domain::request::VideoRequest;
use rushes_domain::{ApiError, ErrorCode};
use serde_json::{Value, json};

use crate::support::{PNG, body_with, job_with, nothing_allowed};

/// What the sentence promises of a request.
enum Holds {
    /// It becomes a job, with these seconds, mode and number of images.
    Job(u32, Mode, usize),
    /// It is refused with this code, and these words in the message.
    Refused(ErrorCode, &'static str),
}
use ErrorCode::{ImageUrlInvalid, InvalidReferenceImages, InvalidRequest, ModelNotFound};
use Holds::{Job as Makes, Refused};
use Mode::{ImageToVideo, ReferenceToVideo, TextToVideo};

const ONE: &str = "https://example.com/product.png";
const SINGLE: &str = "grok-video-1.5";

fn refs(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("https://example.com/ref-{number}.png")).collect()
}

#[track_caller]
fn check(sentence: &str, body: &Value, holds: &Holds) {
    let found: Result<Job, ApiError> = job_with(body);
    match (holds, found) {
        (Makes(seconds, mode, images), Ok(job)) => {
            assert_eq!(
                (job.seconds, job.mode, job.images.len()),
                (*seconds, *mode, *images),
                "{sentence}"
            );
        }
        (Refused(code, words), Err(error)) => {
            assert_eq!(error.code, *code, "{sentence}: {error}");
            assert!(error.message.contains(words), "{sentence}: {error}");
            assert_eq!(error.code.status(), 400, "{sentence}");
        }
        (Makes(..), Err(error)) => assert_eq!(error.to_string(), "no refusal", "{sentence}"),
        (Refused(..), Ok(job)) => assert_eq!(format!("{job:?}"), "a refusal", "{sentence}"),
    }
}

#[test]
fn section_3_the_models() {
    let cases = [
        (
            "grok-image-video 文生视频 支持,最长 15 秒",
            json!({"seconds": 15}),
            Makes(15, TextToVideo, 0),
        ),
        (
            "grok-image-video 文生视频 最长 15 秒 (16)",
            json!({"seconds": 16}),
            Refused(InvalidRequest, "from 1 to 15"),
        ),
        (
            "grok-image-video 单图 支持,最长 15 秒",
            json!({"seconds": 15, "image_urls": [ONE]}),
            Makes(15, ImageToVideo, 1),
        ),
        (
            "grok-image-video 单图 最长 15 秒 (16)",
            json!({"seconds": 16, "image_urls": [ONE]}),
            Refused(InvalidRequest, "from 1 to 15"),
        ),
        (
            "grok-image-video 多参考图 支持,最长 10 秒",
            json!({"seconds": 10, "image_urls": refs(2)}),
            Makes(10, ReferenceToVideo, 2),
        ),
        (
            "多参考图请求超过 10 秒时会自动按 10 秒处理",
            json!({"seconds": 11, "image_urls": refs(2)}),
            Makes(10, ReferenceToVideo, 2),
        ),
        (
            "grok-video-1.5 文生视频 不支持",
            json!({"model": SINGLE}),
            Refused(InvalidReferenceImages, "only supports exactly one reference image"),
        ),
        (
            "grok-video-1.5 单图 支持,最长 15 秒",
            json!({"model": SINGLE, "seconds": 15, "image_urls": [ONE]}),
            Makes(15, ImageToVideo, 1),
        ),
        (
            "grok-video-1.5 单图 最长 15 秒 (16)",
            json!({"model": SINGLE, "seconds": 16, "image_urls": [ONE]}),
            Refused(InvalidRequest, "from 1 to 15"),
        ),
        (
            "grok-video-1.5 多参考图 不支持",
            json!({"model": SINGLE, "image_urls": refs(2)}),
            Refused(InvalidReferenceImages, "only supports exactly one reference image"),
        ),
        (
            "必须提供且只能提供 1 张参考图 (reference_images)",
            json!({"model": SINGLE, "reference_images": refs(3)}),
            Refused(InvalidReferenceImages, "only supports exactly one reference image"),
        ),
    ];
    for (sentence, body, holds) in cases {
        check(sentence, &body, &holds);
    }
}

#[test]
fn section_4_the_fields() {
    let cases = [
        (
            "model string 是: missing",
            json!({"model": null}),
            Refused(InvalidRequest, "model field is required"),
        ),
        ("model string 是: wrong type", json!({"model": 1}), Refused(InvalidRequest, "model")),
        (
            "prompt string 是: missing",
            json!({"prompt": null}),
            Refused(InvalidRequest, "prompt is required"),
        ),
        ("prompt string 是: wrong type", json!({"prompt": 1}), Refused(InvalidRequest, "prompt")),
        ("seconds integer 否,默认建议 4", json!({}), Makes(4, TextToVideo, 0)),
        (
            "seconds integer: 6.5",
            json!({"seconds": 6.5}),
            Refused(InvalidRequest, "seconds must be a whole number"),
        ),
        (
            "image_urls 参考图 URL 或 base64 data URL 列表",
            json!({"image_urls": [ONE, PNG]}),
            Makes(4, ReferenceToVideo, 2),
        ),
        (
            "input_reference object,可传 { \"image_url\": \"...\" }",
            json!({"input_reference": {"image_url": ONE}}),
            Makes(4, ImageToVideo, 1),
        ),
        ("input_reference string", json!({"input_reference": ONE}), Makes(4, ImageToVideo, 1)),
        (
            "reference_images array 多参考图字段",
            json!({"reference_images": refs(3)}),
            Makes(4, ReferenceToVideo, 3),
        ),
        (
            "由服务端根据模型和图片数量自动转换: 0",
            json!({"image_urls": []}),
            Makes(4, TextToVideo, 0),
        ),
        (
            "由服务端根据模型和图片数量自动转换: 1",
            json!({"image_urls": refs(1)}),
            Makes(4, ImageToVideo, 1),
        ),
        (
            "由服务端根据模型和图片数量自动转换: 2",
            json!({"image_urls": refs(2)}),
            Makes(4, ReferenceToVideo, 2),
        ),
        (
            "由服务端根据模型和图片数量自动转换: grok-video-1.5",
            json!({"model": SINGLE, "image_urls": refs(1)}),
            Makes(4, ImageToVideo, 1),
        ),
    ];
    for (sentence, body, holds) in cases {
        check(sentence, &body, &holds);
    }
    let job = job_with(&json!({})).expect("defaults");
    assert_eq!(job.aspect_ratio, "16:9", "aspect_ratio 画幅比例,默认建议 16:9");
    assert_eq!(job.resolution, "720p", "resolution 清晰度,建议 720p 或 480p");
}

#[test]
fn section_5_the_offers() {
    for seconds in [4, 6, 8, 10, 12, 15] {
        check(
            "seconds 建议选项: [4, 6, 8, 10, 12, 15]",
            &json!({"seconds": seconds}),
            &Makes(seconds, TextToVideo, 0),
        );
    }
    for seconds in [4, 6, 8, 10] {
        let body = json!({"seconds": seconds, "image_urls": refs(7)});
        check("多参考图推荐选项: [4, 6, 8, 10]", &body, &Makes(seconds, ReferenceToVideo, 7));
    }
    let ratios = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"];
    for ratio in ratios {
        let body = json!({"aspect_ratio": ratio});
        check("aspect_ratio 建议选项 grok-image-video", &body, &Makes(4, TextToVideo, 0));
        let body = json!({"model": SINGLE, "image_urls": [ONE], "aspect_ratio": ratio});
        let holds = if ["16:9", "9:16"].contains(&ratio) {
            Makes(4, ImageToVideo, 1)
        } else {
            Refused(InvalidRequest, "aspect_ratio must be one of 16:9, 9:16")
        };
        check("aspect_ratio 建议选项 grok-video-1.5 [\"16:9\", \"9:16\"]", &body, &holds);
    }
    for resolution in ["720p", "480p"] {
        let body = json!({"resolution": resolution});
        check("resolution 建议选项: [\"720p\", \"480p\"]", &body, &Makes(4, TextToVideo, 0));
    }
}

#[test]
fn section_5_the_images() {
    let cases = [
        (
            "推荐使用公网可直接访问的 HTTPS 图片直链",
            json!({"image_urls": [ONE]}),
            Makes(4, ImageToVideo, 1),
        ),
        ("支持完整 base64 data URL", json!({"image_urls": [PNG]}), Makes(4, ImageToVideo, 1)),
        (
            "不要传裸 base64,例如 iVBORw0KGgo...",
            json!({"image_urls": ["iVBORw0KGgo..."]}),
            Refused(ImageUrlInvalid, "data:image/png;base64,iVBORw0KGgo"),
        ),
        (
            "不要使用本地地址",
            json!({"image_urls": ["http://localhost/a.png"]}),
            Refused(ErrorCode::ImageUrlBlocked, "localhost"),
        ),
    ];
    for (sentence, body, holds) in cases {
        check(sentence, &body, &holds);
    }
}

#[test]
fn section_6_the_examples() {
    let text = json!({"prompt": "A cinematic shot of a red sports car driving through rainy neon streets at night", "seconds": 6, "aspect_ratio": "16:9", "resolution": "720p"});
    check("6.1 文生视频", &text, &Makes(6, TextToVideo, 0));
    assert_eq!(job_with(&text).expect("6.1").list_price.to_string(), "0.54");
    let one =
        json!({"seconds": 6, "aspect_ratio": "9:16", "resolution": "720p", "image_urls": [ONE]});
    check("6.2 单参考图生视频", &one, &Makes(6, ImageToVideo, 1));
    let reference = json!({"seconds": 6, "aspect_ratio": "9:16", "resolution": "720p", "input_reference": {"image_url": ONE}});
    check("6.2 也可以使用 input_reference", &reference, &Makes(6, ImageToVideo, 1));
    assert_eq!(job_with(&one), job_with(&reference), "6.2 the two forms mean the same");
    assert_eq!(job_with(&one).expect("6.2").images, [ImageSource::Url(ONE.to_owned())]);
    let several =
        json!({"seconds": 10, "aspect_ratio": "16:9", "resolution": "720p", "image_urls": refs(2)});
    check("6.3 多参考图生视频", &several, &Makes(10, ReferenceToVideo, 2));
    let single = json!({"model": SINGLE, "seconds": 4, "aspect_ratio": "16:9", "resolution": "480p", "image_urls": [ONE]});
    check("6.4 grok-video-1.5 单图生视频", &single, &Makes(4, ImageToVideo, 1));
}

#[test]
fn section_6_the_rules() {
    let cases = [
        (
            "grok-image-video 最多支持 7 张参考图",
            json!({"image_urls": refs(7)}),
            Makes(4, ReferenceToVideo, 7),
        ),
        (
            "grok-image-video 最多支持 7 张参考图 (8)",
            json!({"image_urls": refs(8)}),
            Refused(InvalidReferenceImages, "grok-image-video supports at most 7 reference images"),
        ),
        (
            "如果传入 seconds 大于 10,服务会自动按 10 秒处理",
            json!({"image_urls": refs(2), "seconds": 15}),
            Makes(10, ReferenceToVideo, 2),
        ),
        (
            "如果传入 seconds 大于 10 (reference_images)",
            json!({"reference_images": refs(7), "seconds": 99}),
            Makes(10, ReferenceToVideo, 7),
        ),
        (
            "不要同时传 input_reference 和 reference_images",
            json!({"input_reference": ONE, "reference_images": refs(2)}),
            Refused(
                InvalidReferenceImages,
                "input_reference and reference_images cannot be used together",
            ),
        ),
        (
            "该模型当前只支持 1 张参考图",
            json!({"model": SINGLE, "input_reference": {"image_url": ONE}}),
            Makes(4, ImageToVideo, 1),
        ),
        (
            "不要用它提交纯文生视频",
            json!({"model": SINGLE, "prompt": "x"}),
            Refused(
                InvalidReferenceImages,
                "grok-video-1.5 only supports exactly one reference image",
            ),
        ),
        (
            "也不要传多张参考图",
            json!({"model": SINGLE, "image_urls": refs(2)}),
            Refused(
                InvalidReferenceImages,
                "grok-video-1.5 only supports exactly one reference image",
            ),
        ),
    ];
    for (sentence, body, holds) in cases {
        check(sentence, &body, &holds);
    }
}

#[test]
fn section_10_the_common_errors() {
    let cases = [
        (
            "400 prompt is required: prompt 为空",
            json!({"prompt": ""}),
            "prompt is required",
            InvalidRequest,
        ),
        (
            "400 model field is required: model 为空",
            json!({"model": ""}),
            "model field is required",
            InvalidRequest,
        ),
        (
            "400 only supports exactly one reference image",
            json!({"model": SINGLE}),
            "only supports exactly one reference image",
            InvalidReferenceImages,
        ),
        ("使用模型列表中的模型 ID", json!({"model": "sora"}), "GET /v1/models", ModelNotFound),
    ];
    for (sentence, body, words, code) in cases {
        check(sentence, &body, &Refused(code, words));
    }
    assert_eq!(ErrorCode::InvalidApiKey.status(), 401, "401 API Key 缺失或错误");
    for code in
        [ErrorCode::InsufficientQuota, ErrorCode::ModelNotAllowed, ErrorCode::GroupNotAllowed]
    {
        assert_eq!(code.status(), 403, "403 权限、额度或分组限制");
    }
}

#[test]
fn section_11_the_notes() {
    let catalogue = Catalogue::embedded();
    let default = catalogue.default_model().expect("a default");
    assert_eq!(default.id, "grok-image-video", "默认推荐使用 grok-image-video");
    let single = catalogue.find(SINGLE).expect("the single-image model");
    assert!(
        single.text.is_none() && single.reference.is_none(),
        "grok-video-1.5 仅用于单参考图生视频"
    );
    // 不要把模型 ID 写死成单个模型: every listed model works by what the list says of it.
    for model in catalogue.models() {
        let entry = model.to_json(1_000_000);
        for (mode, limits) in model.modes() {
            let images = usize::try_from(limits.max_images).expect("a count");
            let listed = &entry["capabilities"][mode]["max_seconds"];
            let body = body_with(
                &json!({"model": entry["id"], "seconds": listed, "image_urls": refs(images)}),
            );
            let job = VideoRequest::parse_json(body.to_string().as_bytes())
                .and_then(|request| request.into_job(&catalogue, KeyKind::Live, &nothing_allowed));
            assert_eq!(job.expect(mode).mode.as_str(), mode);
        }
    }
}
