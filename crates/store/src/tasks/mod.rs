//! Tasks: one row each, moved by fenced writes.
//!
//! [`advance`](advance::advance) is the only code that changes a task's state.

pub mod advance;
pub mod cancel;
pub mod claim;
pub mod create;
pub mod hide;
pub mod images;
pub mod operate;
pub mod privacy;
pub mod promote;
pub mod query;
pub mod recover;
pub mod row;
pub mod standing;
pub mod sweep;
