//! Ten thousand open event streams: what they cost while nothing happens, and how long it takes until
//! the last of them has heard of an end.
//!
//! What the store is asked is the gateway's own count (`rushes_store_reads_total`). A quiet minute
//! without streams comes first, so that what the gateway asks by itself is not laid to them.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::load::{cpu_seconds, whole_as_float};
use super::server::request;
use crate::cargo;
use crate::gateway::Gateway;
use crate::http::Connection;

/// Streams of the task that stands still.
const STREAMS: usize = 10_000;
/// Streams of the task that moves.
const MOVING: usize = 100;
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(60);
/// Comments that each stream hears in that time, at least: one every 15 s.
const COMMENTS_MIN: u64 = 3;
/// Reads of the store that a quiet minute with streams may have more than one without.
const READS_MORE_MAX: u64 = 10;
/// How long the still task may take until it is under way.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// One account has all streams; some connections are left for everything else.
const SETTINGS: [(&str, &str); 4] = [
    ("RUSHES_ACCOUNT__EVENT_STREAMS_MAX", "10100"),
    ("RUSHES_LIMITS__CONNECTIONS_MAX", "10200"),
    ("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "16777216"),
    ("RUSHES_LOG__LEVEL", "warn"),
];
/// It waits for its deadline.
const STILL: &str = r#"{"model":"grok-image-video","prompt":"[[stall]] a fox","seconds":6}"#;
/// A preview that is drawn.
const MOVES: &str =
    r#"{"model":"grok-image-video","prompt":"a fox","seconds":6,"resolution":"480p"}"#;

/// Builds everything, measures, prints the figures.
pub(super) fn run() -> anyhow::Result<()> {
    let packages = ["-p", "rushes-server", "-p", "xtask", "--bins", "--examples"];
    cargo::run(&[["build", "--release"].as_slice(), &packages].concat())?;
    let server = Server::start()?;
    let still = server.create(STILL)?;
    server.wait_until_under_way(&still)?;
    let mut listeners = Listeners::start(server.address, &server.gateway.test_api_key)?;
    println!("\na quiet minute      reads  writes   CPU ms   comments");
    let alone = server.quiet(&mut listeners)?;
    let rss_before = server.rss_kib()?;
    let opening = server.counts()?;
    let opened_us = listeners.open(&still, STREAMS)?;
    let opening = server.counts()?.since(opening);
    let rss_after = server.rss_kib()?;
    let beset = server.quiet(&mut listeners)?;
    print_quiet("without streams", alone);
    print_quiet("with 10,000", beset);
    println!(
        "\n{STREAMS} streams were opened in {:.2} s with {} reads of the store; {:.1} KiB of memory \
         for each ({rss_before} KiB before, {rss_after} after)",
        seconds(opened_us),
        opening.reads,
        (whole(rss_after) - whole(rss_before)) / whole_as_float(STREAMS)
    );
    moving(&server, &mut listeners)?;
    end(&server, &mut listeners, &still)?;
    server.gateway.stop()?;
    let reads_more = beset.counts.reads.saturating_sub(alone.counts.reads);
    ensure!(reads_more <= READS_MORE_MAX, "{reads_more} more reads with streams than without");
    let wanted = COMMENTS_MIN * u64::try_from(STREAMS)?;
    ensure!(beset.comments >= wanted, "{} comments instead of {wanted}", beset.comments);
    Ok(())
}

fn print_quiet(name: &str, quiet: Quiet) {
    let Quiet { counts, cpu_seconds, comments } = quiet;
    let (reads, writes) = (counts.reads, counts.writes);
    println!("{name:<18} {reads:>6} {writes:>7} {:>8.0} {comments:>10}", cpu_seconds * 1e3);
}

/// A preview from its beginning to its end, beside the streams that stand still.
fn moving(server: &Server, listeners: &mut Listeners) -> anyhow::Result<()> {
    let before = server.counts()?;
    let events = listeners.report()?.events;
    let id = server.create(MOVES)?;
    listeners.open(&id, MOVING)?;
    let ended = listeners.wait(&id)?.len();
    ensure!(ended == MOVING, "{ended} of {MOVING} heard the end of the task that moves");
    let (events, counts) = (listeners.report()?.events - events, server.counts()?.since(before));
    let (reads, writes) = (counts.reads, counts.writes);
    println!("a preview with {MOVING} listeners: {events} events, {reads} reads, {writes} writes");
    Ok(())
}

/// Calls off the task that all streams are of.
fn end(server: &Server, listeners: &mut Listeners, id: &str) -> anyhow::Result<()> {
    let before = server.counts()?;
    let asked_us = unix_us();
    server.call("POST", &format!("/v1/video/generations/{id}/cancel"), "{}")?;
    let answered_us = unix_us();
    let ends = listeners.wait(id)?;
    let broken = listeners.report()?.broken;
    ensure!(ends.len() == STREAMS && broken == 0, "{} heard the end, {broken} broke", ends.len());
    let counts = server.counts()?.since(before);
    let at = |share: usize| {
        let end_us = ends.get((ends.len() * share / 100).min(ends.len() - 1));
        let end_us = end_us.copied().unwrap_or_default();
        seconds(end_us.saturating_sub(asked_us)) * 1e3
    };
    println!(
        "an end heard by {STREAMS}: from the request to the first {:.0} ms, to half {:.0}, to 99 % \
         {:.0}, to the last {:.0};\nits own answer came after {:.0} ms; {} reads, {} writes",
        at(0),
        at(50),
        at(99),
        at(100),
        seconds(answered_us - asked_us) * 1e3,
        counts.reads,
        counts.writes
    );
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "two processes compare their moments")]
fn unix_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(microseconds: u64) -> f64 {
    Duration::from_micros(microseconds).as_secs_f64()
}

