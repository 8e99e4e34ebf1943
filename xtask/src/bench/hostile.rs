//! A key without money that sends the largest pictures it can: what everyone else notices of it.
//!
//! The balance is looked at before pictures are decoded, so that such orders cost their reading and
//! parsing and nothing more. Measured are polls of another key, alone and during the attack.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};

use super::load::{Load, Sample};
use super::median;
use super::server::{prepare, request};
use crate::cargo;
use crate::gateway::Gateway;
use crate::http::Connection;
use crate::picture;

/// Times that both are measured, in turns.
const ROUNDS: usize = 5;
/// Connections that attack.
const ATTACKERS: usize = 8;
/// Connections that poll, and the polls of each.
const POLLERS: usize = 2;
const POLLS_EACH: usize = 1_000;
/// Pictures of an order.
const PICTURES: usize = 7;
/// Longest that the polls of others may take during the attack, at the 99th percentile.
const P99_US_MAX: f64 = 50_000.0;
/// Size of a picture: 39.4 megapixels, of the 40 that are allowed.
const WIDTH: u32 = 7_300;
const HEIGHT: u32 = 5_400;
/// The owner has no money; its live key attacks, its test key polls.
const SETTINGS: [(&str, &str); 5] = [
    ("RUSHES_ACCOUNT__FIRST_CREDIT", "0"),
    ("RUSHES_ACCOUNT__CREATE_BURST", "1000000"),
    ("RUSHES_ACCOUNT__CREATE_PER_SECOND", "1000000"),
    ("RUSHES_LIMITS__STORAGE_FREE_BYTES_MIN", "16777216"),
    ("RUSHES_LOG__LEVEL", "warn"),
];
/// What is polled: it waits for its deadline.
const STALLED: &str = r#"{"model":"grok-image-video","prompt":"[[stall]] a fox","seconds":6}"#;

/// Builds the gateway, measures, prints the table.
pub(super) fn run() -> anyhow::Result<()> {
    cargo::run(&["build", "--release", "-p", "rushes-server", "--bins"])?;
    let gateway = Gateway::start(&cargo::binary("release")?, &SETTINGS)?;
    let address: SocketAddr = gateway.base_url.trim_start_matches("http://").parse()?;
    let create = request("POST", "/v1/video/generations", &gateway.test_api_key, STALLED);
    let (polls, _, _) = prepare(address, &create, &gateway.test_api_key)?;
    let picture = format!("\"{}\"", picture::black_data_url(WIDTH, HEIGHT));
    let pictures = vec![picture; PICTURES].join(",");
    let body = format!(r#"{{"model":"grok-image-video","prompt":"x","image_urls":[{pictures}]}}"#);
    let attack = request("POST", "/v1/video/generations", &gateway.api_key, &body);
    let load = Load {
        address,
        process_id: gateway.process_id(),
        requests: polls,
        connections: POLLERS,
        requests_each: POLLS_EACH,
    };
    let (mut quiet, mut attacked) = (Vec::new(), Vec::new());
    let refused = AtomicUsize::new(0);
    for _ in 0..ROUNDS {
        quiet.push(load.run()?);
        attacked.push(under_attack(&load, &attack, &refused)?);
    }
    println!(
        "\n{POLLERS} connections that poll, median of {ROUNDS} rounds; {ATTACKERS} connections of \
         a penniless key that send\norders with {PICTURES} pictures of 39 megapixels, {} KiB each; \
         {} of them were refused\n\npolls                p50 µs     p99 µs",
        attack.len() / 1024,
        refused.load(Ordering::Relaxed),
    );
    for (name, samples) in [("alone", &quiet), ("during the attack", &attacked)] {
        let pick = |of: fn(&Sample) -> f64| median(samples.iter().map(of).collect());
        println!("{name:<18} {:>8.0} {:>10.0}", pick(|it| it.p50_us), pick(|it| it.p99_us));
    }
    gateway.stop()?;
    let p99_us = median(attacked.iter().map(|it| it.p99_us).collect());
    ensure!(p99_us < P99_US_MAX, "polls of others took {p99_us:.0} µs, over {P99_US_MAX:.0}");
    Ok(())
}

fn under_attack(load: &Load, attack: &[u8], refused: &AtomicUsize) -> anyhow::Result<Sample> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..ATTACKERS)
            .map(|_| scope.spawn(|| attacker(load.address, attack, &is_over, refused)))
            .collect();
        let sample = load.run();
        is_over.store(true, Ordering::Relaxed);
        for attacker in attackers {
            attacker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        sample
    })
}

fn attacker(
    address: SocketAddr,
    attack: &[u8],
    is_over: &AtomicBool,
    refused: &AtomicUsize,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(address)?;
    while !is_over.load(Ordering::Relaxed) {
        let status = connection.exchange(attack).context("an order broke off")?;
        let body = String::from_utf8_lossy(connection.body());
        // 429: too many of its bodies at once, which is a refusal too.
        ensure!(matches!(status, 403 | 429), "answered with {status}: {body}");
        refused.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
