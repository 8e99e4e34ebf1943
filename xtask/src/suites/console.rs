//! Suites `console-sources` and `console`: the web console's files looked at, and the console used in
//! a browser, with real data; and the photographs of its pages.
//!
//! Guarantees: what is used is what ships: the gateway's own program with the files embedded (`--binary` takes a
//! release build), a real browser, a real upstream process for channels. A request to any other host, a violation of the
//! content security policy and an error on the browser's console are failures.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::client::{TIME_LIMIT, against, count};
use super::{Context, SETTINGS};
use crate::gateway::{Gateway, Scratch};
use crate::outcome::{Checks, Report};
use crate::tools::{CHINESE_FONT, CHROMIUM, Tools};
use crate::upstream::{self, Upstream};
use crate::{cargo, packages};

/// The name by which the browser reaches the second gateway, over plain http.
const HOST_NAME: &str = "rushes.test";

/// The catalogues, the libraries, the markup and the types; no browser is needed.
pub(super) fn sources(context: &Context, mut checks: Checks) -> Report {
    let (node, place) = match packages::node(&context.tools) {
        Ok(found) => found,
        Err(why) => return checks.skip(&why),
    };
    let outcome = openapi(&context.binary, &place).and_then(|document| {
        let mut command = Command::new(node);
        command
            .arg(place.join("console").join("sources.mjs"))
            .arg(cargo::root().join("console"))
            .arg(document)
            .current_dir(&place);
        count(command, TIME_LIMIT, &mut checks)
    });
    if let Err(error) = outcome {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

/// A gateway's OpenAPI document, in a file of that folder.
fn openapi(binary: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let told = Command::new(binary).arg("openapi").output()?;
    anyhow::ensure!(told.status.success(), "`rushes openapi` failed");
    let path = folder.join("openapi.json");
    std::fs::write(&path, told.stdout)?;
    Ok(path)
}

/// The console in a browser.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    let needs = match Needs::find(&context.tools) {
        Ok(needs) => needs,
        Err(why) => return checks.skip(&why),
    };
    let outcome = embedding(context.given_binary.as_deref())
        .and_then(|binary| work(&binary, &mut checks, &needs, "console.mjs", &[]));
    if let Err(error) = outcome {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

/// Photographs every page of the console into a folder; true if all could be.
pub(crate) fn screenshots(folder: Option<&str>) -> bool {
    let mut checks = Checks::begin("screenshots");
    if let Err(error) = photograph(folder, &mut checks) {
        checks.failed("the pages were photographed", &format!("{error:#}"));
    }
    checks.end().counts.failed == 0
}

fn photograph(folder: Option<&str>, checks: &mut Checks) -> anyhow::Result<()> {
    let folder = match folder {
        Some(folder) => PathBuf::from(folder),
        None => cargo::target_folder()?.join("screenshots"),
    };
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let binary = embedding(None)?;
    let tools = Tools::new(false);
    let needs = Needs::find(&tools).map_err(anyhow::Error::msg)?;
    if let Err(why) = tools.get(CHINESE_FONT) {
        println!("   Chinese may be shown as boxes: {why}");
    }
    work(&binary, checks, &needs, "shots.mjs", &[("PICTURES", &folder)])?;
    println!("the photographs are in {}", folder.display());
    Ok(())
}

/// A build with the console's files in it, as a release has them. Not a release: that would build every
/// dependency a second time.
fn embedding(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(binary) = given {
        return Ok(binary.to_owned());
    }
    cargo::run(&[
        "build",
        "--package",
        "rushes-server",
        "--bin",
        "rushes",
        "--features",
        "embed-console",
        "--quiet",
    ])?;
    cargo::binary("debug")
}

/// What the programs need to run.
struct Needs {
    browser: PathBuf,
    node: PathBuf,
    /// The folder with Node's packages, and our programs below it.
    packages: PathBuf,
}

impl Needs {
    fn find(tools: &Tools) -> Result<Self, String> {
        let browser = tools.get(CHROMIUM)?;
        let (node, packages) = packages::node(tools)?;
        Ok(Self { browser, node, packages })
    }
}

fn work(
    binary: &Path,
    checks: &mut Checks,
    needs: &Needs,
    program: &str,
    more: &[(&str, &Path)],
) -> anyhow::Result<()> {
    let upstream = Upstream::start()?;
    let (named, named_url) = named_gateway(binary)?;
    let gateway = Gateway::start(binary, &SETTINGS)?;
    let profile = Scratch::new("console-browser")?;
    let mut command = Command::new(&needs.node);
    command
        .arg(needs.packages.join("console").join(program))
        .current_dir(profile.path())
        .env("BROWSER", &needs.browser)
        .env("BASE_URL", &gateway.base_url)
        .env("API_KEY", &gateway.api_key)
        .env("DATA_DIR", gateway.data_dir())
        .env("NAMED_URL", named_url)
        .env("NAMED_DATA_DIR", named.data_dir())
        .env("NAMED_HOST", HOST_NAME)
        .env("UPSTREAM_URL", &upstream.base_url)
        .env("UPSTREAM_KEY", upstream::API_KEY)
        .envs(more.iter().copied());
    let outcome = against(gateway, command, TIME_LIMIT, checks);
    checks.check("the second gateway stops cleanly", named.stop().map(drop));
    outcome
}

/// A gateway that people reach over plain http by a name that is not their own machine's.
fn named_gateway(binary: &Path) -> anyhow::Result<(Gateway, String)> {
    // Its address has to be known before it starts, to stand in its public URL.
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    let address = listener.local_addr()?;
    drop(listener);
    let public_url = format!("http://{HOST_NAME}:{}", address.port());
    let mut settings = SETTINGS.to_vec();
    settings.push(("RUSHES_PUBLIC_URL", &public_url));
    let gateway = Gateway::start_at(&address.to_string(), binary, &settings)?;
    Ok((gateway, public_url))
}
