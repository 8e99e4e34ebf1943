//! Style sheet, script and picture of the pages.
//!
//! Guarantees: an address names the hash of what it leads to, so that a browser may keep it for
//! good; any other address below `/docs/assets/` is not found.

use axum::response::Response;
use http::HeaderMap;

use crate::http::ready::Ready;

/// What an asset's address begins with.
pub(super) const FOLDER: &str = "/docs/assets/";

/// Name, media type and text of each.
const FILES: [(&str, &str, &str); 3] = [
    (
        "docs.css",
        "text/css; charset=utf-8",
        concat!(include_str!("assets/tokens.css"), include_str!("assets/docs.css")),
    ),
    ("docs.js", "text/javascript; charset=utf-8", include_str!("assets/docs.js")),
    ("mark.svg", "image/svg+xml", include_str!("assets/mark.svg")),
];

/// All of them, ready to be sent.
#[derive(Debug)]
pub(super) struct Assets(Vec<(&'static str, &'static str, Ready)>);

impl Assets {
    /// Hashes and compresses them.
    pub(super) fn new() -> Self {
        Self(
            FILES
                .iter()
                .map(|&(name, kind, text)| (name, kind, Ready::new(text.as_bytes())))
                .collect(),
        )
    }

    /// The path of one, from the root.
    pub(super) fn path(&self, name: &str) -> String {
        let found = self.0.iter().find(|(it, ..)| *it == name);
        found
            .map(|(name, _, ready)| format!("{FOLDER}{}", hashed(name, &ready.hash)))
            .unwrap_or_default()
    }

    /// The answer for what follows [`FOLDER`] in an address.
    pub(super) fn answer(&self, address: &str, request: &HeaderMap) -> Option<Response> {
        let found = self.0.iter().find(|(name, _, ready)| hashed(name, &ready.hash) == address);
        found.map(|(_, kind, ready)| ready.asset(request, kind))
    }
}

/// `docs.0123456789abcdef.css`.
fn hashed(name: &str, hash: &str) -> String {
    let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}.{hash}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_with_the_hash_leads_to_one() {
        let assets = Assets::new();
        for (name, ..) in FILES {
            let path = assets.path(name);
            let address = path.strip_prefix(FOLDER).unwrap();
            assert!(assets.answer(address, &HeaderMap::new()).is_some(), "{path}");
            assert!(assets.answer(name, &HeaderMap::new()).is_none(), "{name}");
        }
        assert!(assets.answer("docs.0000000000000000.css", &HeaderMap::new()).is_none());
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for (name, _, text) in FILES {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for word in ["http:", "https:", "url(", "@import", "eval("] {
                assert!(!text.contains(word), "{name} has {word}");
            }
        }
    }
}
