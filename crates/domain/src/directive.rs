//! What a test key's prompt asks of the preview renderer, as test card numbers steer a payment.
//!
//! Guarantees: text that is no directive means nothing; a repeated directive counts once, the last
//! one wins. Not here: that only test keys may use them (`request`), and acting on them.

use serde::{Deserialize, Serialize};

/// Most directives that are read in one prompt.
pub const DIRECTIVES_MAX: usize = 16;
/// Longest delay or deadline that a directive may ask for, in milliseconds.
pub const DIRECTIVE_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// Seconds that the file of a task with `[[expire]]` is kept.
pub const EXPIRE_SECONDS: u32 = 5;

/// The directives of one prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Directives {
    /// `[[fail: text]]`: ends as `FAILURE` with this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail: Option<String>,
    /// `[[fail_image: 400]]`: ends as if fetching an image had met this HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_image: Option<u16>,
    /// `[[moderated]]`: ends as if moderation had refused it.
    pub moderated: bool,
    /// `[[delay: 30s]]`: takes at least this long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// `[[stall]]`: never ends by itself.
    pub stall: bool,
    /// `[[deadline: 5s]]`: the task's deadline, in milliseconds from its submit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// `[[expire]]`: succeeds, and its file is removed after [`EXPIRE_SECONDS`].
    pub expire: bool,
}

impl Directives {
    /// Reads the directives of a prompt, at most [`DIRECTIVES_MAX`].
    pub fn parse(prompt: &str) -> Self {
        let mut directives = Self::default();
        for (_, _, body) in (Brackets { prompt, from: 0 }).take(DIRECTIVES_MAX) {
            directives.apply(body);
        }
        directives
    }

    /// True if the prompt asks for nothing special.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes one directive over; false if it is none.
    fn apply(&mut self, body: &str) -> bool {
        let (word, argument) = body.split_once(':').unwrap_or((body, ""));
        let argument = argument.trim();
        match (word.trim(), argument) {
            ("fail", text) if !text.is_empty() => self.fail = Some(text.to_owned()),
            ("fail_image", status) => match status.parse().ok() {
                Some(status @ 100..=599) => self.fail_image = Some(status),
                _ => return false,
            },
            ("moderated", "") => self.moderated = true,
            ("stall", "") => self.stall = true,
            ("expire", "") => self.expire = true,
            ("delay", time) => match milliseconds(time) {
                Some(time) => self.delay_ms = Some(time),
                None => return false,
            },
            ("deadline", time) => match milliseconds(time) {
                Some(time) => self.deadline_ms = Some(time),
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

/// The prompt without its directives, for captions; other double brackets stay.
pub fn without_directives(prompt: &str) -> String {
    let mut rest = String::with_capacity(prompt.len());
    let mut copied = 0;
    for (start, end, body) in (Brackets { prompt, from: 0 }).take(DIRECTIVES_MAX) {
        if Directives::default().apply(body) {
            rest.push_str(&prompt[copied..start]);
            copied = end;
        }
    }
    rest.push_str(&prompt[copied..]);
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The `[[…]]` of a prompt: start, end and what is between.
struct Brackets<'p> {
    prompt: &'p str,
    from: usize,
}

impl<'p> Iterator for Brackets<'p> {
    type Item = (usize, usize, &'p str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let from = self.from;
            let end = from + self.prompt[from..].find("]]")?;
            self.from = end + 2;
            // The innermost opening counts, so that a stray "[[" hides nothing.
            if let Some(opening) = self.prompt[from..end].rfind("[[") {
                let start = from + opening;
                return Some((start, end + 2, &self.prompt[start + 2..end]));
            }
        }
    }
}

/// `500ms`, `30s`, `2m`, `1h`, or a plain number of seconds; decimals are allowed in none.
fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let count: u64 = digits.trim_end().parse().ok()?;
    count.checked_mul(unit).filter(|&time| time <= DIRECTIVE_MS_MAX)
}
