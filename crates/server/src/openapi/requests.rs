//! What is sent to make a video, as schemas.
//!
//! Guarantees: a body that a schema takes is read by the gateway (whether a model offers it is
//! another question); `tests/it/http/openapi.rs` holds the lists of fields against what the gateway
//! knows. Requests are read by hand (domain, `request`), so that these shapes cannot be derived
//! from it.

use rushes_domain::request::PROMPT_CHARS_MAX;
use rushes_domain::request::fields::{
    METADATA_NAME_CHARS_MAX, METADATA_PAIRS_MAX, METADATA_VALUE_CHARS_MAX,
};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AnyOfBuilder, Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema,
    SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

/// A picture: an `http(s)` address, or the picture itself as `data:image/…;base64,…`; also as an
/// object that holds it. PNG, JPEG, WebP or GIF, at most 20 MB and 40 megapixels.
pub(crate) struct Image;

impl ToSchema for Image {}

impl PartialSchema for Image {
    fn schema() -> RefOr<Schema> {
        let text = || {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^(https?://|data:image/)"))
                .examples([json!("https://example.com/cat.png")])
        };
        let object = |field: &str, inner: RefOr<Schema>| {
            ObjectBuilder::new().property(field, inner).required(field)
        };
        let within = object("url", text().into()).into();
        let either = OneOfBuilder::new().item(text()).item(Schema::Object(within));
        AnyOfBuilder::new()
            .item(text())
            .item(object("url", text().into()))
            .item(object("image_url", either.into()))
            .description(Some(
                "A picture: an `http(s)` address, or the picture itself as \
                 `data:image/…;base64,…`; also as an object that holds it. PNG, JPEG, WebP or \
                 GIF, at most 20 MB and 40 megapixels.",
            ))
            .into()
    }
}

/// Pictures; one alone is read as a list of one.
pub(crate) struct Images;

impl ToSchema for Images {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Image::name().into(), Image::schema()));
    }
}

impl PartialSchema for Images {
    fn schema() -> RefOr<Schema> {
        let image = || utoipa::openapi::Ref::from_schema_name(Image::name());
        OneOfBuilder::new()
            .item(ArrayBuilder::new().items(image()))
            .item(image())
            .description(Some("Pictures; one alone is read as a list of one."))
            .into()
    }
}

/// A length in whole seconds, as a number or as text.
pub(crate) struct Seconds;

impl ToSchema for Seconds {}

impl PartialSchema for Seconds {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[1-9][0-9]*$"));
        OneOfBuilder::new()
            .item(number)
            .item(text)
            .examples([json!(6)])
            .description(Some(
                "A length in whole seconds, as a number or as text; `GET /v1/models` says what a \
                 model offers.",
            ))
            .into()
    }
}

/// What a video shows.
fn prompt() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(PROMPT_CHARS_MAX))
        .pattern(Some(r"\S"))
        .examples([json!("A red sports car in neon rain")])
        .description(Some("What the video shows; not all blank."))
        .build()
}

/// Files of one name.
fn files() -> Array {
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    ArrayBuilder::new()
        .items(file)
        .description(Some(
            "Pictures as files or addresses, several as parts of one name: one is the first frame \
             in `image_urls`, more are references.",
        ))
        .build()
}

/// Pairs of the client's own.
pub(crate) struct Metadata;

impl ToSchema for Metadata {}

impl PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        let text = |chars_max: usize| {
            ObjectBuilder::new().schema_type(Type::String).max_length(Some(chars_max))
        };
        ObjectBuilder::new()
            .property_names(Some(text(METADATA_NAME_CHARS_MAX)))
            .additional_properties(Some(text(METADATA_VALUE_CHARS_MAX)))
            .max_properties(Some(METADATA_PAIRS_MAX))
            .description(Some(
                "Pairs of your own, told again with the task, in lists and by webhooks.",
            ))
            .into()
    }
}

