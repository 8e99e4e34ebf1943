//! Sample answers, made of the document's own schemas.
//!
//! Guarantees: a sample has what the schema requires, and of the rest what has an example of its
//! own and is not told to be absent as a rule; it goes [`DEPTH_MAX`] deep and is at most
//! [`BYTES_MAX`] long. A test holds every sample against its schema: a text with a pattern needs an
//! example there. Not here: whether the fields tell one story; each has a value of its own.

use serde_json::{Map, Value, json};

use super::schema::Schemas;

/// How deep a sample goes; what is deeper is left out.
const DEPTH_MAX: usize = 7;
/// The longest sample, in bytes of its text; a longer one is made again, less deep.
const BYTES_MAX: usize = 6000;
/// States that suit a sample with some progress and no result.
const UNDER_WAY: [&str; 3] = ["IN_PROGRESS", "in_progress", "processing"];
/// Yes is the usual answer of these fields.
const USUALLY_TRUE: [&str; 2] = ["enabled", "sufficient"];
/// A moment in seconds since 1970, and the same as text.
const MOMENT: (i64, &str) = (1_790_000_000, "2026-09-21T13:33:20Z");

/// A schema's sample as text; none for a schema of which nothing is known.
pub(super) fn text(schemas: &Schemas<'_>, media: &Value) -> Option<String> {
    if let Some(given) = media.get("example") {
        return serde_json::to_string_pretty(given).ok();
    }
    let made = (1..=DEPTH_MAX).rev().find_map(|depth_max| {
        let value = Maker { schemas, depth_max }.value("", &media["schema"], 0);
        let text = serde_json::to_string_pretty(&value).ok()?;
        (text.len() <= BYTES_MAX && !value.is_null()).then_some(text)
    });
    made.filter(|text| text != "{}")
}

struct Maker<'a> {
    schemas: &'a Schemas<'a>,
    depth_max: usize,
}

impl Maker<'_> {
    /// A value for the field `name`.
    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        let meant = self.schemas.resolve(schema);
        if let Some(value) = example(schema).or_else(|| example(meant)) {
            return value.clone();
        }
        if is_nullable(schema) || is_nullable(meant) {
            return Value::Null;
        }
        if let Some(value) = known(schema).or_else(|| known(meant)) {
            return value.clone();
        }
        if meant["allOf"].is_array() {
            return self.object(meant, depth);
        }
        let first = ["oneOf", "anyOf"].iter().find_map(|word| meant[*word].get(0));
        if let Some(first) = first.filter(|_| depth < self.depth_max) {
            return self.value(name, first, depth + 1);
        }
        let about = schema["description"].as_str().or_else(|| meant["description"].as_str());
        match meant["type"].as_str().or_else(|| meant["type"][0].as_str()) {
            Some("object") => self.object(meant, depth),
            Some("array") => self.list(meant, depth),
            Some("integer" | "number") => number(name, about.unwrap_or_default(), meant),
            Some("boolean") => json!(USUALLY_TRUE.contains(&name)),
            Some("string") => json!(self.string(name, about.unwrap_or_default(), meant)),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut fields = Map::new();
        if depth >= self.depth_max {
            return Value::Object(fields);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Value::Object(inner) = self.value("", part, depth + 1) {
                fields.extend(inner);
            }
        }
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if required.iter().any(|it| it == name) || is_common(property) {
                let same = twin(property).and_then(|twin| fields.get(twin)).cloned();
                let value = same.unwrap_or_else(|| self.value(name, property, depth + 1));
                fields.insert(name.clone(), value);
            }
        }
        let more = &schema["additionalProperties"];
        if fields.is_empty() && more.is_object() {
            let names = self.schemas.resolve(&schema["propertyNames"]);
            let name =
                example(names).or_else(|| known(names)).and_then(Value::as_str).unwrap_or("name");
            fields.insert(name.to_owned(), self.value(name, more, depth + 1));
        }
        Value::Object(fields)
    }

    fn list(&self, schema: &Value, depth: usize) -> Value {
        if depth >= self.depth_max {
            return json!([]);
        }
        json!([self.value("", &schema["items"], depth + 1)])
    }

    /// The example that another schema gives a text of this name.
    fn elsewhere(&self, name: &str) -> Option<&str> {
        let document: &Value = self.schemas.document;
        let all = document["components"]["schemas"].as_object()?;
        all.values().find_map(|schema| example(schema["properties"].get(name)?)?.as_str())
    }

    fn string(&self, name: &str, about: &str, schema: &Value) -> String {
        let base = self.schemas.document["servers"][0]["url"].as_str().unwrap_or_default();
        match schema["format"].as_str() {
            Some("date-time") => return MOMENT.1.to_owned(),
            Some("date") => return MOMENT.1.chars().take(10).collect(),
            Some("uri") => return base.to_owned(),
            Some("uuid") => return "0197f0c2-a5d8-7b3c-9e4f-6a1b2c3d4e5f".to_owned(),
            _ => {}
        }
        let least = schema["minLength"].as_u64().unwrap_or_default();
        if least == 0 && about.to_lowercase().contains("empty") {
            return String::new();
        }
        let is_address = name == "url" || name.ends_with("_url");
        let text = if is_address { base } else { self.elsewhere(name).unwrap_or("text") };
        let least = usize::try_from(least).unwrap_or(usize::MAX).min(BYTES_MAX);
        let most = schema["maxLength"].as_u64().and_then(|it| usize::try_from(it).ok());
        let padded = format!("{text:x<least$}");
        padded.chars().take(most.unwrap_or(usize::MAX)).collect()
    }
}

/// The schema's own example.
fn example(schema: &Value) -> Option<&Value> {
    schema["examples"].get(0).or_else(|| schema.get("example"))
}

/// What else the schema itself gives: the only value, one of the values, a default.
fn known(schema: &Value) -> Option<&Value> {
    let values = schema["enum"].as_array();
    let usual = || values?.iter().find(|it| it.as_str().is_some_and(|it| UNDER_WAY.contains(&it)));
    let found = schema.get("const").or_else(usual).or_else(|| values?.first());
    found.or_else(|| schema.get("default"))
}

/// The field beside it that a field repeats.
fn twin(property: &Value) -> Option<&str> {
    let about = property["description"].as_str()?.strip_prefix("The same as `")?;
    about.split('`').next()
}

/// Whether null is a value; where nothing better is known, it is the sample.
fn is_nullable(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let has_null = |word: &str| {
        schema[word].as_array().is_some_and(|all| all.iter().any(|each| is_null(&each["type"])))
    };
    schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(is_null))
        || has_null("oneOf")
        || has_null("anyOf")
}

/// Whether a field that may be missing is shown all the same.
fn is_common(property: &Value) -> bool {
    let about = property["description"].as_str().unwrap_or_default();
    property["examples"].get(0).is_some() && !about.contains("absent")
}

fn number(name: &str, about: &str, schema: &Value) -> Value {
    let is_moment = about.contains("1970") || name.ends_with("_at") || name.ends_with("_time");
    if is_moment {
        return json!(MOMENT.0);
    }
    if about.contains("pixels") {
        return json!(if name == "height" { 720 } else { 1280 });
    }
    let least = schema["minimum"].as_i64().unwrap_or(1).max(1);
    json!(schema["maximum"].as_i64().map_or(least, |most| least.min(most)))
}
