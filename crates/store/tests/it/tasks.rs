//! Tasks.

mod advance;
mod cancel;
mod claim;
mod create;
mod query;
mod recover;
mod sweep;
