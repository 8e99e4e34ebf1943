//! Forms (`multipart/form-data`) as clients send them.

use serde_json::Value;

use super::{Answer, TestApp};

/// What separates the parts.
const BOUNDARY: &str = "----a-form-of-a-test";

/// A form under way.
#[derive(Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    /// The fields of a JSON object whose values are texts and numbers.
    pub(crate) fn of(fields: &Value) -> Self {
        let fields = fields.as_object().expect("an object");
        fields.iter().fold(Self::default(), |form, (name, value)| {
            form.text(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
    }

    /// One more text.
    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
        self.0.extend_from_slice(head.as_bytes());
        self
    }

    /// One more file.
    pub(crate) fn file(mut self, name: &str, bytes: &[u8]) -> Self {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// Sets it as the body of a request.
    pub(crate) fn into_body(mut self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        self.0.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        request.header("content-type", content_type).body(self.0)
    }
}

impl TestApp {
    /// `POST` of a form with any key.
    pub(crate) async fn post_form(&self, key: &str, path: &str, form: Form) -> Answer {
        let request = self.bare_request("POST", path).bearer_auth(key);
        self.send(form.into_body(request)).await
    }
}