/// A request for a video.
#[derive(ToSchema)]
#[schema(examples(
    json!({ "model": "grok-image-video", "prompt": "A red sports car in neon rain", "seconds": 6,
        "aspect_ratio": "16:9", "resolution": "720p" }),
    json!({ "model": "grok-image-video", "prompt": "The cat turns its head", "seconds": 4,
        "input_reference": "https://example.com/cat.png", "metadata": { "order": "1042" } })
))]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct CreateVideo {
    /// The model, by its id or an alias.
    #[schema(examples("grok-image-video"), max_length = 256)]
    model: String,
    #[schema(schema_with = prompt)]
    prompt: String,
    #[schema(default = 4)]
    seconds: Option<Seconds>,
    /// The same as `seconds`.
    duration: Option<Seconds>,
    /// The shape, as the model offers it.
    #[schema(default = "16:9", pattern = "^[0-9]+:[0-9]+$", examples("16:9"))]
    aspect_ratio: Option<String>,
    /// The same as `aspect_ratio`.
    #[schema(pattern = "^[0-9]+:[0-9]+$")]
    ratio: Option<String>,
    /// The height in lines, as the model offers it.
    #[schema(default = "720p", pattern = "^[0-9]+p$", examples("720p"))]
    resolution: Option<String>,
    /// In place of ratio and resolution: the nearest that the model offers.
    #[schema(pattern = "^[0-9]+x[0-9]+$", examples("1280x720"))]
    size: Option<String>,
    /// With `height`, in place of `size`, in pixels.
    #[schema(minimum = 16, maximum = 8192)]
    width: Option<u32>,
    /// With `width`, in place of `size`, in pixels.
    #[schema(minimum = 16, maximum = 8192)]
    height: Option<u32>,
    /// One picture: the first frame. Several: references.
    image_urls: Option<Images>,
    /// The same as `image_urls`.
    images: Option<Images>,
    /// The same as `image_urls`.
    image: Option<Images>,
    /// The first frame.
    input_reference: Option<Image>,
    /// References; not together with `input_reference`.
    reference_images: Option<Vec<Image>>,
    metadata: Option<Metadata>,
    /// An https address that is called for this task, as a webhook is; its host has to be that of
    /// one of the account's enabled webhooks.
    #[schema(format = "uri", pattern = "^https://", examples("https://hooks.example.com/jobs/7"))]
    callback_url: Option<String>,
    /// How many videos: one.
    #[schema(minimum = 1, maximum = 1)]
    n: Option<u32>,
    /// For engines that take it: the same seed gives the same video. -1 is any.
    #[schema(minimum = -1, maximum = 9_007_199_254_740_991_i64)]
    seed: Option<i64>,
    /// For engines that take it: what the video does not show.
    #[schema(max_length = 4096)]
    negative_prompt: Option<String>,
    /// For engines that take it: frames a second.
    #[schema(minimum = 1, maximum = 120)]
    fps: Option<u32>,
    /// For engines that take it: how closely the prompt is followed.
    #[schema(minimum = 0, maximum = 20)]
    guidance_scale: Option<f64>,
    /// For engines that take it: steps of the sampler.
    #[schema(minimum = 1, maximum = 200)]
    num_inference_steps: Option<u32>,
}

/// A request for a video as a form: the same names, with files as parts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct CreateVideoForm {
    /// The model, by its id or an alias.
    #[schema(examples("grok-image-video"), max_length = 256)]
    model: String,
    #[schema(schema_with = prompt)]
    prompt: String,
    /// A length in whole seconds.
    #[schema(pattern = "^[1-9][0-9]*$", examples("6"))]
    seconds: Option<String>,
    /// The shape, as the model offers it.
    #[schema(pattern = "^[0-9]+:[0-9]+$", examples("16:9"))]
    aspect_ratio: Option<String>,
    /// The height in lines, as the model offers it.
    #[schema(pattern = "^[0-9]+p$", examples("720p"))]
    resolution: Option<String>,
    /// In place of ratio and resolution: the nearest that the model offers.
    #[schema(pattern = "^[0-9]+x[0-9]+$", examples("1280x720"))]
    size: Option<String>,
    /// The first frame: a file, or an address as text.
    #[schema(format = Binary)]
    input_reference: Option<String>,
    #[schema(schema_with = files)]
    image_urls: Option<Vec<String>>,
    #[schema(schema_with = files)]
    reference_images: Option<Vec<String>>,
    /// As in JSON: text that is an object, or parts named `metadata[order]`.
    metadata: Option<Metadata>,
    /// As in JSON.
    #[schema(format = "uri", pattern = "^https://", examples("https://hooks.example.com/jobs/7"))]
    callback_url: Option<String>,
}

