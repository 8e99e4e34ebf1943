//! Colours for the examples: comments, texts, numbers, words of the language.
//!
//! Guarantees: the text stays what it was, character by character; only `span` elements come to it.
//! Not here: a parser. What is not recognised has no colour.

use std::fmt::Write as _;

use super::html::escape;

const SHELL_WORDS: &[&str] =
    &["curl", "export", "while", "do", "done", "case", "esac", "exit", "echo", "if", "then", "fi"];
const JAVASCRIPT_WORDS: &[&str] = &[
    "async", "await", "break", "catch", "const", "else", "export", "for", "from", "function", "if",
    "import", "let", "new", "of", "return", "throw", "try", "while",
];
const PYTHON_WORDS: &[&str] = &[
    "as", "break", "class", "def", "elif", "else", "except", "for", "from", "if", "import", "in",
    "not", "raise", "return", "try", "while", "with",
];

/// What is to be known of a language.
struct Grammar {
    comment: Option<&'static str>,
    quotes: &'static [&'static str],
    words: &'static [&'static str],
    has_numbers: bool,
    /// A text before a colon is a name.
    has_names: bool,
}

fn grammar(kind: &str) -> Grammar {
    let (comment, quotes, words): (_, &'static [_], _) = match kind {
        "sh" => (Some("#"), &["\"", "'"], SHELL_WORDS),
        "mjs" => (Some("//"), &["`", "\"", "'"], JAVASCRIPT_WORDS),
        "py" => (Some("#"), &["\"\"\"", "\"", "'"], PYTHON_WORDS),
        "json" => (None, &["\""], &["true", "false", "null"]),
        _ => (None, &[], &[]),
    };
    let has_numbers = matches!(kind, "mjs" | "py" | "json");
    Grammar { comment, quotes, words, has_numbers, has_names: kind == "json" }
}

/// The text of an example as HTML; `kind` is the ending of its file.
pub(super) fn highlight(text: &str, kind: &str) -> String {
    let grammar = grammar(kind);
    let mut html = String::with_capacity(text.len() * 2);
    let (mut rest, mut before) = (text, ' ');
    while !rest.is_empty() {
        let (length, class) = token(rest, before, &grammar);
        let (found, after) = rest.split_at(length);
        match class {
            // Writing to a string cannot fail.
            Some(class) => {
                let _ = write!(html, "<span class=\"{class}\">{}</span>", escape(found));
            }
            None => html.push_str(&escape(found)),
        }
        before = found.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    html
}

/// The length of what the text begins with, in bytes, and its class.
fn token(text: &str, before: char, grammar: &Grammar) -> (usize, Option<&'static str>) {
    let is_free = before.is_whitespace();
    if is_free && grammar.comment.is_some_and(|start| text.starts_with(start)) {
        return (text.find('\n').unwrap_or(text.len()), Some("c"));
    }
    for quote in grammar.quotes {
        if let Some(inside) = text.strip_prefix(quote) {
            let end = quote.len() + closed(inside, quote);
            let is_name =
                grammar.has_names && text.get(end..).is_some_and(|it| it.starts_with(':'));
            return (end, Some(if is_name { "k" } else { "s" }));
        }
    }
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let end = text.find(|it| !is_word(it)).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    let is_option = matches!(before, '-' | '.' | '$' | '{');
    if word.is_empty() {
        (text.chars().next().map_or(1, char::len_utf8), None)
    } else if grammar.words.contains(&word) && !is_option {
        (end, Some("k"))
    } else if word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') && grammar.has_numbers
    {
        (end, Some("n"))
    } else {
        (end, None)
    }
}

/// Bytes up to and with the closing quote; all of them if there is none.
fn closed(inside: &str, quote: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in inside.char_indices() {
        if !is_escaped && inside.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return at + quote.len();
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(html: &str) -> String {
        let mut text = String::new();
        for part in html.split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        }
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    }

    #[test]
    fn the_text_stays_what_it_was() {
        let cases = [
            ("sh", "curl -d '{\"a\": 1}' # <b>\n  'open"),
            ("mjs", "const a = `x ${b} \\` y` // 1 && 2\nimport"),
            ("py", "\"\"\"a \"b\" c\"\"\"\nx = 1_000  # 注释\n\"\\\\\""),
            ("json", "{\"a\": [1, true, \"…\"]}"),
            ("text", "\"a\" <1> 中"),
            ("sh", ""),
        ];
        for (kind, text) in cases {
            assert_eq!(plain(&highlight(text, kind)), text, "{kind}");
        }
    }

    #[test]
    fn what_is_known_has_a_class() {
        let html = highlight("import a from 'b' // c\nconst n = 12", "mjs");
        for part in ["k\">import<", "s\">&#39;b&#39;<", "c\">// c<", "n\">12<", "k\">const<"] {
            assert!(html.contains(part), "{html}");
        }
    }
}
