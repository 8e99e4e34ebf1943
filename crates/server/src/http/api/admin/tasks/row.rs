//! How a task looks to operators: what its account sees, and who made it on which channel for how much.
//!
//! Guarantees: money is told once it is known: what was charged when the task has ended, what its job
//! cost, or may have cost, likewise; a margin is of live keys on channels alone.

use std::collections::HashMap;

use rushes_domain::account::KeyKind;
use rushes_domain::money::CostState;
use rushes_domain::{AccountId, ChannelId, GroupId, KeyId, Ticks};
use rushes_store::keys::KeyLabel;
use rushes_store::tasks::operate::cost_of;
use rushes_store::{StoreError, TaskRow, Tx};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::dialects::native::wire;
use crate::http::Http;
use crate::http::api::tasks::row::{self, Key};
use crate::http::api::view::{self, Money};
use crate::http::error::HttpError;
use crate::openapi::words;

/// One of all tasks.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminTaskRow)]
pub(super) struct Row {
    /// Always `admin_task_row`.
    #[schema(pattern = "^admin_task_row$")]
    object: &'static str,
    #[schema(value_type = wire::Data<'static>)]
    task: Box<RawValue>,
    #[schema(inline, value_type = words::TaskStateWord)]
    state: &'static str,
    /// As sent; null where the gateway has forgotten it.
    #[schema(required)]
    prompt: Option<String>,
    #[schema(inline, value_type = words::ModeWord)]
    mode: &'static str,
    /// How many pictures came with it.
    image_count: u32,
    key: Key,
    #[schema(inline, value_type = words::TaskSourceWord)]
    source: String,
    #[schema(inline, value_type = words::DialectWord)]
    dialect: &'static str,
    /// The id of the request that made it.
    request_id: String,
    /// From the create to the end, in milliseconds; null until then.
    #[schema(required)]
    took_ms: Option<i64>,
    account: Named,
    /// Null before it was sent anywhere, and for previews.
    #[schema(required)]
    channel: Option<Named>,
    /// How often it was sent to an upstream.
    attempts: u32,
    /// The upstream's name for the job.
    #[schema(required)]
    upstream_id: Option<String>,
    /// What the job cost, or may have cost, you; null until it has ended.
    #[schema(required)]
    upstream_cost: Option<Money>,
    /// Whether that is by your price list, since the upstream named none.
    upstream_cost_estimated: bool,
    /// What was charged; null until it has ended.
    #[schema(required)]
    charged: Option<Money>,
    /// What is left of it; null for test keys, previews, and until it has ended.
    #[schema(required)]
    margin: Option<Money>,
    /// When its account deleted it, in seconds since 1970.
    #[schema(required)]
    deleted_at: Option<i64>,
}

/// Something by its id, with the name that people know it by.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Named)]
pub(super) struct Named {
    pub(super) id: i64,
    pub(super) name: String,
}

/// An account with the group that decides its limits.
pub(super) struct Holder {
    pub(super) named: Named,
    pub(super) group_id: GroupId,
}

/// The names that tasks are shown with.
#[derive(Default)]
pub(super) struct Names {
    keys: HashMap<KeyId, KeyLabel>,
    pub(super) accounts: HashMap<AccountId, Holder>,
    pub(super) channels: HashMap<ChannelId, Named>,
}

impl Names {
    /// Of all these tasks.
    pub(super) fn of(tx: &mut Tx<'_>, rows: &[TaskRow]) -> Result<Self, StoreError> {
        let mut names = Self { keys: row::labels(tx, rows)?, ..Self::default() };
        for row in rows {
            if !names.accounts.contains_key(&row.account_id)
                && let Some(account) = rushes_store::account(tx, row.account_id)?
            {
                let shown = Named { id: account.id.0, name: account.name };
                let holder = Holder { named: shown, group_id: account.group_id };
                names.accounts.insert(row.account_id, holder);
            }
            names.add_channel(tx, row.channel_id)?;
            for &id in &row.refused_by {
                names.add_channel(tx, id)?;
            }
        }
        Ok(names)
    }

    fn add_channel(&mut self, tx: &mut Tx<'_>, id: ChannelId) -> Result<(), StoreError> {
        if id != ChannelId::PREVIEW
            && !self.channels.contains_key(&id)
            && let Some(name) = rushes_store::channel_label(tx, id)?
        {
            self.channels.insert(id, Named { id: id.0, name });
        }
        Ok(())
    }

    /// The account of a task, which every task has.
    pub(super) fn holder(&self, row: &TaskRow) -> Result<&Holder, HttpError> {
        let found = self.accounts.get(&row.account_id);
        found.ok_or_else(|| HttpError::internal(&"a task without its account"))
    }

    /// Where a task was sent, if it was sent anywhere.
    pub(super) fn channel(&self, row: &TaskRow) -> Option<Named> {
        self.channels.get(&row.channel_id).filter(|_| row.attempts > 0).cloned()
    }
}

/// What a task brought and cost.
pub(super) struct Sums {
    pub(super) charged: Option<Ticks>,
    pub(super) upstream_cost: Option<Ticks>,
    pub(super) margin: Option<Ticks>,
}

impl Sums {
    pub(super) fn of(row: &TaskRow) -> Self {
        if !row.state.is_terminal() {
            return Self { charged: None, upstream_cost: None, margin: None };
        }
        let is_posted = row.cost_state == CostState::Posted;
        let charged = if is_posted { row.price } else { Ticks::ZERO };
        let cost = cost_of(row);
        let has_margin = row.key_kind == KeyKind::Live && row.channel_id != ChannelId::PREVIEW;
        let margin = Ticks(charged.0.saturating_sub(cost.0));
        Self {
            charged: Some(charged),
            upstream_cost: Some(cost),
            margin: has_margin.then_some(margin),
        }
    }
}

impl Row {
    pub(super) fn of(http: &Http, row: &TaskRow, names: &Names) -> Result<Self, HttpError> {
        let holder = names.holder(row)?;
        let shown = row::Row::of(http, holder.group_id, row, names.keys.get(&row.key_id))?;
        let Sums { charged, upstream_cost, margin } = Sums::of(row);
        Ok(Self {
            object: "admin_task_row",
            task: shown.task,
            state: shown.state,
            prompt: Some(shown.prompt).filter(|text| !text.is_empty()),
            mode: shown.mode,
            image_count: shown.image_count,
            key: shown.key,
            source: shown.source,
            dialect: shown.dialect,
            request_id: shown.request_id,
            took_ms: shown.took_ms,
            account: holder.named.clone(),
            channel: names.channel(row),
            attempts: row.attempts,
            upstream_id: row.upstream_id.clone(),
            upstream_cost: upstream_cost.map(Money::from),
            upstream_cost_estimated: row.upstream_cost.is_none(),
            charged: charged.map(Money::from),
            margin: margin.map(Money::from),
            deleted_at: view::moment(row.hidden_at),
        })
    }

    /// The name of a task's key.
    pub(super) fn key_name<'n>(names: &'n Names, row: &TaskRow) -> &'n str {
        names.keys.get(&row.key_id).map_or("", |label| label.name.as_str())
    }
}
