//! Which of an account's tasks are asked for.
//!
//! Guarantees: a word that is none is refused with its parameter; a task is found by its id in
//! every spelling. The times are those of the creates, and narrow what is read: ids sort by time,
//! but for [`ID_SLACK_MS`] in which clocks may differ.

use rushes_domain::account::KeyKind;
use rushes_domain::id::Spelling;
use rushes_domain::{ApiError, ChannelId, KeyId, State, TaskId, Timestamp};
use rushes_store::TaskRow;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::Http;
use crate::http::generations::list::cut;
use crate::openapi::words;

/// Where a task stands, as the console sorts tasks.
pub(crate) const TASK_STATE_WORDS: [&str; 5] =
    ["waiting", "running", "succeeded", "failed", "cancelled"];
/// Where an order came from.
pub(crate) const TASK_SOURCE_WORDS: [&str; 3] = ["api", "cli", "console"];
/// Most characters of a text that is looked for.
const TEXT_CHARS_MAX: usize = 200;
/// By how much the clock of ids and that of creates may differ, in milliseconds.
pub(in crate::http::api) const ID_SLACK_MS: i64 = 10 * 60 * 1_000;

/// Which tasks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http::api) struct FilterQuery {
    /// Only tasks that stand so.
    #[param(inline, value_type = Option<words::TaskStateWord>)]
    pub(in crate::http::api) state: Option<String>,
    /// Only tasks of this model, by its id or an alias.
    #[param(example = "grok-image-video")]
    pub(in crate::http::api) model: Option<String>,
    /// Only tasks of this key, by its id.
    pub(in crate::http::api) key_id: Option<i64>,
    /// Only tasks of such keys.
    #[param(inline, value_type = Option<words::KeyKindWord>)]
    pub(in crate::http::api) kind: Option<String>,
    /// Only tasks that came from there.
    #[param(inline, value_type = Option<words::TaskSourceWord>)]
    pub(in crate::http::api) source: Option<String>,
    /// Only tasks made at this moment or later, in seconds since 1970.
    pub(in crate::http::api) since: Option<i64>,
    /// Only tasks made before this moment, in seconds since 1970.
    pub(in crate::http::api) until: Option<i64>,
    /// Only the task of this id or request id, or tasks whose prompt holds this, in either case.
    #[param(max_length = 200)]
    pub(in crate::http::api) q: Option<String>,
    /// How many tasks.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub(in crate::http::api) limit: Option<usize>,
    /// The `next_after` of the page before.
    #[param(example = "task_0197f0c2a5d87b3c9e4f6a1b2c3d4e5f")]
    pub(in crate::http::api) after: Option<String>,
}

/// The same without a state and without pages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(in crate::http::api) struct CountQuery {
    /// Only tasks of this model, by its id or an alias.
    #[param(example = "grok-image-video")]
    model: Option<String>,
    /// Only tasks of this key, by its id.
    key_id: Option<i64>,
    /// Only tasks of such keys.
    #[param(inline)]
    kind: Option<words::KeyKindWord>,
    /// Only tasks that came from there.
    #[param(inline)]
    source: Option<words::TaskSourceWord>,
    /// Only tasks made at this moment or later, in seconds since 1970.
    since: Option<i64>,
    /// Only tasks made before this moment, in seconds since 1970.
    until: Option<i64>,
    /// Only the task of this id or request id, or tasks whose prompt holds this, in either case.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The question, checked.
#[derive(Debug, Clone, Default)]
pub(in crate::http::api) struct Filter {
    pub(in crate::http::api) state: Option<&'static str>,
    model_id: Option<String>,
    /// Only tasks of this channel; for operators.
    pub(in crate::http::api) channel_id: Option<ChannelId>,
    key_id: Option<KeyId>,
    kind: Option<KeyKind>,
    source: Option<&'static str>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    text: Option<Text>,
}

/// What a text may be.
#[derive(Debug, Clone)]
struct Text {
    id: Option<TaskId>,
    given: String,
    lower: String,
}

impl Filter {
    /// The question of a query.
    pub(in crate::http::api) fn of(http: &Http, query: &FilterQuery) -> Result<Self, ApiError> {
        let priced = http.app.prices.current();
        let model_id = query.model.as_ref().map(|name| {
            // A model that is no longer offered has tasks all the same.
            priced.catalogue.find(name).map_or_else(|| name.clone(), |model| model.id.clone())
        });
        let kind = word("kind", query.kind.as_deref(), &["live", "test"])?;
        Ok(Self {
            state: word("state", query.state.as_deref(), &TASK_STATE_WORDS)?,
            model_id,
            channel_id: None,
            key_id: query.key_id.map(KeyId),
            kind: kind.map(|it| if it == "live" { KeyKind::Live } else { KeyKind::Test }),
            source: word("source", query.source.as_deref(), &TASK_SOURCE_WORDS)?,
            since: moment("since", query.since)?,
            until: moment("until", query.until)?,
            text: query
                .q
                .as_deref()
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(text)
                .transpose()?,
        })
    }

