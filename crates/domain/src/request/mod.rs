//! From the bytes of a create request to a validated [`Job`], in two steps: parsed and normalised
//! without any catalogue, then held against the model.
//!
//! Guarantees: a field means the same by each of its names and in each of its forms; a wrong value
//! is refused with the field, what is allowed and what was sent. The steps keep the order of
//! contract 2: what makes a body unreadable is refused by [`VideoRequest::parse_json`], a missing
//! model or prompt by [`VideoRequest::find_model`], everything else by
//! [`VideoRequest::into_job`]. Not here: pixels, money, who may use a model.

pub mod data_url;
pub mod fields;
mod fingerprint;
pub mod form;
pub mod ignored;
mod images;
pub mod json;
pub mod multipart;
mod numbers;
mod options;
mod plan;
pub mod size;

use std::net::IpAddr;

use crate::account::KeyKind;
use crate::catalogue::{Catalogue, Model};
use crate::dialect::{Defaults, Dialect};
use crate::directive::Directives;
use crate::error::{ApiError, ErrorCode};
use crate::job::{EngineOptions, Job};
use crate::text::{is_blank, shown};
use crate::webhook::check_webhook_url;

use fields::{Fields, Seconds};
use images::Images;
use json::{Pairs, Value};
use size::Size;

/// Most characters of a prompt.
pub const PROMPT_CHARS_MAX: usize = 4096;
/// Most characters of a model's name that a message repeats.
const MODEL_SHOWN_CHARS_MAX: usize = 64;

/// A create request, parsed and normalised; nothing is known yet about its model.
#[derive(Debug, Clone)]
pub struct VideoRequest {
    defaults: Defaults,
    /// None: the catalogue's first, where the dialect allows it.
    model: Result<Option<String>, ApiError>,
    prompt: Result<String, ApiError>,
    parameters: Result<Parameters, ApiError>,
    ignored_fields: Vec<String>,
}

/// What may be refused only after the model is known to exist and to be allowed.
#[derive(Debug, Clone)]
pub(crate) struct Parameters {
    pub(crate) seconds: Option<Seconds>,
    pub(crate) aspect_ratio: Option<String>,
    pub(crate) resolution: Option<String>,
    /// Only if neither ratio nor resolution was given.
    pub(crate) size: Option<Size>,
    pub(crate) images: Images,
    pub(crate) options: EngineOptions,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) callback_url: Option<String>,
}

impl VideoRequest {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// `invalid_request` if the body is not one JSON object that can be read.
    pub fn parse_json(body: &[u8]) -> Result<Self, ApiError> {
        json::read_pairs(body).map(Self::from_pairs)
    }

    /// Reads a form (`multipart/form-data`) whose content type named `boundary`.
    ///
    /// # Errors
    /// `invalid_request` if the body is not a whole form that can be read.
    pub fn parse_form(body: &[u8], boundary: &str) -> Result<Self, ApiError> {
        form::read_pairs(body, boundary).map(Self::from_pairs)
    }

    /// Takes over pairs from any encoding, in the native dialect; no name may be there twice.
    pub fn from_pairs(pairs: Pairs<'_>) -> Self {
        Self::with_defaults(pairs, Dialect::Native.defaults())
    }

    /// The same, with what a dialect means by fields that are absent.
    pub fn with_defaults(pairs: Pairs<'_>, defaults: Defaults) -> Self {
        let mut fields = Fields::new(pairs);
        let model = if defaults.has_model && fields.is_absent("model") {
            fields.take("model");
            Ok(None)
        } else {
            required_text(&mut fields, "model", "model field is required").map(Some)
        };
        let prompt =
            required_text(&mut fields, "prompt", "prompt is required").and_then(check_prompt);
        let (parameters, ignored_fields) = match read_parameters(fields) {
            Ok((parameters, ignored)) => (Ok(parameters), ignored),
            Err(error) => (Err(error), Vec::new()),
        };
        Self { defaults, model, prompt, parameters, ignored_fields }
    }

    /// The same request, refused for a parameter that a dialect knows and nobody here can follow.
    /// What is wrong with its model or its prompt still comes first.
    #[must_use]
    pub fn refused(mut self, error: ApiError) -> Self {
        self.parameters = self.parameters.and(Err(error));
        self
    }

    /// The model as the client named it, if it did.
    pub fn model(&self) -> Option<&str> {
        self.model.as_ref().ok().and_then(Option::as_deref)
    }

