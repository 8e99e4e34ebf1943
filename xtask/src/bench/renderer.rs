//! The preview renderer: seconds of film for a second of time, mode by mode, all cores.
//!
//! Measured as whole runs of the crate's example program, its start included.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::median;
use crate::cargo;
use crate::gateway::Scratch;
use crate::picture::png;

/// Times that each film is made.
const ROUNDS: usize = 3;
/// Length of each film, in seconds.
const SECONDS: u32 = 6;
/// The texts show every scene; pictures are added for the other modes.
const FILMS: [(&str, &str, usize); 10] = [
    ("text, city", "a red sports car in neon rain 雨夜霓虹", 0),
    ("text, mountains", "snow on quiet mountains at dawn", 0),
    ("text, cosmos", "a spiral galaxy 星空", 0),
    ("text, ocean", "a lighthouse in a storm at sea", 0),
    ("text, forest", "a stream in a misty forest", 0),
    ("text, desert", "a caravan in the desert at dusk", 0),
    ("text, reef", "fish over a coral reef, sun rays", 0),
    ("text, silk", "a feeling of joy", 0),
    ("one image", "slow dolly in", 1),
    ("three images", "a smooth product showcase", 3),
];
const SIZES: [(&str, u32, u32); 2] = [("720p", 1280, 720), ("480p", 854, 480)];

/// Builds the example, makes every film, prints the table.
pub(super) fn run() -> anyhow::Result<()> {
    cargo::run(&["build", "--release", "-p", "rushes-render", "--example", "film"])?;
    let program = cargo::target_folder()?.join("release").join("examples").join("film");
    let scratch = Scratch::new("films")?;
    let mut pictures = Vec::new();
    for number in 0..3_u8 {
        let path = scratch.path().join(format!("{number}.png"));
        std::fs::write(&path, png(1600, 1200, number.wrapping_mul(90)))?;
        pictures.push(path);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    println!(
        "\nfilms of {SECONDS} s at 24 frames a second, {threads} threads, median of {ROUNDS}\n\n\
         mode             size      seconds   × real time    KiB/s  MiB at most"
    );
    for (mode, prompt, count) in FILMS {
        for (size, width, height) in SIZES {
            let out = scratch.path().join("film.mp4");
            let (mut times, mut peak) = (Vec::new(), 0);
            for _ in 0..ROUNDS {
                let numbers = [width, height, SECONDS].map(|number| number.to_string());
                let mut command = Command::new(&program);
                command.arg(&out).args(numbers).args([&threads, prompt]);
                command.args(pictures.iter().take(count));
                let started = Instant::now();
                let done = command.stderr(Stdio::null()).output().context("no film program")?;
                ensure!(done.status.success(), "{mode}: {}", done.status);
                times.push(started.elapsed().as_secs_f64());
                let told = String::from_utf8_lossy(&done.stdout).trim().parse().unwrap_or(0);
                peak = peak.max(told);
            }
            let took = median(times);
            let bytes = u32::try_from(std::fs::metadata(&out)?.len())?;
            let rate = f64::from(bytes) / 1024.0 / f64::from(SECONDS);
            let speed = f64::from(SECONDS) / took;
            println!("{mode:<16} {size:<6} {took:>10.2} {speed:>13.2} {rate:>8.0} {peak:>12}");
        }
    }
    Ok(())
}
