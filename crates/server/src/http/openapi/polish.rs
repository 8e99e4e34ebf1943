//! What every operation and schema of the document needs beside its own attribute.
//!
//! Guarantees: who may call, descriptions and headers of answers, and types without `null` where a
//! field is absent instead, are said by rule and nowhere else. What the generator writes against
//! itself (a type beside its description, examples of lists) is put right.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

/// Before a schema's name in a reference to it.
const SCHEMAS: &str = "#/components/schemas/";

/// Brings the document into its last form.
pub(super) fn polish(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    each_operation(&mut document["paths"], |path, operation| {
        secure(path, operation);
        if path.starts_with("/api/") {
            may_be_empty(&schemas, operation);
        }
        describe(operation);
        name_headers(operation);
        for parameter in
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
        {
            without_null(&mut parameter["schema"]);
        }
    });
    each_schema(document, |schema| {
        join_own(schema);
        write_out_the_only_text(schema);
        lift_examples(schema);
    });
    refer_to_listed(&mut document["components"]["schemas"]);
    let answered = answered(document);
    for name in answered {
        absent_not_null(&mut document["components"]["schemas"][name]);
    }
}

fn each_operation(paths: &mut Value, mut work: impl FnMut(&str, &mut Map<String, Value>)) {
    let Value::Object(paths) = paths else { return };
    for (path, item) in paths {
        let Value::Object(operations) = item else { continue };
        for operation in operations.values_mut().filter_map(Value::as_object_mut) {
            work(path, operation);
        }
    }
}

/// Who may call: a key, or on the JSON API also a person; unless the operation says so itself.
fn secure(path: &str, operation: &mut Map<String, Value>) {
    let session = path.starts_with("/api/").then(|| json!({ "session": [] }));
    let either: Vec<Value> = [json!({ "key": [] })].into_iter().chain(session).collect();
    operation.entry("security").or_insert(either.into());
}

/// The JSON API takes no body for `{}`, where nothing is needed.
fn may_be_empty(schemas: &Value, operation: &mut Map<String, Value>) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let reference = body["content"]["application/json"]["schema"]["$ref"].as_str();
    let Some(name) = reference.and_then(|text| text.strip_prefix(SCHEMAS)) else { return };
    let is_needed = !schemas[name]["required"].as_array().is_none_or(Vec::is_empty);
    body["required"] = is_needed.into();
}

/// Every response has a description (OpenAPI 3.1, section 4.8.17).
fn describe(operation: &mut Map<String, Value>) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, response) in responses {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("");
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = format!("{reason}.").into();
        }
    }
}

/// Headers of every answer, of creates (which take an `Idempotency-Key`) and of what can be waited
/// for (which takes `Prefer`).
fn name_headers(operation: &mut Map<String, Value>) {
    let header = |description: &str, kind: &str, is_required: bool| json!({ "description": description, "schema": { "type": kind }, "required": is_required });
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let takes = |name: &str| parameters.is_some_and(|all| all.iter().any(|it| it["name"] == name));
    let mut of_success = Vec::new();
    if takes("Idempotency-Key") {
        of_success.extend([
            (
                "Idempotent-Replayed",
                header("`true`: the first answer to this key.", "string", false),
            ),
            (
                "Rushes-Ignored-Fields",
                header("Unknown fields, percent-encoded, with commas.", "string", false),
            ),
            (
                "RateLimit",
                header("What is left (RateLimit header fields, IETF draft).", "string", false),
            ),
            ("RateLimit-Policy", header("The limits in force.", "string", false)),
        ]);
    }
    if takes("Prefer") {
        of_success.extend([
            (
                "Retry-After",
                header("Seconds after which to ask again, until it ends.", "integer", false),
            ),
            ("Preference-Applied", header("The wait that was followed.", "string", false)),
        ]);
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, response) in responses {
        response["headers"]["X-Request-Id"] =
            header("Leads the operator to the log.", "string", true);
        for (name, header) in of_success.iter().filter(|_| status.starts_with('2')) {
            response["headers"][name] = header.clone();
        }
    }
}

