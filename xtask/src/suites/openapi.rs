//! Suite `openapi`: requests that the unmodified schemathesis makes up from the OpenAPI document.
//!
//! Guarantees: whatever address is made up, the gateway is told one on loopback. Limits that would
//! answer most requests are raised.

use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::client::against;
use super::webhooks::{LOOPBACK, key_with_scopes};
use super::{Context, SETTINGS};
use crate::gateway::Gateway;
use crate::outcome::{Checks, Report};
use crate::packages;
use crate::picture_server::PictureServer;

/// How long the program may take in all.
const TIME_LIMIT: Duration = Duration::from_secs(40 * 60);
/// Requests made up for each operation, unless [`EXAMPLES_VARIABLE`] says otherwise.
const EXAMPLES_MAX: &str = "100";
/// A long run asks for 3,000.
const EXAMPLES_VARIABLE: &str = "OPENAPI_EXAMPLES_MAX";

/// Runs it.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    let python = match packages::schemathesis(&context.tools) {
        Ok(python) => python,
        Err(why) => return checks.skip(&why),
    };
    let work = |checks: &mut Checks| -> anyhow::Result<()> {
        let pictures = PictureServer::start().context("no server for pictures")?;
        let mut settings = SETTINGS.to_vec();
        settings.extend([
            ("RUSHES_EGRESS__ALLOW", LOOPBACK),
            ("RUSHES_ACCOUNT__CREATE_BURST", "1000000"),
            ("RUSHES_ACCOUNT__WRITE_BURST", "1000000"),
            ("RUSHES_ACCOUNT__WAITING_MAX", "1000000"),
        ]);
        let gateway = Gateway::start(&context.binary, &settings)?;
        let key = key_with_scopes(&context.binary, &gateway, "read,generate,manage")?;
        let examples_max = std::env::var_os(EXAMPLES_VARIABLE);
        let mut command = Command::new(&python);
        command
            .arg(packages::folder().join("openapi.py"))
            .env("BASE_URL", &gateway.base_url)
            .env("OPERATOR_KEY", key)
            .env("PICTURE_URL", format!("{}/product.png", pictures.base_url()))
            .env("EXAMPLES_MAX", examples_max.unwrap_or_else(|| EXAMPLES_MAX.into()));
        against(gateway, command, TIME_LIMIT, checks)
    };
    if let Err(error) = work(&mut checks) {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}
