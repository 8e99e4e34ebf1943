//! Looks for trouble in a data directory and on its machine.
//!
//! Guarantees: changes nothing but what opening the store changes; names each invariant, also those
//! that cannot be looked at here. Not here: who asks (`rushes doctor`, the JSON API), and whether a
//! server holds the directory, which whoever asks knows.

mod machine;
mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::SystemClock;
use crate::config::Config;

pub(crate) use machine::is_locked;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// All is well.
    Ok,
    /// Somebody should look at it.
    Warn,
    /// Something is broken.
    Fail,
    /// It could not be looked at.
    Skip,
}

/// One line of the report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoctorFinding)]
pub(crate) struct Finding {
    /// Its word.
    pub(crate) check: &'static str,
    /// What the check is about, where its word does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'static str>,
    /// How it came out.
    pub(crate) verdict: Verdict,
    /// What was found, and what to do about it.
    pub(crate) detail: String,
}

impl Finding {
    const fn new(check: &'static str, verdict: Verdict, detail: String) -> Self {
        Self { check, name: None, verdict, detail }
    }

    const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    pub(crate) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, detail.into())
    }

    pub(crate) fn warn(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, detail.into())
    }

    pub(crate) fn fail(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, detail.into())
    }

    fn skip(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Skip, detail.into())
    }
}

/// Every check. `lock` is what whoever asks knows of the directory's lock.
pub(crate) async fn examine(config: &Config, is_quick: bool, lock: Finding) -> Vec<Finding> {
    let data_dir = &config.data_dir;
    let shown = data_dir.display();
    let mut findings = vec![Finding::ok("config", "valid"), machine::clock(&SystemClock, data_dir)];
    if !data_dir.is_dir() {
        let detail = format!("{shown} is not there yet; the first `rushes serve` makes it");
        findings.push(Finding::warn("data", detail));
        findings.push(machine::nasm());
        return findings;
    }
    findings.push(Finding::ok("data", shown.to_string()));
    findings.push(machine::disk(data_dir, config.limits.storage_free_bytes_min));
    findings.push(machine::permissions(data_dir));
    findings.push(machine::secret(data_dir));
    findings.push(lock);
    findings.extend(store::examine(data_dir, is_quick).await);
    findings.push(machine::nasm());
    findings
}
