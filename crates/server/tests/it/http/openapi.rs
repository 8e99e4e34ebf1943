//! The OpenAPI document itself. Answers are held against it in all tests (`support/document.rs`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{TestApp, binary, document};

fn of_this_program() -> Value {
    rushes_server::http::openapi::document("http://gateway.test")
}

/// Every operation with its place.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            found.push((format!("{method} {path}"), operation));
        }
    }
    found
}

/// Everything within a value, with where it is.
fn walk<'a>(value: &'a Value, path: &str, look: &mut impl FnMut(&str, &'a Value)) {
    look(path, value);
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| walk(inner, &format!("{path}/{name}"), look));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, inner)| walk(inner, &format!("{path}/{index}"), look));
        }
        _ => {}
    }
}

#[tokio::test]
async fn it_is_served_and_printed_alike() {
    let app = TestApp::start().await;
    let answer = app.send(app.bare_request("GET", "/openapi.json")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(answer.json()["servers"][0]["url"], app.base_url);
    let etag = answer.header("etag");
    let strong = etag.trim_start_matches("W/");
    for known in [etag, strong, "*", &format!("\"x\", {etag}")] {
        let again = app.bare_request("GET", "/openapi.json").header("if-none-match", known);
        let again = app.send(again).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{known}");
    }
    let packed = app.bare_request("GET", "/openapi.json").header("accept-encoding", "gzip");
    let packed = packed.send().await.expect("an answer");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let length = packed.bytes().await.expect("a body").len();
    assert!(length < answer.bytes.len() / 4, "{length}");
    let mut command = binary::command(app.folder().path());
    let output = command.args(["openapi", "--public-url", &format!("{}/", app.base_url)]).output();
    let output = output.expect("it runs");
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed, answer.json());
    app.finish().await;
}

#[test]
fn every_operation_says_what_it_is() {
    let document = of_this_program();
    let tags = document["tags"].as_array().expect("tags");
    let tags: BTreeSet<&str> = tags.iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect(&place);
        assert!(ids.insert(id), "{place}: {id} is there twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with('.') && !summary.contains('\n'), "{place}: {summary:?}");
        let own = operation["tags"].as_array().expect(&place);
        assert!(!own.is_empty() && own.iter().all(|tag| tags.contains(tag.as_str().unwrap())));
        assert!(operation["security"].is_array(), "{place}");
        let responses = operation["responses"].as_object().expect(&place);
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        for (status, response) in responses {
            let text = response["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{place} {status}");
        }
    }
    // More than one; and every path parameter of a path is described.
    assert!(ids.len() > 20, "{ids:?}");
    for (place, operation) in operations(&document) {
        let named = place.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in named {
            let is_it = |it: &Value| it["in"] == "path" && it["name"] == name;
            assert!(parameters.iter().any(is_it), "{place}: {name}");
        }
    }
}

#[test]
fn references_lead_somewhere_and_nothing_is_left_over() {
    let document = of_this_program();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut named = BTreeSet::new();
    walk(&document, "", &mut |path, value| {
        // What utoipa makes of a word that is set inline and has a docstring fits nothing.
        assert!(!path.ends_with("/allOf"), "{path}");
        if let Some(text) = value.as_str().filter(|_| path.ends_with("/$ref")) {
            let name = text.strip_prefix("#/components/schemas/").expect(path);
            assert!(schemas.contains_key(name), "{path}: {text}");
            named.insert(name);
        }
    });
    let unused: Vec<_> = schemas.keys().filter(|name| !named.contains(name.as_str())).collect();
    assert!(unused.is_empty(), "{unused:?}");
    for (name, schema) in schemas {
        let required = schema["required"].as_array().into_iter().flatten();
        let is_known = |field: &Value| schema["properties"].get(field.as_str().unwrap()).is_some();
        assert!(required.clone().all(is_known), "{name}");
    }
}

