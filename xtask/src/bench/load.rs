//! A bounded load: so many connections, each with so many requests.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::http::Connection;

/// What is sent.
#[derive(Debug)]
pub(super) struct Load {
    /// Where to.
    pub(super) address: SocketAddr,
    /// The server's process.
    pub(super) process_id: u32,
    /// Whole requests; each connection starts at another one and goes round.
    pub(super) requests: Vec<Vec<u8>>,
    /// Connections, each on a thread of its own.
    pub(super) connections: usize,
    /// Requests of each connection.
    pub(super) requests_each: usize,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Requests in a second.
    pub(super) per_second: f64,
    /// The server's processor time for a request, in microseconds.
    pub(super) cpu_us: f64,
    /// Half of the requests took at most this, in microseconds.
    pub(super) p50_us: f64,
    /// 99 of 100 requests took at most this, in microseconds.
    pub(super) p99_us: f64,
}

impl Load {
    /// Sends everything once; fails at the first answer that is not 200.
    pub(super) fn run(&self) -> anyhow::Result<Sample> {
        let cpu_before = cpu_seconds(self.process_id)?;
        let started = Instant::now();
        let outcomes: Vec<anyhow::Result<Vec<Duration>>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|number| scope.spawn(move || self.one_connection(number)))
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked")))
            };
            threads.into_iter().map(join).collect()
        });
        let took = started.elapsed().as_secs_f64();
        let cpu = cpu_seconds(self.process_id)? - cpu_before;
        let mut times_us = Vec::new();
        for outcome in outcomes {
            times_us.extend(outcome?.iter().map(|time| time.as_secs_f64() * 1e6));
        }
        times_us.sort_by(f64::total_cmp);
        let count = whole_as_float(times_us.len());
        let at = |share: usize| times_us.get(times_us.len() * share / 100).copied();
        Ok(Sample {
            per_second: count / took,
            cpu_us: cpu * 1e6 / count,
            p50_us: at(50).unwrap_or_default(),
            p99_us: at(99).unwrap_or_default(),
        })
    }

    fn one_connection(&self, number: usize) -> anyhow::Result<Vec<Duration>> {
        let mut connection = Connection::open(self.address)?;
        let mut times = Vec::with_capacity(self.requests_each);
        let from = number * self.requests_each;
        for request in self.requests.iter().cycle().skip(from % self.requests.len()) {
            if times.len() == self.requests_each {
                break;
            }
            let started = Instant::now();
            let status = connection.exchange(request)?;
            times.push(started.elapsed());
            let body = String::from_utf8_lossy(connection.body());
            ensure!(status == 200, "answered with {status}: {body}");
        }
        Ok(times)
    }
}

/// Exact for every count that occurs here.
pub(super) fn whole_as_float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// Processor time of a process so far (fields 14 and 15 of `/proc/<pid>/stat`).
pub(super) fn cpu_seconds(process_id: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process_id}/stat"))
        .context("the server's processor time cannot be read (this needs Linux)")?;
    // The second field is a name in parentheses that may hold spaces.
    let fields = text.rsplit_once(')').context("a broken stat line")?.1;
    let mut numbers = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    let mut next = || anyhow::Ok(f64::from(numbers.next().context("a short stat line")??));
    Ok((next()? + next()?) / ticks_per_second())
}

fn ticks_per_second() -> f64 {
    const USUAL: f64 = 100.0;
    let output = Command::new("getconf").arg("CLK_TCK").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().and_then(|text| text.parse().ok()).unwrap_or(USUAL)
}
