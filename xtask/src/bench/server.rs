//! Polls and creates, against a bare axum server that answers with the same number of bytes.
//!
//! The bare server does nothing: no key, no store, no disk. The ratio says what the gateway's
//! work costs on top of the framework's.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::load::{Load, Sample};
use super::median;
use crate::cargo;
use crate::gateway::Gateway;
use crate::http::Connection;

/// Times that each measurement is made, both servers in turns.
const ROUNDS: usize = 5;
/// Connections at the same time.
const CONNECTIONS: usize = 16;
/// Polls of one connection in a round.
const POLLS_EACH: usize = 2_000;
/// Creates of one connection in a round.
const CREATES_EACH: usize = 150;
/// Different tasks that are polled.
const TASKS: usize = 64;
/// Nothing of this is rendered: the test key's prompt lets a task wait for its deadline.
const CREATE: &str = r#"{"model":"grok-image-video","prompt":"[[stall]] a red sports car driving through rainy neon streets at night","seconds":6,"aspect_ratio":"16:9","resolution":"720p"}"#;
/// Limits that a load from one account would run into.
const SETTINGS: [(&str, &str); 5] = [
    ("RUSHES_ACCOUNT__CREATE_BURST", "1000000"),
    ("RUSHES_ACCOUNT__CREATE_PER_SECOND", "1000000"),
    ("RUSHES_ACCOUNT__WAITING_MAX", "1000000"),
    ("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "16777216"),
    ("RUSHES_LOG__LEVEL", "warn"),
];

/// The framework alone, as a process of its own.
struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    fn start(binary: PathBuf, poll_bytes: usize, create_bytes: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(binary)
            .args([poll_bytes.to_string(), create_bytes.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .context("the bare server cannot be started")?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(anyhow::Error::from(error).context("the bare server printed no address"))
            }
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds both servers, measures them in turns, prints the table.
pub(super) fn run() -> anyhow::Result<()> {
    cargo::run(&[
        "build",
        "--release",
        "-p",
        "rushes-server",
        "-p",
        "xtask",
        "--bins",
        "--examples",
    ])?;
    let example = cargo::target_folder()?.join("release").join("examples").join("bare_axum");
    let gateway = Gateway::start(&cargo::binary("release")?, &SETTINGS)?;
    let address = gateway.base_url.trim_start_matches("http://").parse()?;
    let key = &gateway.test_api_key;
    let create = request("POST", "/v1/video/generations", key, CREATE);
    let (polls, create_bytes, poll_bytes) = prepare(address, &create, key)?;
    let bare = Bare::start(example, poll_bytes, create_bytes)?;
    let load = |(address, process_id), requests: &[Vec<u8>], requests_each| Load {
        address,
        process_id,
        requests: requests.to_vec(),
        connections: CONNECTIONS,
        requests_each,
    };
    let (ours, theirs) = ((address, gateway.process_id()), (bare.address, bare.child.id()));
    println!(
        "\n{CONNECTIONS} connections, median of {ROUNDS} rounds, both servers in turns\n\n\
         request  server      per second    CPU µs     p50 µs     p99 µs"
    );
    for (name, requests, each) in [
        ("poll", polls.as_slice(), POLLS_EACH),
        ("create", std::slice::from_ref(&create), CREATES_EACH),
    ] {
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            own.push(load(ours, requests, each).run().context("rushes")?);
            other.push(load(theirs, requests, each).run().context("bare axum")?);
        }
        print_rows(name, &own, &other);
    }
    gateway.stop().map(|_| ())
}

/// Makes the tasks to poll; returns the polls, and the sizes of both answers in bytes.
pub(super) fn prepare(
    address: SocketAddr,
    create: &[u8],
    key: &str,
) -> anyhow::Result<(Vec<Vec<u8>>, usize, usize)> {
    let mut connection = Connection::open(address)?;
    let (mut polls, mut create_bytes, mut poll_bytes) = (Vec::new(), 0, 0);
    for _ in 0..TASKS {
        let status = connection.exchange(create)?;
        let body = String::from_utf8_lossy(connection.body()).into_owned();
        ensure!(status == 200, "a create was answered with {status}: {body}");
        create_bytes = body.len();
        let answer: Value = serde_json::from_str(&body)?;
        let id = answer.get("task_id").and_then(Value::as_str).context("no task_id")?;
        let poll = request("GET", &format!("/v1/video/generations/{id}"), key, "");
        ensure!(connection.exchange(&poll)? == 200, "a poll was refused");
        poll_bytes = connection.body().len();
        polls.push(poll);
    }
    Ok((polls, create_bytes, poll_bytes))
}

pub(super) fn request(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn print_rows(name: &str, own: &[Sample], other: &[Sample]) {
    let pick =
        |samples: &[Sample], of: fn(&Sample) -> f64| median(samples.iter().map(of).collect());
    let columns: [fn(&Sample) -> f64; 4] =
        [|it| it.per_second, |it| it.cpu_us, |it| it.p50_us, |it| it.p99_us];
    for (server, samples) in [("rushes", own), ("bare axum", other)] {
        let [rate, cpu, half, most] = columns.map(|of| pick(samples, of));
        println!("{name:<8} {server:<10} {rate:>11.0} {cpu:>9.1} {half:>10.0} {most:>10.0}");
    }
    let [rate, cpu, half, most] = columns.map(|of| pick(own, of) / pick(other, of));
    println!("{name:<8} {:<10} {rate:>11.2} {cpu:>9.2} {half:>10.2} {most:>10.2}", "ratio");
}
