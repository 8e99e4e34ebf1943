//! What is sent and answered around signing in, with its schema.

use rushes_store::{AccountRow, SessionRow};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat,
    Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::http::api::view;
use crate::openapi::words::{OnOrOff, OpenOrClosed};

/// How somebody comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) name: Option<String>,
    pub(super) password: Option<String>,
    pub(super) token: Option<String>,
}

/// The schema of [`Login`]: one way or the other.
pub(super) struct LoginInput;

impl ToSchema for LoginInput {}

impl PartialSchema for LoginInput {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str| -> ObjectBuilder {
            ObjectBuilder::new().schema_type(Type::String).description(Some(description))
        };
        let way = |fields: Vec<(&str, Object)>| {
            let only = Some(AdditionalProperties::FreeForm(false));
            let object = ObjectBuilder::new().additional_properties(only);
            fields
                .into_iter()
                .fold(object, |object, (name, field)| object.property(name, field).required(name))
        };
        let name = text("The account's name, in either case.").examples(["lin"]);
        let secret = Some(SchemaFormat::KnownFormat(KnownFormat::Password));
        let password = text("The account's password.").format(secret);
        let token = text("Of a one-time link: what stands behind `t=`.");
        OneOfBuilder::new()
            .item(way(vec![("name", name.build()), ("password", password.build())]))
            .item(way(vec![("token", token.build())]))
            .description(Some("Name and password, or the token of a one-time link."))
            .examples([serde_json::json!({
                "name": "lin", "password": "three green paper boats",
            })])
            .into()
    }
}

/// A new account of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RegisterInput)]
pub(super) struct Register {
    /// What it signs in with; there is one of a name, whatever its case.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", examples("lin"))]
    pub(super) name: String,
    /// Not only blanks.
    #[schema(min_length = 10, max_length = 256, pattern = r"\S", format = Password)]
    #[schema(examples("three green paper boats"))]
    pub(super) password: String,
    /// How its person likes to be called; without line breaks.
    #[serde(default)]
    #[schema(max_length = 100, examples("Lin"))]
    pub(super) display_name: String,
}

/// The password once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmInput)]
pub(super) struct Confirm {
    /// The account's password.
    #[schema(format = Password, examples("three green paper boats"))]
    pub(super) password: String,
}

/// That somebody signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionOpened)]
pub(super) struct Opened {
    /// Always `session_opened`.
    #[schema(pattern = "^session_opened$")]
    object: &'static str,
    account: view::Account,
    session: view::Session,
}

impl Opened {
    /// The new session of an account.
    pub(super) fn new(account: &AccountRow, session: &SessionRow) -> Self {
        Self {
            object: "session_opened",
            account: account.into(),
            session: view::Session::of(session, Some(&session.id)),
        }
    }
}

/// That somebody signed out.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionClosed)]
pub(super) struct Closed {
    /// Always `session_closed`.
    #[schema(pattern = "^session_closed$")]
    object: &'static str,
}

impl Closed {
    /// So it is.
    pub(super) const fn new() -> Self {
        Self { object: "session_closed" }
    }
}

/// Who is signed in, and what a page needs to know first.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionInfo {
    /// Always `session_info`.
    #[schema(pattern = "^session_info$")]
    pub(super) object: &'static str,
    pub(super) account: view::Account,
    /// Null for a key.
    #[schema(required)]
    pub(super) session: Option<view::Session>,
    /// Whether the password was shown within ten minutes.
    pub(super) confirmed: bool,
    pub(super) settings: SessionSettings,
    /// Whether the cookie would go over a connection that others can read: the gateway's public
    /// address is neither `https` nor on the browser's own machine.
    pub(super) insecure_cookie: bool,
}

/// The settings that say what a person may do.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionSettings {
    /// Whether people may sign up by themselves.
    #[schema(inline, value_type = OpenOrClosed)]
    pub(super) registration: &'static str,
    /// Whether the secrets of keys can be shown again.
    #[schema(inline, value_type = OnOrOff)]
    pub(super) key_reveal: &'static str,
}
