//! What tests of channels say, and what is kept of the last one.

use std::collections::BTreeMap;

use rushes_domain::Timestamp;
use rushes_store::ChannelRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::super::view::Money;
use crate::channels::probe::{self, Report};
use crate::openapi::words;

/// What a test found, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ChannelLastTest)]
pub(super) struct LastTest {
    /// When, in seconds since 1970.
    pub(super) at: i64,
    /// Whether a real video could be made.
    pub(super) spend: bool,
    /// Whether everything that was looked at was fine.
    pub(super) ok: bool,
    /// What was seen, a sentence each.
    pub(super) findings: Vec<String>,
    /// Null if the upstream answered as it should.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    pub(super) error: Option<String>,
    /// What the video cost by the upstream's word; null without one.
    #[schema(required)]
    pub(super) cost: Option<KeptMoney>,
    /// How long it took, in milliseconds.
    pub(super) took_ms: i64,
}

/// An amount of money.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = ChannelTestCost)]
pub(super) struct KeptMoney {
    /// US dollars.
    pub(super) amount: String,
    /// The same in units of 1e-10 dollar.
    pub(super) ticks: String,
}

/// That a channel is gone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelRemoved)]
pub(super) struct Removed {
    /// Always `channel_removed`.
    #[schema(pattern = "^channel_removed$")]
    object: &'static str,
    id: i64,
    name: String,
}

impl From<&ChannelRow> for Removed {
    fn from(row: &ChannelRow) -> Self {
        Self { object: "channel_removed", id: row.id.0, name: row.terms.name.clone() }
    }
}

/// What a test of a channel found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTest)]
pub(super) struct Tested {
    /// Always `channel_test`.
    #[schema(pattern = "^channel_test$")]
    object: &'static str,
    /// The channel's name.
    channel: String,
    /// Whether everything that was looked at is fine.
    ok: bool,
    /// What was seen, a sentence each.
    findings: Vec<String>,
    /// Null if the upstream answered as it should.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    error: Option<&'static str>,
    /// What the video cost by the upstream's word; null without one.
    #[schema(required)]
    cost: Option<Money>,
    /// What was looked at, in order.
    steps: Vec<Step>,
    /// How long it took, in milliseconds.
    took_ms: i64,
}

/// One thing that was looked at.
#[expect(clippy::struct_field_names, reason = "it is the field's name in the answer")]
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTestStep)]
struct Step {
    #[schema(inline, value_type = words::ChannelStepWord)]
    step: &'static str,
    /// Null if it could not be seen.
    #[schema(required)]
    ok: Option<bool>,
    /// In milliseconds. Address, key and models are seen in one request, whose time is the first's.
    #[schema(required)]
    took_ms: Option<i64>,
    /// What was answered there, cut.
    #[schema(required)]
    answer: Option<String>,
}

impl From<probe::Step> for Step {
    fn from(step: probe::Step) -> Self {
        Self { step: step.name, ok: step.is_ok, took_ms: step.took_ms, answer: step.answer }
    }
}

/// What a look at a channel saw that is not there yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelProbe)]
pub(super) struct Probed {
    /// Always `channel_probe`.
    #[schema(pattern = "^channel_probe$")]
    object: &'static str,
    /// Whether everything that was looked at is fine.
    ok: bool,
    /// What was seen, a sentence each.
    findings: Vec<String>,
    /// Null if the upstream answered as it should.
    #[schema(required, inline, value_type = Option<words::UpstreamErrorWord>)]
    error: Option<&'static str>,
    /// What was looked at, in order.
    steps: Vec<Step>,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// The models that the upstream lists, at most 500; null if it lists none.
    #[schema(required)]
    models: Option<Vec<String>>,
    /// Our models, and what the upstream most likely calls them.
    suggested: BTreeMap<String, String>,
}

impl Probed {
    /// What a look saw, and what it suggests.
    pub(super) fn of(report: Report, suggested: BTreeMap<String, String>) -> Self {
        Self {
            object: "channel_probe",
            ok: report.is_ok,
            findings: report.findings,
            error: report.error_kind,
            steps: report.steps.into_iter().map(Step::from).collect(),
            took_ms: report.took_ms,
            models: report.models,
            suggested,
        }
    }
}

impl Tested {
    /// What a look at the channel of this name saw.
    pub(super) fn of(report: Report, name: &str) -> Self {
        let Report { is_ok, findings, error_kind, cost, steps, took_ms, .. } = report;
        Self {
            object: "channel_test",
            channel: name.to_owned(),
            ok: is_ok,
            findings,
            error: error_kind,
            cost: cost.map(Money::from),
            steps: steps.into_iter().map(Step::from).collect(),
            took_ms,
        }
    }
}

impl LastTest {
    /// What is kept of a report.
    pub(super) fn of(report: &Report, spend: bool, now: Timestamp) -> Self {
        let cost = report
            .cost
            .map(|ticks| KeptMoney { amount: ticks.to_string(), ticks: ticks.0.to_string() });
        Self {
            at: now.unix_seconds(),
            spend,
            ok: report.is_ok,
            findings: report.findings.iter().map(|text| probe::cut(text)).collect(),
            error: report.error_kind.map(str::to_owned),
            cost,
            took_ms: report.took_ms,
        }
    }
}
