//! The two ways out: results to standard output, words for people to standard error.
//!
//! Guarantees: a reader that went away (`rushes tasks | head`) is no error, and nothing panics
//! because a stream is closed.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use super::failure::{Exit, Failure};

/// Where a command's words go.
#[derive(Debug)]
pub(super) struct Output {
    /// Whether `--json` was given.
    pub(super) json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// The result: the body with `--json`, else what `text` makes for people.
    pub(super) fn result(&self, body: &[u8], text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { print(body.trim_ascii()) } else { print(text().as_bytes()) }
    }

    /// Says what went wrong, and how the process ends.
    pub(super) fn fail(&self, failure: &Failure) -> Exit {
        note(&failure.text());
        if self.json {
            // Standard error has the reason already.
            let _ = print(failure.json().trim_ascii());
        }
        failure.exit
    }
}

/// Bytes and a line end to standard output.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let outcome =
        out.write_all(bytes).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match outcome {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            let message = format!("standard output cannot be written: {source}");
            Err(Failure::new(Exit::TaskFailed, message))
        }
        _ => Ok(()),
    }
}

/// A line for people on standard error.
pub(super) fn note(text: &str) {
    // If nobody reads it there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Text in bold on a terminal that wants it (<https://no-color.org>), else as it is.
pub(super) struct Style {
    colours: bool,
}

impl Style {
    pub(super) fn of_stdout() -> Self {
        let variable = crate::config::read_variable;
        let is_wanted =
            variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb");
        Self { colours: is_wanted && io::stdout().is_terminal() }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(super) fn green(&self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(super) fn yellow(&self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub(super) fn red(&self, text: &str) -> String {
        self.wrap("31", text)
    }

    fn wrap(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
