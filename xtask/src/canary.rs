//! Looks for secrets in what a test run prints.
//!
//! Guarantees: a key as the gateway makes them, the cookie of a session, a one-time link, a
//! redemption code and the signature of a link to a result are recognised by their form. Not here: passwords, which have none; the
//! gateway's own tests bring known ones and look for them.

/// Fewest letters and digits after `sk-` or `sk-test-` that make a key; the gateway's have 48.
const KEY_CHARS_MIN: usize = 40;
/// Hex digits of a session's or a one-time link's token, and of a signature.
const TOKEN_DIGITS: usize = 64;
/// Blocks of four characters in a redemption code.
const CODE_BLOCKS: usize = 5;

/// True if the line holds something that nobody may read there. A key of one letter over and over
/// is a made-up one.
pub(crate) fn is_leak(line: &str) -> bool {
    let mut keys = after(line, "sk-").map(|rest| rest.strip_prefix("test-").unwrap_or(rest));
    let mut tokens =
        ["rushes_session=", "#t=", "sig="].into_iter().flat_map(|marker| after(line, marker));
    keys.any(is_key)
        || tokens.any(|rest| run(rest, |byte| byte.is_ascii_hexdigit()) >= TOKEN_DIGITS)
        || after(line, "RC-").any(is_code)
}

/// What follows each place of a marker.
fn after<'l>(line: &'l str, marker: &'static str) -> impl Iterator<Item = &'l str> {
    line.match_indices(marker).map(|(at, found)| &line[at + found.len()..])
}

fn run(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| is_part(byte)).count()
}

fn is_key(rest: &str) -> bool {
    let length = run(rest, |byte| byte.is_ascii_alphanumeric());
    let first = rest.bytes().next();
    length >= KEY_CHARS_MIN && rest.bytes().take(length).any(|byte| Some(byte) != first)
}

fn is_code(rest: &str) -> bool {
    let mut blocks = rest.split('-');
    (0..CODE_BLOCKS).all(|_| {
        blocks.next().is_some_and(|block| {
            let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
            run(block, is_part) >= 4
        })
    }) && !rest.starts_with("XXXX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_their_placeholders() {
        let digits = "0123456789abcdef".repeat(4);
        let key = "TOU7EJ8baKrhO0MeJvQiXFSdfXOMG42keKRtSs1Ly82NSg2H";
        for leak in [
            format!("key sk-{key}"),
            format!("\"sk-test-{key}\""),
            format!("set-cookie: __Host-rushes_session={digits}; Path=/"),
            format!("http://127.0.0.1:1/console/login#t={digits}"),
            format!("GET /files/task_1/video.mp4?exp=1&kid=1&sig={digits} 200"),
            "RC-0123-4567-89AB-CDEF-GHJK".to_owned(),
        ] {
            assert!(is_leak(&leak), "{leak}");
        }
        for harmless in [
            "sk-…Sg2H",
            "sk-test-…",
            "export RUSHES_API_KEY=sk-...",
            "RC-XXXX-XXXX-XXXX-XXXX-XXXX",
            "rushes_session=; Max-Age=0",
            "GET /files/task_1/video.mp4?exp=1&kid=1&sig=… 200",
            "task_01a2058deb11736485905b6718454dea",
        ] {
            assert!(!is_leak(harmless), "{harmless}");
        }
        assert!(!is_leak(&format!("sk-test-{}", "z".repeat(40))));
    }
}
