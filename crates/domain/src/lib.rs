//! The rules of the gateway, free of any framework: what a task is, what it costs, which requests
//! are valid and which words go out.
//!
//! Guarantees: every function here is pure and total; nothing reads a clock, a file, a socket or
//! the environment. Not here: SQL, HTTP, async, pixels.

pub mod account;
pub mod admission;
pub mod catalogue;
pub mod channel;
pub mod dialect;
pub mod difference;
pub mod directive;
pub mod error;
pub mod failure;
pub mod id;
pub mod image_url;
pub mod job;
pub mod money;
pub mod request;
pub mod route;
pub mod state;
mod text;
pub mod time;
pub mod webhook;

pub use dialect::Dialect;
pub use error::{ApiError, ErrorCode, Limit};
pub use failure::{Failure, FailureCode};
pub use id::{AccountId, ChannelId, EndpointId, GroupId, IdSource, KeyId, Spelling, TaskId};
pub use money::Ticks;
pub use state::{Event, State, transition};
pub use text::is_blank;
pub use time::{Clock, Timestamp};
