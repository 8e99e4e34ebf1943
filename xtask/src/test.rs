//! `cargo xtask test`: every test there is, and one closing line.
//!
//! Guarantees: the last line is `N passed, N failed` (and `, N skipped`); a suite that cannot run
//! says so loudly, and with `CI=true` it counts as failed.

use std::path::PathBuf;

use crate::outcome::{Checks, Counts, Report};
use crate::suites::{self, Context};
use crate::tools::Tools;
use crate::{cargo, tidy};

/// What the command line asks for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    offline: bool,
    suite: Option<String>,
    binary: Option<PathBuf>,
}

impl Options {
    /// Reads the words after `test`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--offline" => options.offline = true,
                "--suite" => match words.next() {
                    Some(name) if names().any(|known| known == *name) => {
                        options.suite = Some((*name).to_owned());
                    }
                    Some(name) => return Err(format!("there is no suite \"{name}\"")),
                    None => return Err("--suite needs a name".to_owned()),
                },
                "--binary" => match words.next() {
                    Some(path) => options.binary = Some(PathBuf::from(path)),
                    None => return Err("--binary needs a path".to_owned()),
                },
                other => return Err(format!("unknown option {other}")),
            }
        }
        Ok(options)
    }

    fn wants(&self, suite: &str) -> bool {
        self.suite.as_ref().is_none_or(|name| name == suite)
    }
}

/// Names of all suites.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ["tidy", "cargo"].into_iter().chain(suites::ALL.iter().map(|(name, _)| *name))
}

/// Runs what was asked for; true if nothing failed.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let mut reports = Vec::new();
    if options.wants("tidy") {
        reports.push(tidy::suite());
    }
    if options.wants("cargo") {
        reports.push(cargo_tests()?);
    }
    if suites::ALL.iter().any(|(name, _)| options.wants(name)) {
        let binary = options.binary.clone().map_or_else(build, Ok)?;
        let (given_binary, tools) = (options.binary.clone(), Tools::new(options.offline));
        let context = Context { binary, given_binary, tools };
        for (name, suite) in suites::ALL.iter().filter(|(name, _)| options.wants(name)) {
            reports.push(suite(&context, Checks::begin(name)));
        }
    }
    Ok(close(&reports))
}

fn cargo_tests() -> anyhow::Result<Report> {
    let mut checks = Checks::begin("cargo");
    checks.add(&cargo::test(&["test", "--workspace", "--no-fail-fast", "--", "--show-output"])?);
    Ok(checks.end())
}

/// Builds the gateway with the same features as its tests, so that nothing is built twice.
fn build() -> anyhow::Result<PathBuf> {
    cargo::run(&["test", "--workspace", "--no-run", "--quiet"])?;
    cargo::binary("debug")
}

/// Prints the table and the closing line.
fn close(reports: &[Report]) -> bool {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let mut total = Counts::default();
    println!();
    for report in reports {
        println!("{}", report.line());
        total.add(&report.counts);
        if let Some(why) = &report.skipped_because {
            println!("{:<12} SKIPPED: {why}", "");
            if is_ci {
                println!("{:<12} With CI=true a skipped suite is a failure.", "");
                total.failed += 1;
            }
        }
    }
    println!("\n{}", total.line());
    total.failed == 0
}
