//! HTTP/1.1 by hand, so that it can also be spoken wrongly.
//!
//! Guarantees: a request is read whole, within [`REQUEST_BYTES_MAX`]; an answer is written as it
//! says, or broken in exactly the way that was asked for. Not here: what the answer says.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Largest request, in bytes.
const REQUEST_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long a silent connection is kept.
const SILENCE: Duration = Duration::from_secs(120);
/// Bytes of the huge JSON answer.
const HUGE_BYTES: usize = 50 * 1024 * 1024;

/// A request, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// What follows the question mark, as it came.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// The value of a field of the query; nothing is decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut fields = self.query.split('&').filter_map(|field| field.split_once('='));
        fields.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How an answer is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    /// As it should be.
    Whole,
    /// Not at all; the connection stays open.
    Silence,
    /// The head, then nothing.
    HeadersThenSilence,
    /// One byte a second.
    Drip,
    /// Reset within the head.
    ResetHeaders,
    /// Reset within the body.
    ResetBody,
    /// Reset before anything was sent.
    Reset,
    /// A `Content-Length` of so many bytes more (or fewer) than are sent.
    Announce(i64),
    /// Chunks until the other side has enough.
    Endless,
    /// 50 MB of JSON.
    Huge,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers beside `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// How it is written.
    pub manner: Manner,
}

impl Answer {
    /// JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    /// Any text or bytes.
    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status, headers, body: body.into(), manner: Manner::Whole }
    }

    /// The same, written in another way.
    #[must_use]
    pub fn in_manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

/// Reads one request; none if the other side has gone.
pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let head_len = loop {
        if let Some(at) = find(&bytes, b"\r\n\r\n") {
            break at + 4;
        }
        if bytes.len() > HEAD_BYTES_MAX || stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..head_len).unwrap_or_default()).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, text)| text.parse().ok()).unwrap_or(0);
    if length > REQUEST_BYTES_MAX {
        return Ok(None);
    }
    while bytes.len() < head_len + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let body = bytes.split_off(head_len);
    Ok(Some(Request { method, path, query, headers, body: body.into() }))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Writes an answer; tells whether the connection may be used again.
pub(crate) async fn write(stream: &mut TcpStream, answer: &Answer) -> io::Result<bool> {
    let length = i64::try_from(answer.body.len()).unwrap_or(i64::MAX);
    let announced = match answer.manner {
        Manner::Announce(more) => (length + more).max(0),
        _ => length,
    };
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        for part in [name, ": ", value, "\r\n"] {
            head.push_str(part);
        }
    }
    let is_chunked = matches!(answer.manner, Manner::Endless | Manner::Huge);
    if is_chunked {
        head.push_str("transfer-encoding: chunked\r\n\r\n");
    } else {
        for part in ["content-length: ", &announced.to_string(), "\r\n\r\n"] {
            head.push_str(part);
        }
    }
    let half = answer.body.len() / 2;
    match answer.manner {
        Manner::Whole => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&answer.body).await?;
            stream.flush().await?;
            return Ok(true);
        }
        Manner::Silence => tokio::time::sleep(SILENCE).await,
        Manner::HeadersThenSilence => {
            stream.write_all(head.as_bytes()).await?;
            tokio::time::sleep(SILENCE).await;
        }
        Manner::Drip => drip(stream, head.as_bytes(), &answer.body).await?,
        Manner::ResetHeaders => {
            let part = head.as_bytes().get(..head.len() / 2).unwrap_or_default();
            stream.write_all(part).await?;
            reset(stream)?;
        }
        Manner::ResetBody => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(answer.body.get(..half).unwrap_or_default()).await?;
            stream.flush().await?;
            reset(stream)?;
        }
        Manner::Reset => reset(stream)?,
        Manner::Announce(_) => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&answer.body).await?;
            stream.flush().await?;
        }
        Manner::Endless => {
            stream.write_all(head.as_bytes()).await?;
            while stream.write_all(b"4\r\n    \r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Manner::Huge => huge(stream, head.as_bytes()).await?,
    }
    Ok(false)
}

async fn drip(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> io::Result<()> {
    for byte in head.iter().chain(body) {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// One JSON object with a text of 50 MB in it.
async fn huge(stream: &mut TcpStream, head: &[u8]) -> io::Result<()> {
    stream.write_all(head).await?;
    let filler = vec![b'a'; 64 * 1024];
    stream.write_all(b"9\r\n{\"junk\":\"\r\n").await?;
    for _ in 0..HUGE_BYTES / filler.len() {
        stream.write_all(b"10000\r\n").await?;
        stream.write_all(&filler).await?;
        stream.write_all(b"\r\n").await?;
    }
    stream.write_all(b"2\r\n\"}\r\n0\r\n\r\n").await
}

/// Closes with a reset instead of an end.
fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        206 => "Partial Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        508 => "Loop Detected",
        _ => "Other",
    }
}
