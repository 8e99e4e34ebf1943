//! What `reqwest` met, sorted: one look at its chain of causes, for all who put it into words.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io;

use reqwest::StatusCode;

use super::resolver::NameRefused;

/// Most causes behind an error that are looked at.
const CAUSES_MAX: usize = 16;
/// Most characters of a library's own words. A certificate names as many hosts as it likes.
const WORDS_CHARS_MAX: usize = 200;

/// Why there is no answer, or no whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// An address of the name is neither public nor allowed.
    NotPublic,
    /// The look-up of the name failed or gave nothing.
    Lookup(String),
    /// Nobody answered in time when a connection was asked for.
    ConnectTimedOut,
    /// Nobody listens there.
    Refused,
    /// No connection, for another reason.
    Unreachable(String),
    /// The server's certificate is not good for its name or not from a known authority.
    Certificate(String),
    /// What came is no TLS, or a TLS that cannot be agreed on.
    Tls(String),
    /// What came later is no TLS any more.
    TlsBroken(String),
    /// Nothing came for longer than is waited.
    Silent,
    /// The system gave the connection up.
    Stalled,
    /// What came is no HTTP.
    NotHttp,
    /// The head of the answer has more lines or bytes than are read.
    HeadTooLong,
    /// The connection was reset.
    Reset,
    /// The connection was closed too soon.
    Closed,
}

/// The limits in time that the words of a [`Cause`] name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) connect_ms: u64,
    pub(super) idle_ms: u64,
}

impl Cause {
    /// The cause behind an error, and whether it proves that nothing of the request was sent.
    pub(super) fn of(error: &reqwest::Error) -> (Self, bool) {
        (Self::sort(error), error.is_connect())
    }

    fn sort(error: &reqwest::Error) -> Self {
        if let Some(refused) = find_cause::<NameRefused>(error) {
            return match refused {
                NameRefused::NotPublic => Self::NotPublic,
                NameRefused::Lookup(source) => Self::Lookup(plain(source)),
                NameRefused::NoAddress => Self::Lookup("it has no address".to_owned()),
            };
        }
        match find_cause::<rustls::Error>(error) {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                return Self::Certificate(plain(problem));
            }
            Some(problem) if error.is_connect() => return Self::Tls(plain(problem)),
            Some(problem) => return Self::TlsBroken(plain(problem)),
            None => {}
        }
        let source = find_cause::<io::Error>(error);
        let kind = source.map(io::Error::kind);
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => Self::ConnectTimedOut,
            (true, false) if kind == Some(io::ErrorKind::TimedOut) => Self::Stalled,
            (true, false) => Self::Silent,
            (false, true) if kind == Some(io::ErrorKind::ConnectionRefused) => Self::Refused,
            (false, true) => {
                Self::Unreachable(source.map_or_else(|| "no reason is known".to_owned(), plain))
            }
            (false, false) => match find_cause::<hyper::Error>(error) {
                Some(cause) if cause.is_parse_too_large() => Self::HeadTooLong,
                Some(cause) if cause.is_parse() => Self::NotHttp,
                _ if kind == Some(io::ErrorKind::ConnectionReset) => Self::Reset,
                _ => Self::Closed,
            },
        }
    }

    /// A clause for operators.
    pub(super) fn words(&self, times: Times) -> String {
        let connect = || duration_words(times.connect_ms);
        let idle = || duration_words(times.idle_ms);
        match self {
            Self::NotPublic => "the host's address is not public".to_owned(),
            Self::Lookup(why) => format!("the host name could not be resolved (DNS): {why}"),
            Self::ConnectTimedOut => format!("connecting timed out after {}", connect()),
            Self::Refused => "the connection was refused: nothing listens there".to_owned(),
            Self::Unreachable(why) => format!("connecting failed: {why}"),
            Self::Certificate(why) => format!("the server's TLS certificate is not trusted: {why}"),
            Self::Tls(why) => format!("no TLS connection could be made: {why}"),
            Self::TlsBroken(why) => format!("the TLS connection broke: {why}"),
            Self::Silent => format!("the server was silent for {}", idle()),
            Self::Stalled => "the system gave the connection up: it timed out".to_owned(),
            Self::NotHttp => "the answer is not valid HTTP".to_owned(),
            Self::HeadTooLong => "the head of the answer is too long".to_owned(),
            Self::Reset => "the connection was reset before the answer was complete".to_owned(),
            Self::Closed => "the connection was closed before the answer was complete".to_owned(),
        }
    }
}

/// The first cause of type `T` behind `error`; also looks into I/O errors, which name the cause of
/// what they wrap as their source and not the wrapped error itself.
fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    for _ in 0..CAUSES_MAX {
        let current = next?;
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
    }
    None
}

/// A library's own words, of bounded length and without what acts on a terminal.
fn plain(error: &impl Display) -> String {
    let printable = |character: char| if character.is_control() { ' ' } else { character };
    error.to_string().chars().take(WORDS_CHARS_MAX).map(printable).collect()
}

/// The causes behind `error` in one line. `error` itself is left out: it names the URL.
pub(super) fn causes_text(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    for _ in 0..CAUSES_MAX {
        let Some(cause) = next else { break };
        let separator = if text.is_empty() { "" } else { ": " };
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{separator}{cause}");
        next = cause.source();
    }
    text
}

/// `404 Not Found`, or the number alone; never the server's own words.
pub(super) fn status_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_str()),
        None => status.as_str().to_owned(),
    }
}

/// `30 s`, or `250 ms` for what is no whole number of seconds.
pub(super) fn duration_words(duration_ms: u64) -> String {
    if duration_ms.is_multiple_of(1000) {
        format!("{} s", duration_ms / 1000)
    } else {
        format!("{duration_ms} ms")
    }
}
