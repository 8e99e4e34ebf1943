//! The two languages of the pages, and which of them a reader gets.
//!
//! Guarantees: `?lang=` decides, else `Accept-Language` (RFC 9110, section 12.5.4), else English;
//! nothing that a client sends is an error here.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// Most languages of a header that are looked at.
const PREFERENCES_MAX: usize = 32;

/// A language in which every page exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Language {
    /// English.
    English,
    /// Chinese in simplified characters.
    Chinese,
}

impl Language {
    /// Both, in the order of the arrays that have something for each.
    pub(in crate::http) const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its place in such an array.
    pub(in crate::http) const fn index(self) -> usize {
        match self {
            Self::English => 0,
            Self::Chinese => 1,
        }
    }

    /// The other one.
    pub(in crate::http) const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// Its word in `?lang=`.
    pub(in crate::http) const fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// Its tag for `lang` and `Content-Language` (BCP 47).
    pub(in crate::http) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The text in this language.
    pub(in crate::http) const fn pick(
        self,
        english: &'static str,
        chinese: &'static str,
    ) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// What a request asks for.
    pub(in crate::http) fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        let named = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| Self::from_tag(&value));
        named.or_else(|| Self::preferred(headers)).unwrap_or(Self::English)
    }

    /// `zh`, `zh-Hans-CN`, `en-GB` and the like.
    fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            _ => None,
        }
    }

    /// The one with the highest weight; of equal ones the first.
    fn preferred(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
        let mut best: Option<(f32, Self)> = None;
        for item in lines.flat_map(|line| line.split(',')).take(PREFERENCES_MAX) {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let Some(language) = Self::from_tag(tag.trim()) else { continue };
            let weight = weight(parameters);
            if weight > best.map_or(0.0, |(most, _)| most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// The `q` of a preference; 1 where there is none or it makes no sense.
pub(in crate::http) fn weight(parameters: &str) -> f32 {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    value.and_then(|text| text.parse().ok()).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(query: &str, accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        if !accepted.is_empty() {
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
        }
        Language::of(Some(query), &headers)
    }

    #[test]
    fn the_address_decides_then_the_browser_then_english() {
        let cases = [
            ("", "", Language::English),
            ("lang=zh", "", Language::Chinese),
            ("lang=zh-TW", "en", Language::Chinese),
            ("lang=en", "zh", Language::English),
            ("lang=de", "zh-CN,en;q=0.5", Language::Chinese),
            ("", "fr, de;q=0.9", Language::English),
            ("", "en;q=0.5, zh-Hans;q=0.8", Language::Chinese),
            ("", "fr, zh;q=0.1", Language::Chinese),
            ("", "zh;q=0", Language::English),
            ("", "en, zh", Language::English),
            ("", "zh;q=nonsense", Language::Chinese),
            ("lang=%FF&lang=zh", ";;;,=,q", Language::English),
        ];
        for (query, accepted, expected) in cases {
            assert_eq!(of(query, accepted), expected, "{query:?} {accepted:?}");
        }
    }
}
