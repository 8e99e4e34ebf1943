//! What a job, or the whole server, is to do wrong: written into a prompt as
//! `<<phase: behaviour argument xN>>`, or set by the control endpoint.
//!
//! Guarantees: text that is no behaviour means nothing; `xN` means the first N times, without it
//! always.

use std::fmt;
use std::str::FromStr;

/// Where in a job's life something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// When it is handed over.
    Submit,
    /// When it is asked after.
    Poll,
    /// When its video is fetched.
    Result,
    /// When it is called off.
    Cancel,
    /// When the models are listed.
    Models,
}

impl Phase {
    /// The phase of a word.
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "submit" => Some(Self::Submit),
            "poll" => Some(Self::Poll),
            "result" => Some(Self::Result),
            "cancel" => Some(Self::Cancel),
            "models" => Some(Self::Models),
            _ => None,
        }
    }
}

/// Something that an upstream should not do, or rarely does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// `silence`: takes the request and never answers.
    Silence,
    /// `headers_then_silence`: the head of an answer, and then nothing.
    HeadersThenSilence,
    /// `drip`: one byte a second.
    Drip,
    /// `reset_headers`: breaks off within the head.
    ResetHeaders,
    /// `reset_body`: breaks off within the body.
    ResetBody,
    /// `too_long`: announces more than it sends.
    TooLong,
    /// `too_short`: announces less than it sends.
    TooShort,
    /// `endless`: chunks without end.
    Endless,
    /// `gzip_bomb`: a compressed answer that nobody asked for.
    GzipBomb,
    /// `empty`: 200 without a body.
    Empty,
    /// `html`: 200 with a page.
    Html,
    /// `invalid_utf8`: 200 with bytes that are no text.
    InvalidUtf8,
    /// `truncated_json`: JSON that stops.
    TruncatedJson,
    /// `huge_json`: 50 MB of it.
    HugeJson,
    /// `wrong_types`: numbers where texts belong, and the other way round.
    WrongTypes,
    /// A number: this status, with an error in the dialect's words.
    Status(u16),
    /// `retry_after VALUE`: 429 with this header.
    RetryAfter(String),
    /// `lost_reply`: takes the job and breaks off without an answer.
    LostReply,
    /// `stall`: the job never ends.
    Stall,
    /// `fail`: the job fails.
    Fail,
    /// `moderated`: as `fail`, for content moderation.
    Moderated,
    /// `moderated_empty`: done, with an empty address (xAI's other form).
    ModeratedEmpty,
    /// `image_failed`: the upstream could not fetch an image.
    ImageFailed,
    /// `expired`: the job has expired.
    Expired,
    /// `unknown_status`: a word of status that nobody knows.
    UnknownStatus,
    /// `pending_empty`: 202 without a body, as xAI may say "not yet".
    PendingEmpty,
    /// `back`: under way, then queued again.
    Back,
    /// `progress VALUE`: this instead of the progress, as JSON.
    Progress(String),
    /// `no_url`: done, without an address.
    NoUrl,
    /// `url ADDRESS`: done, with this address; in quotes it is read as JSON.
    Url(String),
    /// `redirect ADDRESS`: 302 to there.
    Redirect(String),
    /// `cut_short`: a shorter file than announced.
    CutShort,
    /// `not_video`: bytes that are no video.
    NotVideo,
}

/// The word is no behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownBehaviour(pub String);

impl fmt::Display for UnknownBehaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no behaviour {:?}; the README lists them", self.0)
    }
}

impl std::error::Error for UnknownBehaviour {}

impl FromStr for Behaviour {
    type Err = UnknownBehaviour;

