//! Commands that can be pasted, made of the document's own examples.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::schema::Schemas;

/// How deep an example goes.
const DEPTH_MAX: usize = 4;

/// A `curl` command for an operation; none if it can only be called by a person who signed in.
pub(super) fn curl(
    schemas: &Schemas<'_>,
    method: &str,
    path: &str,
    text: &Value,
) -> Option<String> {
    let security = text["security"].as_array().map(Vec::as_slice).unwrap_or_default();
    let takes_key = security.iter().any(|each| each.get("key").is_some());
    if !security.is_empty() && !takes_key {
        return None;
    }
    let base = schemas.document["servers"][0]["url"].as_str().unwrap_or_default();
    let mut lines = vec![first_line(schemas, method, &format!("{base}{path}"), text)];
    if takes_key {
        let variable =
            if path.starts_with("/api/") { "RUSHES_MANAGE_KEY" } else { "RUSHES_API_KEY" };
        lines.push(format!("-H \"Authorization: Bearer ${variable}\""));
    }
    let media = &text["requestBody"]["content"]["application/json"];
    if media.is_object() {
        let given = media.get("example").cloned();
        let body = given.unwrap_or_else(|| value(schemas, &media["schema"], 0));
        // A value with text keys: it cannot fail.
        let body = serde_json::to_string_pretty(&body).unwrap_or_default().replace('\'', "'\\''");
        lines.push("-H \"Content-Type: application/json\"".to_owned());
        lines.push(format!("-d '{body}'"));
    }
    Some(lines.join(" \\\n  "))
}

/// The method and the address, with what stands in it as a variable of the shell.
fn first_line(schemas: &Schemas<'_>, method: &str, address: &str, text: &Value) -> String {
    let has_body = text["requestBody"].is_object();
    let method = match method {
        "get" => String::new(),
        "post" if has_body => String::new(),
        other => format!("-X {} ", other.to_uppercase()),
    };
    let mut address = address.to_owned();
    let mut is_variable = false;
    let parameters = text["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        let is_required = parameter["required"] == Value::Bool(true);
        match parameter["in"].as_str() {
            Some("path") => {
                let variable = name.to_uppercase();
                address = address.replace(&format!("{{{name}}}"), &format!("${variable}"));
                is_variable = true;
            }
            Some("query") if is_required => {
                let mark = if address.contains('?') { '&' } else { '?' };
                let known = parameter.get("example").cloned();
                let value = known.unwrap_or_else(|| self::value(schemas, &parameter["schema"], 0));
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                // Writing to a string cannot fail.
                let _ = write!(address, "{mark}{name}={value}");
            }
            _ => {}
        }
    }
    let is_quoted = is_variable || address.contains(['&', '?', '$']);
    if is_quoted {
        format!("curl {method}\"{address}\"")
    } else {
        format!("curl {method}{address}")
    }
}

/// A value that fits a schema: its example or default, else one made of what is required in it.
pub(super) fn value(schemas: &Schemas<'_>, schema: &Value, depth: usize) -> Value {
    let known = |it: &Value| {
        let list = it["examples"].get(0).cloned();
        list.or_else(|| it.get("example").cloned()).or_else(|| it.get("default").cloned())
    };
    let meant = schemas.resolve(schema);
    if let Some(value) = known(schema).or_else(|| known(meant)) {
        return value;
    }
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    if let Some(value) = meant["enum"].get(0) {
        return value.clone();
    }
    let first = ["oneOf", "anyOf", "allOf"].iter().find_map(|word| meant[*word].get(0));
    if let Some(first) = first {
        return value(schemas, first, depth + 1);
    }
    let kind = meant["type"].as_str().or_else(|| meant["type"][0].as_str());
    match kind {
        Some("object") => object(schemas, meant, depth),
        Some("array") => json!([value(schemas, &meant["items"], depth + 1)]),
        Some("integer" | "number") => meant.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}

/// The required fields; of an object that requires nothing, the first one that has an example.
fn object(schemas: &Schemas<'_>, schema: &Value, depth: usize) -> Value {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut fields = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let has_example = !schemas.resolve(property)["examples"].is_null();
        let is_first = required.is_empty() && fields.is_empty() && has_example;
        if is_first || required.iter().any(|it| it == name) {
            fields.insert(name.clone(), value(schemas, property, depth + 1));
        }
    }
    Value::Object(fields)
}
