//! Counting: checks, suites and the closing line.
//!
//! Guarantees: a suite that checked nothing is never counted as passed.

use std::time::{Duration, Instant};

/// Numbers of one suite.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Checks that held.
    pub(crate) passed: usize,
    /// Checks that did not.
    pub(crate) failed: usize,
    /// Checks or suites that did not run.
    pub(crate) skipped: usize,
}

impl Counts {
    /// Adds another suite's numbers.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The closing line that test runners end with.
    pub(crate) fn line(&self) -> String {
        let Self { passed, failed, skipped } = self;
        match skipped {
            0 => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

/// The checks of one suite, told as they happen.
#[derive(Debug)]
pub(crate) struct Checks {
    suite: &'static str,
    counts: Counts,
    started: Instant,
}

impl Checks {
    /// Opens a suite.
    pub(crate) fn begin(suite: &'static str) -> Self {
        println!("\n== {suite}");
        Self { suite, counts: Counts::default(), started: Instant::now() }
    }

    /// One check that held.
    pub(crate) fn passed(&mut self, name: &str) {
        println!("   ok      {name}");
        self.counts.passed += 1;
    }

    /// One check that did not hold.
    pub(crate) fn failed(&mut self, name: &str, why: &str) {
        println!("   FAILED  {name}: {why}");
        self.counts.failed += 1;
    }

    /// Counts what `outcome` says and hands its value on.
    pub(crate) fn check<T>(&mut self, name: &str, outcome: anyhow::Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.passed(name);
                Some(value)
            }
            Err(error) => {
                self.failed(name, &format!("{error:#}"));
                None
            }
        }
    }

    /// Numbers that a runner of another language counted.
    pub(crate) fn add(&mut self, counts: &Counts) {
        self.counts.add(counts);
    }

    /// Closes the suite.
    pub(crate) fn end(mut self) -> Report {
        if self.counts.passed + self.counts.failed + self.counts.skipped == 0 {
            self.failed("the suite checks something", "nothing was checked");
        }
        self.report(None)
    }

    /// Closes the suite with a reason why it could not run.
    pub(crate) fn skip(mut self, why: &str) -> Report {
        println!("   SKIPPED {}: {why}", self.suite);
        self.counts.skipped += 1;
        self.report(Some(why.to_owned()))
    }

    fn report(self, skipped_because: Option<String>) -> Report {
        let took = self.started.elapsed();
        Report { suite: self.suite, counts: self.counts, took, skipped_because }
    }
}

/// A closed suite.
#[derive(Debug)]
pub(crate) struct Report {
    /// Its name.
    pub(crate) suite: &'static str,
    /// Its numbers.
    pub(crate) counts: Counts,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it could not run, if so.
    pub(crate) skipped_because: Option<String>,
}

impl Report {
    /// One line of the table at the end.
    pub(crate) fn line(&self) -> String {
        let Self { suite, counts, took, .. } = self;
        format!("{suite:<12} {:<40} {:>7.1} s", counts.line(), took.as_secs_f64())
    }
}
