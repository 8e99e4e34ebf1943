//! Rules about the documents: what they point to exists.

use std::collections::BTreeSet;

use super::Findings;
use super::tree::{SourceFile, Tree};

/// Commands of the binary that have no module named after them.
const BINARY_COMMANDS_MORE: [&str; 2] = ["help", "ledger"];
/// Where the providers are.
const PROVIDERS: &str = "crates/providers/src/";
/// The preset that no channel is made from.
const PREVIEW: &str = "preview";
/// What lists all others.
const LISTS_OF_PRESETS: [&str; 4] = [
    "crates/server/src/config.default.toml",
    "docs/adding-a-provider.md",
    "docs/dialects.md",
    "docs/operations.md",
];
/// Variables that are not settings of the configuration file.
const VARIABLES_MORE: [&str; 6] = [
    "RUSHES_API_KEY",
    "RUSHES_BASE_URL",
    "RUSHES_BLESS",
    "RUSHES_BOOTSTRAP_API_KEY",
    "RUSHES_CONFIG",
    "RUSHES_SECRET_KEY",
];

/// Relative links lead to files, and `#…` to headings.
pub(super) fn links(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    for file in tree.with_ending("md") {
        for target in link_targets(&prose(&file.text)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if let Some(problem) = problem_of(tree, file, &target) {
                findings.broken.push(format!("{}: {target} {problem}", file.path));
            }
        }
    }
    findings
}

fn problem_of(tree: &Tree, file: &SourceFile, target: &str) -> Option<&'static str> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
    if !crate::cargo::root().join(&path).exists() {
        return Some("does not exist");
    }
    let has_heading = |it: &SourceFile| headings(&it.text).any(|heading| heading == anchor);
    let is_missing = !anchor.is_empty() && !tree.file(&path).is_some_and(has_heading);
    is_missing.then_some("has no such heading")
}

/// The path that `link` means in the document at `from`.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Targets of `[text](target)` and `src="target"`.
fn link_targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
        for part in text.split(opening).skip(1) {
            if let Some((target, _)) = part.split_once(closing) {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The text without its code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Anchors of the headings, as code hosts make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let keep = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        words.chars().filter(keep).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    };
    let text = prose(text);
    let found: Vec<String> =
        text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    found.into_iter()
}

/// Lines of all `sh` blocks, comments left out.
fn shell_lines(text: &str) -> Vec<String> {
    let mut is_shell = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_shell = line == "```sh";
        } else if is_shell {
            let code = line.split(" # ").next().unwrap_or_default().trim_end();
            if !code.is_empty() && !code.starts_with('#') {
                lines.push(code.to_owned());
            }
        }
    }
    lines
}

/// A translation that forgets a command is wrong.
pub(super) fn same_commands(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let lines = |path: &str| tree.file(path).map(|file| shell_lines(&file.text));
    let (Some(english), Some(chinese)) = (lines("README.md"), lines("README.zh.md")) else {
        findings.broken.push("README.md or README.zh.md is missing".to_owned());
        return findings;
    };
    let (english, chinese): (BTreeSet<_>, BTreeSet<_>) =
        (english.into_iter().collect(), chinese.into_iter().collect());
    for line in english.symmetric_difference(&chinese) {
        findings.broken.push(format!("only in one of them: {line}"));
    }
    findings
}

/// `rushes VERB` and `cargo xtask COMMAND` in `sh` blocks.
pub(super) fn commands(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    for file in tree.with_ending("md") {
        for line in shell_lines(&file.text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some(problem) = unknown_command(tree, &words) {
                findings.broken.push(format!("{}: {problem} in: {line}", file.path));
            }
        }
    }
    findings
}

fn unknown_command(tree: &Tree, words: &[&str]) -> Option<String> {
    let (verb, is_known): (&str, bool) = match words {
        ["cargo", "xtask", verb, ..] => {
            (verb, ["test", "tidy", "bench", "gallery", "screenshots"].contains(verb))
        }
        ["rushes", verb, ..] | ["cargo", "run", "--release", "--", verb, ..]
            if !verb.starts_with('-') =>
        {
            let module = |name: String| tree.file(&format!("crates/server/src/cli/{name}.rs"));
            let has_module = [verb.to_string(), format!("{verb}/mod"), format!("admin/{verb}")]
                .into_iter()
                .any(|it| module(it).is_some());
            (verb, BINARY_COMMANDS_MORE.contains(verb) || has_module)
        }
        _ => return None,
    };
    (!is_known).then(|| format!("unknown command {verb}"))
}

