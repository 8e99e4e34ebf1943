//! The words of an upstream: made fit to be shown, and looked through for what they are about.
//!
//! Guarantees: [`clean`] gives one line of at most [`MESSAGE_BYTES_MAX`] bytes without keys, ids
//! of teams and hosts, since some of these words reach customers. What words are about is guessed
//! only where a status leaves it open, and what concerns the channel as a whole never by words that a
//! customer may have put there. Not here: which status leaves it open (`status`).

use std::net::{IpAddr, SocketAddr};

use rushes_domain::FailureCode;

/// Most bytes of an upstream's message that are kept.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1024;
/// Most characters of a message that are looked at.
const READ_CHARS_MAX: usize = 4 * MESSAGE_BYTES_MAX;
/// How API keys begin.
const KEY_PREFIXES: [&str; 2] = ["sk-", "xai-"];
/// Fewest bytes of an API key, so that `sk-` alone in a sentence stays.
const KEY_BYTES_MIN: usize = 12;
/// Names of hosts that are upstreams of ours; also with anything before them.
const UPSTREAM_HOSTS: [&str; 1] = ["x.ai"];

const MODERATION: [&str; 9] = [
    "moderation",
    "moderated",
    "usage guidelines",
    "usage polic",
    "content polic",
    "content_polic",
    "safety system",
    "safety check",
    "safety_check",
];
const IMAGES: [&str; 3] = ["image", "input_reference", "reference_url"];
const FETCHING: [&str; 4] = ["fetch", "download", "retriev", "could not be loaded"];
const WRONG_KEY: [&str; 5] =
    ["incorrect api key", "invalid api key", "missing api key", "no api key", "api key is invalid"];
const EMPTY_ACCOUNT: [&str; 2] = ["insufficient_quota", "insufficient_user_quota"];
const UNKNOWN_JOB: [&str; 4] = ["task_not_exist", "request id", "not found", "not_found"];

/// What a customer wrote, which an upstream's message may repeat: cut, quoted or spaced otherwise, so
/// that letters and digits alone are kept.
#[derive(Debug, Default)]
pub(crate) struct OwnWords(String);

impl OwnWords {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) {
        self.0.push(' ');
        self.0.push_str(&letters(text));
    }

    fn contain(&self, words: &str) -> bool {
        self.0.contains(&letters(words))
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What came with an error.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    /// Its codes and types.
    pub(crate) codes: String,
    /// Its code and its message.
    pub(crate) text: String,
    /// What of the message may be a customer's.
    pub(crate) own: &'a OwnWords,
}

impl Said<'_> {
    /// Whether the upstream says one of these itself.
    fn has_any(&self, parts: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        let is_said = |part: &&str| text.contains(*part) && !self.own.contain(part);
        self.codes_have_any(parts) || parts.iter().any(is_said)
    }

    fn codes_have_any(&self, parts: &[&str]) -> bool {
        has_any(&self.codes, parts) || has_any(&self.codes.replace('_', " "), parts)
    }
}

/// One line without control characters, keys, ids and hosts, cut to [`MESSAGE_BYTES_MAX`].
pub(crate) fn clean(text: &str) -> String {
    let printable: String = text
        .chars()
        .take(READ_CHARS_MAX)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let mut line = String::with_capacity(printable.len());
    for word in printable.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        if is_host(word) {
            line.push_str("(host)");
        } else {
            push_without_ids(&mut line, word);
        }
    }
    cut(&mut line);
    line
}

fn cut(line: &mut String) {
    if line.len() > MESSAGE_BYTES_MAX {
        let fits = |&index: &usize| line.is_char_boundary(index);
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(fits).unwrap_or(0);
        line.truncate(end);
    }
}

