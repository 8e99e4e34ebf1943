//! The limits of a value in a few words: smallest and largest, shortest and longest, pattern.

use serde_json::Value;

use super::super::html::escape;
use super::super::language::Language;
use super::pattern::{self, Words};

/// Sizes of integers say nothing that the limits do not, and files are called files.
const SILENT_FORMATS: [&str; 4] = ["int32", "int64", "binary", "double"];

/// A unit: of one in English, of several in English, and in Chinese.
type Unit = [&'static str; 3];

const NONE: Unit = ["", "", ""];
const CHARACTERS: Unit = [" character", " characters", " 个字符"];
const ENTRIES: Unit = [" entry", " entries", " 项"];

/// Each limit as HTML; `is_told` where a description or an example says what a pattern would.
pub(super) fn limits(schema: &Value, is_told: bool, language: Language) -> Vec<String> {
    let ranges = [
        ("minimum", "maximum", NONE),
        ("minLength", "maxLength", CHARACTERS),
        ("minItems", "maxItems", ENTRIES),
        ("minProperties", "maxProperties", ENTRIES),
    ];
    let number = |word: &str| schema[word].as_number().map(ToString::to_string);
    let mut facts: Vec<String> = ranges
        .into_iter()
        .filter_map(|(least, most, unit)| range(number(least), number(most), unit, language))
        .collect();
    if let Some(text) = schema["pattern"].as_str() {
        match pattern::words(text, is_told, language) {
            Some(Words::Plain(words)) => facts.push(escape(words)),
            Some(Words::Raw) => {
                let word = language.pick("matches", "须匹配");
                facts.push(format!("{word} <code>{}</code>", escape(text)));
            }
            None => {}
        }
    }
    let format = schema["format"].as_str().filter(|format| !SILENT_FORMATS.contains(format));
    facts.extend(format.map(|format| format!("<code>{}</code>", escape(format))));
    facts
}

fn range(
    least: Option<String>,
    most: Option<String>,
    [one, several, chinese]: Unit,
    language: Language,
) -> Option<String> {
    let unit = |number: &str| language.pick(if number == "1" { one } else { several }, chinese);
    match (least, most) {
        (Some(least), Some(most)) if least == most => {
            Some(format!("{} {least}{}", language.pick("only", "只能是"), unit(&least)))
        }
        // A text or a list that may be empty needs no word about its least.
        (Some(least), Some(most)) if least != "0" || one.is_empty() => {
            Some(format!("{least}{}{most}{}", language.pick(" to ", " 到 "), unit(&most)))
        }
        (Some(least), None) if least == "1" && !one.is_empty() => {
            Some(language.pick("not empty", "不能为空").to_owned())
        }
        (Some(least), None) if least != "0" || one.is_empty() => {
            Some(format!("{} {least}{}", language.pick("at least", "至少"), unit(&least)))
        }
        (_, Some(most)) => {
            Some(format!("{} {most}{}", language.pick("at most", "最多"), unit(&most)))
        }
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_told_in_words() {
        let cases = [
            (json!({ "minLength": 1 }), "not empty"),
            (json!({ "minLength": 2 }), "at least 2 characters"),
            (json!({ "minLength": 0, "maxLength": 1 }), "at most 1 character"),
            (json!({ "minItems": 1, "maxItems": 1 }), "only 1 entry"),
            (json!({ "minItems": 1, "maxItems": 3 }), "1 to 3 entries"),
            (json!({ "minimum": 0 }), "at least 0"),
            (json!({ "minimum": 1, "maximum": 9 }), "1 to 9"),
            (json!({ "pattern": "^[!-~]+$" }), "visible ASCII characters"),
            (json!({ "pattern": "^<$" }), "matches <code>^&lt;$</code>"),
            (json!({ "format": "date" }), "<code>date</code>"),
        ];
        for (schema, expected) in cases {
            assert_eq!(limits(&schema, false, Language::English), [expected], "{schema}");
        }
        assert!(
            limits(&json!({ "pattern": "^<$", "format": "int32" }), true, Language::English)
                .is_empty()
        );
    }
}
