//! What an operator sets while the gateway runs: who may sign up, whether keys can be copied again,
//! and what is kept of people.
//!
//! Guarantees: a value set at run time wins over the configuration's and survives a restart; what
//! is in force is what the last commit said. Taking `key_reveal` away drops the sealed keys in the
//! same transaction.

use std::sync::{Arc, PoisonError, RwLock};

use rushes_domain::Timestamp;
use rushes_store::keys::drop_sealed_keys;
use rushes_store::{PRIVACY_SETTING, Store, StoreError, Tx, set_setting, setting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Config;
use crate::openapi::words::{OnOrOff, OpenOrClosed};

/// The settings, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether people may make accounts by themselves.
    #[serde(with = "open_or_closed")]
    pub registration: bool,
    /// Whether a key can be copied again after it was made.
    #[serde(with = "on_or_off")]
    pub key_reveal: bool,
    /// Whether prompts, addresses and programs are forgotten when a task ends.
    #[serde(with = "on_or_off")]
    pub privacy: bool,
}

/// A change of settings; absent ones stay as they are.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// Whether people may make accounts by themselves.
    #[serde(default, with = "open_or_closed::optional")]
    #[schema(inline, value_type = OpenOrClosed)]
    pub registration: Option<bool>,
    /// Whether a key can be copied again after it was made. `off` forgets what could be copied.
    #[serde(default, with = "on_or_off::optional")]
    #[schema(inline, value_type = OnOrOff)]
    pub key_reveal: Option<bool>,
    /// Whether prompts, addresses and programs are forgotten when a task ends.
    #[serde(default, with = "on_or_off::optional")]
    #[schema(inline, value_type = OnOrOff)]
    pub privacy: Option<bool>,
}

impl Settings {
    /// The settings after a change.
    #[must_use]
    pub fn changed(self, change: SettingsChange) -> Self {
        Self {
            registration: change.registration.unwrap_or(self.registration),
            key_reveal: change.key_reveal.unwrap_or(self.key_reveal),
            privacy: change.privacy.unwrap_or(self.privacy),
        }
    }

    /// Writes the settings down for the next start; to be followed by [`SettingsInForce::put`].
    pub fn write(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        for (name, value) in self.values() {
            set_setting(tx, &format!("{OVERRIDE_PREFIX}{name}"), word(value), now)?;
        }
        self.apply(tx, now)
    }

    /// What follows from the settings in the store itself.
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        set_setting(tx, PRIVACY_SETTING, word(self.privacy), now)?;
        if !self.key_reveal {
            drop_sealed_keys(tx)?;
        }
        Ok(())
    }

    const fn values(self) -> [(&'static str, bool); 3] {
        [
            ("registration", self.registration),
            ("key_reveal", self.key_reveal),
            ("privacy", self.privacy),
        ]
    }
}

/// Whether keys can be copied again, as the store says within a transaction; `configured` counts
/// where no operator said anything.
pub fn is_key_reveal_on(tx: &mut Tx<'_>, configured: bool) -> Result<bool, StoreError> {
    let value = setting(tx, &format!("{OVERRIDE_PREFIX}key_reveal"))?;
    Ok(value.map_or(configured, |value| value == word(true)))
}

/// What was set at run time is kept under this and the setting's name.
const OVERRIDE_PREFIX: &str = "operator.";

/// The word for a setting that is on or off.
pub const fn word(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}

/// The settings in force.
#[derive(Debug)]
pub struct SettingsInForce(RwLock<Settings>);

impl SettingsInForce {
    /// Those of the configuration, with what was set at run time.
    pub fn load(config: &Config, store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let configured = Settings {
            registration: config.registration,
            key_reveal: config.key_reveal,
            privacy: config.privacy,
        };
        let settings = store.write_blocking(move |tx| {
            let mut find = |name: &str| -> Result<Option<bool>, StoreError> {
                let value = setting(tx, &format!("{OVERRIDE_PREFIX}{name}"))?;
                Ok(value.map(|value| value == "on"))
            };
            let settings = configured.changed(SettingsChange {
                registration: find("registration")?,
                key_reveal: find("key_reveal")?,
                privacy: find("privacy")?,
            });
            settings.apply(tx, now)?;
            Ok(settings)
        })?;
        Ok(Self(RwLock::new(settings)))
    }

    /// The settings now.
    pub fn get(&self) -> Settings {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes settings into force that were committed.
    pub fn put(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }
}

/// Shared settings.
pub type SharedSettings = Arc<SettingsInForce>;

macro_rules! words {
    ($name:ident, $yes:literal, $no:literal) => {
        mod $name {
            use serde::{Deserialize as _, Deserializer, Serializer, de::Error};

            pub(super) fn serialize<S: Serializer>(
                value: &bool,
                out: S,
            ) -> Result<S::Ok, S::Error> {
                out.serialize_str(if *value { $yes } else { $no })
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(
                input: D,
            ) -> Result<bool, D::Error> {
                match String::deserialize(input)?.as_str() {
                    $yes => Ok(true),
                    $no => Ok(false),
                    other => Err(D::Error::custom(format!(
                        "{other:?} is neither {:?} nor {:?}",
                        $yes, $no
                    ))),
                }
            }

            pub(super) mod optional {
                use serde::Deserializer;

                pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
                    input: D,
                ) -> Result<Option<bool>, D::Error> {
                    super::deserialize(input).map(Some)
                }
            }
        }
    };
}

words!(on_or_off, "on", "off");
words!(open_or_closed, "open", "closed");