/// The shape of another request, with the key that it is to be made with.
fn with_key_id<T: ToSchema>(description: &str, key_id: Object) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = T::schema() else { return T::schema() };
    object.properties.insert("key_id".to_owned(), key_id.into());
    object.description = Some(description.to_owned());
    // They name no key.
    object.examples.clear();
    object.into()
}

fn key_id() -> ObjectBuilder {
    ObjectBuilder::new().description(Some(
        "The id of one of your keys (`GET /api/keys`), whose limits and budgets the video is made \
         with. A session has to name one; a key makes videos with itself.",
    ))
}

/// A request for a video with a key that is chosen by its id.
pub(crate) struct CreateTask;

impl ToSchema for CreateTask {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CreateVideo::schemas(schemas);
    }
}

impl PartialSchema for CreateTask {
    fn schema() -> RefOr<Schema> {
        let key_id = key_id().schema_type(Type::Integer).examples([json!(3)]).build();
        with_key_id::<CreateVideo>("A request for a video with one of your keys.", key_id)
    }
}

/// The same as a form.
pub(crate) struct CreateTaskForm;

impl ToSchema for CreateTaskForm {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CreateVideoForm::schemas(schemas);
    }
}

impl PartialSchema for CreateTaskForm {
    fn schema() -> RefOr<Schema> {
        let key_id = key_id().schema_type(Type::String).pattern(Some("^[0-9]+$")).build();
        with_key_id::<CreateVideoForm>("The same as a form, with files as parts.", key_id)
    }
}

/// A request for a video, as xAI's API takes it.
#[derive(ToSchema)]
#[schema(examples(
    json!({ "model": "grok-imagine-video", "prompt": "A red sports car in neon rain",
        "duration": 6, "aspect_ratio": "16:9", "resolution": "720p" }),
    json!({ "model": "grok-imagine-video", "prompt": "The cat turns its head", "duration": 4,
        "image": { "url": "https://example.com/cat.png" } })
))]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct XaiCreateVideo {
    /// The model; the gateway's first, if absent.
    #[schema(examples("grok-imagine-video"), min_length = 1, max_length = 256)]
    model: Option<String>,
    #[schema(schema_with = prompt)]
    prompt: String,
    #[schema(default = 8)]
    duration: Option<Seconds>,
    /// The same as `duration`.
    seconds: Option<Seconds>,
    /// The shape, as the model offers it.
    #[schema(default = "16:9", pattern = "^[0-9]+:[0-9]+$", examples("16:9"))]
    aspect_ratio: Option<String>,
    /// The height in lines, as the model offers it.
    #[schema(default = "480p", pattern = "^[0-9]+p$", examples("720p"))]
    resolution: Option<String>,
    /// The first frame.
    image: Option<Image>,
    /// The same as `image`.
    input_reference: Option<Image>,
    /// References.
    reference_images: Option<Vec<Image>>,
}

/// A request for a video, as the `OpenAI` Videos API takes it.
#[derive(ToSchema)]
#[schema(examples(
    json!({ "model": "sora-2", "prompt": "A red sports car in neon rain", "seconds": "4",
        "size": "1280x720" })
))]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct OpenaiCreateVideo {
    /// The model; the gateway's first, if absent.
    #[schema(examples("sora-2"), min_length = 1, max_length = 256)]
    model: Option<String>,
    #[schema(schema_with = prompt)]
    prompt: String,
    #[schema(default = "4")]
    seconds: Option<Seconds>,
    /// Pixels: the nearest that the model offers.
    #[schema(default = "720x1280", pattern = "^[0-9]+x[0-9]+$", examples("1280x720"))]
    size: Option<String>,
    /// The first frame.
    input_reference: Option<Image>,
}

/// The same as a form, with the picture as a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(crate) struct OpenaiCreateVideoForm {
    /// The model; the gateway's first, if absent.
    #[schema(examples("sora-2"), max_length = 256)]
    model: Option<String>,
    #[schema(schema_with = prompt)]
    prompt: String,
    /// A length in whole seconds.
    #[schema(default = "4", pattern = "^[1-9][0-9]*$")]
    seconds: Option<String>,
    /// Pixels: the nearest that the model offers.
    #[schema(default = "720x1280", pattern = "^[0-9]+x[0-9]+$")]
    size: Option<String>,
    /// The first frame: a file.
    #[schema(format = Binary)]
    input_reference: Option<String>,
}
