//! Values on their way into a statement and columns on their way out, the same for every database.

use std::borrow::Cow;

use rushes_domain::account::{KeyKind, Role};
use rushes_domain::job::Mode;
use rushes_domain::money::CostState;
use rushes_domain::route::Lane;
use rushes_domain::{
    AccountId, ChannelId, Dialect, EndpointId, FailureCode, GroupId, KeyId, State, TaskId, Ticks,
    Timestamp,
};

use crate::error::StoreError;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'v> {
    /// SQL's NULL.
    Null,
    /// BIGINT.
    Integer(i64),
    /// TEXT.
    Text(Cow<'v, str>),
    /// BLOB or BYTEA.
    Blob(Cow<'v, [u8]>),
}

/// The parameters of a statement, `$1` first: `params![id, now]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] as &[$crate::Value<'_>] };
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

macro_rules! integer_values {
    ($($kind:ty),*) => { $(
        impl From<$kind> for Value<'_> {
            fn from(value: $kind) -> Self {
                Self::Integer(i64::from(value))
            }
        }
    )* };
}

integer_values!(i64, u32, u16, u8, bool);

/// A size or count; what does not fit is kept as the largest number that does.
impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value<'_> {
    fn from(value: usize) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(value: &'v [u8]) -> Self {
        Self::Blob(Cow::Borrowed(value))
    }
}

impl<'v> From<&'v [u8; 32]> for Value<'v> {
    fn from(value: &'v [u8; 32]) -> Self {
        Self::Blob(Cow::Borrowed(value))
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&Lane> for Value<'_> {
    fn from(value: &Lane) -> Self {
        Self::Text(Cow::Owned(value.to_string()))
    }
}

impl FromColumn for Lane {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        let text = String::from_column(column)?;
        text.parse().map_err(|_| StoreError::corrupt("a lane", &text))
    }
}

impl From<TaskId> for Value<'_> {
    fn from(value: TaskId) -> Self {
        Self::Text(Cow::Owned(value.hex()))
    }
}

macro_rules! wrapped_values {
    ($($kind:ident),*) => { $(
        impl From<$kind> for Value<'_> {
            fn from(value: $kind) -> Self {
                Self::Integer(value.0)
            }
        }

        impl FromColumn for $kind {
            fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
                i64::from_column(column).map($kind)
            }
        }
    )* };
}

wrapped_values!(Timestamp, Ticks, AccountId, KeyId, GroupId, ChannelId, EndpointId);

/// A column of a row, before it has a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column<'r> {
    /// SQL's NULL.
    Null,
    /// BIGINT.
    Integer(i64),
    /// TEXT.
    Text(&'r str),
    /// BLOB or BYTEA.
    Blob(&'r [u8]),
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// Reads the column, or says that the database is damaged.
    fn from_column(column: Column<'_>) -> Result<Self, StoreError>;
}

fn wrong<T>(expected: &str, column: Column<'_>) -> Result<T, StoreError> {
    let found = match column {
        Column::Null => "NULL",
        Column::Integer(_) => "an integer",
        Column::Text(_) => "a text",
        Column::Blob(_) => "bytes",
    };
    Err(StoreError::Corrupt(format!("a column that should hold {expected} holds {found}")))
}

impl FromColumn for i64 {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        match column {
            Column::Integer(integer) => Ok(integer),
            other => wrong("an integer", other),
        }
    }
}

impl FromColumn for String {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        match column {
            Column::Text(text) => Ok(text.to_owned()),
            other => wrong("a text", other),
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        match column {
            Column::Blob(bytes) => Ok(bytes.to_vec()),
            other => wrong("bytes", other),
        }
    }
}

impl FromColumn for [u8; 32] {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        match column {
            Column::Blob(bytes) => {
                bytes.try_into().or_else(|_| wrong("32 bytes", Column::Blob(bytes)))
            }
            other => wrong("32 bytes", other),
        }
    }
}

impl FromColumn for bool {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        i64::from_column(column).map(|integer| integer != 0)
    }
}

macro_rules! small_integers {
    ($($kind:ty),*) => { $(
        impl FromColumn for $kind {
            fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
                let integer = i64::from_column(column)?;
                <$kind>::try_from(integer)
                    .map_err(|_| StoreError::corrupt("a small number", &integer.to_string()))
            }
        }
    )* };
}

small_integers!(u64, u32, u16, u8);

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        match column {
            Column::Null => Ok(None),
            other => T::from_column(other).map(Some),
        }
    }
}

impl FromColumn for TaskId {
    fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
        let text = String::from_column(column)?;
        Self::from_hex(&text).map_err(|_| StoreError::corrupt("a task's id", &text))
    }
}

/// The word of an enum in the store, and back. Lists stay the enums' own.
macro_rules! words {
    ($($kind:ty: $what:literal, $word:expr, $parse:expr;)*) => { $(
        impl From<$kind> for Value<'_> {
            fn from(value: $kind) -> Self {
                let word: fn($kind) -> &'static str = $word;
                Self::Text(Cow::Borrowed(word(value)))
            }
        }

        impl FromColumn for $kind {
            fn from_column(column: Column<'_>) -> Result<Self, StoreError> {
                let text = String::from_column(column)?;
                let parse: fn(&str) -> Option<$kind> = $parse;
                parse(&text).ok_or_else(|| StoreError::corrupt($what, &text))
            }
        }
    )* };
}

words! {
    State: "a task's state", State::as_str, State::from_word;
    Mode: "a task's mode", Mode::as_str, Mode::from_word;
    FailureCode: "a failure's code", FailureCode::as_str, FailureCode::from_word;
    CostState: "a task's cost state", CostState::as_str, cost_state;
    KeyKind: "a key's kind", key_kind_word, key_kind;
    Dialect: "a task's dialect", Dialect::as_str, Dialect::from_word;
    Role: "an account's role", Role::as_str, Role::from_word;
}

fn cost_state(word: &str) -> Option<CostState> {
    [CostState::Estimated, CostState::Held, CostState::Posted, CostState::Voided]
        .into_iter()
        .find(|state| state.as_str() == word)
}

const fn key_kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Live => "live",
        KeyKind::Test => "test",
    }
}

fn key_kind(word: &str) -> Option<KeyKind> {
    [KeyKind::Live, KeyKind::Test].into_iter().find(|&kind| key_kind_word(kind) == word)
}