    fn from_str(text: &str) -> Result<Self, UnknownBehaviour> {
        let (word, argument) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let argument = argument.trim().to_owned();
        Ok(match word {
            "silence" => Self::Silence,
            "headers_then_silence" => Self::HeadersThenSilence,
            "drip" => Self::Drip,
            "reset_headers" => Self::ResetHeaders,
            "reset_body" => Self::ResetBody,
            "too_long" => Self::TooLong,
            "too_short" => Self::TooShort,
            "endless" => Self::Endless,
            "gzip_bomb" => Self::GzipBomb,
            "empty" => Self::Empty,
            "html" => Self::Html,
            "invalid_utf8" => Self::InvalidUtf8,
            "truncated_json" => Self::TruncatedJson,
            "huge_json" => Self::HugeJson,
            "wrong_types" => Self::WrongTypes,
            "retry_after" => Self::RetryAfter(argument),
            "lost_reply" => Self::LostReply,
            "stall" => Self::Stall,
            "fail" => Self::Fail,
            "moderated" => Self::Moderated,
            "moderated_empty" => Self::ModeratedEmpty,
            "image_failed" => Self::ImageFailed,
            "expired" => Self::Expired,
            "unknown_status" => Self::UnknownStatus,
            "pending_empty" => Self::PendingEmpty,
            "back" => Self::Back,
            "progress" => Self::Progress(argument),
            "no_url" => Self::NoUrl,
            "url" => Self::Url(serde_json::from_str(&argument).unwrap_or(argument)),
            "redirect" => Self::Redirect(argument),
            "cut_short" => Self::CutShort,
            "not_video" => Self::NotVideo,
            number => match number.parse() {
                Ok(status @ 100..=599) => Self::Status(status),
                _ => return Err(UnknownBehaviour(word.to_owned())),
            },
        })
    }
}

/// One line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub phase: Phase,
    /// What.
    pub behaviour: Behaviour,
    /// How many times more; none is always.
    pub left: Option<u32>,
}

/// The lines of one job, or of the whole server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script(Vec<Step>);

impl Script {
    /// The lines in a prompt.
    pub fn parse(prompt: &str) -> Self {
        let mut steps = Vec::new();
        for part in prompt.split("<<").skip(1) {
            let Some((line, _)) = part.split_once(">>") else { continue };
            let Some((phase, rest)) = line.split_once(':') else { continue };
            let (Some(phase), (behaviour, left)) = (Phase::from_word(phase.trim()), times(rest))
            else {
                continue;
            };
            if let Ok(behaviour) = behaviour.parse() {
                steps.push(Step { phase, behaviour, left });
            }
        }
        Self(steps)
    }

    /// Adds a line.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// What is to happen now in a phase; counts it.
    pub fn take(&mut self, phase: Phase) -> Option<Behaviour> {
        let step = self.0.iter_mut().find(|it| it.phase == phase && it.left != Some(0))?;
        if let Some(left) = &mut step.left {
            *left -= 1;
        }
        Some(step.behaviour.clone())
    }
}

/// The behaviour without its ` xN`, and N.
fn times(text: &str) -> (&str, Option<u32>) {
    let text = text.trim();
    let split = text.rsplit_once(" x").and_then(|(rest, count)| Some((rest, count.parse().ok()?)));
    match split {
        Some((rest, count)) => (rest, Some(count)),
        None => (text, None),
    }
}

/// The duration in `<<takes: 500ms>>` or `<<takes: 2s>>`, in milliseconds.
pub fn takes_ms(prompt: &str) -> Option<u64> {
    let (_, rest) = prompt.split_once("<<takes:")?;
    let (text, _) = rest.split_once(">>")?;
    let text = text.trim();
    match text.strip_suffix("ms") {
        Some(number) => number.trim().parse().ok(),
        None => text.strip_suffix('s')?.trim().parse::<u64>().ok()?.checked_mul(1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_counted_and_used_up() {
        let mut script =
            Script::parse("a fox <<poll: 404 x2>> <<poll: stall>> <<nope: x>> <<submit: what>>");
        assert_eq!(script.take(Phase::Submit), None);
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Status(404)));
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Status(404)));
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Stall));
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Stall));
    }

    #[test]
    fn arguments_and_durations_are_read() {
        let mut script = Script::parse("<<poll: url http://10.0.0.1/x y x1>>");
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Url("http://10.0.0.1/x y".into())));
        assert_eq!(script.take(Phase::Poll), None);
        let mut script = Script::parse(r#"<<poll: url "\thttp://x">>"#);
        assert_eq!(script.take(Phase::Poll), Some(Behaviour::Url("\thttp://x".into())));
        assert_eq!(takes_ms("x <<takes: 2s>>"), Some(2_000));
        assert_eq!(takes_ms("x <<takes: 50ms>>"), Some(50));
        assert_eq!(takes_ms("x"), None);
    }
}
