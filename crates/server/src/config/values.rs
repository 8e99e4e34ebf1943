//! Values in the forms in which people write them: in TOML, and in the environment.

use ipnet::IpNet;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands for a secret where a configuration is shown.
const HIDDEN: &str = "(hidden)";

/// A text that is used and never shown: not by `Debug`, not by `rushes config check`, not in an
/// error about it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_empty() { "\"\"" } else { HIDDEN })
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(if self.0.is_empty() { "" } else { HIDDEN })
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Other(IgnoredAny),
        }
        match Either::deserialize(input)? {
            Either::Text(text) => Ok(Self(text)),
            // The environment reads digits as a number, which has lost its leading zeros.
            Either::Other(_) => Err(serde::de::Error::custom(
                "a text is wanted; one of digits alone needs quotes around it",
            )),
        }
    }
}

/// A TOML array, or one string with commas (the environment).
pub(super) fn list_or_commas<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<IpNet>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Text(String),
    }
    let texts = match Either::deserialize(deserializer)? {
        Either::List(list) => list,
        Either::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let read = |text: &str| {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
            .map_err(|_| {
                serde::de::Error::custom(format!("\"{text}\" is not a network (a.b.c.d/n)"))
            })
    };
    texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(read).collect()
}

/// `true`/`false`, or `"on"`/`"off"` as people write it in the environment.
pub(super) fn on_or_off<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    one_of(deserializer, "on", "off")
}

/// `"open"`/`"closed"`.
pub(super) fn open_or_closed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    one_of(deserializer, "open", "closed")
}

fn one_of<'de, D: Deserializer<'de>>(
    deserializer: D,
    yes: &str,
    no: &str,
) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Bool(bool),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Bool(value) => Ok(value),
        Either::Text(text) if text == yes => Ok(true),
        Either::Text(text) if text == no => Ok(false),
        Either::Text(text) => {
            Err(serde::de::Error::custom(format!("\"{text}\" is neither {yes} nor {no}")))
        }
    }
}

/// Amounts of dollars as text.
pub(super) mod dollars {
    use rushes_domain::Ticks;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(in crate::config) fn serialize<S: Serializer>(
        ticks: &Ticks,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.serialize_str(&ticks.to_string())
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Ticks, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Whole(i64),
        }
        let text = match Either::deserialize(input)? {
            Either::Text(text) => text,
            // The environment reads `100` as a number.
            Either::Whole(dollars) => dollars.to_string(),
        };
        Ticks::parse_dollars(&text).map_err(serde::de::Error::custom)
    }
}
