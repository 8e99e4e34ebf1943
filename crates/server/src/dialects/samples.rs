//! Rows and signers for the tests of the dialects.

use rushes_domain::account::KeyKind;
use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::money::CostState;
use rushes_domain::route::Lane;
use rushes_domain::{
    AccountId, ChannelId, Dialect, Failure, FailureCode, IdSource, KeyId, State, TaskId, Ticks,
    Timestamp,
};
use rushes_store::{AccountLimits, NewTask, ResultRow, TaskRow};

use super::view::View;
use crate::links::LinkSigner;
use crate::secrets::Secret;

struct NoIds;

impl IdSource for NoIds {
    fn task_id(&self) -> TaskId {
        TaskId::new(0)
    }

    fn request_id(&self) -> String {
        String::new()
    }

    fn fill(&self, _bytes: &mut [u8]) {}
}

pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_780_000_060);

pub(super) fn links() -> LinkSigner {
    let secret = Secret::open(std::path::Path::new("."), Some(&"11".repeat(32)), &NoIds).unwrap();
    LinkSigner::new(&secret, "https://video.example.com")
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_780_000_000 + seconds)
}

/// A queued task of six seconds.
pub(super) fn row() -> TaskRow {
    TaskRow {
        id: TaskId::new(0x0197_0000_0000_7000_8000_0000_0000_00ab),
        account_id: AccountId(1),
        key_id: KeyId(1),
        key_kind: KeyKind::Live,
        state: State::Queued,
        version: 1,
        model_id: "grok-image-video".into(),
        model_name: "grok-imagine-video".into(),
        prompt: "rain".into(),
        mode: Mode::TextToVideo,
        seconds: 6,
        seconds_requested: 6,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        width: 1280,
        height: 720,
        image_count: 0,
        metadata: Vec::new(),
        ignored_fields: Vec::new(),
        directives: Directives::default(),
        price: Ticks(5_400_000_000),
        price_version: 1,
        spend_month: 0,
        cost_state: CostState::Held,
        upstream_cost: Some(Ticks(3)),
        expected_cost: Some(Ticks(2)),
        provider: "xai".into(),
        channel_id: ChannelId(7),
        lane: Lane::Model("grok-image-video".into()),
        refused_by: Vec::new(),
        hops: 0,
        options: EngineOptions::default(),
        door: "api".into(),
        dialect: Dialect::Native,
        client_address: Some("192.0.2.1".into()),
        user_agent: None,
        request_id: "req_1".into(),
        callback_url: None,
        run_timeout_ms: 1,
        queue_timeout_ms: 1,
        created_at: at(0),
        queued_at: Some(at(0)),
        submitted_at: None,
        started_at: None,
        upstream_done_at: None,
        finished_at: None,
        deadline_at: at(100),
        queue_deadline_at: at(100),
        next_run_at: Some(at(0)),
        lease_until: at(0),
        lease_epoch: 0,
        attempts: 0,
        deferrals: 0,
        finalize_attempts: 0,
        poll_misses: 0,
        poll_missed_since: None,
        poll_failures: 0,
        media: None,
        percent: 0,
        upstream_id: None,
        cancel_requested: false,
        failure: None,
        result_link: None,
        result: None,
        hidden_at: None,
    }
}

pub(super) fn succeeded() -> TaskRow {
    TaskRow {
        state: State::Succeeded,
        started_at: Some(at(2)),
        finished_at: Some(at(9)),
        percent: 100,
        provider: "preview".into(),
        cost_state: CostState::Posted,
        metadata: vec![("z".into(), "1".into()), ("a".into(), "2".into())],
        seconds_requested: 12,
        result: Some(ResultRow {
            path: "files/x.mp4".into(),
            poster_path: Some("files/x.jpg".into()),
            bytes: 10,
            sha256_hex: "ab".into(),
            width: 1280,
            height: 720,
            duration_ms: 6_000,
            expires_at: at(86_409),
            removed_at: None,
        }),
        ..row()
    }
}

pub(super) fn failed() -> TaskRow {
    let words = "Fetching image failed with HTTP status 400 Bad Request.";
    TaskRow {
        state: State::Failed,
        started_at: None,
        finished_at: Some(at(9)),
        cost_state: CostState::Voided,
        failure: Some(Failure::new(FailureCode::ImageFetchFailed, words)),
        ..row()
    }
}

pub(super) fn new_task(key_kind: KeyKind) -> NewTask {
    let TaskRow { id, account_id, key_id, mode, seconds, width, height, .. } = row();
    NewTask {
        id,
        account_id,
        key_id,
        shown: None,
        key_kind,
        model_id: "grok-image-video".into(),
        model_name: "grok-image-video".into(),
        prompt: "rain".into(),
        mode,
        seconds,
        seconds_requested: 6,
        aspect_ratio: "16:9".into(),
        resolution: "720p".into(),
        width,
        height,
        images: Vec::new(),
        metadata: Vec::new(),
        ignored_fields: Vec::new(),
        directives: Directives::default(),
        options: EngineOptions::default(),
        hops: 0,
        price: Ticks(5_400_000_000),
        price_version: 1,
        door: "api",
        dialect: Dialect::Native,
        client_address: None,
        user_agent: None,
        request_id: "req_1".into(),
        callback_url: None,
        run_timeout_ms: 1,
        queue_timeout_ms: 1,
        now: at(0),
        limits: AccountLimits { in_flight_max: 1, waiting_max: 1 },
        idempotency: None,
        lane: Lane::Preview,
    }
}

/// The text of an answer about a task, as it is sixty seconds after its creation. Signatures are
/// left out: links are checked elsewhere, and here they would only be noise.
pub(super) fn told(row: &TaskRow, tell: fn(&View<'_>) -> serde_json::Result<Vec<u8>>) -> String {
    let links = links();
    let view = View { row, links: &links, now: NOW, queue_position: None, is_held_back: false };
    without_signatures(&String::from_utf8(tell(&view).unwrap()).unwrap())
}

pub(super) fn without_signatures(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("?exp=") {
        clean.push_str(before);
        clean.push_str("?…");
        rest = &after[after.find('"').unwrap()..];
    }
    clean + rest
}
