//! The fields of requests and of jobs, one by one: written for an upstream, read from its answers.
//!
//! Guarantees: a number that an upstream sends is taken only if it can be true; everything else
//! is "it did not say". Not here: names of fields, which differ from upstream to upstream.

use bytes::Bytes;
use rushes_domain::Ticks;
use rushes_domain::job::EngineOptions;
use serde_json::{Map, Number, Value};

use crate::{HttpBody, Media, Part};

/// Highest per cent before the end.
const PERCENT_MAX: u8 = 99;
/// Most that a single video is believed to cost: a thousand dollars, in ticks.
const COST_TICKS_MAX: i64 = 1_000 * rushes_domain::money::TICKS_PER_DOLLAR;

/// The fields of a submit.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// The fields as one JSON object.
pub(crate) fn json_body(fields: Fields) -> HttpBody {
    let object: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    HttpBody::Json(Bytes::from(Value::Object(object).to_string()))
}

/// The fields as a form, and the files behind them.
pub(crate) fn form_body(fields: Fields, files: Vec<Part>) -> HttpBody {
    let text = |value| match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    let mut parts: Vec<Part> =
        fields.into_iter().map(|(name, value)| Part::text(name, text(value))).collect();
    parts.extend(files);
    HttpBody::Multipart(parts)
}

/// What the client sent for engines that know it, under the names that all of them use.
pub(crate) fn engine_fields(options: &EngineOptions) -> Fields {
    let EngineOptions { seed, negative_prompt, fps, guidance_scale, num_inference_steps } = options;
    let named = [
        ("seed", seed.map(Value::from)),
        ("negative_prompt", negative_prompt.clone().map(Value::from)),
        ("fps", fps.map(Value::from)),
        ("guidance_scale", guidance_scale.as_deref().map(decimal)),
        ("num_inference_steps", num_inference_steps.map(Value::from)),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A decimal number that is kept as text: a number in JSON.
fn decimal(text: &str) -> Value {
    let number = text.parse().ok().and_then(Number::from_f64);
    number.map_or_else(|| Value::from(text), Value::Number)
}

/// Per cent from a number or a text such as `42%`, pulled into 0 to 99.
pub(crate) fn percent(value: Option<&Value>) -> Option<u8> {
    let percent = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches('%').trim_end().parse().ok()?,
        _ => return None,
    };
    if percent.is_nan() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 99 after the clamp"
    )]
    let percent = percent.clamp(0.0, f64::from(PERCENT_MAX)) as u8;
    Some(percent)
}

/// Ticks from a whole number or its digits; nothing for what no video can cost.
pub(crate) fn ticks(value: Option<&Value>) -> Option<Ticks> {
    let ticks = match value? {
        Value::Number(number) => number.as_i64()?,
        Value::String(digits) => digits.parse().ok()?,
        _ => return None,
    };
    (0..=COST_TICKS_MAX).contains(&ticks).then_some(Ticks(ticks))
}

/// A text that is not blank.
pub(crate) fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A result's absolute address.
pub(crate) fn media_url(value: Option<&Value>) -> Option<Media> {
    let address = text(value).filter(|it| !it.chars().any(char::is_control))?;
    let has_scheme = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let is_url = has_scheme("http://") || has_scheme("https://");
    is_url.then(|| Media::Url(address.to_owned()))
}

/// A result's path on the channel's own origin. `//host` and `/\host` lead to another one, where
/// the credential does not belong.
pub(crate) fn media_path(value: Option<&Value>) -> Option<Media> {
    let path = text(value)?;
    let is_plain = |letter: char| letter.is_ascii_graphic() && letter != '\\';
    let is_path = path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_plain);
    is_path.then(|| Media::Path(path.to_owned()))
}
