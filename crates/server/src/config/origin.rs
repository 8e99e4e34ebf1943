//! Where each setting in force comes from.
//!
//! Guarantees: every setting is named once, with its value as it is in force and the last source
//! that said something of it; secrets, and addresses that may hold one, are hidden.

use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Config;

/// Where a setting comes from, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// The documented default.
    #[default]
    Default,
    /// The operator's file.
    File,
    /// A `RUSHES_…` variable.
    Env,
    /// A flag of the command.
    Flag,
}

impl Origin {
    const ALL: [Self; 4] = [Self::Default, Self::File, Self::Env, Self::Flag];

    /// As it stands in an error about a value.
    const fn name(self) -> &'static str {
        match self {
            Self::Default => "the defaults",
            Self::File => "the configuration file",
            Self::Env => "the environment",
            Self::Flag => "a flag",
        }
    }
}

/// A source that says what it is, so that its values can be told from those of others.
pub(super) struct Named<P>(pub(super) Origin, pub(super) P);

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        let mut metadata = self.1.metadata();
        metadata.name = self.0.name().into();
        metadata
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.1.data()
    }
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ConfigLine)]
pub(crate) struct Line {
    /// Its name, with dots.
    #[schema(examples("retention.file_seconds"))]
    pub(crate) key: String,
    /// What is in force; null if it is hidden.
    #[schema(required)]
    pub(crate) value: Value,
    pub(crate) source: Origin,
    /// Whether it is a secret, or may hold one.
    pub(crate) hidden: bool,
}

/// Settings that are or may hold secrets.
const HIDDEN: [&str; 2] = ["metrics.token", "alerts.webhook_url"];
/// Lists of tables, of which the names are told.
const NAMED: [(&str, &str); 2] = [("channels", "name"), ("models", "id")];

/// Every setting, in the order of the documented file.
pub(super) fn lines(config: &Config, figment: &Figment) -> Vec<Line> {
    let mut lines = Vec::new();
    // A configuration that was read can be written: its own types say how.
    if let Ok(Value::Object(all)) = serde_json::to_value(config) {
        for (key, value) in all {
            collect(key, value, figment, &mut lines);
        }
    }
    lines
}

fn collect(key: String, value: Value, figment: &Figment, lines: &mut Vec<Line>) {
    if let Value::Object(inner) = value {
        for (name, value) in inner {
            collect(format!("{key}.{name}"), value, figment, lines);
        }
        return;
    }
    let said_by = figment.find_metadata(&key).map(|it| it.name.as_ref().to_owned());
    let source = Origin::ALL.into_iter().find(|it| said_by.as_deref() == Some(it.name()));
    let hidden = HIDDEN.contains(&key.as_str()) && value != "";
    let value = match NAMED.iter().find(|(list, _)| *list == key) {
        Some((_, name)) => names(&value, name),
        None if hidden => Value::Null,
        None => value,
    };
    lines.push(Line { key, value, source: source.unwrap_or_default(), hidden });
}

fn names(list: &Value, field: &str) -> Value {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item[field].clone()).collect()
}
