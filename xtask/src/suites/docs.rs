//! Suite `docs`: the documentation that the gateway serves, clicked through in a browser, and every
//! example on it taken out of the page and run.
//!
//! Guarantees: an example runs as a reader would copy it, in its own process, with nothing but the
//! variables that its page names; what it leads to is looked at. Webhooks are delivered by the
//! gateway itself, over https. Not here: packages and their versions (`packages`).

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use super::client::{TIME_LIMIT, against, folder};
use super::webhooks::{Certificates, LOOPBACK, manager_key};
use super::{Context, SETTINGS};
use crate::gateway::{Gateway, Scratch};
use crate::outcome::{Checks, Report};
use crate::packages;
use crate::picture_server::PictureServer;
use crate::tools::{CHROMIUM, CURL, JQ};

/// What the program needs to run.
struct Needs {
    browser: PathBuf,
    node: PathBuf,
    /// The folder with Node's packages.
    packages: PathBuf,
    python: PathBuf,
}

impl Needs {
    fn find(context: &Context) -> Result<Self, String> {
        // Examples call these by their names.
        context.tools.get(CURL)?;
        context.tools.get(JQ)?;
        let browser = context.tools.get(CHROMIUM)?;
        let (node, packages) = packages::node(&context.tools)?;
        let python = packages::python(&context.tools)?;
        Ok(Self { browser, node, packages, python })
    }
}

/// Runs the suite.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    let needs = match Needs::find(context) {
        Ok(needs) => needs,
        Err(why) => return checks.skip(&why),
    };
    if let Err(error) = work(context, &mut checks, &needs) {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

fn work(context: &Context, checks: &mut Checks, needs: &Needs) -> anyhow::Result<()> {
    let pictures = PictureServer::start().context("no server for pictures")?;
    let certificates = Certificates::write()?;
    let authority = certificates.authority.to_str().context("the target folder is no text")?;
    let mut settings = SETTINGS.to_vec();
    settings.extend([("RUSHES_EGRESS__ALLOW", LOOPBACK), ("SSL_CERT_FILE", authority)]);
    let gateway = Gateway::start(&context.binary, &settings)?;
    let (profile, place) = (Scratch::new("docs-browser")?, Scratch::new("docs-examples")?);
    let mut command = Command::new(&needs.node);
    command
        .arg(folder().join("docs/docs.mjs"))
        .args([&needs.browser, profile.path(), place.path()])
        .env("BASE_URL", &gateway.base_url)
        .env("API_KEY", &gateway.test_api_key)
        .env("MANAGER_KEY", manager_key(&context.binary, &gateway)?)
        .env("IMAGE_BASE_URL", pictures.base_url())
        .env("RECEIVER_CERTIFICATE", &certificates.server)
        .env("RECEIVER_KEY", &certificates.key)
        .env("PACKAGES", &needs.packages)
        .env("PYTHON", &needs.python);
    against(gateway, command, TIME_LIMIT, checks)
}
