//! The console's files.
//!
//! Guarantees: only files of the repository's `console/` can be asked for, by their names; what a
//! script loads at once is known from its imports. Not here: the page itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::http::ready::Ready;

/// The script that the page begins with.
const FIRST: &str = "app.js";
const INDEX: &str = "index.html";
/// Bytes of the hash that stand in an address.
const HASH_BYTES: usize = 8;
/// Stands in the place of the hash while files are read from the disk.
const FROM_DISK: &str = "disk";

/// A debug build reads the files from the disk each time, unless it was asked to embed them.
const READS_DISK: bool = cfg!(debug_assertions) && !cfg!(feature = "embed-console");

/// What is embedded.
#[derive(RustEmbed)]
#[folder = "../../console/"]
struct Embedded;

/// All files, ready to be sent.
#[derive(Default)]
pub(super) struct Files {
    made: OnceLock<Made>,
}

/// What is made when it is first asked for.
struct Made {
    hash: String,
    files: BTreeMap<String, Ready>,
    needed_first: Vec<String>,
}

impl Files {
    fn made(&self) -> &Made {
        self.made.get_or_init(|| Made {
            hash: hash_of_all(),
            files: Embedded::iter()
                .filter_map(|name| {
                    let file = Embedded::get(&name)?;
                    Some((name.into_owned(), Ready::new(&file.data)))
                })
                .collect(),
            needed_first: needed_first(),
        })
    }

    /// What stands in the addresses of all files.
    pub(super) fn hash(&self) -> &str {
        if READS_DISK { FROM_DISK } else { &self.made().hash }
    }

    /// The text of the page, with its places to fill.
    #[expect(clippy::unused_self, reason = "the page is one of the files")]
    pub(super) fn index(&self) -> String {
        text(INDEX).unwrap_or_default()
    }

    /// The scripts that the first one needs, so that a browser asks for all at once.
    pub(super) fn needed_first(&self) -> Vec<String> {
        if READS_DISK { needed_first() } else { self.made().needed_first.clone() }
    }

    /// A file, at the address with the present hash.
    pub(super) fn answer(&self, hash: &str, name: &str, request: &HeaderMap) -> Option<Response> {
        if hash != self.hash() || name == INDEX {
            return None;
        }
        let kind = kind(name)?;
        if READS_DISK {
            let file = Embedded::get(name)?;
            let mut response = Ready::new(&file.data).asset(request, kind);
            let as_it_is = HeaderValue::from_static("no-store");
            response.headers_mut().insert(CACHE_CONTROL, as_it_is);
            return Some(response);
        }
        self.made().files.get(name).map(|file| file.asset(request, kind))
    }
}

fn text(name: &str) -> Option<String> {
    let file = Embedded::get(name)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// The media type of a file; one of any other kind is not served.
fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn hash_of_all() -> String {
    let mut names: Vec<_> = Embedded::iter().collect();
    names.sort();
    let mut hasher = Sha256::new();
    for file in names.iter().filter_map(|name| Embedded::get(name).map(|file| (name, file))) {
        hasher.update(file.0.as_bytes());
        hasher.update(file.1.metadata.sha256_hash());
    }
    hasher.finalize().iter().take(HASH_BYTES).fold(String::new(), |mut hash, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// What the first script imports, directly or through others.
fn needed_first() -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut open = vec![FIRST.to_owned()];
    while let Some(name) = open.pop() {
        let Some(script) = text(&name) else { continue };
        let found = imports(&script).filter_map(|way| resolve(&name, way));
        open.extend(found.filter(|name| known.insert(name.clone())));
    }
    known.into_iter().collect()
}

/// The ways in `from '…'`; those of `import('…')` are for later.
fn imports(script: &str) -> impl Iterator<Item = &str> {
    script.split("from").skip(1).filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|it| matches!(it, '\'' | '"'))?;
        let way = rest.get(1..)?.split(quote).next()?;
        (way.starts_with('.') && !way.contains(char::is_whitespace)).then_some(way)
    })
}

/// The name of a file, from the way that leads there from another.
fn resolve(from: &str, way: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for step in way.split('/') {
        match step {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_script_needs_is_known() {
        let needed = needed_first();
        for name in ["vendor/preact.js", "core/api.js", "ui/shell.js"] {
            assert!(needed.iter().any(|it| it == name), "{name}");
        }
        assert!(needed.iter().all(|name| Embedded::get(name).is_some()), "{needed:?}");
        assert!(!needed.iter().any(|name| name.starts_with("pages/")), "{needed:?}");
    }

    #[test]
    fn ways_lead_on_and_never_out() {
        assert_eq!(resolve("ui/shell.js", "../core/api.js").as_deref(), Some("core/api.js"));
        assert_eq!(resolve("app.js", "./ui/shell.js").as_deref(), Some("ui/shell.js"));
        assert_eq!(resolve("app.js", "../Cargo.toml"), None);
    }

    #[test]
    fn only_files_of_the_console_are_served() {
        let files = Files::default();
        let headers = HeaderMap::new();
        assert!(files.answer(files.hash(), FIRST, &headers).is_some());
        for name in ["index.html", "vendor/VERSIONS", "none.js", "../Cargo.toml", "/etc/x.js", ""] {
            assert!(files.answer(files.hash(), name, &headers).is_none(), "{name}");
        }
        assert!(files.answer("0000000000000000", FIRST, &headers).is_none());
    }
}
