//! Suites that use the running program from outside, as its clients do.
//!
//! Guarantees: each starts a gateway, or an upstream, of its own and sends nothing to any address but
//! loopback; what is installed for it comes from the registries that the machine is set up for.

mod chromium;
mod client;
mod console;
mod curl;
mod dialects;
mod docs;
mod durability;
mod fidelity;
mod node;
mod openapi;
mod python;
mod shell;
mod stranger;
mod trace;
mod webhooks;

use std::path::PathBuf;

use crate::outcome::{Checks, Report};
use crate::tools::Tools;

/// What every suite is given.
#[derive(Debug)]
pub(crate) struct Context {
    /// The gateway's binary.
    pub(crate) binary: PathBuf,
    /// Another build of the gateway that was named, if one was.
    pub(crate) given_binary: Option<PathBuf>,
    /// Where other programs come from.
    pub(crate) tools: Tools,
}

pub(crate) use console::screenshots;

/// Runs one suite.
pub(crate) type Suite = fn(&Context, Checks) -> Report;

/// All of them, in the order in which they run.
pub(crate) const ALL: &[(&str, Suite)] = &[
    ("stranger", stranger::run),
    ("seed-curl", curl::run),
    ("seed-node", node::run),
    ("python", python::run),
    ("chromium", chromium::run),
    ("durability", durability::run),
    ("fidelity-xai", fidelity::xai),
    ("fidelity-openai", fidelity::openai),
    ("client-xai", dialects::xai),
    ("client-openai-python", dialects::openai_python),
    ("client-openai-node", dialects::openai_node),
    ("client-webhooks-node", webhooks::node),
    ("client-webhooks-python", webhooks::python),
    ("docs", docs::run),
    ("console-sources", console::sources),
    ("console", console::run),
    ("openapi", openapi::run),
];

/// Settings of the gateways here: pictures may come from loopback, and the suites do not depend
/// on how full the disk is.
const SETTINGS: [(&str, &str); 2] = [
    ("RUSHES_EGRESS__ALLOW", "127.0.0.0/8"),
    ("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "16777216"),
];
