//! The page of errors says what the program's table says.

use super::Findings;
use super::tree::Tree;

const PAGE: &str = "docs/errors.md";
/// Where the tables are.
const TABLES: [&str; 2] = ["crates/domain/src/error.rs", "crates/domain/src/failure.rs"];

/// Each entry is a row of the page, and each row of the page is an entry.
pub(super) fn rule(tree: &Tree) -> Findings {
    let mut findings = Findings::default();
    let page = tree.file(PAGE).map_or("", |file| file.text.as_str());
    let mut expected = Vec::new();
    for path in TABLES {
        let rows = rows(tree.file(path).map_or("", |file| file.text.as_str()));
        if rows.is_empty() {
            findings.broken.push(format!("no table was found in {path}"));
        }
        expected.extend(rows);
    }
    for row in &expected {
        if !page.lines().any(|line| line == row) {
            findings.broken.push(format!("{PAGE} lacks: {row}"));
        }
    }
    for line in page.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        if !expected.iter().any(|row| row == line) {
            findings.broken.push(format!("{PAGE} has a row that is in no table: {line}"));
        }
    }
    findings
}

/// Entries look like `Name, "code", 404, "type", false, "sentence";`, without status and type in
/// the table of failures; the sentence may stand on a line of its own.
fn rows(text: &str) -> Vec<String> {
    let table = text.split("codes! {\n").nth(1).unwrap_or_default();
    let table = table.split("\n}\n").next().unwrap_or_default();
    let code = table.lines().filter(|line| !line.trim_start().starts_with("///"));
    let joined: Vec<&str> = code.map(str::trim).collect();
    joined.join(" ").split("\";").filter_map(row).collect()
}

fn row(entry: &str) -> Option<String> {
    // Odd parts are what stands between quotes.
    let parts: Vec<&str> = entry.split('"').collect();
    let again = |text: &str| if text.contains("true") { "yes" } else { "no" };
    match parts.as_slice() {
        [_, code, status, kind, flag, sentence, ..] => {
            let status = status.trim_matches([',', ' ']);
            Some(format!("| {status} | `{code}` | `{kind}` | {} | {sentence} |", again(flag)))
        }
        [_, code, flag, sentence, ..] => {
            Some(format!("| `{code}` | {} | {sentence} |", again(flag)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_rows() {
        let text = "x! {}\nerror_codes! {\n    /// No.\n    A, \"a\", 404, \"t\", false,\n        \
                    \"Not `here`.\";\n}\n";
        assert_eq!(rows(text), ["| 404 | `a` | `t` | no | Not `here`. |"]);
        let text = "failure_codes! {\n    B, \"b\", true, \"Lost\";\n}\n";
        assert_eq!(rows(text), ["| `b` | yes | Lost |"]);
    }
}
