//! What the patterns of the document say in words.

use super::super::language::Language;

/// What a pattern says: in words where it has some, as itself where nothing else tells it, and
/// nothing where a description or an example does. The text is HTML-free.
pub(super) fn words(pattern: &str, is_told: bool, language: Language) -> Option<Words> {
    let pair = match pattern {
        r"\S" => ("not only blanks", "不能全为空白"),
        "^[!-~]+$" => ("visible ASCII characters", "可见的 ASCII 字符"),
        r"^[^\x00-\x1f\x7f-\x9f]*$" => ("no control characters", "不含控制字符"),
        "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$" => (
            "letters, digits and . _ @ + - after the first",
            "字母、数字，首字符之后还可有 . _ @ + -",
        ),
        "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" => {
            ("letters, digits and . _ - after the first", "字母、数字，首字符之后还可有 . _ -")
        }
        "^[A-Za-z0-9._-]{1,64}$" => {
            ("1 to 64 letters, digits and . _ -", "1 到 64 个字母、数字和 . _ -")
        }
        _ if is_told => return None,
        _ => return Some(Words::Raw),
    };
    Some(Words::Plain(language.pick(pair.0, pair.1)))
}

/// How a pattern is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// In these words.
    Plain(&'static str),
    /// By the pattern itself.
    Raw,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_shown_only_where_nothing_else_tells_it() {
        let said = |pattern, is_told| words(pattern, is_told, Language::English);
        assert_eq!(said(r"\S", true), Some(Words::Plain("not only blanks")));
        assert_eq!(said("^video$", true), None);
        assert_eq!(said("^video$", false), Some(Words::Raw));
    }
}
