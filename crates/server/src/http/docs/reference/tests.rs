use serde_json::json;

use super::*;

/// A small document with one of everything that ours has; names in the order of the alphabet, which
/// is what some builds make of any order.
fn document() -> Value {
    json!({
        "servers": [{ "url": "https://video.example.com" }],
        "tags": [{ "name": "videos", "description": "Make `videos`." }, { "name": "empty" }],
        "paths": {
            "/api/things": { "post": {
                "tags": ["videos"], "operationId": "makeThing", "security": [{ "key": [] }],
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Thing" } } } },
                "responses": { "201": { "description": "Made." } },
            }, "delete": {
                "tags": ["videos"], "operationId": "signedIn", "security": [{ "session": [] }],
                "responses": {},
            } },
            "/v1/things/{thing_id}": { "get": {
                "tags": ["videos"], "operationId": "getThing", "summary": "A <b>thing</b>.",
                "description": "First.\n\nSecond.", "security": [],
                "parameters": [
                    { "name": "thing_id", "in": "path", "required": true,
                      "schema": { "type": "string", "pattern": "^t_" } },
                    { "name": "limit", "in": "query", "required": true, "example": 5,
                      "schema": { "type": "integer", "minimum": 1, "maximum": 9, "default": 2 } },
                ],
                "responses": {
                    "200": { "description": "OK.", "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Thing" } } } },
                    "404": { "description": "`not_found`, `other`",
                        "headers": { "Retry-After": {}, "X-Request-Id": {} } },
                },
            } },
        },
        "components": { "schemas": {
            "Thing": { "type": "object", "description": "It's one.", "required": ["name", "kind"],
                "properties": {
                    "kind": { "oneOf": [{ "$ref": "#/components/schemas/Kind" }, { "type": "null" }] },
                    "name": { "type": "string", "examples": ["it's"], "maxLength": 9 },
                    "self": { "$ref": "#/components/schemas/Thing", "description": "Another." },
                    "map": { "type": "object", "additionalProperties": { "type": "integer" } },
                    "inner": { "type": "object", "properties": {
                        "list": { "type": ["array", "null"], "items": {
                            "type": "string", "enum": ["c", "d"] } } } },
                } },
            "Kind": { "type": "string", "enum": ["a", "b"], "description": "Which." },
        } },
    })
}

fn page(language: Language) -> Part {
    reference(&document(), language, &|target| format!("to:{target}"))
}

#[test]
fn every_operation_and_schema_has_its_anchor_and_what_belongs_to_it() {
    let Part { html, headings, .. } = page(Language::English);
    let anchors: Vec<&str> = headings.iter().map(|it| it.anchor.as_str()).collect();
    assert_eq!(anchors, ["tag-videos", "makeThing", "signedIn", "getThing", "schemas"]);
    for expected in [
        "<span class=\"method get\">GET</span><code>/v1/things/{thing_id}</code>",
        "<p>A &lt;b&gt;thing&lt;/b&gt;.</p>",
        "<p>Second.</p>",
        "<td><code>thing_<wbr>id</code><small class=\"must\">required</small><small>path</small></td>",
        "1 to 9, default <code>2</code>, e.g. <code>5</code>",
        "<a href=\"#schema-Thing\"><code>Thing</code></a>",
        "<a href=\"to:/docs/errors#not_found\"><code>not_found</code></a>, <code>other</code>",
        "<code>Retry-After</code>",
        "<a href=\"#schema-Kind\"><code>Kind</code></a> or null",
        "Which. <span class=\"values\"><code>a</code> <code>b</code></span>",
        "<td>map to integer</td>",
        "<td><code>inner.<wbr>list</code></td><td>list of string or null</td><td> <span \
         class=\"values\"><code>c</code> <code>d</code></span>",
        "matches <code>^t_</code>",
        "<code data-sample=\"json\">{",
        "at most 9 characters, e.g. <code>it&#39;s</code>",
        "<h3 id=\"schema-Kind\">",
        "<p>Fields: see <a href=\"#makeThing\">makeThing</a></p>",
    ] {
        assert!(html.contains(expected), "{expected} is not in {html}");
    }
    // A schema that holds itself is told once.
    assert!(!html.contains("self.name"), "{html}");
    // Every answer has it; the page says so once, above.
    assert!(!html.contains("X-Request-Id"), "{html}");
}

