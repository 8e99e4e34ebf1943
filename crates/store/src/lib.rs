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
pub mod backup;
mod change;
pub mod doctor;
mod error;
pub mod idempotency;
mod job;
pub mod keys;
pub mod ledger;
mod migrate;
mod queue;
mod reader;
pub mod settings;
mod sqlite;
#[doc(hidden)]
pub mod statements;
pub mod stats;
mod store;
pub mod tasks;
mod tx;
mod value;
mod writer;

pub use accounts::{Balance, NewOwner, OwnerOutcome, balance, create_owner, owner_exists};
pub use backup::{
    Counts, KeptImage, KeptResult, counts, kept_images, kept_results, schema_version,
    withdraw_all_results, withdraw_result,
};
pub use change::{Change, CommitObserver};
pub use doctor::{Violation, check_invariants, integrity_faults, kept_paths};
pub use error::StoreError;
pub use idempotency::{IDEMPOTENCY_KEPT_MS, NewIdempotency, Replay, find_replay};
pub use keys::{KeyRow, NewKey, create_key, find_key, set_key_enabled};
pub use ledger::{Transfer, add_credit, transfers_of};
pub use migrate::{Migration, embedded_migrations};
pub use settings::{set_setting, setting};
pub use stats::{KeptFiles, LedgerSums, LiveTasks, Stats, TicksSum, stats};
pub use store::{Store, StoreOptions};
pub use tasks::advance::{Advance, Fence, Happening, StoredResult, advance};
pub use tasks::cancel::{CancelOutcome, cancel_task};
pub use tasks::claim::{Claimed, Lease, claim_due, claim_queued, next_due};
pub use tasks::create::{
    AccountLimits, CreateOutcome, NewImage, NewImageSource, NewTask, create_task,
};
pub use tasks::images::{ImageKind, ImageRow, ImageSnapshot, images, set_image_snapshot};
pub use tasks::query::{ListFilter, StateLogRow, list_tasks, queue_position, state_log, task};
pub use tasks::recover::{shift_times, void_all_leases};
pub use tasks::row::{ResultRow, TaskRow};
pub use tasks::sweep::{
    Deleted, ExpiredResult, Retention, delete_old_rows, expired_results, overdue, referenced_paths,
    remove_result,
};
pub use tx::{Row, Tx};
pub use value::{Column, FromColumn, Value};
