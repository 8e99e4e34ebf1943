//! The small part of Markdown in which the pages are written, as HTML.
//!
//! Guarantees: whatever stands in a source is escaped, so that no text becomes markup; a heading
//! that is to be reached has an anchor of its own, `## Title {#anchor}`, the same in every language.
//! There are headings, paragraphs, lists, tables, notes (`> `), samples (three backticks) and
//! directives (`@name argument`), which the caller fills in. Not here: nested lists, raw HTML.

use std::fmt::Write as _;

use super::html::escape;

/// A heading of a page's table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// 2 or 3.
    pub(super) level: u8,
    /// Without `#`.
    pub(super) anchor: String,
    /// Its text, as HTML.
    pub(super) html: String,
    /// Whether the headings below it are a group that is opened and closed.
    pub(super) group: Group,
}

/// How the headings of level 3 stand below one of level 2 in the table of contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Group {
    /// As lines of the same list.
    #[default]
    None,
    /// As a group that is open at first.
    Open,
    /// As a group that is closed at first.
    Closed,
}

/// Some HTML, and the headings in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// The markup.
    pub(super) html: String,
    /// Those with an anchor, in order.
    pub(super) headings: Vec<Heading>,
    /// The text of the heading of level 1, without markup.
    pub(super) title: String,
}

/// What a source refers to.
pub(super) trait Surroundings {
    /// The address for a link in the source.
    fn link(&self, target: &str) -> String;
    /// What stands in the place of `@name argument`, in the section with this anchor.
    fn directive(&self, name: &str, argument: &str, section: &str) -> Part;
    /// The words over a sample that is opened with three backticks and this.
    fn sample_title(&self, opening: &str) -> &'static str;
}

/// Renders a whole source.
pub(super) fn render(source: &str, surroundings: &dyn Surroundings) -> Part {
    let mut writer = Writer { surroundings, part: Part::default(), section: String::new() };
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        let mut more = |is_more: &dyn Fn(&str) -> bool| {
            let mut block = vec![line];
            while let Some(next) = lines.next_if(|next| is_more(next)) {
                block.push(next);
            }
            block
        };
        if let Some(opening) = line.strip_prefix("```") {
            let block = more(&|next| !next.starts_with("```"));
            writer.sample(opening, block.get(1..).unwrap_or_default());
            lines.next();
        } else if line.starts_with('#') {
            writer.heading(line);
        } else if line.starts_with('@') {
            writer.directive(line);
        } else if line.starts_with('|') {
            let block = more(&|next| next.starts_with('|'));
            writer.table(&block);
        } else if line.starts_with("> ") {
            let block = more(&|next| next.starts_with('>'));
            writer.note(&block);
        } else if let Some(kind) = list_kind(line) {
            let block = more(&|next| next.starts_with(' ') || list_kind(next).is_some());
            writer.list(kind, &block);
        } else if !line.trim().is_empty() {
            let block = more(&|next| !next.trim().is_empty() && !begins_block(next));
            writer.paragraph(&block);
        }
    }
    writer.part
}

/// `ul` or `ol`, if the line begins an entry.
fn list_kind(line: &str) -> Option<&'static str> {
    let number = line.split_once(". ").map(|(number, _)| number);
    if line.starts_with("- ") {
        Some("ul")
    } else if number
        .is_some_and(|text| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()))
    {
        Some("ol")
    } else {
        None
    }
}

fn begins_block(line: &str) -> bool {
    ["```", "#", "@", "|", "> "].iter().any(|start| line.starts_with(start))
        || list_kind(line).is_some()
}

struct Writer<'a> {
    surroundings: &'a dyn Surroundings,
    part: Part,
    /// The anchor of the section that is written.
    section: String,
}

