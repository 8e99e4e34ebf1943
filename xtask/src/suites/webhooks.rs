//! Suites `client-webhooks-node` and `client-webhooks-python`: the unmodified `standardwebhooks` and
//! `openai` as receivers of the gateway's webhooks.
//!
//! Guarantees: the receiver is a program of its own that speaks https on loopback, and the gateway
//! trusts its certificate because of its environment alone, as it would trust a company's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::against;
use super::{Context, SETTINGS};
use crate::gateway::{Gateway, Scratch, command};
use crate::outcome::{Checks, Report};
use crate::{cargo, packages};

/// How long a program may take: one video of a second, and one repetition after five.
const TIME_LIMIT: Duration = Duration::from_secs(10 * 60);
/// The receiver is called as `localhost`, which may mean either of these.
pub(super) const LOOPBACK: &str = "127.0.0.0/8,::1/128";
/// Characters in a line of a PEM file (RFC 7468).
const PEM_LINE_CHARS: usize = 64;

/// `standardwebhooks` and `openai` for Node.js.
pub(super) fn node(context: &Context, checks: Checks) -> Report {
    match packages::node(&context.tools) {
        Ok((node, place)) => run(context, checks, &node, &place.join("webhooks.mjs")),
        Err(why) => checks.skip(&why),
    }
}

/// `standardwebhooks` and `openai` for Python.
pub(super) fn python(context: &Context, checks: Checks) -> Report {
    let program = packages::folder().join("webhooks.py");
    match packages::python(&context.tools) {
        Ok(python) => run(context, checks, &python, &program),
        Err(why) => checks.skip(&why),
    }
}

fn run(context: &Context, mut checks: Checks, interpreter: &Path, program: &Path) -> Report {
    if cfg!(target_vendor = "apple") {
        return checks
            .skip("Apple's verifier refuses certificates that live as long as the tests'");
    }
    if let Err(error) = work(context, &mut checks, interpreter, program) {
        checks.failed("the program ran to its end", &format!("{error:#}"));
    }
    checks.end()
}

fn work(
    context: &Context,
    checks: &mut Checks,
    interpreter: &Path,
    program: &Path,
) -> anyhow::Result<()> {
    let files = Certificates::write()?;
    let authority = files.authority.to_str().context("the target folder's name is no text")?;
    let mut settings = SETTINGS.to_vec();
    settings.extend([("RUSHES_EGRESS__ALLOW", LOOPBACK), ("SSL_CERT_FILE", authority)]);
    let gateway = Gateway::start(&context.binary, &settings)?;
    let mut program_command = Command::new(interpreter);
    program_command
        .arg(program)
        .env("BASE_URL", &gateway.base_url)
        .env("MANAGER_KEY", manager_key(&context.binary, &gateway)?)
        .env("TEST_API_KEY", &gateway.test_api_key)
        .env("RECEIVER_CERTIFICATE", &files.server)
        .env("RECEIVER_KEY", &files.key);
    against(gateway, program_command, TIME_LIMIT, checks)
}

/// A key that may manage webhooks.
pub(super) fn manager_key(binary: &Path, gateway: &Gateway) -> anyhow::Result<String> {
    key_with_scopes(binary, gateway, "read,manage")
}

/// A key of the owner's, made as an operator makes one.
pub(super) fn key_with_scopes(
    binary: &Path,
    gateway: &Gateway,
    scopes: &str,
) -> anyhow::Result<String> {
    let home = Scratch::new("keys")?;
    let output = command(binary, home.path())
        .args(["keys", "create", "--name", "receiver", "--scopes", scopes, "--data-dir"])
        .arg(gateway.data_dir())
        .output()
        .context("the binary cannot be started")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "no key: {}", errors.trim());
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The tests' authority, and the certificate and key of a server it knows, as PEM files.
pub(super) struct Certificates {
    /// What the gateway is to trust.
    pub(super) authority: PathBuf,
    /// The server's own.
    pub(super) server: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
    _scratch: Scratch,
}

impl Certificates {
    /// Writes them to a folder that goes with the value.
    pub(super) fn write() -> anyhow::Result<Self> {
        let scratch = Scratch::new("certificates")?;
        let write = |name: &str, label: &str| -> anyhow::Result<PathBuf> {
            let from = cargo::root().join("crates/server/tests/it/support/tls").join(name);
            let bytes = fs::read(&from).with_context(|| format!("{}", from.display()))?;
            let path = scratch.path().join(name).with_extension("pem");
            fs::write(&path, pem(label, &bytes))?;
            Ok(path)
        };
        Ok(Self {
            authority: write("authority.der", "CERTIFICATE")?,
            server: write("server.der", "CERTIFICATE")?,
            key: write("server.key.der", "PRIVATE KEY")?,
            _scratch: scratch,
        })
    }
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(PEM_LINE_CHARS) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