/// The names of the schemas that answers are made of.
fn answered(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![&document["webhooks"]];
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        open.extend(item.as_object().into_iter().flat_map(Map::values).map(|it| &it["responses"]));
    }
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            Value::String(text) => {
                let Some(name) = text.strip_prefix(SCHEMAS) else { continue };
                if names.insert(name.to_owned()) {
                    open.push(&document["components"]["schemas"][name]);
                }
            }
            _ => {}
        }
    }
    names
}

/// Everything in the document that could be a schema.
fn each_schema(value: &mut Value, work: fn(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            work(fields);
            fields.values_mut().for_each(|value| each_schema(value, work));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each_schema(value, work)),
        _ => {}
    }
}

/// A field of a type that stands in its place, with a description or default of its own, comes as
/// both of the type and an object with these, which nothing can be.
fn join_own(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get_mut("allOf") else { return };
    let [Value::Object(of_type), Value::Object(own)] = &mut parts[..] else { return };
    if own.remove("type") != Some(json!("object")) {
        return;
    }
    let mut joined = std::mem::take(of_type);
    joined.extend(std::mem::take(own));
    schema.remove("allOf");
    schema.extend(joined);
}

/// A pattern that one text alone fits (`^video\.deleted$`) is that text: the derive knows no `const`.
fn write_out_the_only_text(schema: &mut Map<String, Value>) {
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let Some(within) = pattern.and_then(|it| it.strip_prefix('^')?.strip_suffix('$')) else {
        return;
    };
    let text = within.replace(r"\.", ".");
    let is_literal = |it: char| it.is_ascii_lowercase() || it == '_';
    if within.replace(r"\.", "").chars().all(is_literal) {
        schema.remove("pattern");
        schema.insert("const".to_owned(), text.into());
    }
}

/// A page of a list comes with a copy of what is listed; it is the schema of that name.
fn refer_to_listed(schemas: &mut Value) {
    let Value::Object(schemas) = schemas else { return };
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        let listed = name.strip_prefix("List_").filter(|listed| known.contains(*listed));
        if let Some(listed) = listed {
            schema["properties"]["data"]["items"] = json!({ "$ref": format!("{SCHEMAS}{listed}") });
        }
    }
}

/// The examples of a list or map are its own, and not those of what is in it.
fn lift_examples(schema: &mut Map<String, Value>) {
    let mut lifted = None;
    for (within, is_whole) in [
        ("items", Value::is_array as fn(&Value) -> bool),
        ("propertyNames", Value::is_object),
        ("additionalProperties", Value::is_object),
    ] {
        let Some(Value::Object(within)) = schema.get_mut(within) else { continue };
        let examples = within.get("examples").and_then(Value::as_array);
        let is_text = within.get("type").is_some_and(|kind| kind == "string");
        if is_text && examples.is_some_and(|all| all.iter().all(is_whole)) {
            lifted = within.remove("examples");
        }
    }
    if let Some(examples) = lifted {
        schema.insert("examples".to_owned(), examples);
    }
}

/// A field of an answer that may be absent is never null: its type says so.
fn absent_not_null(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties {
        if !required.iter().any(|required| required == name) {
            without_null(property);
        }
    }
}

/// Takes `null` out of the types that a schema allows.
fn without_null(schema: &mut Value) {
    let Value::Object(schema) = schema else { return };
    let is_null = |it: &Value| *it == json!("null") || *it == json!({ "type": "null" });
    for word in ["type", "oneOf"] {
        let Some(Value::Array(kinds)) = schema.get_mut(word) else { continue };
        kinds.retain(|kind| !is_null(kind));
        let [only] = &mut kinds[..] else { continue };
        match only.take() {
            Value::Object(fields) => {
                schema.remove(word);
                schema.extend(fields);
            }
            kind => drop(schema.insert(word.to_owned(), kind)),
        }
    }
}
