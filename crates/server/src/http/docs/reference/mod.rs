//! `/docs/reference`: the OpenAPI document as a page.
//!
//! Guarantees: every operation and every schema of the document is on it, under an anchor of its
//! own, with who may call it, parameters, body, answers with a sample, and refusals; a reference to
//! a schema leads to it. The frame speaks the reader's language; descriptions are those of the
//! document, which are English. Not here: what the document says (`crate::http::openapi`).

mod chinese;
mod example;
mod limits;
mod pattern;
mod sample;
mod schema;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rushes_domain::ErrorCode;
use serde_json::{Map, Value};

use self::schema::{SCHEMAS, Schemas, breakable};
use super::highlight::highlight;
use super::html::escape;
use super::language::Language;
use super::markdown::{Group, Heading, Part, in_scroll};

/// Methods in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Groups of operations that operators alone can call; the menu has them closed at first.
const FOR_OPERATORS: [&str; 3] = ["operators", "channels", "settings"];

/// The page's content; `link` makes the address of another page.
pub(super) fn reference(
    document: &Value,
    language: Language,
    link: &dyn Fn(&str) -> String,
) -> Part {
    let schemas = Schemas { document, language, link };
    let mut page = Page { schemas, part: Part::default(), shown: BTreeMap::new() };
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for tag in tags {
        page.group(tag);
    }
    page.all_schemas();
    page.part
}

/// An operation with its place.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    text: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.text["operationId"].as_str().unwrap_or_default()
    }
}

struct Page<'a> {
    schemas: Schemas<'a>,
    part: Part,
    /// The operation under which a schema's fields stand, so that they stand on the page once.
    shown: BTreeMap<&'a str, String>,
}

