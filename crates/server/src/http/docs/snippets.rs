//! The examples: files of their own in `snippets/`, shown as tabs, one for each language.
//!
//! Guarantees: an example is shown as it stands in its file but for the gateway's address, so that
//! what the suite `docs` takes out of a page and runs is what a reader copies. Their comments are
//! English on every page.

use std::fmt::Write as _;

use super::highlight::highlight;
use super::html::escape;

/// What stands in the files where a page has the gateway's own address: the default one, with which
/// they run as they are.
const BASE_URL: &str = "http://127.0.0.1:8080";

/// One example in one language.
#[derive(Debug)]
pub(super) struct Snippet {
    /// Its place below `snippets/`, without the ending; the same for each language.
    pub(super) name: &'static str,
    /// The file's ending.
    pub(super) kind: &'static str,
    text: &'static str,
}

impl Snippet {
    /// The words on its tab.
    fn label(&self) -> &'static str {
        match self.kind {
            "sh" if self.text.contains("curl") => "curl",
            "sh" => "Shell",
            "mjs" => "JavaScript",
            _ => "Python",
        }
    }

    /// Its text for a gateway at `public_url`.
    pub(super) fn text(&self, public_url: &str) -> String {
        self.text.trim_end().replace(BASE_URL, public_url)
    }
}

macro_rules! snippets {
    ($($name:literal: $($kind:literal)+;)*) => {
        /// All of them, in the order of the pages.
        pub(super) const ALL: &[Snippet] = &[$($(Snippet {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("snippets/", $name, ".", $kind)),
        },)+)*];
    };
}

snippets! {
    "home/create": "sh";
    "quickstart/key": "sh";
    "quickstart/create": "sh" "mjs" "py";
    "quickstart/wait": "sh" "mjs" "py";
    "quickstart/download": "sh" "mjs" "py";
    "quickstart/program": "sh" "mjs" "py";
    "quickstart/models": "sh" "mjs" "py";
    "quickstart/image": "sh" "mjs" "py";
    "quickstart/images": "sh" "mjs" "py";
    "quickstart/image_url": "sh" "mjs" "py";
    "quickstart/estimate": "sh" "mjs" "py";
    "quickstart/cancel": "sh" "mjs" "py";
    "quickstart/delete": "sh" "mjs" "py";
    "quickstart/list": "sh" "mjs" "py";
    "quickstart/repeat": "sh" "mjs" "py";
    "quickstart/events": "sh" "mjs" "py";
    "quickstart/test": "sh" "mjs" "py";
    "webhooks/create": "sh" "mjs" "py";
    "webhooks/verify": "mjs" "py";
    "webhooks/library": "mjs" "py";
    "webhooks/callback": "sh" "mjs" "py";
    "webhooks/log": "sh" "mjs" "py";
    "dialects/openai": "mjs" "py" "sh";
    "dialects/xai": "mjs" "sh";
}

/// The example `name` as a group of tabs in the section with this anchor; without a script they
/// stand one below the other.
pub(super) fn tabs(name: &str, section: &str, public_url: &str) -> String {
    let mut html = format!(
        "<div class=\"code\" data-tabs role=\"group\" aria-labelledby=\"{}\">\n",
        escape(section)
    );
    for snippet in ALL.iter().filter(|snippet| snippet.name == name) {
        let text = highlight(&snippet.text(public_url), snippet.kind);
        // Writing to a string cannot fail.
        let _ = writeln!(
            html,
            "<div class=\"pane\"><div class=\"bar\"><span class=\"lang\">{}</span></div>\
             <pre tabindex=\"0\"><code data-snippet=\"{}.{}\">{text}</code></pre></div>",
            snippet.label(),
            snippet.name,
            snippet.kind,
        );
    }
    html.push_str("</div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_gateway_stands_in_them() {
        for snippet in ALL {
            let text = snippet.text("https://video.example.com");
            assert!(!text.contains(BASE_URL), "{}.{}", snippet.name, snippet.kind);
            assert!(!text.contains("sk-t"), "{} has a key in it", snippet.name);
        }
    }

    #[test]
    fn every_file_is_on_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/docs/snippets");
        let mut found = 0;
        for page in std::fs::read_dir(folder).unwrap() {
            for file in std::fs::read_dir(page.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let is_listed = |it: &&Snippet| path.ends_with(format!("{}.{}", it.name, it.kind));
                assert!(ALL.iter().any(|it| is_listed(&it)), "{}", path.display());
                found += 1;
            }
        }
        assert_eq!(found, ALL.len());
    }

    #[test]
    fn a_hostile_address_stays_text() {
        let html = tabs("quickstart/create", "a", "https://x.example/\"><script>alert(1)</script>");
        assert!(!html.contains("<script"), "{html}");
    }
}
