//! Settings that some engines know: `seed`, `negative_prompt`, `fps`, `guidance_scale`,
//! `num_inference_steps`.
//!
//! Guarantees: what is kept is a value that an engine can take; anything else is refused with what
//! is allowed. Not here: which engine knows which.

use crate::error::ApiError;
use crate::job::EngineOptions;
use crate::request::fields::Fields;
use crate::request::json::Value;
use crate::request::numbers::{sent, whole};
use crate::text::is_blank;

/// Most characters of a negative prompt.
const NEGATIVE_PROMPT_CHARS_MAX: usize = 4096;
/// Highest frames a second.
const FPS_MAX: u32 = 120;
/// Most steps (vLLM-Omni's limit).
const STEPS_MAX: u32 = 200;
/// Highest guidance (vLLM-Omni's limit).
const GUIDANCE_MAX: f64 = 20.0;
/// Highest seed: the largest whole number that every JSON reader keeps (RFC 8259, section 6).
const SEED_MAX: i64 = 9_007_199_254_740_991;

/// Takes all of them.
pub(crate) fn take(fields: &mut Fields<'_>) -> Result<EngineOptions, ApiError> {
    Ok(EngineOptions {
        seed: take_seed(fields)?,
        negative_prompt: take_negative_prompt(fields)?,
        fps: take_count(fields, "fps", FPS_MAX)?,
        guidance_scale: take_guidance(fields)?,
        num_inference_steps: take_count(fields, "num_inference_steps", STEPS_MAX)?,
    })
}

/// The names of those that are there.
pub(crate) fn names(options: &EngineOptions) -> Vec<&'static str> {
    let EngineOptions { seed, negative_prompt, fps, guidance_scale, num_inference_steps } = options;
    [
        ("seed", seed.is_some()),
        ("negative_prompt", negative_prompt.is_some()),
        ("fps", fps.is_some()),
        ("guidance_scale", guidance_scale.is_some()),
        ("num_inference_steps", num_inference_steps.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is_there)| is_there.then_some(name))
    .collect()
}

fn refusal(field: &str, allowed: &str, value: &Value<'_>) -> ApiError {
    ApiError::invalid(field, format!("{field} must be {allowed}, but {} was sent", sent(value)))
}

fn take_count(fields: &mut Fields<'_>, field: &str, most: u32) -> Result<Option<u32>, ApiError> {
    let Some(value) = fields.take(field) else { return Ok(None) };
    let count = whole(&value).filter(|count| (1..=most).contains(count));
    count
        .map(Some)
        .ok_or_else(|| refusal(field, &format!("a whole number from 1 to {most}"), &value))
}

/// A seed; -1 means to many clients that they do not care.
fn take_seed(fields: &mut Fields<'_>) -> Result<Option<i64>, ApiError> {
    let Some(value) = fields.take("seed") else { return Ok(None) };
    let seed: Option<i64> = match &value {
        Value::Number(text) => text.parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match seed {
        Some(-1) => Ok(None),
        Some(seed) if (0..=SEED_MAX).contains(&seed) => Ok(Some(seed)),
        _ => Err(refusal("seed", &format!("a whole number from 0 to {SEED_MAX}, or -1"), &value)),
    }
}

fn take_negative_prompt(fields: &mut Fields<'_>) -> Result<Option<String>, ApiError> {
    let Some(value) = fields.take("negative_prompt") else { return Ok(None) };
    let Value::String(text) = &value else {
        return Err(refusal("negative_prompt", "a string", &value));
    };
    let chars = text.chars().count();
    if chars > NEGATIVE_PROMPT_CHARS_MAX {
        return Err(ApiError::invalid(
            "negative_prompt",
            format!(
                "negative_prompt can have at most {NEGATIVE_PROMPT_CHARS_MAX} characters, but \
                 {chars} were sent"
            ),
        ));
    }
    Ok(Some(text.clone().into_owned()).filter(|text| !is_blank(text)))
}

/// A decimal number, kept as it was written.
fn take_guidance(fields: &mut Fields<'_>) -> Result<Option<String>, ApiError> {
    let Some(value) = fields.take("guidance_scale") else { return Ok(None) };
    let text = match &value {
        Value::Number(text) => Some(text.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    };
    let is_plain = |text: &String| {
        text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && text.parse::<f64>().is_ok_and(|number| (0.0..=GUIDANCE_MAX).contains(&number))
    };
    text.filter(is_plain)
        .map(Some)
        .ok_or_else(|| refusal("guidance_scale", "a number from 0 to 20", &value))
}