/// True for an address with or without a port, and for the names of known upstreams. Words with a
/// scheme are left to [`rushes_domain::Failure`], which hides them from customers alone.
fn is_host(word: &str) -> bool {
    let bare = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let in_brackets =
        word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && !"[]".contains(letter));
    let is_address =
        |text: &str| text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok();
    if is_address(bare) || is_address(in_brackets) {
        return true;
    }
    let (name, port) = bare.rsplit_once(':').unwrap_or((bare, ""));
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port && (name == "localhost" || name.contains('.')) {
        return true;
    }
    let name = name.split('/').next().unwrap_or_default().to_ascii_lowercase();
    UPSTREAM_HOSTS.iter().any(|host| {
        name.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Copies a word, with keys and UUIDs replaced.
fn push_without_ids(line: &mut String, word: &str) {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        line.push_str(match token {
            token if is_uuid(token) => "(id)",
            token if is_key(token) => "(key)",
            token => token,
        });
        let next = after.find(is_part).unwrap_or(after.len());
        let (between, after) = after.split_at(next);
        line.push_str(between);
        rest = after;
    }
}

fn is_uuid(token: &str) -> bool {
    token.len() == 36
        && token.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_key(token: &str) -> bool {
    token.len() >= KEY_BYTES_MIN && KEY_PREFIXES.iter().any(|prefix| token.starts_with(prefix))
}

/// The words behind our own sentence for `code`: another gateway of this kind has put it in front
/// already.
pub(crate) fn without_sentence(code: FailureCode, words: &str) -> &str {
    let mut rest = words.trim();
    while let Some(after) = rest.strip_prefix(code.sentence()) {
        match after.strip_prefix(':') {
            Some(detail) => rest = detail.trim_start(),
            None if after.trim_matches('.').is_empty() => return "",
            None => break,
        }
    }
    rest
}

/// Why a job failed, from the upstream's code (a word, or an HTTP status as some engines have it)
/// and message.
pub(crate) fn failure_code(code: &str, words: &str) -> FailureCode {
    if is_about_moderation(words) || is_about_moderation(code) {
        return FailureCode::Moderated;
    }
    if is_about_fetching_images(words) {
        return FailureCode::ImageFetchFailed;
    }
    match code {
        "400" | "422" => FailureCode::InvalidForUpstream,
        code if code.starts_with("invalid_") => FailureCode::InvalidForUpstream,
        // Our key or our team is not allowed to, or there is no room; the request was fine.
        "401"
        | "402"
        | "403"
        | "429"
        | "503"
        | "permission_denied"
        | "resource_exhausted"
        | "service_unavailable" => FailureCode::UpstreamUnavailable,
        _ => FailureCode::UpstreamError,
    }
}

/// About a prompt, an image or a video that was refused for what it shows.
pub(crate) fn is_about_moderation(text: &str) -> bool {
    has_any(text, &MODERATION)
}

/// About an image that could not be fetched.
pub(crate) fn is_about_fetching_images(text: &str) -> bool {
    has_any(text, &IMAGES) && has_any(text, &FETCHING)
}

/// About a credential that is wrong.
pub(crate) fn is_about_the_key(said: &Said<'_>) -> bool {
    said.has_any(&WRONG_KEY)
}

/// About our account at the upstream, which is empty.
pub(crate) fn is_about_an_empty_account(said: &Said<'_>) -> bool {
    said.has_any(&EMPTY_ACCOUNT)
}

/// The same by its codes alone, for a message that may repeat words which are not known here.
pub(crate) fn is_an_empty_accounts_code(said: &Said<'_>) -> bool {
    said.codes_have_any(&EMPTY_ACCOUNT)
}

/// About a model: what is missing is the model and not the address.
pub(crate) fn is_about_a_model(text: &str) -> bool {
    text.to_lowercase().contains("model")
}

/// About a job that is not there.
pub(crate) fn is_about_an_unknown_job(text: &str) -> bool {
    has_any(text, &UNKNOWN_JOB)
}

fn has_any(text: &str, parts: &[&str]) -> bool {
    let text = text.to_lowercase();
    parts.iter().any(|part| text.contains(part))
}
