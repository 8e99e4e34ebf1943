//! Reading bodies: JSON, or forms (RFC 7578) as clients of these APIs send them.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::wire::Request;

/// The fields of a body, and the files.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) fields: Map<String, Value>,
    pub(crate) files: Vec<(String, Bytes)>,
    pub(crate) is_form: bool,
}

impl Body {
    /// Reads it; none if it is neither.
    pub(crate) fn read(request: &Request) -> Option<Self> {
        let kind = request.header("content-type").unwrap_or_default();
        if let Some((_, boundary)) = kind.split_once("boundary=") {
            return Some(form(&request.body, boundary.trim_matches('"')));
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice(&request.body) else { return None };
        Some(Self { fields, files: Vec::new(), is_form: false })
    }

    /// A field as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

fn form(body: &Bytes, boundary: &str) -> Body {
    let mut read = Body { is_form: true, ..Body::default() };
    let delimiter = format!("--{boundary}");
    let mut rest = body.clone();
    while let Some(start) = find(&rest, delimiter.as_bytes()) {
        rest = rest.slice(start + delimiter.len()..);
        let end = find(&rest, delimiter.as_bytes()).unwrap_or(rest.len());
        let part = rest.slice(..end);
        let Some(head_end) = find(&part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(part.get(..head_end).unwrap_or_default()).into_owned();
        let content = part.slice(head_end + 4..part.len().saturating_sub(2).max(head_end + 4));
        let Some(name) = parameter(&head, "name") else { continue };
        if parameter(&head, "filename").is_some() {
            read.files.push((name, content));
        } else {
            let text = String::from_utf8_lossy(&content).into_owned();
            read.fields.insert(name, Value::String(text));
        }
    }
    read
}

/// A quoted parameter of a part's head.
fn parameter(head: &str, name: &str) -> Option<String> {
    let marker = format!(" {name}=\"");
    let (_, rest) = head.split_once(&marker)?;
    Some(rest.split('"').next()?.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
