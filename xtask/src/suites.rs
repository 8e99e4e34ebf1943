//! Suites that use the running program from outside, as its clients do.
//!
//! Guarantees: each starts a gateway of its own and sends nothing to any address but loopback.

mod chromium;
mod client;
mod curl;
mod durability;
mod node;
mod python;
mod shell;
mod stranger;
mod trace;

use std::path::PathBuf;

use crate::outcome::{Checks, Report};
use crate::tools::Tools;

/// What every suite is given.
#[derive(Debug)]
pub(crate) struct Context {
    /// The gateway's binary.
    pub(crate) binary: PathBuf,
    /// Where other programs come from.
    pub(crate) tools: Tools,
}

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
];

/// Settings of the gateways here: pictures may come from loopback, and the suites do not depend
/// on how full the disk is.
const SETTINGS: [(&str, &str); 2] = [
    ("RUSHES_EGRESS__ALLOW", "127.0.0.0/8"),
    ("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "16777216"),
];