#[test]
fn commands_are_made_of_the_examples() {
    let document = document();
    let link = |target: &str| target.to_owned();
    let schemas = Schemas { document: &document, language: Language::English, link: &link };
    let command = |method: &str, path: &str| {
        example::curl(&schemas, method, path, &document["paths"][path][method])
    };
    assert_eq!(
        command("get", "/v1/things/{thing_id}").unwrap(),
        "curl \"https://video.example.com/v1/things/$THING_ID?limit=5\""
    );
    assert_eq!(
        command("post", "/api/things").unwrap(),
        "curl https://video.example.com/api/things \\\n  -H \"Authorization: Bearer \
         $RUSHES_MANAGE_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\n  \"kind\": \
         \"a\",\n  \"name\": \"it'\\''s\"\n}'"
    );
    assert_eq!(command("delete", "/api/things"), None);
}

#[test]
fn both_languages_have_the_same_anchors() {
    let [english, chinese] = Language::ALL.map(page);
    let anchors =
        |part: &Part| part.headings.iter().map(|it| it.anchor.clone()).collect::<Vec<_>>();
    assert_eq!(anchors(&english), anchors(&chinese));
    assert!(chinese.html.contains("必填") && chinese.html.contains("视频任务"), "{}", chinese.html);
}

#[test]
fn chinese_names_are_those_of_our_document() {
    let document = crate::http::openapi::document("https://video.example.com");
    for tag in document["tags"].as_array().unwrap() {
        let name = tag["name"].as_str().unwrap();
        assert!(chinese::tag(name).is_some(), "{name}");
    }
    let known = |id: &str| chinese::SUMMARIES.iter().any(|(name, _)| *name == id);
    let mut ids = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(known(id), "{id} has no Chinese summary; give it one in chinese.rs");
            ids.push(id);
        }
    }
    for (id, _) in chinese::SUMMARIES {
        assert!(ids.contains(&id), "there is no operation {id}");
    }
}

#[test]
fn the_menu_says_what_each_call_does_in_groups() {
    let document = crate::http::openapi::document("https://video.example.com");
    let headings = reference(&document, Language::English, &str::to_owned).headings;
    let closed = headings.iter().filter(|it| it.group == Group::Closed).count();
    assert_eq!(closed, FOR_OPERATORS.len(), "each is a tag of the document");
    let open = headings.iter().filter(|it| it.group == Group::Open).count();
    assert!(open > 5, "{open}");
    let create = headings.iter().find(|it| it.anchor == "createVideo").unwrap();
    assert!(create.html.contains(">POST</span>"), "{}", create.html);
    assert!(create.html.contains(" createVideo\">Makes a video"), "{}", create.html);
    assert_eq!(first_clause("A, b: c. D"), "A, b");
    assert_eq!(first_clause("Version 1.5."), "Version 1.5");
}

#[test]
fn all_of_our_document_is_on_the_page() {
    let document = crate::http::openapi::document("https://video.example.com");
    let html = reference(&document, Language::English, &str::to_owned).html;
    let mut count = 0;
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(html.contains(&format!("<h3 id=\"{id}\">")), "{id}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(html.contains(&format!("<h3 id=\"schema-{name}\">")), "{name}");
    }
    for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(html.contains(&format!("id=\"{link}\"")), "nothing has the anchor {link}");
    }
}

#[test]
fn every_answer_of_ours_has_a_sample_that_fits_its_schema() {
    let document = crate::http::openapi::document("https://video.example.com");
    let link = |target: &str| target.to_owned();
    let schemas = Schemas { document: &document, language: Language::English, link: &link };
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            let good = answers.iter().find(|(status, _)| status.starts_with('2'));
            let Some(media) = good.and_then(|it| it.1["content"].get("application/json")) else {
                continue;
            };
            if path == "/openapi.json" {
                continue;
            }
            let text = sample::text(&schemas, media).unwrap_or_else(|| panic!("{method} {path}"));
            let value: Value = serde_json::from_str(&text).unwrap();
            let mut schema = media["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let problems: Vec<String> = validator
                .iter_errors(&value)
                .map(|it| format!("{} at {}", it, it.instance_path()))
                .collect();
            assert!(problems.is_empty(), "{method} {path}: {problems:?} in {text}");
            assert!(text.len() > 10 && text.len() <= 6000, "{method} {path}: {text}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