#[test]
fn examples_are_valid() {
    let document = of_this_program();
    let mut count = 0;
    walk(&document, "", &mut |path, value| {
        // A property may be called `examples` as well; none is.
        let listed = value["examples"].as_array().into_iter().flatten();
        let schema = if value.get("schema").is_some() { &value["schema"] } else { value };
        for example in listed.chain(value.get("example")) {
            let errors: Vec<String> =
                document::validator(schema).iter_errors(example).map(|it| it.to_string()).collect();
            assert!(errors.is_empty(), "{path}: {example}: {errors:?}");
            count += 1;
        }
    });
    assert!(count > 30, "{count}");
}

#[tokio::test]
async fn examples_of_requests_are_taken() {
    let app = TestApp::start().await;
    let document = of_this_program();
    let doors = [
        ("CreateVideo", "/v1/video/generations"),
        ("CreateVideo", "/v1/video/generations/estimate"),
        ("XaiCreateVideo", "/v1/videos/generations"),
        ("OpenaiCreateVideo", "/v1/videos"),
    ];
    for (schema, path) in doors {
        let examples = document["components"]["schemas"][schema]["examples"].as_array();
        for example in examples.expect(schema) {
            let answer = app.post_with(&app.test_api_key, path, example).await;
            let text = String::from_utf8_lossy(&answer.bytes);
            assert_eq!(answer.status, 200, "{path} {example}: {text}");
            assert_eq!(answer.header("rushes-ignored-fields"), "", "{path} {example}");
        }
    }
    app.finish().await;
}

#[test]
fn the_error_table_is_in_it() {
    let document = of_this_program();
    let text = document["info"]["description"].as_str().expect("a description");
    for code in rushes_domain::ErrorCode::ALL {
        assert!(text.contains(&format!("| {} | `{}` |", code.status(), code.as_str())), "{code:?}");
    }
    for code in rushes_domain::FailureCode::ALL {
        assert!(text.contains(&format!("| `{}` |", code.as_str())), "{code:?}");
    }
    let codes = &document["components"]["schemas"]["Error"]["properties"]["code"]["enum"];
    let count = codes.as_array().map_or(0, Vec::len);
    assert_eq!(count, rushes_domain::ErrorCode::ALL.len());
}

#[test]
fn both_doors_to_webhooks_are_in_it() {
    let document = of_this_program();
    let all = operations(&document);
    let own = all.iter().filter(|(place, _)| place.contains(" /api/webhooks"));
    let mut count = 0;
    for (place, operation) in own {
        let other = place.replace("/api/webhooks", "/api/admin/accounts/{account}/webhooks");
        let (_, twin) = all.iter().find(|(place, _)| *place == other).expect(&other);
        assert_eq!(twin["responses"], operation["responses"], "{other}");
        assert_eq!(twin["requestBody"], operation["requestBody"], "{other}");
        assert_eq!(twin["parameters"][0]["name"], "account", "{other}");
        assert!(twin["summary"].as_str().is_some_and(|text| text.contains("account")), "{other}");
        count += 1;
    }
    assert_eq!(count, 11);
}

#[test]
fn a_new_thing_says_what_it_needs_and_a_change_may_be_empty() {
    let document = of_this_program();
    for (collection, one, needed) in [
        ("/api/webhooks", "/api/webhooks/{id}", &["url"][..]),
        ("/api/admin/groups", "/api/admin/groups/{group}", &["name"]),
        ("/api/admin/channels", "/api/admin/channels/{channel}", &["name", "provider"]),
    ] {
        let body = |path: &str, method: &str| &document["paths"][path][method]["requestBody"];
        let schema = |body: &Value| {
            let reference = &body["content"]["application/json"]["schema"]["$ref"];
            let name = reference.as_str().and_then(|text| text.rsplit('/').next()).expect("a name");
            document["components"]["schemas"][name].clone()
        };
        let (new, change) = (body(collection, "post"), body(one, "patch"));
        assert_eq!((&new["required"], &change["required"]), (&true.into(), &false.into()), "{one}");
        assert_eq!(schema(new)["required"], serde_json::json!(needed), "{one}");
        assert_eq!(schema(change)["required"], Value::Null, "{one}");
        assert_eq!(schema(new)["properties"][needed[0]]["type"], "string", "{one}");
    }
}
