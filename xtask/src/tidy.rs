//! `cargo xtask tidy`: the rules of structure that no compiler checks.
//!
//! Each rule is one check with a list of what breaks it. What is only worth a thought is a note
//! and fails nothing. Not here: formatting, and the length of functions (clippy has both).

mod docs;
mod errors;
mod licences;
mod sources;
mod tree;

use anyhow::{bail, ensure};

use crate::outcome::{Checks, Report};
use tree::Tree;

/// What a rule found.
#[derive(Debug, Default)]
struct Findings {
    /// What breaks the rule.
    broken: Vec<String>,
    /// What does not, but is worth a thought.
    notes: Vec<String>,
}

type Rule = fn(&Tree) -> Findings;

const RULES: &[(&str, Rule)] = &[
    ("source files are at most 500 lines", sources::lengths),
    ("modules open with //!", sources::openings),
    ("lints are expected with a reason, never switched off", sources::switched_off_lints),
    ("nothing is left to be done later in a comment", sources::leftovers),
    ("providers are registered and have fixtures", sources::providers),
    ("presets of channels are in the documents that list them", docs::presets),
    ("links between documents lead somewhere", docs::links),
    ("both READMEs have the same commands", docs::same_commands),
    ("commands in the documents exist", docs::commands),
    ("settings in the documents exist", docs::settings),
    ("docs/errors.md has the tables of the program", errors::rule),
    ("CHANGELOG.md says something", docs::changelog),
    ("licences of all dependencies are on the list of deny.toml", licences::rule),
];

/// Runs all rules as a command of its own; true if all hold.
pub(crate) fn command() -> bool {
    let report = suite();
    println!("\n{}", report.counts.line());
    report.counts.failed == 0
}

/// Runs all rules.
pub(crate) fn suite() -> Report {
    let mut checks = Checks::begin("tidy");
    match Tree::read(crate::cargo::root()) {
        Ok(tree) => {
            for (name, rule) in RULES {
                checks.check(name, apply(*rule, &tree));
            }
            if let Some(outcome) = licences::cargo_deny() {
                checks.check("cargo deny check licenses bans", outcome);
            }
        }
        Err(error) => checks.failed("the source tree can be read", &format!("{error:#}")),
    }
    checks.end()
}

fn apply(rule: Rule, tree: &Tree) -> anyhow::Result<()> {
    let findings = rule(tree);
    for note in &findings.notes {
        println!("   note    {note}");
    }
    let list = findings.broken.join("\n              ");
    ensure!(findings.broken.is_empty(), "\n              {list}");
    if tree.files.is_empty() {
        bail!("there are no files");
    }
    Ok(())
}
