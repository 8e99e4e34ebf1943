//! `docs/dialects.md` against the program: every field that the page names does what it says, and
//! every field that there is stands on the page.

use std::collections::BTreeSet;

use serde_json::Value;

mod answers;
mod requests;
mod words;

const PAGE: &str = include_str!("../../../../docs/dialects.md");

/// The cells of the table with this name, without its head.
fn table(name: &str) -> Vec<Vec<&'static str>> {
    let mark = format!("<!-- table: {name} -->");
    let (_, text) = PAGE.split_once(&mark).expect(name);
    let lines = text.trim_start().lines().take_while(|line| line.starts_with('|'));
    let cells =
        |line: &'static str| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>();
    lines.skip(2).map(cells).collect()
}

/// The names in backticks of a cell.
fn names(cell: &'static str) -> Vec<&'static str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The paths to all values of an answer that say something; what is inside `metadata` is the
/// client's own.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if path != "data.metadata" => {
            for (name, inner) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                paths(inner, &path, found);
            }
        }
        Value::Null => {}
        _ => {
            found.insert(path.to_owned());
        }
    }
}