impl<'a> Page<'a> {
    fn word(&self, english: &'static str, chinese: &'static str) -> &'static str {
        self.schemas.language.pick(english, chinese)
    }

    // Writing to a string cannot fail, here and below.
    fn push(&mut self, html: std::fmt::Arguments<'_>) {
        let _ = self.part.html.write_fmt(html);
    }

    fn heading(&mut self, level: u8, anchor: &str, html: &str, entry: &str, group: Group) {
        self.push(format_args!("<h{level} id=\"{}\">{html}</h{level}>\n", escape(anchor)));
        let (anchor, html) = (anchor.to_owned(), entry.to_owned());
        self.part.headings.push(Heading { level, anchor, html, group });
    }

    /// The operations whose first tag is this one.
    fn operations(&self, tag: &str) -> Vec<Operation<'a>> {
        let document: &'a Value = self.schemas.document;
        let paths = document["paths"].as_object();
        let mut found = Vec::new();
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let text = &item[method];
                if text["tags"].get(0).is_some_and(|first| first == tag) {
                    found.push(Operation { method, path, text });
                }
            }
        }
        found
    }

    fn group(&mut self, tag: &Value) {
        let name = tag["name"].as_str().unwrap_or_default();
        let operations = self.operations(name);
        if operations.is_empty() {
            return;
        }
        let description = tag["description"].as_str().unwrap_or_default();
        let (title, text) = match self.schemas.language {
            Language::English => (capital(name), description),
            Language::Chinese => match chinese::tag(name) {
                // As they are written there, names of companies too.
                Some((title, text)) => (title.to_owned(), text),
                None => (capital(name), description),
            },
        };
        let (title, text) = (escape(&title), self.schemas.inline(text));
        let group = if FOR_OPERATORS.contains(&name) { Group::Closed } else { Group::Open };
        self.heading(2, &format!("tag-{name}"), &title, &title, group);
        self.push(format_args!("<p>{text}</p>\n"));
        for operation in &operations {
            self.operation(operation);
        }
    }

    fn operation(&mut self, operation: &Operation<'a>) {
        let (method, path, text) = (operation.method, escape(operation.path), operation.text);
        let title = format!(
            "<span class=\"method {method}\">{}</span><code>{path}</code>",
            method.to_uppercase()
        );
        let id = operation.id().to_owned();
        let own = text["summary"].as_str().unwrap_or_default();
        let summary = match self.schemas.language {
            Language::English => own,
            Language::Chinese => chinese::summary(&id).unwrap_or(own),
        };
        let short = if summary.is_empty() { operation.path } else { first_clause(summary) };
        let entry = format!(
            "<span class=\"verb {method}\">{}</span><span data-find=\"{path} {id}\">{}</span>",
            method.to_uppercase(),
            inline_text(short),
            id = escape(&id),
        );
        self.heading(3, &id, &title, &entry, Group::None);
        for words in [summary, text["description"].as_str().unwrap_or_default()] {
            for paragraph in words.split("\n\n") {
                let html = self.schemas.inline(&paragraph.trim().replace('\n', " "));
                if !html.is_empty() {
                    self.push(format_args!("<p>{html}</p>\n"));
                }
            }
        }
        self.push(format_args!("<p class=\"who\">{}</p>\n", self.who(text)));
        self.parameters(&text["parameters"], &id);
        self.body(&text["requestBody"], &id);
        self.answers(&text["responses"], &id);
        if let Some(command) = example::curl(&self.schemas, operation.method, operation.path, text)
        {
            let name = escape(&id);
            let source = format!("data-snippet=\"reference/{name}.sh\"");
            self.code("curl", &source, &highlight(&command, "sh"));
        }
        self.sample(&text["responses"]);
    }

    /// A sample of the first answer that is no refusal.
    fn sample(&mut self, responses: &Value) {
        let good = |(status, _): &(&String, &Value)| status.starts_with('2');
        let Some((status, response)) = responses.as_object().into_iter().flatten().find(good)
        else {
            return;
        };
        let media = &response["content"]["application/json"];
        if let Some(text) = sample::text(&self.schemas, media) {
            let title = format!("{} {}", self.word("Answer", "响应"), escape(status));
            self.code(&title, "data-sample=\"json\"", &highlight(&text, "json"));
        }
    }

    /// Code with a title; the attribute says whether it is an example or a sample.
    fn code(&mut self, title: &str, attribute: &str, html: &str) {
        self.push(format_args!(
            "<div class=\"code\"><div class=\"bar\"><span class=\"lang\">{title}</span></div>\
             <pre tabindex=\"0\"><code {attribute}>{html}</code></pre></div>\n"
        ));
    }

    /// Who may call.
    fn who(&self, operation: &Value) -> &'static str {
        let names = |name: &str| {
            let all = operation["security"].as_array();
            all.into_iter().flatten().any(|each| each.get(name).is_some())
        };
        match (names("key"), names("session")) {
            (true, true) => self.word(
                "Called with an API key that has the scope for it, or signed in.",
                "调用方式：有相应权限的 API Key，或登录会话。",
            ),
            (true, false) => self.word("Called with an API key.", "调用方式：API Key。"),
            (false, true) => self.word("Called signed in.", "调用方式：登录会话。"),
            (false, false) => self.word("Open to all.", "无需鉴权。"),
        }
    }

    fn parameters(&mut self, parameters: &Value, id: &str) {
        let Some(parameters) = parameters.as_array().filter(|all| !all.is_empty()) else { return };
        let mut rows = String::new();
        for parameter in parameters {
            let schema = &parameter["schema"];
            let is_required = parameter["required"] == Value::Bool(true);
            let place = match parameter["in"].as_str().unwrap_or_default() {
                "path" => self.word("path", "路径"),
                "query" => self.word("query", "查询"),
                "header" => self.word("header", "请求头"),
                _ => self.word("cookie", "Cookie"),
            };
            let text = parameter["description"].as_str().or_else(|| schema["description"].as_str());
            let example = parameter.get("example");
            let _ = write!(
                rows,
                "<tr><td><code>{}</code>{}<small>{place}</small></td><td>{}</td><td>{}</td></tr>",
                breakable(parameter["name"].as_str().unwrap_or_default()),
                self.schemas.mark(is_required),
                self.schemas.kind(schema),
                self.schemas.about(text.unwrap_or_default(), schema, example),
            );
        }
        let title = self.word("Parameters", "参数");
        let table = self.schemas.table(&rows, id);
        self.push(format_args!("<h4>{title}</h4>\n{table}"));
    }

    fn body(&mut self, body: &'a Value, id: &str) {
        let Some(kinds) = body["content"].as_object() else { return };
        let title = self.word("Body", "请求体");
        self.push(format_args!("<h4>{title}</h4>\n<ul class=\"kinds\">"));
        for (kind, media) in kinds {
            let shown = self.schemas.kind(&media["schema"]);
            self.push(format_args!("<li><code>{}</code> {shown}</li>", escape(kind)));
        }
        self.push(format_args!("</ul>\n"));
        // The fields of the first kind, which is JSON wherever there is JSON.
        let json = kinds.get("application/json").or_else(|| kinds.values().next());
        let schema = json.map_or(&Value::Null, |media| &media["schema"]);
        let name = schema["$ref"].as_str().and_then(|it| it.strip_prefix(SCHEMAS));
        if let Some(place) = name.and_then(|name| self.shown.get(name)).cloned() {
            self.fields_are_at(&place);
            return;
        }
        let rows = self.schemas.rows(self.schemas.resolve(schema));
        if !rows.is_empty() {
            let table = self.schemas.table(&rows, id);
            self.part.html.push_str(&table);
            self.shown.extend(name.map(|name| (name, id.to_owned())));
        }
    }

    /// Leads to the operation where a schema's fields stand.
    fn fields_are_at(&mut self, place: &str) {
        let (fields, place) = (self.word("Fields: see", "字段见"), escape(place));
        self.push(format_args!("<p>{fields} <a href=\"#{place}\">{place}</a></p>\n"));
    }

    fn answers(&mut self, responses: &Value, id: &str) {
        let Some(responses) = responses.as_object() else { return };
        let mut rows = String::new();
        for (status, response) in responses {
            let description = response["description"].as_str().unwrap_or_default();
            let is_refusal = status.starts_with(['4', '5']);
            let about =
                if is_refusal { self.codes(description) } else { self.schemas.inline(description) };
            let shown = response["content"].as_object().map(|kinds| self.kinds(kinds));
            let headers = headers(response);
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{}</td><td>{about}{headers}</td></tr>",
                escape(status),
                shown.unwrap_or_default(),
            );
        }
        let (title, status) = (self.word("Answers", "响应"), self.word("status", "状态码"));
        let (body, about) = (self.word("body", "响应体"), self.word("description", "说明"));
        let head = format!(
            "<thead><tr><th scope=\"col\">{status}</th><th scope=\"col\">{body}</th>\
             <th scope=\"col\">{about}</th></tr></thead>"
        );
        let table = in_scroll(&format!("{head}<tbody>{rows}</tbody>"), id);
        self.push(format_args!("<h4>{title}</h4>\n{table}"));
    }

    fn kinds(&self, kinds: &Map<String, Value>) -> String {
        let mut shown = Vec::new();
        for (kind, media) in kinds {
            if kind == "application/json" {
                shown.push(self.schemas.kind(&media["schema"]));
            } else {
                shown.push(format!("<code>{}</code>", escape(kind)));
            }
        }
        shown.join("<br>")
    }

    /// A refusal's description, in which each code leads to its row of the page about errors.
    fn codes(&self, description: &str) -> String {
        let mut html = String::new();
        for (index, part) in description.split('`').enumerate() {
            let is_code = index % 2 == 1;
            if is_code && ErrorCode::ALL.iter().any(|code| code.as_str() == part) {
                let address = (self.schemas.link)(&format!("/docs/errors#{part}"));
                let _ = write!(html, "<a href=\"{}\"><code>{part}</code></a>", escape(&address));
            } else if is_code {
                let _ = write!(html, "<code>{}</code>", escape(part));
            } else {
                html.push_str(&escape(part));
            }
        }
        html
    }

    fn all_schemas(&mut self) {
        let title = self.word("Schemas", "数据结构");
        self.heading(2, "schemas", title, title, Group::None);
        let document: &'a Value = self.schemas.document;
        for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
            let anchor = escape(&format!("schema-{name}"));
            let about = self.schemas.inline(schema["description"].as_str().unwrap_or_default());
            self.push(format_args!("<h3 id=\"{anchor}\"><code>{}</code></h3>\n", escape(name)));
            if !about.is_empty() {
                self.push(format_args!("<p>{about}</p>\n"));
            }
            if let Some(place) = self.shown.get(name.as_str()).cloned() {
                self.fields_are_at(&place);
                continue;
            }
            let rows = self.schemas.rows(schema);
            if rows.is_empty() {
                let (kind, more) =
                    (self.schemas.kind(schema), self.schemas.about("", schema, None));
                self.push(format_args!("<p>{kind} {more}</p>\n"));
            } else {
                let table = self.schemas.table(&rows, &format!("schema-{name}"));
                self.part.html.push_str(&table);
            }
        }
    }
}

/// What a summary says before its first stop, for a line of the menu.
fn first_clause(summary: &str) -> &str {
    let stops = [". ", ": ", "; ", "：", "；", "。"];
    let end = stops.iter().filter_map(|stop| summary.find(stop)).min();
    summary[..end.unwrap_or(summary.len())].trim_end_matches('.')
}

/// A text within a link, where code needs no look of its own.
fn inline_text(text: &str) -> String {
    escape(&text.replace('`', ""))
}

/// A name as the beginning of a line.
fn capital(name: &str) -> String {
    match name {
        "openai" => "OpenAI".to_owned(),
        "xai" => "xAI".to_owned(),
        _ => {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            first.unwrap_or_default() + letters.as_str()
        }
    }
}

/// The names of an answer's headers, but the one that every answer has, which is said once.
fn headers(response: &Value) -> String {
    let names = response["headers"].as_object().into_iter().flat_map(Map::keys);
    let names = names.filter(|name| *name != "X-Request-Id");
    let shown: Vec<String> = names.map(|name| format!("<code>{}</code>", escape(name))).collect();
    if shown.is_empty() { String::new() } else { format!("<small>{}</small>", shown.join(" ")) }
}

#[cfg(test)]
mod tests;
