//! A gateway of the tests' own: started on a free loopback port, stopped by its process id.
//!
//! Guarantees: it runs in a new data directory and a new home below cargo's target folder, with
//! nothing of the caller's `RUSHES_…` environment; both folders go when the value is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::canary;

/// Time for a gateway to answer after its start.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Time for a gateway to end after SIGTERM: its grace of 10 s, and some more.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

static NEXT_FOLDER: AtomicU32 = AtomicU32::new(0);

/// A folder that goes with its value.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A new empty folder below cargo's target folder.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let number = NEXT_FOLDER.fetch_add(1, Ordering::Relaxed);
        let folder = format!("{name}-{}-{number}", std::process::id());
        let path = crate::cargo::target_folder()?.join("xtask").join(folder);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the target folder, where `cargo clean` finds it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    scratch: Scratch,
    /// Its base URL.
    pub(crate) base_url: String,
    /// The owner's live key.
    pub(crate) api_key: String,
    /// The owner's test key.
    pub(crate) test_api_key: String,
}

impl Gateway {
    /// Starts the binary and waits until it answers. `settings` are `RUSHES_…` variables.
    pub(crate) fn start(binary: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1:0", binary, settings)
    }

    /// The same at an address that is known before it starts.
    pub(crate) fn start_at(
        listen: &str,
        binary: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let scratch = Scratch::new("gateway")?;
        let mut child = spawn(binary, listen, scratch.path(), settings)?;
        match wait_until_ready(&mut child, &scratch.path().join("data")) {
            Ok((base_url, api_key, test_api_key)) => {
                Ok(Self { child, scratch, base_url, api_key, test_api_key })
            }
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error.context(tail(&scratch.path().join("log"))))
            }
        }
    }

    /// What it prints on standard output at its start; waits until it has printed something.
    pub(crate) fn greeting(&self) -> String {
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(self.scratch.path().join("out")).unwrap_or_default();
            if !text.is_empty() || started.elapsed() > START_TIMEOUT {
                return text;
            }
            sleep(LOOK_INTERVAL);
        }
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> String {
        tail(&self.scratch.path().join("log"))
    }

    /// Its data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// Its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as a service manager would, waits for its end, and looks for secrets in its log.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        let status = self.terminate()?;
        let log = fs::read_to_string(self.scratch.path().join("log")).context("no log to read")?;
        let keys = [&self.api_key, &self.test_api_key];
        let holds_one = |line: &&str| {
            canary::is_leak(line) || keys.iter().any(|key| line.contains(key.as_str()))
        };
        let leaks = log.lines().filter(holds_one).count();
        ensure!(leaks == 0, "{leaks} lines of the gateway's log hold a secret");
        Ok(status)
    }

    fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        let process_id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &process_id]).status();
        ensure!(asked.is_ok_and(|status| status.success()), "`kill -TERM {process_id}` failed");
        let started = Instant::now();
        while started.elapsed() < STOP_TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            sleep(LOOK_INTERVAL);
        }
        bail!("the gateway did not end within {} s of SIGTERM", STOP_TIMEOUT.as_secs())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // After a clean stop both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with `arguments`, a home of its own and none of the caller's settings.
pub(crate) fn command(binary: &Path, home: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| name.starts_with("RUSHES_"));
        if is_ours {
            command.env_remove(name);
        }
    }
    command.env_remove("XDG_DATA_HOME").env("HOME", home).stdin(Stdio::null());
    command
}

fn spawn(
    binary: &Path,
    listen: &str,
    folder: &Path,
    settings: &[(&str, &str)],
) -> anyhow::Result<Child> {
    let home = folder.join("home");
    fs::create_dir_all(&home)?;
    let mut command = command(binary, &home);
    command
        .args(["serve", "--listen", listen, "--data-dir"])
        .arg(folder.join("data"))
        .envs(settings.iter().copied())
        .stdout(File::create(folder.join("out"))?)
        .stderr(File::create(folder.join("log"))?);
    command.spawn().with_context(|| format!("{} cannot be started", binary.display()))
}

fn wait_until_ready(child: &mut Child, data: &Path) -> anyhow::Result<(String, String, String)> {
    let started = Instant::now();
    while started.elapsed() < START_TIMEOUT {
        if let Some(status) = child.try_wait()? {
            bail!("the gateway ended at once ({status})");
        }
        if let (Some(note), Some(keys)) =
            (read_json(&data.join("server.json")), read_json(&data.join("bootstrap.json")))
        {
            let text = |value: &Value, name: &str| {
                let found = value.get(name).and_then(Value::as_str).map(str::to_owned);
                found.with_context(|| format!("\"{name}\" is missing in the data directory's note"))
            };
            return Ok((
                text(&note, "base_url")?,
                text(&keys, "api_key")?,
                text(&keys, "test_api_key")?,
            ));
        }
        sleep(LOOK_INTERVAL);
    }
    bail!("the gateway was not ready within {} s", START_TIMEOUT.as_secs())
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn tail(path: &Path) -> String {
    const LINES_MAX: usize = 20;
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES_MAX);
    format!("the gateway's log ends with:\n{}", lines.get(from..).unwrap_or_default().join("\n"))
}
