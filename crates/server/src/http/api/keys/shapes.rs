//! What is asked and answered about keys beside the key itself, with its schema.

use rushes_domain::KeyId;
use rushes_store::keys::KeyUse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A key by its id.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
pub(super) struct KeyPath {
    /// The key's id, not its secret.
    #[param(example = 3)]
    id: i64,
}

/// How a key gets another secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyRollInput)]
pub(super) struct Roll {
    /// For how many seconds the secret before works too, at most 7 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604_800, examples(3_600))]
    pub(super) grace_seconds: i64,
}

/// A place that a key was used from.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyAddress {
    /// Always `key_address`.
    #[schema(pattern = "^key_address$")]
    object: &'static str,
    #[schema(examples("203.0.113.7"))]
    address: String,
    /// The program that used it there last, as it calls itself; may be empty.
    client: String,
    /// Seconds since 1970.
    last_used_at: i64,
}

impl From<KeyUse> for KeyAddress {
    fn from(used: KeyUse) -> Self {
        Self {
            object: "key_address",
            address: used.address,
            client: used.client,
            last_used_at: used.at.unix_seconds(),
        }
    }
}

/// That a key is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyDeleted)]
pub(super) struct Deleted {
    /// Always `key_deleted`.
    #[schema(pattern = "^key_deleted$")]
    object: &'static str,
    id: i64,
}

impl Deleted {
    /// The key of this id.
    pub(super) const fn new(id: KeyId) -> Self {
        Self { object: "key_deleted", id: id.0 }
    }
}

/// A key's secret.
#[derive(Serialize, ToSchema)]
#[schema(as = KeySecret)]
pub(super) struct Secret {
    /// Always `key_secret`.
    #[schema(pattern = "^key_secret$")]
    object: &'static str,
    id: i64,
    /// What requests are signed with: `Authorization: Bearer …`.
    #[schema(examples("sk-…"))]
    key: String,
}

impl Secret {
    /// The secret of the key of this id.
    pub(super) const fn new(id: KeyId, key: String) -> Self {
        Self { object: "key_secret", id: id.0, key }
    }
}
