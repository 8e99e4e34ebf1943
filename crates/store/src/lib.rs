//! The durable state of the gateway: tasks, leases, money, keys.
//!
//! Guarantees: an operation that was answered with `Ok` is on the disk; an operation that failed
//! left nothing behind; a task's state, its log, its money and its account's counters change in
//! one transaction ([`advance`]) or not at all; a worker whose lease was taken over can write
//! nothing. `check_invariants` says in sentences where a database breaks these rules.
//!
//! How to read it: an operation is a plain synchronous function over a [`Tx`], written once for
//! every database; [`Store`] carries it to the writer's thread or to a reader's. Not here: HTTP,
//! clocks, ids and files (paths are kept, bytes are not).

pub mod accounts;
pub mod audit;
pub mod backup;
mod change;
pub mod channels;
pub mod codes;
pub mod doctor;
mod error;
pub mod groups;
pub mod idempotency;
mod job;
pub mod keys;
pub mod ledger;
mod migrate;
pub mod prices;
mod queue;
mod reader;
pub mod sessions;
pub mod settings;
mod sqlite;
#[doc(hidden)]
pub mod statements;
pub mod stats;
mod store;
pub mod tasks;
mod tx;
pub mod usage;
mod value;
pub mod webhooks;
mod writer;

pub use accounts::{
    AccountChange, AccountRow, Balance, KeySecret, NewAccount, NewOwner, OwnerOutcome, account,
    account_by_name, balance, create_account, create_owner, list_accounts, owner_exists,
    update_account,
};
pub use audit::{AuditEntry, AuditFilter, audit, list_audit};
pub use backup::{
    Counts, KeptImage, counts, kept_images, schema_version, withdraw_all_results, withdraw_image,
    withdraw_result,
};
pub use change::{Change, CommitObserver};
pub use channels::{
    CHANNELS_SEEN_SETTING, ChannelOutcome, ChannelRow, ChannelSource, JobCost, SealedCredential,
    add_channel, book_job, channel, channel_by_name, channel_label, channels, drop_credentials,
    forget_credential, jobs_of_channel, next_channel_id, occupy_routes, remove_channel,
    unfinished_with_channel, update_channel,
};
pub use codes::{
    CodeFilter, CodeRow, CodeState, NewCode, RedeemOutcome, RevokeOutcome, create_codes,
    list_codes, redeem, revoke_code,
};
pub use doctor::{
    KeptVideo, Violation, check_invariants, integrity_faults, kept_paths, kept_videos,
};
pub use error::StoreError;
pub use groups::{
    DEFAULT_GROUP, GroupOutcome, GroupRow, GroupTerms, create_group, delete_group, group,
    group_by_name, groups, update_group,
};
pub use idempotency::{IDEMPOTENCY_KEPT_MS, NewIdempotency, Replay, find_replay};
pub use keys::{
    KeyDetail, KeyRow, KeyTerms, KeyUse, NewKey, create_key, delete_key, find_key, keys_of,
    record_uses, roll_key, set_key_enabled, update_key,
};
pub use ledger::{
    BookOutcome, NewAdjustment, NewCredit, Transfer, add_credit, adjust, credit, list_transfers,
    transfers_of,
};
pub use migrate::{Migration, embedded_migrations};
pub use prices::{PriceVersion, add_prices, list_prices, price_version};
pub use sessions::{
    NewSession, SessionRow, confirm_session, create_login_link, create_session,
    delete_old_sessions, delete_other_sessions, delete_session, find_session, list_sessions,
    touch_session, use_login_link,
};
pub use settings::{set_setting, setting};
pub use stats::{KeptFiles, LedgerSums, LiveTasks, Stats, TicksSum, stats};
pub use store::{Operations, Store, StoreOptions};
pub use tasks::advance::{Advance, Fence, Happening, Route, StoredResult, advance};
pub use tasks::cancel::{CancelOutcome, cancel_task};
pub use tasks::claim::{
    Claimed, Lease, Routed, claim_due, claim_queued, next_in_flight, next_queued,
};
pub use tasks::create::{
    AccountLimits, CreateOutcome, NewImage, NewImageSource, NewTask, create_task,
};
pub use tasks::hide::hide_task;
pub use tasks::images::{ImageKind, ImageRow, ImageSnapshot, images, set_image_snapshot};
pub use tasks::operate::{RecentTask, cost_of, list_all_tasks, recent_tasks};
pub use tasks::privacy::PRIVACY_SETTING;
pub use tasks::promote::{group_limits_changed, key_limits_changed};
pub use tasks::query::{ListFilter, StateLogRow, list_tasks, queue_position, state_log, task};
pub use tasks::recover::{shift_times, void_all_leases};
pub use tasks::row::{ResultRow, TaskRow};
pub use tasks::standing::{Shown, standing};
pub use tasks::sweep::{
    Deleted, ExpiredResult, Retention, delete_old_rows, expired_results, overdue, referenced_paths,
    remove_result,
};
pub use tx::{Row, Tx};
pub use usage::{
    RebuildReport, UsageFilter, UsageGroup, UsageRow, rebuild_usage, usage as usage_sums,
    usage_total,
};
pub use value::{Column, FromColumn, Value};
pub use webhooks::deliveries::{
    AttemptRow, DELIVERY_KEPT_MS, DeliveryFilter, DeliveryRow, DeliveryStatus, EVENT_KEPT_MS,
    Reason, attempts, count_tests, delivery, list_deliveries, replay, replay_failed, test_endpoint,
};
pub use webhooks::endpoints::{
    DisabledBy, ENDPOINTS_PER_ACCOUNT_MAX, EndpointRow, EndpointTerms, add_endpoint,
    delete_endpoint, drop_webhook_secrets, endpoint, endpoint_of_host, endpoints,
    failing_endpoints, forget_old_secrets, next_endpoint_id, rotate_secret, update_endpoint,
};
pub use webhooks::work::{
    AttemptOutcome, ClaimedDeliveries, Outgoing, SendingRoom, Verdict, WebhookRetention,
    claim_deliveries, delete_old_webhooks, finish_attempt, next_delivery, waiting_deliveries,
};
