//! Requests and tasks in the words of each dialect that the gateway speaks.
//!
//! Guarantees: each dialect is one module of pure functions, from the fields of a request to the
//! domain's request and from a task's row to an answer; no handler reads a field or writes a task's
//! JSON by hand. `docs/dialects.md` has all fields side by side. Not here: routes, and what may be
//! read by whom.

#[cfg(test)]
mod documented;
pub mod native;
pub mod openai;
#[cfg(test)]
mod samples;
pub mod view;
pub mod xai;
