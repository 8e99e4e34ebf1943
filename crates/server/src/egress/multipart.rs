//! Forms as `multipart/form-data` (RFC 7578).
//!
//! Guarantees: no name, file name or media type can end its line or its quotes, whatever it holds,
//! as the HTML Standard escapes them ("multipart/form-data encoding algorithm"). That no part holds
//! the boundary is its randomness: it was made after the parts and nobody knew it.

use bytes::{Bytes, BytesMut};
use rushes_providers::Part;

/// The media type of a file whose own cannot be a header's.
const MIME_UNKNOWN: &str = "application/octet-stream";
/// Bytes of one part's head, roughly.
const HEAD_BYTES: usize = 256;

/// The body, and the media type that goes with it.
pub(super) fn encode(parts: &[Part], boundary: &str) -> (String, Bytes) {
    let content: usize = parts.iter().map(|part| part.bytes.len() + HEAD_BYTES).sum();
    let mut body = BytesMut::with_capacity(content + HEAD_BYTES);
    for part in parts {
        let mut head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
            escaped(part.name)
        );
        if let Some((name, mime)) = &part.file {
            let is_plain =
                !mime.is_empty() && mime.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let mime = if is_plain { mime.as_str() } else { MIME_UNKNOWN };
            head.push_str("; filename=\"");
            head.push_str(&escaped(name));
            head.push_str("\"\r\nContent-Type: ");
            head.push_str(mime);
        }
        head.push_str("\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&part.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.freeze())
}

/// A name that can stand in double quotes.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '"' => text.push_str("%22"),
            '\r' => text.push_str("%0D"),
            '\n' => text.push_str("%0A"),
            // Nothing else ends a line, but no server expects these.
            control if control.is_control() => text.push('_'),
            plain => text.push(plain),
        }
    }
    text
}
