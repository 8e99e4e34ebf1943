//! The real binary as a process: started in a directory, killed or stopped by its process id.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rushes_server::data_dir::read_note;
use serde_json::Value;

use super::{DEADLINE, eventually};

/// A `rushes serve` of our own.
pub(crate) struct Binary {
    child: Child,
    /// Where it answers.
    pub(crate) base_url: String,
    /// The owner's live key.
    pub(crate) api_key: String,
    /// The owner's test key.
    pub(crate) test_api_key: String,
}

/// A command with nothing of this process's environment but what it names.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rushes"));
    command.env_clear().env("HOME", folder).env("RUSHES_LOG__LEVEL", "warn");
    command
}

/// The data directory below a test's folder.
pub(crate) fn data_dir(folder: &Path) -> PathBuf {
    folder.join("data")
}

impl Binary {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_logging_to(folder, environment, Stdio::inherit()).await
    }

    /// Starts it with its log going elsewhere, and waits until it is ready.
    pub(crate) async fn start_logging_to(
        folder: &Path,
        environment: &[(&str, &str)],
        log: Stdio,
    ) -> Self {
        let data_dir = data_dir(folder);
        let mut command = command(folder);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&data_dir)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut child = command.spawn().expect("the binary starts");
        let pid = child.id();
        let client = client();
        let base_url = eventually("the gateway is ready", async || {
            let ended = child.try_wait().expect("the child can be asked");
            assert!(ended.is_none(), "the gateway ended early: {ended:?}");
            let note = read_note(&data_dir).filter(|note| note.pid == pid)?;
            let ready = client.get(format!("{}/readyz", note.base_url)).send().await.ok()?;
            ready.status().is_success().then_some(note.base_url)
        })
        .await;
        let text = std::fs::read(data_dir.join("bootstrap.json")).expect("bootstrap.json");
        let known: Value = serde_json::from_slice(&text).expect("JSON");
        let key = |name: &str| known[name].as_str().expect("a key").to_owned();
        Self { child, base_url, api_key: key("api_key"), test_api_key: key("test_api_key") }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and wait for the end.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    /// SIGTERM, and wait for the end.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success());
        let started = Instant::now();
        let status = eventually("the gateway stops", async || {
            self.child.try_wait().expect("the child can be asked")
        })
        .await;
        assert!(started.elapsed() < DEADLINE);
        status
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // After `kill` and `terminate` there is nobody left to end; errors say just that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that uses no proxy.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().expect("a client")
}