    /// The prompt, if there is a valid one.
    pub fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref().ok()
    }

    /// Unknown fields, as sent, at most [`ignored::IGNORED_FIELDS_MAX`].
    pub fn ignored_fields(&self) -> &[String] {
        &self.ignored_fields
    }

    /// The names of the settings for engines that the request holds.
    pub fn option_fields(&self) -> Vec<&'static str> {
        let options = self.parameters.as_ref().map(|parameters| &parameters.options);
        options.map_or_else(|_| Vec::new(), options::names)
    }

    /// SHA-256 of what the request means, for idempotency keys.
    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint::of(self)
    }

    /// The model that the request names, and that it has a prompt.
    ///
    /// # Errors
    /// `invalid_request` without model or prompt, `model_not_found`.
    pub fn find_model<'c>(&self, catalogue: &'c Catalogue) -> Result<&'c Model, ApiError> {
        let name = self.model.as_ref().map_err(Clone::clone)?;
        let model = match name {
            Some(name) => catalogue.find(name),
            None => catalogue.default_model(),
        };
        let model = model.ok_or_else(|| {
            let name = shown(name.as_deref().unwrap_or(""), MODEL_SHOWN_CHARS_MAX);
            let message = format!("model {name} does not exist; GET /v1/models lists yours");
            ApiError::new(ErrorCode::ModelNotFound, message).with_param("model")
        })?;
        self.prompt.as_ref().map_err(Clone::clone)?;
        Ok(model)
    }

    /// Holds the request against its model. `is_allowed` says which addresses that are not public
    /// the operator allows in image URLs (`egress.allow`).
    ///
    /// # Errors
    /// The first rule that the request breaks.
    pub fn into_job(
        self,
        catalogue: &Catalogue,
        key_kind: KeyKind,
        is_allowed: &dyn Fn(IpAddr) -> bool,
    ) -> Result<Job, ApiError> {
        let model = self.find_model(catalogue)?;
        let (model_name, prompt, parameters) = (self.model?, self.prompt?, self.parameters?);
        let model_name = model_name.unwrap_or_else(|| model.id.clone());
        let plan = plan::decide(model, &model_name, &parameters, &self.defaults)?;
        let images = plan::vet_urls(parameters.images.sources, is_allowed)?;
        if let Some(url) = &parameters.callback_url {
            check_webhook_url("callback_url", url, is_allowed, None)?;
        }
        let image_count = u32::try_from(images.len()).unwrap_or(u32::MAX);
        let list_price = model
            .price(&plan.resolution, plan.seconds, image_count)
            .map_err(|error| ApiError::new(ErrorCode::InternalError, error.to_string()))?;
        let directives = match key_kind {
            KeyKind::Test => Directives::parse(&prompt),
            KeyKind::Live => Directives::default(),
        };
        Ok(Job {
            model_id: model.id.clone(),
            model_name,
            prompt,
            mode: plan.mode,
            seconds: plan.seconds,
            seconds_requested: plan.seconds_requested,
            aspect_ratio: plan.aspect_ratio,
            resolution: plan.resolution,
            width: plan.width,
            height: plan.height,
            images,
            metadata: parameters.metadata,
            callback_url: parameters.callback_url,
            options: parameters.options,
            ignored_fields: self.ignored_fields,
            list_price,
            directives,
        })
    }
}

/// A string that must be there and not blank.
fn required_text(fields: &mut Fields<'_>, name: &str, missing: &str) -> Result<String, ApiError> {
    match fields.take(name) {
        None => Err(ApiError::invalid(name, missing)),
        Some(Value::String(text)) if is_blank(&text) => Err(ApiError::invalid(name, missing)),
        Some(Value::String(text)) => Ok(text.into_owned()),
        Some(other) => {
            let sent = numbers::sent(&other);
            Err(ApiError::invalid(name, format!("{name} must be a string, but {sent} was sent")))
        }
    }
}

fn check_prompt(prompt: String) -> Result<String, ApiError> {
    let chars = prompt.chars().count();
    if chars <= PROMPT_CHARS_MAX {
        return Ok(prompt);
    }
    Err(ApiError::invalid(
        "prompt",
        format!("prompt can have at most {PROMPT_CHARS_MAX} characters, but {chars} were sent"),
    ))
}

/// Everything but model and prompt, and the names of what is not known.
fn read_parameters(mut fields: Fields<'_>) -> Result<(Parameters, Vec<String>), ApiError> {
    let seconds = fields.take_seconds()?;
    let aspect_ratio = fields.take_word("aspect_ratio", &["ratio"])?;
    let resolution = fields.take_word("resolution", &[])?;
    let pixels = Size::take(&mut fields)?;
    fields.take_count()?;
    let metadata = fields.take_metadata()?;
    let callback_url = fields.take_text("callback_url")?;
    let options = options::take(&mut fields)?;
    let images = Images::take(&mut fields)?;
    let (size, mut ignored) = match pixels {
        Some((_, names)) if aspect_ratio.is_some() || resolution.is_some() => (None, names),
        Some((size, _)) => (Some(size), Vec::new()),
        None => (None, Vec::new()),
    };
    ignored.extend(ignored::check_unknown(&fields.rest())?);
    ignored.truncate(ignored::IGNORED_FIELDS_MAX);
    let parameters = Parameters {
        seconds,
        aspect_ratio,
        resolution,
        size,
        images,
        options,
        metadata,
        callback_url,
    };
    Ok((parameters, ignored))
}
