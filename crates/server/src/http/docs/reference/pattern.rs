//! Patterns of the document: a text that fits one, and what one says in words.
//!
//! Guarantees: a text that is made fits, for the patterns that our document has, which a test of
//! the samples shows. What is not understood gives none. Not here: every regular expression.

use super::super::language::Language;

/// The longest text that is made, in characters.
const CHARACTERS_MAX: usize = 128;
/// Characters that a class of several is filled with in turn, so that identifiers look like some.
const FILLING: &str = "0197f0c2a5d87b3c9e4f6a1b2c3d4e5f";

/// A text that fits the pattern; none if the pattern is beyond this small reader.
pub(super) fn example(pattern: &str) -> Option<String> {
    let mut reader = Reader { rest: pattern, made: String::new() };
    reader.choice()?;
    reader.rest.is_empty().then_some(reader.made).filter(|made| !made.is_empty())
}

struct Reader<'a> {
    rest: &'a str,
    made: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_next = self.rest.starts_with(wanted);
        if is_next {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        is_next
    }

    /// Alternatives, of which the first is made.
    fn choice(&mut self) -> Option<()> {
        self.sequence()?;
        while self.take('|') {
            let made = self.made.clone();
            self.sequence()?;
            self.made = made;
        }
        Some(())
    }

    fn sequence(&mut self) -> Option<()> {
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')']) {
            let before = self.made.len();
            let class = self.atom()?;
            let count = self.count()?;
            let atom = self.made.split_off(before);
            for index in 0..count {
                if self.made.len() >= CHARACTERS_MAX {
                    return None;
                }
                match &class {
                    Some(class) => self.made.push(class.pick(before + index)?),
                    None => self.made.push_str(&atom),
                }
            }
        }
        Some(())
    }

    /// One character, group or class; what is no class is written at once.
    #[expect(clippy::option_option, reason = "none is a pattern that is not understood")]
    fn atom(&mut self) -> Option<Option<Class>> {
        match self.next()? {
            '^' | '$' => {}
            '(' => {
                if self.rest.starts_with('?') {
                    self.rest = self.rest.strip_prefix("?:")?;
                }
                self.choice()?;
                if !self.take(')') {
                    return None;
                }
            }
            '[' => return Some(Some(self.class()?)),
            '.' => return Some(Some(Class::new(vec![('a', 'z')], false))),
            '\\' => match self.next()? {
                'd' => return Some(Some(Class::new(vec![('0', '9')], false))),
                'w' | 'S' => return Some(Some(Class::new(vec![('a', 'z')], false))),
                literal if literal.is_ascii_punctuation() => self.made.push(literal),
                _ => return None,
            },
            literal => self.made.push(literal),
        }
        Some(None)
    }

    fn class(&mut self) -> Option<Class> {
        let is_negated = self.take('^');
        let mut ranges = Vec::new();
        while !self.take(']') {
            let first = self.member()?;
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            let last = if is_range && self.take('-') { self.member()? } else { first };
            ranges.push((first, last));
        }
        Some(Class::new(ranges, is_negated))
    }

    fn member(&mut self) -> Option<char> {
        match self.next()? {
            '\\' => match self.next()? {
                'x' => {
                    let digits = self.rest.get(..2)?;
                    self.rest = &self.rest[2..];
                    u8::from_str_radix(digits, 16).ok().map(char::from)
                }
                literal if literal.is_ascii_punctuation() => Some(literal),
                _ => None,
            },
            member => Some(member),
        }
    }

    /// How often: the fewest that are allowed, but one where there may be none of a class's.
    fn count(&mut self) -> Option<usize> {
        if self.take('{') {
            let (inner, rest) = self.rest.split_once('}')?;
            self.rest = rest;
            let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
            let least: usize = least.parse().ok()?;
            // Texts of one character look like a mistake, so a few more where they are allowed.
            let most: usize = most.parse().unwrap_or(CHARACTERS_MAX);
            return Some(if most > 16 { least.max(6) } else { least });
        }
        let is_optional = self.take('?');
        let is_many = self.take('*') || self.take('+');
        Some(if is_optional {
            0
        } else if is_many {
            2
        } else {
            1
        })
    }
}

/// The characters of a class, as ranges.
struct Class {
    ranges: Vec<(char, char)>,
    is_negated: bool,
}

impl Class {
    const fn new(ranges: Vec<(char, char)>, is_negated: bool) -> Self {
        Self { ranges, is_negated }
    }

    fn has(&self, character: char) -> bool {
        let is_listed = self.ranges.iter().any(|&(from, to)| (from..=to).contains(&character));
        is_listed != self.is_negated
    }

    /// The class's character for a place: one of the filling if it may stand there.
    fn pick(&self, place: usize) -> Option<char> {
        let wanted: Vec<char> = FILLING.chars().filter(|&it| self.has(it)).collect();
        let at = place.checked_rem(wanted.len());
        let usual = at.and_then(|at| wanted.get(at).copied()).filter(|_| !self.is_negated);
        usual.or_else(|| ('a'..='z').chain(' '..='~').find(|&it| self.has(it)))
    }
}

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
    fn texts_fit_their_patterns() {
        let cases = [
            ("^video$", Some("video")),
            (r"^video\.deleted$", Some("video.deleted")),
            ("^[0-9]+x[0-9]+$", Some("01x70")),
            (r"^(video|task)_[0-9a-f]{4}$|^-$", Some("video_c2a5")),
            ("^(https?://|data:image/)", Some("http://")),
            (r"^-?[0-9]{1,7}(\.[0-9]{1,10})?$", Some("0")),
            ("^whsec_", Some("whsec_")),
            (r"^[^\x00-\x1f]{2}$", Some("aa")),
            ("(", None),
            ("[a", None),
            (r"\p{L}", None),
            ("a{999999999}", None),
            ("", None),
        ];
        for (pattern, expected) in cases {
            assert_eq!(example(pattern).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_is_shown_only_where_nothing_else_tells_it() {
        let said = |pattern, is_told| words(pattern, is_told, Language::English);
        assert_eq!(said(r"\S", true), Some(Words::Plain("not only blanks")));
        assert_eq!(said("^video$", true), None);
        assert_eq!(said("^video$", false), Some(Words::Raw));
    }
}
