//! `cargo xtask bench`: measurements with release builds, printed as tables.
//!
//! Guarantees: everything runs on this machine; loops are bounded in count; what is compared is
//! measured in the same run, in turns, and medians are shown.

mod hostile;
mod load;
mod renderer;
mod server;

use anyhow::Context as _;

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    http: bool,
    hostile: bool,
    renderer: bool,
}

impl Options {
    /// Reads the words after `bench`; none of them means everything.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut options =
            Self { http: words.is_empty(), hostile: words.is_empty(), renderer: words.is_empty() };
        for word in words {
            match *word {
                "--http" => options.http = true,
                "--hostile" => options.hostile = true,
                "--renderer" => options.renderer = true,
                other => return Err(format!("unknown option {other}")),
            }
        }
        Ok(options)
    }
}

/// Runs the benchmarks.
pub(crate) fn run(options: Options) -> anyhow::Result<bool> {
    println!("{}", machine());
    if options.http {
        server::run().context("the HTTP benchmark failed")?;
    }
    if options.hostile {
        hostile::run().context("the benchmark of a hostile key failed")?;
    }
    if options.renderer {
        renderer::run().context("the renderer's benchmark failed")?;
    }
    Ok(true)
}

/// The machine in one line, since numbers without it mean nothing.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    format!("{cores} cores, {}", name.unwrap_or("unknown processor"))
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
