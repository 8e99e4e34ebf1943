//! A task in the words of each dialect that the gateway speaks.
//!
//! Guarantees: for each dialect there is one function that turns a task's row into its words, and
//! no handler writes a task's JSON by hand. Not here: routes, and what may be read by whom.

pub mod native;