/// Every `RUSHES_…` variable in a document is a setting or one of the few others.
pub(super) fn settings(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let Some(defaults) = tree.file("crates/server/src/config.default.toml") else {
        findings.broken.push("the default configuration is missing".to_owned());
        return findings;
    };
    let known = setting_names(&defaults.text);
    for file in tree.with_ending("md") {
        for (at, _) in file.text.match_indices("RUSHES_") {
            let rest = file.text.get(at..).unwrap_or_default();
            let is_name =
                |letter: char| letter.is_ascii_uppercase() || matches!(letter, '_' | '0'..='9');
            let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default();
            let is_whole = name != "RUSHES_";
            if is_whole && !known.contains(name) && !VARIABLES_MORE.contains(&name) {
                findings.broken.push(format!("{}: {name}", file.path));
            }
        }
    }
    findings
}

/// Environment names of the settings: `[table]` and `key = …` lines are all that the file has.
fn setting_names(text: &str) -> BTreeSet<String> {
    let mut table = String::new();
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{}__", name.to_uppercase());
        } else if let Some((key, _)) = line.split_once(" = ")
            && !key.starts_with('#')
        {
            names.insert(format!("RUSHES_{table}{}", key.trim().to_uppercase()));
        }
    }
    names
}

/// Each preset of a provider is named where an operator or a newcomer looks for it.
pub(super) fn presets(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let sources = tree.rust_sources().filter(|file| file.path.starts_with(PROVIDERS));
    let presets: Vec<&str> = sources.flat_map(|file| preset_names(&file.text)).collect();
    if presets.is_empty() {
        findings.broken.push(format!("no preset was found below {PROVIDERS}"));
    }
    for path in LISTS_OF_PRESETS {
        let text = tree.file(path).map_or("", |file| file.text.as_str());
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let words: BTreeSet<&str> = text.split(|letter| !is_part(letter)).collect();
        for name in presets.iter().filter(|name| **name != PREVIEW && !words.contains(*name)) {
            findings.broken.push(format!("{path} does not name the preset {name}"));
        }
    }
    findings
}

/// The names in `… Preset = Preset { name: "…"`.
fn preset_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(": Preset = Preset {").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("name: \"")?;
        rest.split('"').next()
    })
}

/// There is a section for what is not released, or one for a version, with a line in it.
pub(super) fn changelog(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let text = tree.file("CHANGELOG.md").map_or("", |file| file.text.as_str());
    let has_section = text.lines().any(|line| line.starts_with("## "));
    let has_line = text.lines().any(|line| line.starts_with("- "));
    if !(has_section && has_line) {
        findings.broken.push("CHANGELOG.md has no section with a line in it".to_owned());
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_like_a_browser_does() {
        assert_eq!(resolve("docs/a.md", "../README.md"), "README.md");
        assert_eq!(resolve("docs/a.md", "./b.md"), "docs/b.md");
        assert_eq!(link_targets("see [a](b.md#c) and <img src=\"d.png\">"), ["b.md#c", "d.png"]);
    }

    #[test]
    fn presets_are_found_in_the_sources_of_providers() {
        let text = "const A: Preset = Preset {\n    name: \"a-b\",\n};\n\npub const B: Preset = \
                    Preset { name: \"c\", ..A };\n";
        assert_eq!(preset_names(text).collect::<Vec<_>>(), ["a-b", "c"]);
    }

    #[test]
    fn headings_become_anchors() {
        let found: Vec<String> = headings("# A `code` word, twice\n```\n# no\n```\n").collect();
        assert_eq!(found, ["a-code-word-twice"]);
    }

    #[test]
    fn settings_have_names_of_the_environment() {
        let names = setting_names("listen = 1\n[limits]\n# a = 1\nbody_max = 2\n");
        let expected = ["RUSHES_LIMITS__BODY_MAX", "RUSHES_LISTEN"];
        assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
    }
}