impl Writer<'_> {
    // Writing to a string cannot fail, here and below.
    fn push(&mut self, html: std::fmt::Arguments<'_>) {
        let _ = self.part.html.write_fmt(html);
    }

    fn inline(&self, text: &str) -> String {
        inline(text, &|target| self.surroundings.link(target))
    }

    fn heading(&mut self, line: &str) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let text = line.get(level..).unwrap_or_default().trim();
        let (text, anchor) = match text.rsplit_once(" {#") {
            Some((text, anchor)) => (text.trim(), anchor.trim_end_matches('}')),
            None => (text, ""),
        };
        let (step, text) = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((step, text)) => (format!("<span class=\"step\">{}</span>", escape(step)), text),
            None => (String::new(), text),
        };
        let html = self.inline(text);
        if level == 1 {
            text.clone_into(&mut self.part.title);
            self.push(format_args!("<h1>{html}</h1>\n"));
        } else if anchor.is_empty() {
            self.push(format_args!("<h{level}>{step}{html}</h{level}>\n"));
        } else {
            let id = escape(anchor);
            self.push(format_args!("<h{level} id=\"{id}\">{step}<span>{html}</span></h{level}>\n"));
            let level = if level == 2 { 2 } else { 3 };
            anchor.clone_into(&mut self.section);
            let (anchor, group) = (anchor.to_owned(), Group::None);
            self.part.headings.push(Heading { level, anchor, html, group });
        }
    }

    fn directive(&mut self, line: &str) {
        let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
        let name = name.trim_start_matches('@');
        let part = self.surroundings.directive(name, argument.trim(), &self.section);
        self.part.html.push_str(&part.html);
        self.part.headings.extend(part.headings);
    }

    fn sample(&mut self, opening: &str, lines: &[&str]) {
        let title = self.surroundings.sample_title(opening);
        let kind = opening.split(' ').next().unwrap_or_default();
        let html = super::highlight::highlight(&lines.join("\n"), kind);
        self.push(format_args!(
            "<div class=\"code\"><div class=\"bar\"><span class=\"lang\">{}</span></div>\
             <pre tabindex=\"0\"><code data-sample=\"{}\">{html}</code></pre></div>\n",
            escape(title),
            escape(kind),
        ));
    }

    fn table(&mut self, rows: &[&str]) {
        let cells = |row: &str, tag: &str| {
            let row = row.trim().trim_start_matches('|');
            let row = row.strip_suffix('|').unwrap_or(row).replace("\\|", "\u{0}");
            let cell = |text: &str| {
                format!("<{tag}>{}</{tag}>", self.inline(&text.trim().replace('\u{0}', "|")))
            };
            row.split('|').map(cell).collect::<String>()
        };
        let mut html = String::new();
        for (index, row) in rows.iter().enumerate() {
            match index {
                0 => {
                    let _ = write!(
                        html,
                        "<thead><tr>{}</tr></thead><tbody>",
                        cells(row, "th").replace("<th>", "<th scope=\"col\">")
                    );
                }
                1 => {}
                _ => {
                    let _ = write!(html, "<tr>{}</tr>", cells(row, "td"));
                }
            }
        }
        let html = in_scroll(&format!("{html}</tbody>"), &self.section);
        self.part.html.push_str(&html);
    }

    fn note(&mut self, lines: &[&str]) {
        let text = join(lines.iter().map(|line| line.trim_start_matches('>').trim()));
        let html = self.inline(&text);
        self.push(format_args!("<p class=\"note\">{html}</p>\n"));
    }

    fn list(&mut self, kind: &str, lines: &[&str]) {
        let mut entries: Vec<Vec<&str>> = Vec::new();
        for line in lines {
            let is_first = list_kind(line).is_some();
            let text = match line.split_once(' ') {
                Some((_, text)) if is_first => text,
                _ => line,
            };
            match entries.last_mut() {
                Some(entry) if !is_first => entry.push(text.trim()),
                _ => entries.push(vec![text.trim()]),
            }
        }
        let entry =
            |lines: &Vec<&str>| format!("<li>{}</li>", self.inline(&join(lines.iter().copied())));
        let entries: String = entries.iter().map(entry).collect();
        self.push(format_args!("<{kind}>{entries}</{kind}>\n"));
    }

    fn paragraph(&mut self, lines: &[&str]) {
        let html = self.inline(&join(lines.iter().map(|line| line.trim())));
        self.push(format_args!("<p>{html}</p>\n"));
    }
}

/// A table that is scrolled sideways where it is too wide, by keyboard too.
pub(super) fn in_scroll(rows: &str, section: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"{}\"><table>{rows}\
         </table></div>\n",
        escape(section)
    )
}

