//! Tables as CSV (RFC 4180), for spreadsheets.
//!
//! Guarantees: a cell of free text that a spreadsheet would take for a formula begins with an
//! apostrophe; moments are RFC 3339 in UTC; money is exact; a long table is sent page by page as it is
//! read, whole or broken off, never cut at some row as if it ended there.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use rushes_domain::{Ticks, Timestamp};
use rushes_store::StoreError;

/// A table that grows row by row, cell by cell.
#[derive(Debug)]
pub(super) struct Csv {
    text: String,
    is_row_begun: bool,
}

impl Csv {
    /// A table with the names of its columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut table = Self::page();
        for column in columns {
            table.text(column);
        }
        table.end();
        table
    }

    /// More rows of a table.
    pub(super) const fn page() -> Self {
        Self { text: String::new(), is_row_begun: false }
    }

    /// A cell of free text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = if is_formula { format!("'{text}") } else { text.to_owned() };
        self.cell(&text)
    }

    /// A cell with a number, or an amount of dollars or ticks.
    pub(super) fn number(&mut self, number: impl std::fmt::Display) -> &mut Self {
        self.cell(&number.to_string())
    }

    /// Two cells: the amount in dollars and in ticks.
    pub(super) fn money(&mut self, ticks: Ticks) -> &mut Self {
        self.number(ticks).number(ticks.0)
    }

    /// A cell with a moment.
    pub(super) fn moment(&mut self, at: Timestamp) -> &mut Self {
        let shown = jiff::Timestamp::from_second(at.unix_seconds());
        self.cell(&shown.map(|moment| moment.to_string()).unwrap_or_default())
    }

    fn cell(&mut self, text: &str) -> &mut Self {
        if self.is_row_begun {
            self.text.push(',');
        }
        self.is_row_begun = true;
        if text.contains([',', '"', '\n', '\r']) {
            self.text.push('"');
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(text);
        }
        self
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.text.push_str("\r\n");
        self.is_row_begun = false;
    }

    /// The table as a download.
    pub(super) fn answer(self, name: &'static str) -> Response {
        download(Body::from(self.text), name)
    }

    /// The table as a download, followed by pages: `read` gets a place to begin at and gives back the
    /// rows from there with the next place, if there is one.
    pub(super) fn answer_with_pages<P, F>(
        self,
        name: &'static str,
        first: P,
        read: impl Fn(P) -> F + Send + 'static,
    ) -> Response
    where
        P: Send + 'static,
        F: Future<Output = Result<(Self, Option<P>), StoreError>> + Send + 'static,
    {
        let pages = stream::try_unfold(Some(first), move |place| {
            let page = place.map(&read);
            async move {
                let Some(page) = page else { return Ok(None) };
                let (table, next) = page.await.inspect_err(|error| {
                    tracing::error!(%error, name, "a table broke off while it was sent");
                })?;
                Ok::<_, StoreError>(Some((Bytes::from(table.text), next)))
            }
        });
        let heading = stream::once(std::future::ready(Ok(Bytes::from(self.text))));
        download(Body::from_stream(heading.chain(pages)), name)
    }
}

fn download(body: Body, name: &str) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let mut table = Csv::new(&["a", "b"]);
        table.text("=1+1").text("say \"hi\", twice").end();
        table.money(Ticks(-5_400_000_000)).end();
        assert_eq!(table.text, "a,b\r\n'=1+1,\"say \"\"hi\"\", twice\"\r\n-0.54,-5400000000\r\n");
    }
}
