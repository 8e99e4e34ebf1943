//! JSON Schema as tables: names, types, limits, descriptions.
//!
//! Guarantees: what a schema refers to is linked, never copied without end: objects inside objects
//! are unfolded [`DEPTH_MAX`] deep, named ones not at all.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::html::escape;
use super::super::language::Language;
use super::super::markdown::{in_scroll, inline};
use super::limits::limits;

/// How deep objects without a name are unfolded, and references followed.
const DEPTH_MAX: usize = 5;
/// More values than these are folded.
const VALUES_SHOWN_MAX: usize = 12;
/// Before a schema's name in a reference to it.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The schemas of a document, and how they are told.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a> {
    /// The whole document.
    pub(super) document: &'a Value,
    /// The reader's language.
    pub(super) language: Language,
    /// Makes the address of another page.
    pub(super) link: &'a dyn Fn(&str) -> String,
}

impl<'a> Schemas<'a> {
    /// A text of the document.
    pub(super) fn inline(&self, text: &str) -> String {
        inline(text, self.link)
    }

    /// The schema that is meant, behind references and behind "or null".
    pub(super) fn resolve<'b>(&self, schema: &'b Value) -> &'b Value
    where
        'a: 'b,
    {
        let mut schema = schema;
        for _ in 0..DEPTH_MAX {
            let name = schema["$ref"].as_str().and_then(|it| it.strip_prefix(SCHEMAS));
            if let Some(name) = name {
                schema = &self.document["components"]["schemas"][name];
            } else if let [only] = choices(schema)[..] {
                schema = only;
            } else {
                break;
            }
        }
        schema
    }

    /// `required`, or nothing.
    pub(super) fn mark(&self, is_required: bool) -> String {
        let word = self.language.pick("required", "必填");
        if is_required { format!("<small class=\"must\">{word}</small>") } else { String::new() }
    }

    /// A table of names, types and descriptions.
    pub(super) fn table(&self, rows: &str, section: &str) -> String {
        let names = [
            self.language.pick("name", "名称"),
            self.language.pick("type", "类型"),
            self.language.pick("description", "说明"),
        ];
        let cells = names.map(|name| format!("<th scope=\"col\">{name}</th>")).concat();
        let head = format!("<thead><tr>{cells}</tr></thead>");
        in_scroll(&format!("{head}<tbody>{rows}</tbody>"), section)
    }

    /// The rows of an object's fields; nothing if it is no object with fields.
    pub(super) fn rows(&self, schema: &Value) -> String {
        let mut rows = String::new();
        self.fields(schema, "", 0, &mut rows);
        rows
    }

    fn fields(&self, schema: &Value, before: &str, depth: usize, rows: &mut String) {
        if depth > DEPTH_MAX {
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fields(self.resolve(part), before, depth + 1, rows);
        }
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{before}{name}");
            // Writing to a string cannot fail.
            let _ = write!(
                rows,
                "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>",
                breakable(&path),
                self.mark(required.iter().any(|it| it == name)),
                self.kind(property),
                self.about(self.description(property), property, None),
            );
            // An object without a name has no place of its own, so its fields follow here.
            let inner = match choices(property)[..] {
                [only] => only,
                _ => property,
            };
            if inner.get("$ref").is_none() {
                self.fields(inner, &format!("{path}."), depth + 1, rows);
                if inner["items"].get("$ref").is_none() {
                    self.fields(&inner["items"], &format!("{path}[]."), depth + 1, rows);
                }
            }
        }
    }

    /// What a field says of itself, else what its type says.
    fn description<'b>(&self, schema: &'b Value) -> &'b str
    where
        'a: 'b,
    {
        let own = |it: &'b Value| it["description"].as_str();
        let nearer = own(schema).or_else(|| choices(schema).into_iter().find_map(own));
        let parts = || schema["allOf"].as_array().into_iter().flatten().rev().find_map(own);
        nearer.or_else(parts).or_else(|| own(self.resolve(schema))).unwrap_or_default()
    }

    /// The type, as HTML.
    pub(super) fn kind(&self, schema: &Value) -> String {
        self.kind_within(schema, 0)
    }

    fn kind_within(&self, schema: &Value, depth: usize) -> String {
        let or = self.language.pick(" or ", " 或 ");
        if depth > DEPTH_MAX {
            return "…".to_owned();
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix(SCHEMAS)) {
            let name = escape(name);
            return format!("<a href=\"#schema-{name}\"><code>{name}</code></a>");
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(all) = schema[word].as_array() {
                let mut shown: Vec<String> =
                    all.iter().map(|each| self.kind_within(each, depth + 1)).collect();
                shown.dedup();
                return shown.join(or);
            }
        }
        if let Some(first) = schema["allOf"].get(0) {
            return self.kind_within(first, depth + 1);
        }
        let words: Vec<&str> = match &schema["type"] {
            Value::String(word) => vec![word],
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
            _ => vec![self.language.pick("any value", "任意值")],
        };
        let shown = words.into_iter().map(|word| self.plain_kind(word, schema, depth));
        shown.collect::<Vec<_>>().join(or)
    }

    fn plain_kind(&self, word: &str, schema: &Value, depth: usize) -> String {
        match word {
            "array" => {
                let of = self.language.pick("list of ", "列表：");
                format!("{of}{}", self.kind_within(&schema["items"], depth + 1))
            }
            "object" if schema["additionalProperties"].is_object() => {
                let of = self.language.pick("map to ", "映射，值为 ");
                format!("{of}{}", self.kind_within(&schema["additionalProperties"], depth + 1))
            }
            "string" if schema["format"] == "binary" => {
                self.language.pick("file", "文件").to_owned()
            }
            word => escape(word),
        }
    }

    /// The values that a field, the entries of a list or the names of a map can have.
    fn values<'b>(&self, schema: &'b Value, depth: usize) -> Option<&'b Vec<Value>>
    where
        'a: 'b,
    {
        if depth > DEPTH_MAX {
            return None;
        }
        let own = schema["enum"].as_array();
        let inner = ["items", "propertyNames"].iter().filter_map(|word| schema.get(*word));
        own.or_else(|| inner.into_iter().find_map(|it| self.values(self.resolve(it), depth + 1)))
    }

    /// Description, values, limits, default and example, as HTML.
    pub(super) fn about(&self, text: &str, schema: &Value, example: Option<&Value>) -> String {
        let mut html = self.inline(&text.replace('\n', " "));
        let meant = self.resolve(schema);
        let meant = meant["allOf"].get(0).map_or(meant, |first| self.resolve(first));
        // An object's own facts stand where it has its place.
        let source = if schema.get("$ref").is_some() { schema } else { meant };
        if let Some(values) = self.values(meant, 0) {
            html.push_str(&values_html(values, self.language));
        }
        let example =
            example.or_else(|| source["examples"].get(0)).or_else(|| source.get("example"));
        let is_told = !text.is_empty() || example.is_some();
        let mut facts = limits(source, is_told, self.language);
        // A default may stand beside the reference to a type.
        let default = schema.get("default").or_else(|| source.get("default"));
        if let Some(value) = default.filter(|value| !value.is_null()) {
            facts.push(format!("{} {}", self.language.pick("default", "默认"), code(value)));
        }
        if let Some(value) = example {
            facts.push(format!("{} {}", self.language.pick("e.g.", "例如"), code(value)));
        }
        if !facts.is_empty() {
            let comma = self.language.pick(", ", "，");
            let _ = write!(html, "<small class=\"facts\">{}</small>", facts.join(comma));
        }
        html
    }
}

/// What a schema may be, null left out.
fn choices(schema: &Value) -> Vec<&Value> {
    let all = ["oneOf", "anyOf"].iter().find_map(|word| schema[*word].as_array());
    all.into_iter().flatten().filter(|each| each["type"] != "null").collect()
}

/// A name as HTML that a narrow column may break after a dot or an underline, and only there.
pub(super) fn breakable(name: &str) -> String {
    escape(name).replace('_', "_<wbr>").replace('.', ".<wbr>")
}

/// A value as JSON, texts without their quotes.
fn code(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("<code>{}</code>", escape(&text))
}

fn values_html(values: &[Value], language: Language) -> String {
    let shown = values.iter().map(code).collect::<Vec<_>>().join(" ");
    if values.len() <= VALUES_SHOWN_MAX {
        return format!(" <span class=\"values\">{shown}</span>");
    }
    let title = language.pick("values", "可选值");
    format!("<details><summary>{} {title}</summary>{shown}</details>", values.len())
}