/// Lines of one paragraph. Between two Chinese characters a line's end is no space.
fn join<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        let is_wide = |character: Option<char>| character.is_some_and(|it| it >= '\u{2e80}');
        let is_tight = is_wide(text.chars().next_back()) && is_wide(line.chars().next());
        if !text.is_empty() && !is_tight {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

/// Code, strong words and links within a text; everything else is escaped.
pub(super) fn inline(text: &str, link: &dyn Fn(&str) -> String) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, from) = rest.split_at(at);
        html.push_str(&escape(before));
        let (part, after) = span(from, link);
        html.push_str(&part);
        rest = after;
    }
    html.push_str(&escape(rest));
    html
}

/// The span that `text` begins with, and what comes after it; its first character if it is none.
fn span<'a>(text: &'a str, link: &dyn Fn(&str) -> String) -> (String, &'a str) {
    if let Some((code, after)) = text.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        return (format!("<code>{}</code>", escape(code)), after);
    }
    if let Some((strong, after)) = text.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
        return (format!("<strong>{}</strong>", inline(strong, link)), after);
    }
    if let Some((label, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once("]("))
        && let Some((target, after)) = rest.split_once(')')
        && !label.contains(['[', ']'])
    {
        let address = escape(&link(target));
        return (format!("<a href=\"{address}\">{}</a>", inline(label, link)), after);
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (first, after) = text.split_at(first);
    (escape(first), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    impl Surroundings for Plain {
        fn link(&self, target: &str) -> String {
            format!("to:{target}")
        }

        fn directive(&self, name: &str, argument: &str, section: &str) -> Part {
            let html = format!("[{name}|{argument}|{section}]");
            Part { html, ..Part::default() }
        }

        fn sample_title(&self, _: &str) -> &'static str {
            "Sample"
        }
    }

    fn html(source: &str) -> String {
        render(source, &Plain).html
    }

    #[test]
    fn blocks_become_elements() {
        let part = render("# A `b`\n\n## [1] C **d** {#c}\none\ntwo\n\n@x y z\n", &Plain);
        assert_eq!(
            part.html,
            "<h1>A <code>b</code></h1>\n<h2 id=\"c\"><span class=\"step\">1</span><span>C \
             <strong>d</strong></span></h2>\n<p>one two</p>\n[x|y z|c]"
        );
        let html_of_it = "C <strong>d</strong>".into();
        let heading =
            Heading { level: 2, anchor: "c".into(), html: html_of_it, group: Group::None };
        assert_eq!((part.headings, part.title.as_str()), (vec![heading], "A `b`"));
        assert_eq!(html("- a\n  b\n- c"), "<ul><li>a b</li><li>c</li></ul>\n");
        assert_eq!(html("1. a\n2. b"), "<ol><li>a</li><li>b</li></ol>\n");
        assert_eq!(html("> a\n> b"), "<p class=\"note\">a b</p>\n");
        let table = html("| a | b |\n|---|---|\n| `c\\|d` | e |\n");
        assert!(table.contains("<tr><td><code>c|d</code></td><td>e</td></tr>"), "{table}");
        assert!(table.contains("<th scope=\"col\">a</th>"), "{table}");
    }

    #[test]
    fn text_never_becomes_markup() {
        let source = "<b>` & `<i>` [<a>](x\"y) **<u>\n\n```json\n{\"<s>\": 1}\n```\n";
        let html = html(source);
        for tag in ["<b>", "<i>", "<a>", "<u>", "<s>"] {
            assert!(!html.contains(tag), "{html}");
        }
        assert!(html.contains("href=\"to:x&quot;y\""), "{html}");
    }

    #[test]
    fn what_is_no_span_is_text() {
        for text in ["a ` b", "a * b ** c", "[x]", "a [b](c", "[[stall]]", ""] {
            assert_eq!(inline(text, &str::to_owned), text);
        }
    }

    #[test]
    fn chinese_lines_are_joined_without_a_space() {
        assert_eq!(
            html("视频，\n文件 `a`\n之后 b\nc"),
            "<p>视频，文件 <code>a</code> 之后 b c</p>\n"
        );
    }
}
