//! The parts of the OpenAPI document that no handler's own types give: requests that are read by
//! hand, words, refusals, parameters.
//!
//! Guarantees: only schemas are here, nothing of it runs for a request. Which operations there are,
//! and the whole document, is `http/openapi`'s, which has them from the routes.

pub(crate) mod models;
pub(crate) mod new;
pub(crate) mod parameters;
pub(crate) mod refusals;
pub(crate) mod requests;
pub(crate) mod texts;
pub(crate) mod webhooks;
pub(crate) mod words;
