//! Tasks.

mod advance;
mod cancel;
mod claim;
mod create;
mod hide;
mod query;
mod recover;
mod sweep;
