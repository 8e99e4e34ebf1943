//! Runs shell text with the real `curl` in it, and waits for tasks with it.
//!
//! Guarantees: the text itself is not changed for the sake of the test: what curl is to tell
//! besides (the HTTP status) comes from a `.curlrc` in a folder of the test's own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::gateway::Scratch;

/// Longest time from a create to the task's end.
const TASK_TIMEOUT: Duration = Duration::from_secs(300);
/// Between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Silent but for errors; the status on a line of its own after the body.
const CURL_SETTINGS: &str = "silent\nshow-error\nmax-time = 60\nwrite-out = \"\\n%{http_code}\"\n";

/// A folder in which shell text runs.
#[derive(Debug)]
pub(super) struct Shell {
    folder: Scratch,
    base_url: String,
    api_key: String,
}

/// What a request was answered with.
#[derive(Debug)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Value,
}

impl Shell {
    /// A shell for one gateway.
    pub(super) fn new(base_url: &str, api_key: &str) -> anyhow::Result<Self> {
        let folder = Scratch::new("shell")?;
        fs::write(folder.path().join(".curlrc"), CURL_SETTINGS)?;
        Ok(Self { folder, base_url: base_url.to_owned(), api_key: api_key.to_owned() })
    }

    /// Where the text runs.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs text that is one curl command, and reads the answer.
    pub(super) fn request(&self, text: &str) -> anyhow::Result<Answer> {
        let printed = self.run(text, &[])?;
        let (body, status) = printed.trim_end().rsplit_once('\n').context("curl said nothing")?;
        let body = serde_json::from_str(body)
            .with_context(|| format!("the answer is no JSON: {}", shorten(body)))?;
        Ok(Answer { status: status.parse().context("curl printed no status")?, body })
    }

    /// Runs any text; returns its standard output.
    pub(super) fn run(&self, text: &str, variables: &[(&str, &str)]) -> anyhow::Result<String> {
        let output = Command::new("sh")
            .args(["-c", text])
            .current_dir(self.folder())
            .env("CURL_HOME", self.folder())
            .env("HOME", self.folder())
            .env("NO_PROXY", "*")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .context("sh cannot be started")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}", output.status, shorten(&errors));
        String::from_utf8(output.stdout).context("the output is no UTF-8")
    }

    /// Polls with curl until the task has ended; returns its `data`.
    pub(super) fn wait(&self, task_id: &str) -> anyhow::Result<Value> {
        let Self { base_url, api_key, .. } = self;
        let text = format!(
            "curl -X GET \"{base_url}/v1/video/generations/{task_id}\" \
             -H \"Authorization: Bearer {api_key}\""
        );
        let started = Instant::now();
        while started.elapsed() < TASK_TIMEOUT {
            let answer = self.request(&text)?;
            ensure!(answer.status == 200, "a poll was answered with {}", answer.status);
            let data = answer.body.get("data").cloned().unwrap_or_default();
            match word(&data, "status") {
                "SUCCESS" | "FAILURE" => return Ok(data),
                "NOT_START" | "QUEUED" | "SUBMITTED" | "IN_PROGRESS" => sleep(POLL_INTERVAL),
                other => bail!("an unknown status: \"{other}\""),
            }
        }
        bail!("{task_id} did not end within {} s", TASK_TIMEOUT.as_secs())
    }

    /// Waits for the task, downloads its video as the document does, and looks at it.
    pub(super) fn video(&self, task_id: &str) -> anyhow::Result<crate::mp4::Movie> {
        let data = self.wait(task_id)?;
        ensure!(word(&data, "status") == "SUCCESS", "failed: {}", word(&data, "fail_reason"));
        let url = word(&data, "result_url");
        self.run(&super::curl::script("8-download.sh")?, &[("result_url", url)])?;
        let is_video = |path: &Path| path.extension().is_some_and(|ending| ending == "mp4");
        let mut found = None;
        for entry in fs::read_dir(self.folder())? {
            let path = entry?.path();
            if is_video(&path) {
                found = Some(fs::read(&path)?);
                fs::remove_file(path)?;
            }
        }
        crate::mp4::read(&found.context("no file was downloaded")?)
    }
}

impl Answer {
    /// The id of the task that was made, as the document reads it.
    pub(super) fn task_id(&self) -> anyhow::Result<&str> {
        let Self { status, body } = self;
        ensure!(*status == 200, "answered with {status}: {}", shorten(&body.to_string()));
        let id = [word(body, "task_id"), word(body, "id")].into_iter().find(|id| !id.is_empty());
        id.context("neither task_id nor id is there")
    }
}

/// A string field; empty if it is missing or no string.
pub(super) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn shorten(text: &str) -> String {
    text.chars().take(400).collect()
}
