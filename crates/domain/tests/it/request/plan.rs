use rushes_domain::ErrorCode::{InvalidReferenceImages, InvalidRequest};
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::{Catalogue, Model};
use rushes_domain::job::{Job, Mode};
use rushes_domain::request::VideoRequest;
use rushes_domain::{ApiError, Ticks};
use serde_json::{Value, json};

use crate::support::{URL, assert_refused, body_with, job_with, nothing_allowed};

fn urls(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("https://example.com/{index}.png")).collect()
}

#[test]
fn the_number_of_images_decides_the_mode() {
    for (count, mode) in [
        (0, Mode::TextToVideo),
        (1, Mode::ImageToVideo),
        (2, Mode::ReferenceToVideo),
        (7, Mode::ReferenceToVideo),
    ] {
        assert_eq!(job_with(&json!({"image_urls": urls(count)})).unwrap().mode, mode);
    }
    let error = assert_refused(&json!({"image_urls": urls(8)}), InvalidReferenceImages, "");
    assert_eq!(error.message, "grok-image-video supports at most 7 reference images");
    assert_eq!(error.param.as_deref(), Some("image_urls"));
}

#[test]
fn the_single_image_model_takes_exactly_one() {
    for more in [json!({}), json!({"image_urls": urls(2)}), json!({"reference_images": urls(2)})] {
        let mut more = more;
        more["model"] = json!("grok-video-1.5");
        let error = assert_refused(&more, InvalidReferenceImages, "");
        assert_eq!(error.message, "grok-video-1.5 only supports exactly one reference image");
    }
    for field in ["image_urls", "input_reference", "reference_images", "image"] {
        let job = job_with(&json!({"model": "grok-video-1.5", field: URL, "seconds": 15})).unwrap();
        assert_eq!((job.mode, job.seconds), (Mode::ImageToVideo, 15), "{field}");
        assert_eq!(job.list_price, Ticks::parse_dollars("2.565").unwrap());
    }
}

#[test]
fn several_images_cut_the_length_whatever_was_asked() {
    for (asked, seconds) in [(4, 4), (10, 10), (11, 10), (15, 10), (16, 10), (1_000_000_000, 10)] {
        let job = job_with(&json!({"image_urls": urls(2), "seconds": asked})).unwrap();
        assert_eq!((job.seconds, job.seconds_requested), (seconds, asked));
    }
    let job = job_with(&json!({"reference_images": urls(1), "seconds": 15})).unwrap();
    assert_eq!((job.seconds, job.seconds_requested), (10, 15));
    assert_eq!(job.list_price.to_string(), "0.905");
    for seconds in [json!(0), json!(6.5), json!(true), json!("99999999999999999999")] {
        let more = json!({"image_urls": urls(2), "seconds": seconds});
        assert_refused(&more, InvalidRequest, "from 1 to 10 (suggested: 4, 6, 8, 10)");
    }
    for more in [json!({"seconds": 16}), json!({"seconds": 16, "image": URL})] {
        assert_refused(&more, InvalidRequest, "but 16 was sent");
    }
}

fn job_by(change: impl FnOnce(&mut Model), more: &Value) -> Result<Job, ApiError> {
    let mut model = Catalogue::embedded().models()[0].clone();
    change(&mut model);
    let catalogue = Catalogue::from_models(vec![model]).expect("a catalogue");
    VideoRequest::parse_json(body_with(more).to_string().as_bytes())?.into_job(
        &catalogue,
        KeyKind::Live,
        &nothing_allowed,
    )
}

#[test]
fn models_of_the_operator_follow_their_own_data() {
    let refusal = |change: fn(&mut Model), images| {
        job_by(change, &json!({"image_urls": urls(images)})).expect_err("a refusal").message
    };
    let text_only: fn(&mut Model) = |model| (model.image, model.reference) = (None, None);
    assert_eq!(refusal(text_only, 1), "grok-image-video does not support reference images");
    let references_only: fn(&mut Model) = |model| (model.text, model.image) = (None, None);
    assert_eq!(refusal(references_only, 0), "grok-image-video needs at least one reference image");
    let job = job_by(references_only, &json!({"image_urls": urls(1)})).unwrap();
    assert_eq!(job.mode, Mode::ReferenceToVideo);
    let no_references: fn(&mut Model) = |model| model.reference = None;
    assert_eq!(refusal(no_references, 2), "grok-image-video supports at most 1 reference image");
    let small: fn(&mut Model) = |model| {
        model.aspect_ratios = vec!["21:9".to_owned()];
        model.resolutions = vec!["480p".to_owned()];
        model.price_per_second.remove("720p");
        let text = model.text.as_mut().expect("text");
        (text.max_seconds, text.seconds) = (2, vec![2]);
    };
    let job = job_by(small, &json!({})).unwrap();
    assert_eq!((job.seconds, job.width, job.height), (2, 1120, 480));
}
