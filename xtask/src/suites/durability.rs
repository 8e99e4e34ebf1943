//! Suite `durability`: durable means fsync. A system-call trace of the gateway shows that what a
//! create is made of, and what a success speaks of, is on the disk before the answer leaves.
//!
//! Guarantees: the order is read from the calls themselves: an fsync counts from its return, an
//! answer from its first byte's call.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::shell::Shell;
use super::trace::{Call, read_calls};
use super::{Context, SETTINGS};
use crate::gateway::{Gateway, Scratch};
use crate::outcome::{Checks, Report};
use crate::tools::{CURL, STRACE};

/// What is recorded: messages in and out, syncs and renames.
const CALLS: &str = "trace=recvfrom,read,sendto,write,writev,sendmsg,fsync,fdatasync,rename,\
                     renameat,renameat2";
/// Bytes of each message that are recorded.
const MESSAGE_BYTES: &str = "400";
/// Time for the tracer to take hold, and to let go.
const TRACER_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the suite.
pub(super) fn run(context: &Context, mut checks: Checks) -> Report {
    for tool in [CURL, STRACE] {
        if let Err(why) = context.tools.get(tool) {
            return checks.skip(&why);
        }
    }
    match record(&context.binary) {
        Ok(calls) => judge(&calls, &mut checks),
        Err(error) => checks.failed("a create was traced to its end", &format!("{error:#}")),
    }
    checks.end()
}

/// Traces one create with a picture, and its way to `SUCCESS`.
fn record(binary: &Path) -> anyhow::Result<Vec<Call>> {
    let scratch = Scratch::new("trace")?;
    let file = scratch.path().join("trace");
    let gateway = Gateway::start(binary, &SETTINGS)?;
    let shell = Shell::new(&gateway.base_url, &gateway.api_key)?;
    let tracer = attach(gateway.process_id(), &file)?;
    let created = create(&shell, &gateway);
    let ended = created.and_then(|id| shell.wait(&id));
    detach(tracer)?;
    ensure!(ended?.get("status").is_some_and(|status| status == "SUCCESS"), "the task failed");
    gateway.stop()?;
    Ok(read_calls(&fs::read_to_string(&file)?))
}

fn create(shell: &Shell, gateway: &Gateway) -> anyhow::Result<String> {
    let picture = STANDARD.encode(crate::picture::png(64, 48, 10));
    let body = serde_json::json!({
        "model": "grok-image-video", "prompt": "a star", "seconds": 1, "resolution": "480p",
        "image_urls": [format!("data:image/png;base64,{picture}")],
    });
    fs::write(shell.folder().join("body.json"), body.to_string())?;
    let text = format!(
        "curl {}/v1/video/generations -H 'Authorization: Bearer {}' \
         -H 'Content-Type: application/json' -d @body.json",
        gateway.base_url, gateway.api_key
    );
    shell.request(&text)?.task_id().map(str::to_owned)
}

/// Attaches the tracer and waits until it holds every thread.
fn attach(process_id: u32, file: &Path) -> anyhow::Result<Child> {
    let child = Command::new("strace")
        .args(["-f", "-y", "-s", MESSAGE_BYTES, "-e", CALLS, "-p"])
        .arg(process_id.to_string())
        .arg("-o")
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("strace cannot be started")?;
    let started = Instant::now();
    while !is_held(process_id)? {
        ensure!(started.elapsed() < TRACER_TIMEOUT, "strace did not take hold of the gateway");
        sleep(LOOK_INTERVAL);
    }
    Ok(child)
}

fn is_held(process_id: u32) -> anyhow::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{process_id}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
        if tracer.is_none_or(|id| id.trim() == "0") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets go of the gateway; the trace is complete afterwards.
fn detach(mut tracer: Child) -> anyhow::Result<()> {
    let asked = Command::new("kill").args(["-INT", &tracer.id().to_string()]).status()?;
    ensure!(asked.success(), "the tracer cannot be asked to stop");
    let started = Instant::now();
    while tracer.try_wait()?.is_none() {
        ensure!(started.elapsed() < TRACER_TIMEOUT, "strace did not let go");
        sleep(LOOK_INTERVAL);
    }
    Ok(())
}

/// What has to be seen next, and how it is known.
type Step<'a> = (&'a str, &'a dyn Fn(&Call) -> bool);

/// Reads the order off the calls.
fn judge(calls: &[Call], checks: &mut Checks) {
    let find = |from: usize, what: &str, is: &dyn Fn(&Call) -> bool| {
        let found = calls.iter().skip(from).position(is).map(|index| index + from);
        found.with_context(|| format!("no {what} after call {from} of {}", calls.len()))
    };
    let steps: &[Step<'_>] = &[
        ("the create is read", &|call| call.reads("POST /v1/video/generations")),
        ("the picture's bytes are synced", &|call| call.syncs("/images/", ".part")),
        ("the picture is renamed", &|call| call.renames("/images/")),
        ("the pictures' folder is synced", &|call| call.syncs_folder("/images")),
        ("the database's log is synced", &|call| call.syncs("rushes.db-wal", "")),
        ("the 200 leaves", &|call| call.answers("\\\"task_id\\\":")),
        ("the video's bytes are synced", &|call| call.syncs("/files/", ".mp4.")),
        ("the video is renamed", &|call| call.renames("/files/")),
        ("the videos' folder is synced", &|call| call.syncs_folder("/files")),
        ("the database's log is synced again", &|call| call.syncs("rushes.db-wal", "")),
        ("the SUCCESS leaves", &|call| call.answers("SUCCESS")),
    ];
    let mut from = 0;
    for (name, is) in steps {
        let found = find(from, name, is);
        let Some(index) = checks.check(name, found) else { return };
        from = index + 1;
    }
    // Not merely after it: nothing of the answer may leave before the log is synced.
    let early = calls.iter().position(|call| call.answers("\\\"task_id\\\":"));
    let synced = calls.iter().position(|call| call.syncs("rushes.db-wal", ""));
    let is_ordered = matches!((synced, early), (Some(synced), Some(early)) if synced < early);
    let outcome = if is_ordered { Ok(()) } else { Err(anyhow::anyhow!("{synced:?} {early:?}")) };
    checks.check("no 200 leaves before the log is synced", outcome);
}
