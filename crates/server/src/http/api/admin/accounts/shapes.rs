//! What is asked and answered about accounts, with its schema.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::words::{RoleGiven, RoleWord};

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only accounts whose name or display name holds this; A to Z in either case.
    #[serde(default)]
    #[param(example = "lin")]
    pub(super) search: String,
    /// Only accounts of this group, by its name or as `id:` and its id.
    #[param(example = "default")]
    pub(super) group: Option<String>,
    /// How many: 0 counts as 1, and more than 199 as 199.
    #[param(default = 50)]
    pub(super) limit: Option<u32>,
    /// The `next_after` of the page before.
    pub(super) after: Option<i64>,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountInput)]
pub(super) struct New {
    /// What it signs in with; there is one of a name, whatever its case.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", examples("lin"))]
    pub(super) name: String,
    /// How its person likes to be called; without line breaks.
    #[serde(default)]
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", examples("Lin"))]
    pub(super) display_name: String,
    /// `user` if absent; only the owner makes operators.
    #[schema(inline, value_type = Option<RoleGiven>)]
    pub(super) role: Option<String>,
    /// The name of its group, or `id:` and the group's id; `default` if absent.
    #[schema(examples("default"))]
    pub(super) group: Option<String>,
    /// Not only blanks. An account without one comes in by a one-time link.
    #[schema(min_length = 10, max_length = 256, pattern = r"\S", format = Password)]
    #[schema(examples("three green paper boats"))]
    pub(super) password: Option<String>,
    /// US dollars that it begins with: more than 0, at most 1000000.
    #[schema(pattern = r"^[0-9]{1,7}(\.[0-9]{1,10})?$", examples("10.00"))]
    pub(super) credit: Option<String>,
}

/// A change of an account; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
pub(super) struct Change {
    /// How its person likes to be called; without line breaks.
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", examples("Lin"))]
    pub(super) display_name: Option<String>,
    /// Only the owner changes roles, and stays the only owner.
    #[schema(inline, value_type = Option<RoleWord>)]
    pub(super) role: Option<String>,
    /// The name of its group, or `id:` and the group's id.
    #[schema(examples("default"))]
    pub(super) group: Option<String>,
    /// False keeps it out: its sessions end, its keys are refused.
    pub(super) enabled: Option<bool>,
}

/// A password for somebody who forgot theirs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountPassword)]
pub(super) struct NewPassword {
    /// Not only blanks.
    #[schema(min_length = 10, max_length = 256, pattern = r"\S", format = Password)]
    #[schema(examples("three green paper boats"))]
    pub(super) password: String,
}

/// A link by which an account's person can sign in once.
#[derive(Serialize, ToSchema)]
#[schema(as = LoginLink)]
pub(super) struct Link {
    /// Always `login_link`.
    #[schema(pattern = "^login_link$")]
    object: &'static str,
    /// The console's page that signs in with it, to be opened in a browser.
    #[schema(format = "uri")]
    url: String,
    /// What `POST /api/login` takes instead of a password.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    #[schema(examples("0197f0c2a5d87b3c9e4f6a1b2c3d4e5f0197f0c2a5d87b3c9e4f6a1b2c3d4e5f"))]
    token: String,
    /// Until when, in seconds since 1970.
    expires_at: i64,
}

impl Link {
    /// The link of a token on this gateway.
    pub(super) fn new(public_url: &str, token: String, expires_at: i64) -> Self {
        let url = crate::pages::login_url(public_url, &token);
        Self { object: "login_link", url, token, expires_at }
    }
}
