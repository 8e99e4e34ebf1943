//! How a task looks in the console's lists: the public object and what only its account sees.
//!
//! Guarantees: `task` is what a query on `/v1` shows as `data`, but for its place in the queue. No
//! channel, no upstream and no internal reason is in it.

use std::collections::HashMap;

use rushes_domain::account::KeyKind;
use rushes_domain::{GroupId, KeyId};
use rushes_store::keys::KeyLabel;
use rushes_store::{StoreError, TaskRow, Tx, keys};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::filter::state_word;
use crate::dialects::native::{event, wire};
use crate::dialects::view::View;
use crate::http::Http;
use crate::http::error::HttpError;
use crate::openapi::words;

/// One of your tasks.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskRow)]
pub(in crate::http::api) struct Row {
    /// Always `task_row`.
    #[schema(pattern = "^task_row$")]
    object: &'static str,
    #[schema(value_type = wire::Data<'static>)]
    pub(in crate::http::api) task: Box<RawValue>,
    #[schema(inline, value_type = words::TaskStateWord)]
    pub(in crate::http::api) state: &'static str,
    /// As sent; empty where the gateway forgets it at the task's end.
    pub(in crate::http::api) prompt: String,
    #[schema(inline, value_type = words::ModeWord)]
    pub(in crate::http::api) mode: &'static str,
    /// How many pictures came with it.
    pub(in crate::http::api) image_count: u32,
    pub(in crate::http::api) key: Key,
    #[schema(inline, value_type = words::TaskSourceWord)]
    pub(in crate::http::api) source: String,
    #[schema(inline, value_type = words::DialectWord)]
    pub(in crate::http::api) dialect: &'static str,
    /// The id of the request that made it.
    pub(in crate::http::api) request_id: String,
    /// From the create to the end, in milliseconds; null until then.
    #[schema(required)]
    pub(in crate::http::api) took_ms: Option<i64>,
}

/// A key as a task names it.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskKey)]
pub(in crate::http::api) struct Key {
    id: i64,
    name: String,
    #[schema(inline, value_type = words::KeyKindWord)]
    kind: &'static str,
    /// The part of the secret that is shown.
    mask: String,
    /// Whether it was deleted since.
    deleted: bool,
}

impl Key {
    fn of(row: &TaskRow, label: Option<&KeyLabel>) -> Self {
        Self {
            id: row.key_id.0,
            name: label.map(|it| it.name.clone()).unwrap_or_default(),
            kind: kind_word(row.key_kind),
            mask: label.map(|it| it.mask.clone()).unwrap_or_default(),
            deleted: label.is_none_or(|it| it.is_deleted),
        }
    }
}

/// The word for a key's kind.
pub(in crate::http::api) const fn kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Live => "live",
        KeyKind::Test => "test",
    }
}

impl Row {
    /// A task; `label` is its key's.
    pub(in crate::http::api) fn of(
        http: &Http,
        group_id: GroupId,
        row: &TaskRow,
        label: Option<&KeyLabel>,
    ) -> Result<Self, HttpError> {
        let app = &http.app;
        let view = View {
            row,
            links: &app.links,
            now: app.clock.now(),
            queue_position: None,
            is_held_back: app.channels.holds_back(row, group_id),
        };
        let text = event::whole(&view).and_then(RawValue::from_string);
        Ok(Self {
            object: "task_row",
            task: text.map_err(|source| HttpError::internal(&source))?,
            state: state_word(row.state),
            prompt: row.prompt.clone(),
            mode: row.mode.as_str(),
            image_count: row.image_count,
            key: Key::of(row, label),
            source: row.door.clone(),
            dialect: row.dialect.as_str(),
            request_id: row.request_id.clone(),
            took_ms: took_ms(row),
        })
    }
}

/// From the create to the end, in milliseconds.
pub(in crate::http::api) fn took_ms(row: &TaskRow) -> Option<i64> {
    row.finished_at.map(|at| at.ms_since(row.created_at).max(0))
}

/// The labels of the keys of these tasks.
pub(in crate::http::api) fn labels(
    tx: &mut Tx<'_>,
    rows: &[TaskRow],
) -> Result<HashMap<KeyId, KeyLabel>, StoreError> {
    let mut labels = HashMap::new();
    for row in rows {
        if !labels.contains_key(&row.key_id)
            && let Some(label) = keys::label_of(tx, row.key_id)?
        {
            labels.insert(row.key_id, label);
        }
    }
    Ok(labels)
}
