//! The SHA-256 by which a repeated request is recognised.
//!
//! Guarantees: two bodies that mean the same have the same fingerprint, whatever the order of
//! their fields, the names they use for them, the spelling of a number or the encoding of the
//! body; every part is preceded by its length, so that no two different requests run together.

use sha2::{Digest, Sha256};

use crate::dialect::Defaults;
use crate::error::ApiError;
use crate::job::{EngineOptions, ImageSource};
use crate::request::{Parameters, VideoRequest};

/// Changes whenever the parts below do: an old fingerprint then matches no new request.
const VERSION: &[u8] = b"rushes video request 1";

pub(crate) fn of(request: &VideoRequest) -> [u8; 32] {
    let mut parts = Parts(Sha256::new());
    parts.add(VERSION);
    match &request.model {
        Ok(None) => parts.add(b"the first model"),
        Ok(Some(model)) => parts.add_text(model),
        Err(error) => parts.add_error(error),
    }
    parts.add_text_or_error(&request.prompt);
    match &request.parameters {
        Ok(parameters) => add_parameters(&mut parts, parameters, &request.defaults),
        Err(error) => parts.add_error(error),
    }
    parts.0.finalize().into()
}

fn add_parameters(parts: &mut Parts, parameters: &Parameters, defaults: &Defaults) {
    match &parameters.seconds {
        None => parts.add(defaults.seconds.to_string().as_bytes()),
        Some(seconds) => match seconds.value {
            Some(value) => parts.add(value.to_string().as_bytes()),
            None => parts.add(format!("not whole: {}", seconds.sent).as_bytes()),
        },
    }
    if let Some(size) = parameters.size {
        parts.add(b"size");
        parts.add(format!("{}x{}", size.width, size.height).as_bytes());
    } else {
        let ratio = parameters.aspect_ratio.as_deref().unwrap_or(defaults.aspect_ratio);
        let resolution = parameters.resolution.as_deref().unwrap_or(defaults.resolution);
        parts.add(b"offers");
        parts.add(ratio.as_bytes());
        parts.add(resolution.as_bytes());
    }
    // Only if there is one, as with the options below; no other part can stand in its place.
    if let Some(url) = &parameters.callback_url {
        parts.add(b"callback");
        parts.add(url.as_bytes());
    }
    parts.add(if parameters.images.is_reference { b"references" } else { b"images" });
    parts.add(parameters.images.sources.len().to_string().as_bytes());
    for source in &parameters.images.sources {
        match source {
            ImageSource::Inline(bytes) => {
                parts.add(b"bytes");
                parts.add(&Sha256::digest(bytes));
            }
            ImageSource::Url(url) => {
                parts.add(b"url");
                parts.add(url.as_bytes());
            }
        }
    }
    // Only if there are any: requests without them keep the fingerprint that they had before.
    if !parameters.options.is_empty() {
        parts.add(b"options");
        add_options(parts, &parameters.options);
    }
    let mut metadata: Vec<_> = parameters.metadata.iter().collect();
    metadata.sort();
    for (name, value) in metadata {
        parts.add(name.as_bytes());
        parts.add(value.as_bytes());
    }
}

fn add_options(parts: &mut Parts, options: &EngineOptions) {
    let EngineOptions { seed, negative_prompt, fps, guidance_scale, num_inference_steps } = options;
    for (name, value) in [
        ("seed", seed.map(|seed| seed.to_string())),
        ("negative_prompt", negative_prompt.clone()),
        ("fps", fps.map(|fps| fps.to_string())),
        ("guidance_scale", guidance_scale.clone()),
        ("num_inference_steps", num_inference_steps.map(|steps| steps.to_string())),
    ] {
        if let Some(value) = value {
            parts.add(name.as_bytes());
            parts.add(value.as_bytes());
        }
    }
}

struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update(part.len().to_string().as_bytes());
        self.0.update(b":");
        self.0.update(part);
    }

    fn add_text(&mut self, text: &str) {
        self.add(b"text");
        self.add(text.as_bytes());
    }

    fn add_text_or_error(&mut self, text: &Result<String, ApiError>) {
        match text {
            Ok(text) => self.add_text(text),
            Err(error) => self.add_error(error),
        }
    }

    /// A request with an error in it was never answered with a task: it must match none.
    fn add_error(&mut self, error: &ApiError) {
        self.add(b"error");
        self.add(error.message.as_bytes());
    }
}
