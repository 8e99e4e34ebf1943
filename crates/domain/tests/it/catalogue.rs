use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::catalogue::{Catalogue, CatalogueError, Model, dimensions};
use rushes_domain::money::MoneyError;
use serde_json::json;

fn embedded(name: &str) -> Model {
    Catalogue::embedded().find(name).expect(name).clone()
}

#[test]
fn the_embedded_catalogue_is_valid_and_is_that_of_the_contract() {
    let catalogue = Catalogue::embedded();
    let ids: Vec<_> = catalogue.models().iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["grok-image-video", "grok-video-1.5"]);
    assert_eq!(catalogue.default_model().map(|model| model.id.as_str()), Some("grok-image-video"));
    assert_eq!(Catalogue::from_models(catalogue.models().to_vec()), Ok(catalogue.clone()));
    for (alias, id) in
        [("grok-imagine-video", "grok-image-video"), ("grok-imagine-video-1.5", "grok-video-1.5")]
    {
        assert_eq!(catalogue.find(alias).expect(alias).id, id);
    }
    assert!(catalogue.find("Grok-Image-Video").is_none());
    assert!(catalogue.find("").is_none());
}

#[test]
fn an_entry_is_that_of_the_contract() {
    let entry = embedded("grok-image-video").to_json(1_000_000);
    assert_eq!(entry["object"], "model");
    let seconds = json!([4, 6, 8, 10, 12, 15]);
    assert_eq!(
        entry["capabilities"],
        json!({
            "text_to_video": {"max_seconds": 15, "max_images": 0, "seconds": seconds},
            "image_to_video": {"max_seconds": 15, "max_images": 1, "seconds": seconds},
            "reference_to_video": {"max_seconds": 10, "max_images": 7, "seconds": [4, 6, 8, 10]},
            "aspect_ratios": ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"],
            "resolutions": ["480p", "720p"],
        })
    );
    assert_eq!(
        entry["pricing"],
        json!({"currency": "USD", "per_second": {"480p": "0.06", "720p": "0.09"}, "per_image": "0.005"})
    );
    let keys: Vec<_> = entry.as_object().expect("an object").keys().cloned().collect();
    let mut expected =
        ["id", "object", "created", "owned_by", "name", "description", "capabilities", "pricing"];
    expected.sort_unstable();
    let mut keys: Vec<_> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn a_mode_that_is_lacking_is_absent_and_the_multiplier_is_worked_in() {
    let entry = embedded("grok-video-1.5").to_json(1_500_000);
    let capabilities = entry["capabilities"].as_object().expect("an object");
    assert!(!capabilities.contains_key("text_to_video"));
    assert!(!capabilities.contains_key("reference_to_video"));
    assert_eq!(entry["pricing"]["per_second"], json!({"480p": "0.15", "720p": "0.255"}));
    assert_eq!(entry["pricing"]["per_image"], "0.0225");
}

#[test]
fn prices_are_seconds_and_images() {
    let dollars = |text| Ticks::parse_dollars(text);
    let general = embedded("grok-image-video");
    assert_eq!(general.price("720p", 6, 0), dollars("0.54"));
    assert_eq!(general.price("480p", 10, 7), dollars("0.635"));
    assert_eq!(embedded("grok-video-1.5").price("720p", 15, 1), dollars("2.565"));
    assert_eq!(embedded("grok-video-1.5").price("480p", 4, 1), dollars("0.415"));
    assert_eq!(general.price("1080p", 6, 0), Err(MoneyError::NoPrice));
}

#[test]
fn sizes_are_those_of_the_renderer() {
    let ratios = ["16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "1:1"];
    let at = |resolution| ratios.map(|ratio| dimensions(ratio, resolution).expect(ratio));
    assert_eq!(
        at("720p"),
        [(1280, 720), (720, 1280), (960, 720), (720, 960), (1080, 720), (720, 1080), (720, 720)]
    );
    assert_eq!(
        at("480p"),
        [(854, 480), (480, 854), (640, 480), (480, 640), (720, 480), (480, 720), (480, 480)]
    );
    assert_eq!(dimensions("21:9", "1080p"), Some((2520, 1080)));
}

#[test]
fn words_that_are_no_size_have_none() {
    let bad = [
        ("", ""),
        ("16:9", ""),
        ("", "720p"),
        ("16:9", "720"),
        ("16:9", "p"),
        ("16:9", "-720p"),
        ("16:9", "721p"),
        ("16:9", "99999p"),
        ("0:9", "720p"),
        ("16:0", "720p"),
        ("16", "720p"),
        ("16:9:1", "720p"),
        ("+16:9", "720p"),
        ("16:9", "+720p"),
        ("999:1", "720p"),
        ("auto", "720p"),
        ("16:9", "99999999999999p"),
    ];
    for (ratio, resolution) in bad {
        assert_eq!(dimensions(ratio, resolution), None, "{ratio:?} {resolution:?}");
    }
}

/// What a change to a valid model is refused for.
fn refusal(change: impl FnOnce(&mut Model)) -> String {
    let mut model = embedded("grok-image-video");
    change(&mut model);
    Catalogue::from_models(vec![model]).expect_err("a refusal").to_string()
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Model);
    let cases: [(&str, Change); 16] = [
        ("is no name", |m| m.id = String::new()),
        ("is no name", |m| m.id = "a b".to_owned()),
        ("is no name", |m| m.aliases = vec!["x".repeat(65)]),
        ("two models", |m| m.aliases.push(m.id.clone())),
        ("at least one of text", |m| (m.text, m.image, m.reference) = (None, None, None)),
        ("max_images of text", |m| m.text.as_mut().expect("text").max_images = 1),
        ("max_images of image", |m| m.image.as_mut().expect("image").max_images = 0),
        ("max_images of reference", |m| m.reference.as_mut().expect("ref").max_images = 65),
        ("max_seconds of text", |m| m.text.as_mut().expect("text").max_seconds = 0),
        ("seconds of text", |m| m.text.as_mut().expect("text").seconds = vec![]),
        ("seconds of text", |m| m.text.as_mut().expect("text").seconds = vec![16]),
        ("aspect ratio", |m| m.aspect_ratios.clear()),
        ("is no size", |m| m.aspect_ratios.push("wide".to_owned())),
        ("price_per_second lacks", |m| m.resolutions.push("1080p".to_owned())),
        ("which is not offered", |m| m.resolutions.truncate(1)),
        ("prices must be", |m| m.price_per_image = Ticks(-1)),
    ];
    for (part, change) in cases {
        let message = refusal(change);
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(Catalogue::from_models(vec![]), Err(CatalogueError::Count(0)));
    let twice = vec![embedded("grok-image-video"); 2];
    assert_eq!(
        Catalogue::from_models(twice),
        Err(CatalogueError::Duplicate("grok-image-video".to_owned()))
    );
}

#[test]
fn a_model_is_text_in_dollars_and_unknown_keys_are_refused() {
    let model = embedded("grok-image-video");
    let value = serde_json::to_value(&model).unwrap();
    assert_eq!(value["price_per_second"]["720p"], "0.09");
    assert_eq!(value["price_per_image"], "0.005");
    assert_eq!(serde_json::from_value::<Model>(value.clone()).unwrap(), model);
    for (key, text) in [("surprise", json!(1)), ("price_per_image", json!("free"))] {
        let mut changed = value.clone();
        changed[key] = text;
        assert!(serde_json::from_value::<Model>(changed).is_err(), "{key}");
    }
    assert!(matches!(Catalogue::from_toml("models = 1"), Err(CatalogueError::Toml(_))));
}
