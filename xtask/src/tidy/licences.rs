//! The licences of everything that is linked into the binary.
//!
//! The list is the one of `deny.toml`; the check here is small enough to run everywhere, and
//! `cargo deny` is run as well where it is installed.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Findings;
use super::tree::Tree;

/// Every dependency can be used under a licence of the list.
pub(super) fn rule(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let allowed = allowed(tree.file("deny.toml").map_or("", |file| file.text.as_str()));
    if allowed.is_empty() {
        findings.broken.push("deny.toml has no list of licences".to_owned());
        return findings;
    }
    // Other platforms' crates would have to be downloaded for this alone; cargo deny covers them.
    let host = crate::cargo::host();
    let metadata = match host
        .and_then(|host| crate::cargo::metadata(&["--locked", "--filter-platform", &host]))
    {
        Ok(metadata) => metadata,
        Err(error) => {
            findings.broken.push(format!("{error:#}"));
            return findings;
        }
    };
    let packages = metadata.get("packages").and_then(Value::as_array);
    for package in packages.into_iter().flatten() {
        let text = |name: &str| package.get(name).and_then(Value::as_str).unwrap_or_default();
        let licence = text("license");
        if licence.is_empty() && !text("license_file").is_empty() {
            findings.notes.push(format!("{}: a licence text of its own", text("name")));
        } else if !is_allowed(licence, &allowed) {
            let named = if licence.is_empty() { "none" } else { licence };
            findings.broken.push(format!("{} {}: {named}", text("name"), text("version")));
        }
    }
    findings
}

/// Runs `cargo deny` if it is installed.
pub(super) fn cargo_deny() -> Option<anyhow::Result<()>> {
    let quiet = |arguments: &[&str]| {
        let mut command = crate::cargo::cargo(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let is_there = quiet(&["deny", "--version"]).status().is_ok_and(|status| status.success());
    if !is_there {
        println!("   note    cargo-deny is not installed; the rule above checked the licences");
        return None;
    }
    let mut command: Command =
        crate::cargo::cargo(&["deny", "--offline", "check", "licenses", "bans"]);
    let outcome = match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(anyhow::anyhow!("{status}")),
        Err(error) => Err(error.into()),
    };
    Some(outcome)
}

/// The quoted names of `allow = [ … ]` in the section `[licenses]`.
fn allowed(text: &str) -> BTreeSet<String> {
    let section = text.split("\n[licenses]").nth(1).unwrap_or_default();
    let list = section.split("allow = [").nth(1).unwrap_or_default();
    let list = list.split("\n]").next().unwrap_or_default();
    let names = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next());
    names.map(str::to_owned).collect()
}

/// An SPDX expression of names, `AND`, `OR`, `WITH` and parentheses; `/` is an old `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allowed) == Some(true) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut value = both(words, at, allowed)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        value |= both(words, at, allowed)?;
    }
    Some(value)
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut value = one(words, at, allowed)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        value &= one(words, at, allowed)?;
    }
    Some(value)
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        let value = either(words, at, allowed)?;
        let is_closed = words.get(*at) == Some(&")");
        *at += 1;
        return is_closed.then_some(value);
    }
    let mut name = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{word} WITH {}", words.get(*at + 1)?);
        *at += 2;
    }
    Some(allowed.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        let allowed = allowed("[x]\n[licenses]\nallow = [\n  \"MIT\",\n  \"A WITH B\",\n]\n");
        for good in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR (MIT AND A WITH B)"] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "A", "MIT MIT"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }
}
