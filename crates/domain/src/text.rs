//! Text of strangers: shown in our messages without doing harm, and recognised as blank.
//!
//! Guarantees: [`shown`] gives characters that no terminal, log or reader acts upon.

/// The text in double quotes, cut at `chars_max` characters, anything invisible or acting on its
/// surroundings spelt out as an escape.
pub(crate) fn shown(text: &str, chars_max: usize) -> String {
    let mut quoted = String::from('"');
    for character in text.chars().take(chars_max) {
        if character == '"' || character == '\\' {
            quoted.push('\\');
            quoted.push(character);
        } else if character != ' ' && (is_invisible(character) || character.is_whitespace()) {
            quoted.extend(character.escape_unicode());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('"');
    quoted
}

/// True if nothing of the text can be seen.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is_invisible(character))
}

/// Control characters, and those that are drawn as nothing: joiners, direction marks, fillers,
/// variation selectors, tags, unassigned and private ends of planes.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
