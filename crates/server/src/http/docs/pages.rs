//! Which pages there are, and how their text becomes HTML.
//!
//! Guarantees: a page exists in both languages with the same sections, anchors, examples and
//! tables, which a test compares. The texts stand in `content/`, in the Markdown of `markdown`.

use super::assets::Assets;
use super::html::escape;
use super::language::Language;
use super::layout::Frame;
use super::markdown::{Part, Surroundings, render};
use super::reference::reference;
use super::{errors, snippets};

/// Where a text has the gateway's own address.
const PUBLIC_URL: &str = "{public_url}";

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    /// Its path.
    pub(super) path: &'static str,
    /// What the navigation calls it, in each language.
    names: [&'static str; Language::ALL.len()],
    /// Its text, in each language.
    sources: [&'static str; Language::ALL.len()],
}

macro_rules! page {
    ($path:literal, $name:literal, $english:literal, $chinese:literal) => {
        Page {
            path: $path,
            names: [$english, $chinese],
            sources: [
                include_str!(concat!("content/", $name, ".en.markdown")),
                include_str!(concat!("content/", $name, ".zh.markdown")),
            ],
        }
    };
}

/// All of them, in the order of the navigation.
pub(super) const PAGES: [Page; 6] = [
    page!("/", "home", "Rushes", "Rushes"),
    page!("/docs", "quickstart", "Quickstart", "快速开始"),
    page!("/docs/webhooks", "webhooks", "Webhooks", "Webhook"),
    page!("/docs/dialects", "dialects", "SDKs and dialects", "SDK 与接口风格"),
    page!("/docs/errors", "errors", "Errors", "错误码"),
    page!("/docs/reference", "reference", "API reference", "API 参考"),
];

/// What is read at an address below `/docs` at which there is nothing.
pub(super) static MISSING: Page = page!("", "missing", "Not found", "页面不存在");

impl Page {
    /// What the navigation calls it.
    pub(super) fn name(&self, language: Language) -> &'static str {
        let [english, chinese] = self.names;
        language.pick(english, chinese)
    }

    /// Its text.
    fn source(&self, language: Language) -> &'static str {
        let [english, chinese] = self.sources;
        language.pick(english, chinese)
    }

    /// The page's HTML for a gateway at `public_url`.
    pub(super) fn html(
        &'static self,
        language: Language,
        assets: &Assets,
        public_url: &str,
    ) -> String {
        self.html_at(self.path, language, assets, public_url)
    }

    /// The same, read at another path.
    pub(super) fn html_at(
        &'static self,
        path: &str,
        language: Language,
        assets: &Assets,
        public_url: &str,
    ) -> String {
        let frame = Frame { page: self, path, language, assets };
        let around = Around { frame, public_url };
        let content = render(self.source(language), &around);
        let part = Part { html: content.html.replace(PUBLIC_URL, &escape(public_url)), ..content };
        frame.html(&part)
    }
}

/// What the text of a page refers to.
struct Around<'a> {
    frame: Frame<'a>,
    public_url: &'a str,
}

impl Surroundings for Around<'_> {
    fn link(&self, target: &str) -> String {
        self.frame.link(target)
    }

    fn directive(&self, name: &str, argument: &str, section: &str) -> Part {
        let language = self.frame.language;
        if name == "reference" {
            let document = crate::http::openapi::document(self.public_url);
            return reference(&document, language, &|target| self.frame.link(target));
        }
        let html = match name {
            "snippet" => snippets::tabs(argument, section, self.public_url),
            "refusals" => errors::refusals(language, section),
            "failures" => errors::failures(language, section),
            _ => String::new(),
        };
        Part { html, ..Part::default() }
    }

    fn sample_title(&self, opening: &str) -> &'static str {
        let language = self.frame.language;
        match opening {
            "json call" => language.pick("Body of the call", "通知内容"),
            _ => language.pick("Answer", "响应"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything in a source that must be the same in each language, in order.
    fn skeleton(source: &str) -> Vec<String> {
        let mut bones = Vec::new();
        let mut is_sample = false;
        for line in source.lines() {
            if line.starts_with("```") {
                is_sample = !is_sample;
                bones.push(line.to_owned());
            } else if is_sample || line.starts_with('@') {
                bones.push(line.to_owned());
            } else if line.starts_with('#') {
                let level = line.split(' ').next().unwrap_or_default();
                let anchor = line.rsplit_once("{#").map_or("", |(_, anchor)| anchor);
                bones.push(format!("{level} {anchor}"));
            } else if line.starts_with('|') {
                let cells = line.replace("\\|", "").matches('|').count();
                bones.push(format!("table {cells}"));
            }
        }
        bones
    }

    #[test]
    fn both_languages_have_the_same_sections_anchors_samples_and_examples() {
        for page in PAGES.iter().chain([&MISSING]) {
            let [english, chinese] = page.sources;
            pretty_assertions::assert_eq!(skeleton(english), skeleton(chinese), "{}", page.path);
            assert!(!skeleton(english).is_empty(), "{}", page.path);
        }
    }

    #[test]
    fn both_languages_name_the_same_code_and_lead_to_the_same_pages() {
        // Between backticks and in parentheses after brackets, in any order.
        let facts = |source: &str| {
            let code = source.split('`').skip(1).step_by(2);
            let links = source.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let mut all: Vec<String> = code.chain(links).map(str::to_owned).collect();
            all.sort();
            all.dedup();
            all
        };
        for page in PAGES.iter().chain([&MISSING]) {
            let [english, chinese] = page.sources;
            pretty_assertions::assert_eq!(facts(english), facts(chinese), "{}", page.path);
        }
    }

    #[test]
    fn every_example_is_on_one_page_and_every_directive_means_something() {
        let mut shown = Vec::new();
        for page in &PAGES {
            for line in page.sources[0].lines().filter(|line| line.starts_with('@')) {
                match line.split_once(' ') {
                    Some(("@snippet", name)) => shown.push(name),
                    _ => {
                        assert!(["@refusals", "@failures", "@reference"].contains(&line), "{line}");
                    }
                }
            }
        }
        for snippet in snippets::ALL {
            assert!(shown.contains(&snippet.name), "{} is on no page", snippet.name);
        }
        for name in shown {
            assert!(snippets::ALL.iter().any(|it| it.name == name), "there is no example {name}");
        }
    }

    #[test]
    fn a_hostile_address_stays_text() {
        let assets = Assets::new();
        let hostile = "https://x.example/\"'><script>alert(1)</script>`](javascript:1)";
        for page in &PAGES {
            for language in Language::ALL {
                let html = page.html(language, &assets, hostile);
                assert!(!html.contains("<script>"), "{}", page.path);
                assert!(!html.contains("href=\"javascript"), "{}", page.path);
                assert!(!html.contains(PUBLIC_URL), "{}", page.path);
            }
        }
    }
}
