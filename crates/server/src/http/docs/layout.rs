//! The frame of the pages: head, navigation, table of contents, foot.
//!
//! Guarantees: every address in it is relative, so that the pages work below any path and at any
//! name of the gateway; without a script everything is readable and every link works.

use std::fmt::Write as _;

use super::assets::Assets;
use super::html::escape;
use super::language::Language;
use super::markdown::{Group, Heading, Part};
use super::pages::{PAGES, Page};

/// The mark of the product.
const MARK: &str = include_str!("assets/mark.svg");

/// What a frame is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The page.
    pub(super) page: &'static Page,
    /// The path at which it is read, from which its links lead.
    pub(super) path: &'a str,
    /// Its language.
    pub(super) language: Language,
    /// What it loads.
    pub(super) assets: &'a Assets,
}

/// The way from one path of the gateway to another; both begin with a slash.
pub(super) fn relative(from: &str, to: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folders: Vec<&str> = folder.split('/').skip(1).collect();
    let target: Vec<&str> = to.split('/').skip(1).collect();
    let shared = folders.iter().zip(&target).take_while(|(one, other)| one == other).count();
    // The last part of the target is a name, never a folder.
    let shared = shared.min(target.len().saturating_sub(1));
    let up = "../".repeat(folders.len() - shared);
    let down = target.get(shared..).unwrap_or_default().join("/");
    if up.is_empty() && down.is_empty() { "./".to_owned() } else { format!("{up}{down}") }
}

impl Frame<'_> {
    /// The address of a page in this language, from here; `target` may end with an anchor.
    pub(super) fn link(&self, target: &str) -> String {
        self.link_in(target, self.language)
    }

    fn link_in(&self, target: &str, language: Language) -> String {
        if !target.starts_with('/') {
            return target.to_owned();
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let mut address = relative(self.path, path);
        if PAGES.iter().any(|page| page.path == path) {
            let _ = write!(address, "?lang={}", language.word());
        }
        if !anchor.is_empty() {
            let _ = write!(address, "#{anchor}");
        }
        address
    }

    /// The address of this page in a language, from here.
    fn itself_in(&self, language: Language) -> String {
        if PAGES.iter().any(|page| page.path == self.path) {
            return self.link_in(self.path, language);
        }
        // An address of nothing: whatever it is, it stays.
        format!("?lang={}", language.word())
    }

    /// The whole page around its content.
    pub(super) fn html(&self, content: &Part) -> String {
        let language = self.language;
        let title = escape(&content.title.replace('`', ""));
        let title = if title == "Rushes" { title } else { format!("{title} · Rushes") };
        let head = self.head(&title);
        let skip = language.pick("Skip to content", "跳到正文");
        let foot = language.pick(
            "Served by this gateway; nothing is loaded from anywhere else.",
            "本文档由网关自身提供，不加载任何外部资源。",
        );
        format!(
            "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n{head}</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">{skip}</a>\n<div class=\"app\">\n\
             <div class=\"edge\" aria-hidden=\"true\"></div>\n{side}<main id=\"main\">\n\
             {toc}<article>\n{html}<footer>Rushes {version} · {foot}</footer>\n</article>\n</main>\n\
             </div>\n<div class=\"sr\" role=\"status\" id=\"said\"></div>\n</body>\n</html>\n",
            tag = language.tag(),
            side = self.side(),
            toc = self.contents(&content.headings),
            html = content.html,
            version = env!("CARGO_PKG_VERSION"),
        )
    }

    fn head(&self, title: &str) -> String {
        let [style, script, mark] =
            ["docs.css", "docs.js", "mark.svg"].map(|name| self.link(&self.assets.path(name)));
        let mut html = format!(
            "<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <link rel=\"icon\" type=\"image/svg+xml\" href=\"{mark}\">\n\
             <link rel=\"stylesheet\" href=\"{style}\">\n<script src=\"{script}\"></script>\n"
        );
        for language in Language::ALL {
            let (tag, address) = (language.tag(), self.itself_in(language));
            // Writing to a string cannot fail, here and below.
            let _ =
                writeln!(html, "<link rel=\"alternate\" hreflang=\"{tag}\" href=\"{address}\">");
        }
        html
    }

    fn side(&self) -> String {
        let other = self.language.other();
        let mut entries = String::new();
        for page in PAGES.iter().filter(|page| page.path != "/") {
            let current = if page.path == self.page.path { " aria-current=\"page\"" } else { "" };
            let (address, name) = (self.link(page.path), page.name(self.language));
            let _ = write!(entries, "<li><a href=\"{address}\"{current}>{name}</a></li>");
        }
        let (address, name) =
            (relative(self.path, "/console/"), self.language.pick("Console", "控制台"));
        let _ = write!(entries, "<li><a href=\"{address}\">{name}</a></li>");
        format!(
            "<header class=\"side\">\n<a class=\"brand\" href=\"{home}\">{MARK}<span>Rushes\
             <small>{docs}</small></span></a>\n\
             <nav aria-label=\"{pages}\"><ul>{entries}</ul></nav>\n<div class=\"switches\">\
             <a class=\"switch\" href=\"{address}\" lang=\"{tag}\" hreflang=\"{tag}\">{name}</a>\
             <button class=\"switch\" type=\"button\" data-theme-switch hidden>{theme}</button>\
             </div>\n</header>\n",
            home = self.link("/"),
            docs = self.language.pick("docs", "文档"),
            pages = self.language.pick("Documentation", "文档页面"),
            address = self.itself_in(other),
            tag = other.tag(),
            name = other.pick("English", "中文"),
            theme = self.language.pick("Light / dark", "切换明暗"),
        )
    }

    fn contents(&self, headings: &[Heading]) -> String {
        if headings.len() < 2 {
            return String::new();
        }
        let mut entries = String::new();
        let mut is_group_open = false;
        for Heading { level, anchor, html, group } in headings {
            let anchor = escape(anchor);
            if is_group_open && *level == 2 {
                entries.push_str("</ul></details></li>\n");
                is_group_open = false;
            }
            if *group == Group::None {
                let class = if *level == 3 { " class=\"sub\"" } else { "" };
                let _ = writeln!(entries, "<li{class}><a href=\"#{anchor}\">{html}</a></li>");
            } else {
                let open = if *group == Group::Open { " open" } else { "" };
                let about = self.language.pick("About", "简介");
                let _ = writeln!(
                    entries,
                    "<li class=\"group\"><details{open}><summary>{html}</summary><ul>\n\
                     <li class=\"sub\"><a href=\"#{anchor}\">{about}<span class=\"sr\"> {html}\
                     </span></a></li>"
                );
                is_group_open = true;
            }
        }
        if is_group_open {
            entries.push_str("</ul></details></li>\n");
        }
        let title = self.language.pick("On this page", "本页内容");
        format!(
            "<details class=\"toc\"><summary>{title}</summary>\n<nav aria-label=\"{title}\"><ul>\n\
             {entries}</ul></nav></details>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_relative() {
        let cases = [
            ("/", "/", "./"),
            ("/", "/docs", "docs"),
            ("/", "/docs/errors", "docs/errors"),
            ("/docs", "/", "./"),
            ("/docs", "/docs", "docs"),
            ("/docs", "/docs/errors", "docs/errors"),
            ("/docs/errors", "/", "../"),
            ("/docs/errors", "/docs", "../docs"),
            ("/docs/errors", "/docs/errors", "errors"),
            ("/docs/errors", "/docs/assets/a.css", "assets/a.css"),
            ("/docs/errors", "/v1/models", "../v1/models"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative(from, to), expected, "{from} {to}");
        }
    }
}
