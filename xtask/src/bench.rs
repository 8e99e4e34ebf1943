//! `cargo xtask bench`: measurements with release builds, printed as tables.
//!
//! Guarantees: everything runs on this machine; loops are bounded in count; what is compared is
//! measured in the same run, in turns, and medians are shown.

mod hostile;
mod load;
mod renderer;
mod server;
mod streams;

use anyhow::Context as _;

/// One of them: builds what it needs, measures, prints its table.
type Benchmark = fn() -> anyhow::Result<()>;

/// All of them, by their flag, in the order in which they run.
const ALL: [(&str, Benchmark); 4] = [
    ("--http", server::run),
    ("--hostile", hostile::run),
    ("--streams", streams::run),
    ("--renderer", renderer::run),
];

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    flags: Vec<String>,
}

impl Options {
    /// Reads the words after `bench`; none of them means everything.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let is_known = |word: &str| ALL.iter().any(|(flag, _)| *flag == word);
        if let Some(other) = words.iter().find(|word| !is_known(word)) {
            return Err(format!("unknown option {other}"));
        }
        Ok(Self { flags: words.iter().map(|&word| word.to_owned()).collect() })
    }

    fn wants(&self, flag: &str) -> bool {
        self.flags.is_empty() || self.flags.iter().any(|wanted| wanted == flag)
    }
}

/// Runs the benchmarks.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    println!("{}", machine());
    for (flag, benchmark) in ALL.iter().filter(|(flag, _)| options.wants(flag)) {
        benchmark().with_context(|| format!("the benchmark {flag} failed"))?;
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
