//! Foreign text on a terminal and in file names.
//!
//! Guarantees: [`escape`] lets no control character through, so that a prompt or a server cannot
//! move the cursor or reorder a line; [`slug`] gives a name without separators and dots.

use std::borrow::Cow;
use std::time::Duration;

/// Most characters of a prompt in a file name.
const SLUG_CHARS_MAX: usize = 40;
/// Most bytes of it: names may have 255, and more is joined to it.
const SLUG_BYTES_MAX: usize = 120;

/// The text with control and direction characters as `\u{…}`.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// C0, C1, line separators, and the characters that reorder text (Unicode TR 9).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// Columns of a text on a terminal: wide (East Asian) characters take two, joining ones none. The
/// ranges are those that aligning a table needs (Unicode TR 11), not every rare script.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

const fn char_columns(character: char) -> usize {
    match character {
        '\u{0300}'..='\u{036F}'
        | '\u{200B}'..='\u{200D}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{303E}'
        | '\u{3041}'..='\u{A4CF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1F64F}'
        | '\u{1F680}'..='\u{1F6FF}'
        | '\u{1F900}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// The text cut to so many columns, with `…` where something was cut.
pub(super) fn cut(text: &str, columns_max: usize) -> Cow<'_, str> {
    if columns(text) <= columns_max {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let kept = text.chars().take_while(|&character| {
        used += char_columns(character);
        used <= columns_max
    });
    Cow::Owned(kept.chain(['…']).collect())
}

/// A prompt as part of a file name: letters and digits of any script, the rest as single dashes.
pub(super) fn slug(prompt: &str) -> String {
    let mut name = String::new();
    for character in prompt.chars().flat_map(char::to_lowercase) {
        if name.chars().count() >= SLUG_CHARS_MAX || name.len() >= SLUG_BYTES_MAX {
            break;
        }
        if character.is_alphanumeric() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "video".to_owned() } else { name.to_owned() }
}

/// Reads `90`, `90s`, `10m`, `1h` or `30d`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("\"{text}\" is not a time; write 90, 90s, 10m, 1h or 30d");
    let (digits, unit_seconds) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        Some(b'd') => (&text[..text.len() - 1], 86_400),
        _ => (text, 1),
    };
    let count: u32 = digits.parse().map_err(|_| expected())?;
    Ok(Duration::from_secs(u64::from(count) * unit_seconds))
}

/// A moment to the second, e.g. `2026-05-09 07:29:53`.
pub(super) fn moment(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds)
        .map(|moment| moment.to_string().replace('T', " ").trim_end_matches('Z').to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn control_and_direction_characters_are_shown_and_not_obeyed() {
        assert_eq!(escape("雨夜 neon"), "雨夜 neon");
        assert_eq!(escape("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(escape("\u{202E}gpj.exe\u{9b}"), "\\u{202e}gpj.exe\\u{9b}");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("car"), 3);
        assert_eq!(columns("雨夜"), 4);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(cut("雨夜霓虹", 8), "雨夜霓虹");
        assert_eq!(cut("雨夜霓虹", 7), "雨夜霓…");
        assert_eq!(cut("abc", 2), "a…");
    }

    #[test]
    fn prompts_become_harmless_names() {
        assert_eq!(
            slug("A red sports car, in neon rain! 雨夜"),
            "a-red-sports-car-in-neon-rain-雨夜"
        );
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug(" \n!? "), "video");
        assert_eq!(slug(&"霓".repeat(99)).chars().count(), 40);
        assert!(slug(&"a b".repeat(99)).len() <= 40);
    }

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(parse_duration("1h"), Ok(Duration::from_secs(3600)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        for nonsense in ["", "m", "-1", "1w", "1.5h", "５s"] {
            assert!(parse_duration(nonsense).is_err(), "{nonsense}");
        }
    }
}
