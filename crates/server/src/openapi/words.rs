//! The words that a field can hold, as schemas.
//!
//! Guarantees: a list that the program has elsewhere is taken from there; what tests see answered
//! is held against the others (`tests/it/support/document.rs`).

use rushes_domain::account::{Role, Scope};
use rushes_domain::webhook::EventType;
use rushes_domain::{ErrorCode, FailureCode};
use rushes_providers::UpstreamErrorKind;
use rushes_store::{ChannelSource, CodeState, DeliveryStatus, DisabledBy, Reason};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};

use crate::channels::breaker::BreakerState;
use crate::metrics::channels::kind_word;

/// A schema of text that is one of so many words.
fn words(description: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let schema: Object = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words))
        .build();
    schema.into()
}

macro_rules! words {
    ($($(#[doc = $text:literal])+ $name:ident: $list:expr;)*) => {$(
        $(#[doc = $text])+
        pub(crate) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                words(concat!($($text),+).trim(), $list)
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

words! {
    /// What a request was refused for; see the table of errors.
    RefusalCode: ErrorCode::ALL.iter().map(|code| code.as_str());
    /// The family of a refusal, for SDKs that switch on it.
    RefusalType: {
        let mut kinds: Vec<_> = ErrorCode::ALL.iter().map(|code| code.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    /// Why a task failed; see the table of errors.
    TaskFailureCode: FailureCode::ALL.iter().map(|code| code.as_str());
    /// Where a task stands. `NOT_START` is held back by a limit; `SUCCESS` and `FAILURE` are final.
    TaskStatus: ["NOT_START", "QUEUED", "SUBMITTED", "IN_PROGRESS", "SUCCESS", "FAILURE"];
    /// The same in lower-case words.
    TaskStatusLower: ["queued", "in_progress", "completed", "failed"];
    /// The same in the words of the nested object.
    TaskStatusNested: ["queued", "running", "succeeded", "failed"];
    /// Where the money of a task stands: held at the create; at the end posted, or given back.
    CostStateWord: ["estimated", "held", "posted", "voided"];
    /// What a video is made from.
    ModeWord: ["text_to_video", "image_to_video", "reference_to_video"];
    /// Where a video stands.
    OpenaiStatus: ["queued", "in_progress", "completed", "failed"];
    /// Where a request stands.
    XaiStatus: ["pending", "done", "failed", "expired"];
    /// The order of a list by the moment of the create.
    Order: ["asc", "desc"];
    /// A file of a video.
    Variant: ["video", "thumbnail"];
    /// What an account may do: the owner everything, an operator what is below `/api/admin`.
    RoleWord: Role::ALL.map(Role::as_str);
    /// A role that can be given.
    RoleGiven: [Role::User.as_str(), Role::Operator.as_str()];
    /// What a key may be used for: to make videos, to look at them, to use the JSON API.
    ScopeWord: Scope::ALL.map(Scope::as_str);
    /// Whether something is done.
    OnOrOff: ["on", "off"];
    /// Whether people may come in.
    OpenOrClosed: ["open", "closed"];
    /// A test key's videos are previews and cost nothing.
    KeyKindWord: ["live", "test"];
    /// The task's status changed, or its progress; or it ended, and so does the stream.
    StreamEventWord: ["status", "progress", "end"];
    /// All that was known may be old; a task was made or changed; a task is gone.
    TaskStreamWord: ["reset", "task", "removed"];
    /// What happened.
    EventWord: EventType::ALL.map(EventType::as_str);
    /// What happened; `webhook.test` is of no video: somebody tried the webhook.
    DeliveryEventWord: {
        EventType::ALL.into_iter().chain([EventType::Test]).map(EventType::as_str)
    };
    /// Where a delivery stands.
    DeliveryStatusWord: DeliveryStatus::ALL.map(DeliveryStatus::as_str);
    /// Why a delivery was given up.
    DeliveryReasonWord: Reason::ALL.map(Reason::as_str);
    /// Who disabled a webhook: its owner, an operator, its own answer 410, or the gateway after five
    /// days of nothing but failures.
    DisabledByWord: DisabledBy::ALL.map(DisabledBy::as_str);
    /// How a picture is brought into the ratio that was asked for: cut, whole with blurred bars, or
    /// untouched.
    ImageFitWord: ["cover", "contain", "as_is"];
    /// How pictures reach the upstream: fetched, checked and fitted here, or as the address that was
    /// given.
    ImageDeliveryWord: ["inline", "pass_through"];
    /// Whose address of a finished video is given out: ours, or the upstream's own, where nothing is
    /// fetched, checked or kept.
    ResultLinksWord: ["own", "upstream"];
    /// Whether a job may be sent again when nobody knows whether the upstream has it: as it costs
    /// nothing, three times in all, under its own idempotency key, or not at all.
    ResubmitWord: ["free", "few", "keyed", "never"];
    /// Where a channel was declared.
    ChannelSourceWord: [ChannelSource::Operator.as_str(), ChannelSource::Config.as_str()];
    /// What the circuit breaker lets through: everything, nothing, or one probe.
    BreakerWord: {
        [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen].map(BreakerState::as_str)
    };
    /// What an upstream's error proves.
    UpstreamErrorWord: UpstreamErrorKind::ALL.map(kind_word);
    /// What can be done with a code: only an open one can be redeemed.
    CodeStateWord: CodeState::ALL.map(CodeState::as_str);
    /// Where a task stands, in the five words by which the console sorts tasks.
    TaskStateWord: crate::http::TASK_STATE_WORDS;
    /// Where an order came from: a program, our own command line, the console.
    TaskSourceWord: crate::http::TASK_SOURCE_WORDS;
    /// In whose words a task was ordered.
    DialectWord: rushes_domain::Dialect::ALL.map(rushes_domain::Dialect::as_str);
    /// Where a picture of a request came from.
    ImageSourceWord: ["inline", "url"];
    /// How far back a dashboard looks.
    DashboardRangeWord: ["1h", "24h", "7d"];
    /// Whether a channel takes jobs: its breaker, or why it is not asked at all.
    ChannelStateWord: ["closed", "half_open", "open", "disabled", "not_in_force"];
    /// What is wrong.
    ProblemWord: crate::http::PROBLEM_WORDS;
    /// How bad it is.
    ProblemLevelWord: ["bad", "warn", "note"];
    /// What a test of a channel looks at.
    ChannelStepWord: ["reach", "key", "models", "video"];
    /// What an event of the dashboard is of.
    DashboardEventWord: ["breaker", "audit", "failure"];
    /// What usage is added up by.
    UsageGroupWord: ["day", "model", "key", "account"];
    /// What usage of one account is added up by.
    OwnUsageGroupWord: ["day", "model", "key"];
    /// Why a request failed.
    XaiFailureCode: crate::dialects::xai::FAILURE_CODES;
}