fn whole(kib: u32) -> f64 {
    f64::from(kib)
}

/// What the store was asked for.
#[derive(Debug, Clone, Copy)]
struct Counts {
    reads: u64,
    writes: u64,
}

impl Counts {
    const fn since(self, before: Self) -> Self {
        Self { reads: self.reads - before.reads, writes: self.writes - before.writes }
    }
}

/// A quiet minute.
#[derive(Debug, Clone, Copy)]
struct Quiet {
    counts: Counts,
    cpu_seconds: f64,
    comments: u64,
}

/// The gateway that is measured.
struct Server {
    gateway: Gateway,
    address: SocketAddr,
    token: String,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let gateway = Gateway::start(&cargo::binary("release")?, &SETTINGS)?;
        let address = gateway.base_url.trim_start_matches("http://").parse()?;
        let note: Value =
            serde_json::from_slice(&fs::read(gateway.data_dir().join("server.json"))?)?;
        let token = note.get("token").and_then(Value::as_str).context("the note has no token")?;
        let token = token.to_owned();
        Ok(Self { gateway, address, token })
    }

    /// A request with the test key; gives the answer. On a connection of its own: one that is kept
    /// would be closed in a quiet minute.
    fn call(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let key = &self.gateway.test_api_key;
        Ok(serde_json::from_slice(&self.send(&request(method, path, key, body))?)?)
    }

    fn send(&self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut connection = Connection::open(self.address)?;
        let status = connection.exchange(request)?;
        let body = connection.body().to_vec();
        ensure!(matches!(status, 200..300), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    fn create(&self, body: &str) -> anyhow::Result<String> {
        let answer = self.call("POST", "/v1/video/generations", body)?;
        let id = answer.get("task_id").and_then(Value::as_str);
        id.map(str::to_owned).context("no task_id")
    }

    fn wait_until_under_way(&self, id: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_TIMEOUT {
            let shown = self.call("GET", &format!("/v1/video/generations/{id}"), "")?;
            if shown.pointer("/data/status").and_then(Value::as_str) == Some("IN_PROGRESS") {
                return Ok(());
            }
            sleep(LOOK_INTERVAL);
        }
        bail!("the task is not under way after {} s", START_TIMEOUT.as_secs())
    }

    /// What the store was asked for so far; the scrape asks a little itself.
    fn counts(&self) -> anyhow::Result<Counts> {
        let text = self.send(&request("GET", "/metrics", &self.token, ""))?;
        let text = String::from_utf8(text)?;
        let value = |name: &str| -> anyhow::Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            Ok(line.with_context(|| format!("no {name} in /metrics"))?.parse()?)
        };
        let reads = value("rushes_store_reads_total")?;
        Ok(Counts { reads, writes: value("rushes_store_writes_total")? })
    }

    fn quiet(&self, listeners: &mut Listeners) -> anyhow::Result<Quiet> {
        let (counts, comments) = (self.counts()?, listeners.report()?.comments);
        let process_id = self.gateway.process_id();
        let cpu_before = cpu_seconds(process_id)?;
        sleep(QUIET);
        Ok(Quiet {
            cpu_seconds: cpu_seconds(process_id)? - cpu_before,
            comments: listeners.report()?.comments - comments,
            counts: self.counts()?.since(counts),
        })
    }

    /// Memory that the gateway has at the moment (Linux).
    fn rss_kib(&self) -> anyhow::Result<u32> {
        let path = format!("/proc/{}/status", self.gateway.process_id());
        let text = fs::read_to_string(path).context("its memory cannot be read")?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let digits = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(digits.parse()?)
    }
}

/// What the listeners have heard so far.
struct Report {
    events: u64,
    comments: u64,
    broken: u64,
}

/// The process that listens (`examples/listeners.rs`).
struct Listeners {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Listeners {
    fn start(address: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let folder = cargo::target_folder()?.join("release").join("examples");
        let mut child = Command::new(folder.join(Path::new("listeners")))
            .args([&address.to_string(), key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the listeners cannot be started")?;
        let commands = child.stdin.take().context("no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Self { child, commands, answers })
    }

    /// Numbers of an answer.
    fn ask(&mut self, command: &str) -> anyhow::Result<Vec<u64>> {
        writeln!(self.commands, "{command}").context("the listeners are gone")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let (_, numbers) = line.trim().split_once(' ').context("the listeners ended")?;
        Ok(numbers.split(' ').map(str::parse).collect::<Result<_, _>>()?)
    }

    /// Opens streams of a task; gives the time until all had an event, in microseconds.
    fn open(&mut self, id: &str, count: usize) -> anyhow::Result<u64> {
        let took = self.ask(&format!("open {id} {count}"))?;
        let broken = self.report()?.broken;
        ensure!(broken == 0, "{broken} streams broke while they were opened");
        took.first().copied().context("no time")
    }

    fn report(&mut self) -> anyhow::Result<Report> {
        match self.ask("report")?.as_slice() {
            &[events, comments, broken] => Ok(Report { events, comments, broken }),
            other => bail!("a report of {} numbers", other.len()),
        }
    }

    /// When each stream of a task heard its end, in microseconds of Unix time.
    fn wait(&mut self, id: &str) -> anyhow::Result<Vec<u64>> {
        self.ask(&format!("await {id}"))
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
