//! Rules about source files.

use super::Findings;
use super::tree::Tree;

/// Longest source file, in lines.
const LINES_MAX: usize = 500;
/// From here on a source file is worth a thought.
const LINES_NOTED: usize = 400;
/// The provider without a wire, which therefore has no fixtures.
const PREVIEW: &str = "preview";

/// Short enough to be read in one go.
pub(super) fn lengths(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    for file in tree.rust_sources() {
        let count = file.text.lines().count();
        if count > LINES_MAX {
            findings.broken.push(format!("{}: {count} lines", file.path));
        } else if count > LINES_NOTED {
            findings.notes.push(format!("{}: {count} lines", file.path));
        }
    }
    findings
}

/// A module says first what it guarantees; one of unit tests says it in their names.
pub(super) fn openings(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let is_module = |path: &str| !path.ends_with("/tests.rs");
    for file in tree.rust_sources().filter(|file| is_module(&file.path)) {
        let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if !first.starts_with("//! ") {
            findings.broken.push(format!("{}: opens with {first:?}", file.path));
        }
    }
    findings
}

/// `expect` tells when it is no longer needed; its sibling never does.
pub(super) fn switched_off_lints(tree: &Tree) -> Findings {
    // Put together here, so that this file does not break its own rule.
    let words = [format!("#[{}(", "allow"), format!("#![{}(", "allow")];
    let mut findings = Findings::default();
    for file in tree.with_ending("rs") {
        for (index, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                findings.broken.push(format!("{}:{}", file.path, index + 1));
            }
        }
    }
    findings
}

/// What is to be done is an issue.
pub(super) fn leftovers(tree: &Tree) -> Findings {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    let mut findings = Findings::default();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            let mut found = line.split(|letter: char| !letter.is_alphanumeric());
            if found.any(|word| words.iter().any(|forbidden| forbidden == word)) {
                findings.broken.push(format!("{}:{}", file.path, index + 1));
            }
        }
    }
    findings
}

/// A provider is one file, one line in the registry, and a folder of recorded exchanges.
pub(super) fn providers(tree: &Tree) -> Findings {
    const FOLDER: &str = "crates/providers/";
    let mut findings = Findings::default();
    let registry = tree.file("crates/providers/src/registry.rs");
    let registry = registry.map_or("", |file| file.text.as_str());
    for file in tree.rust_sources().filter(|file| file.path.starts_with(FOLDER)) {
        if !file.text.contains("impl Provider for ") {
            continue;
        }
        let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if !registry.to_lowercase().contains(name) {
            findings.broken.push(format!("{name} is not in the registry"));
        }
        let fixtures = format!("{FOLDER}fixtures/{name}");
        if name != PREVIEW && !crate::cargo::root().join(&fixtures).is_dir() {
            findings.broken.push(format!("{fixtures}/ is missing"));
        }
    }
    findings
}