    /// Whether anything may be left out, so that many rows may be read for few.
    pub(in crate::http::api) fn is_set(&self) -> bool {
        self.state.is_some()
            || self.model_id.is_some()
            || self.channel_id.is_some()
            || self.key_id.is_some()
            || self.kind.is_some()
            || self.source.is_some()
            || self.since.is_some()
            || self.until.is_some()
            || self.text.is_some()
    }

    /// The one task that it can be, if it names one.
    pub(in crate::http::api) fn only(&self) -> Option<TaskId> {
        self.text.as_ref().and_then(|text| text.id)
    }

    /// Where to begin: behind this id.
    pub(in crate::http::api) fn behind(&self) -> Option<TaskId> {
        self.until.map(|until| first_id(until.plus_ms(ID_SLACK_MS)))
    }

    /// Whether no task from this id on can be meant, newest first.
    pub(in crate::http::api) fn is_over(&self, id: TaskId) -> bool {
        self.since.is_some_and(|since| id < first_id(since.plus_ms(-ID_SLACK_MS)))
    }

    /// Whether the task is meant.
    pub(in crate::http::api) fn takes(&self, row: &TaskRow) -> bool {
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|it| it == found);
        is(self.state, state_word(row.state))
            && is(self.model_id.as_deref(), &row.model_id)
            && is(self.source, &row.door)
            && self.channel_id.is_none_or(|it| it == row.channel_id)
            && self.key_id.is_none_or(|it| it == row.key_id)
            && self.kind.is_none_or(|it| it == row.key_kind)
            && self.since.is_none_or(|it| row.created_at >= it)
            && self.until.is_none_or(|it| row.created_at < it)
            && self.text.as_ref().is_none_or(|text| text.is_of(row))
    }
}

impl Text {
    fn is_of(&self, row: &TaskRow) -> bool {
        self.id == Some(row.id)
            || row.request_id == self.given
            || row.prompt.to_lowercase().contains(&self.lower)
    }
}

/// Where a task stands, in one of [`TASK_STATE_WORDS`].
pub(in crate::http::api) const fn state_word(state: State) -> &'static str {
    match state {
        State::Parked | State::Queued => "waiting",
        State::Submitting | State::Running | State::Finalizing => "running",
        State::Succeeded => "succeeded",
        State::Failed => "failed",
        State::Cancelled => "cancelled",
    }
}

/// The smallest id of a moment (RFC 9562, section 5.7: the first 48 bits are milliseconds).
pub(in crate::http::api) fn first_id(at: Timestamp) -> TaskId {
    let milliseconds = at.ms_since(Timestamp(0)).clamp(0, (1 << 48) - 1);
    TaskId::new(u128::from(milliseconds.unsigned_abs()) << 80)
}

fn word(
    field: &str,
    given: Option<&str>,
    known: &[&'static str],
) -> Result<Option<&'static str>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let found = known.iter().find(|word| **word == given).copied();
    found.map(Some).ok_or_else(|| {
        let (known, shown) = (known.join(", "), cut(given));
        ApiError::invalid(field, format!("{field} must be one of {known}, not {shown:?}"))
    })
}

fn moment(field: &str, seconds: Option<i64>) -> Result<Option<Timestamp>, ApiError> {
    // More would not fit into an id's time.
    const SECONDS_MAX: i64 = 1 << 36;
    match seconds {
        Some(seconds) if !(0..=SECONDS_MAX).contains(&seconds) => {
            let text = format!("{field} must be a moment in whole seconds since 1970");
            Err(ApiError::invalid(field, text))
        }
        seconds => Ok(seconds.map(Timestamp::from_unix_seconds)),
    }
}

fn text(given: &str) -> Result<Text, ApiError> {
    if given.chars().count() > TEXT_CHARS_MAX {
        let text = format!("q must be at most {TEXT_CHARS_MAX} characters");
        return Err(ApiError::invalid("q", text));
    }
    Ok(Text {
        id: Spelling::parse(given).map(|(id, _)| id),
        given: given.to_owned(),
        lower: given.to_lowercase(),
    })
}
