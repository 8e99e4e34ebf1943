//! What a request says about a key, checked.

use std::net::IpAddr;

use ipnet::IpNet;
use rushes_domain::account::{KeyKind, Scope, Scopes};
use rushes_domain::catalogue::Catalogue;
use rushes_domain::{ApiError, Timestamp};
use rushes_store::KeyTerms;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::http::api::fields::{self, Patch};
use crate::openapi::words;

/// Most characters of a key's name.
const NAME_CHARS_MAX: usize = 100;
/// Most addresses or networks that a key may be used from.
const ADDRESSES_MAX: usize = 64;
/// Highest limit of a count.
const COUNT_MAX: u32 = 100_000;

/// A key's fields; none is needed, and null is no limit.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyInput {
    /// By default `live`, or that of the key that asks; it cannot be changed.
    #[schema(inline, value_type = Option<words::KeyKindWord>)]
    pub(super) kind: Option<String>,
    /// For people; not only blanks, without line breaks.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S", examples("render farm"))]
    name: Option<String>,
    /// False keeps the key from working.
    pub(super) enabled: Option<bool>,
    /// What it may be used for; a new key by default `generate` and `read`.
    #[schema(inline, value_type = Option<Vec<words::ScopeWord>>, min_items = 1)]
    scopes: Option<Vec<String>>,
    /// Until when it works: seconds since 1970, not past, at most 100 years ahead; null for ever.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, examples(1_893_456_000))]
    expires_at: Patch<i64>,
    /// The models that it may use, by their ids or aliases; null for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, examples("grok-image-video"))]
    models: Patch<Vec<String>>,
    /// The addresses and networks that it may be used from; null for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 64)]
    #[schema(examples("203.0.113.0/24"))]
    addresses: Patch<Vec<String>>,
    /// Most creates a minute; null for what the account has.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    creates_per_minute: Patch<u32>,
    /// Most tasks at a time; null for what the account has.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    in_flight_max: Patch<u32>,
    /// What it may spend in all, in US dollars: more than 0, at most 1000000; null for no limit.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = r"^[0-9]{1,7}(\.[0-9]{1,10})?$")]
    #[schema(examples("100.00"))]
    budget: Patch<String>,
    /// What it may spend in a month, in the same way.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = r"^[0-9]{1,7}(\.[0-9]{1,10})?$")]
    #[schema(examples("20.00"))]
    month_budget: Patch<String>,
}

/// The schema of a change: the same but the kind.
pub(super) struct KeyChange;

impl ToSchema for KeyChange {}

impl PartialSchema for KeyChange {
    fn schema() -> RefOr<Schema> {
        let mut schema = KeyInput::schema();
        if let RefOr::T(Schema::Object(fields)) = &mut schema {
            fields.properties.shift_remove("kind");
            let text = "A key's fields; absent ones stay as they are, null takes a limit away.";
            fields.description = Some(text.to_owned());
        }
        schema
    }
}

impl KeyInput {
    /// The kind of a new key, if it is said.
    pub(super) fn kind(&self) -> Result<Option<KeyKind>, ApiError> {
        match self.kind.as_deref() {
            None => Ok(None),
            Some("live") => Ok(Some(KeyKind::Live)),
            Some("test") => Ok(Some(KeyKind::Test)),
            Some(_) => Err(ApiError::invalid("kind", "kind must be \"live\" or \"test\"")),
        }
    }

    /// The terms after this request.
    pub(super) fn terms(
        &self,
        before: &KeyTerms,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<KeyTerms, ApiError> {
        let mut terms = before.clone();
        if let Some(name) = &self.name {
            terms.name = fields::some_text("name", name, NAME_CHARS_MAX)?;
        }
        if let Some(words) = &self.scopes {
            terms.scopes = scopes(words)?;
        }
        self.expires_at
            .apply(&mut terms.expires_at, |&seconds| fields::future("expires_at", seconds, now))?;
        self.models.apply(&mut terms.models, |names| fields::models(names, catalogue))?;
        self.addresses.apply(&mut terms.addresses, |texts| addresses(texts))?;
        for (field, given, place) in [
            ("creates_per_minute", &self.creates_per_minute, &mut terms.creates_per_minute),
            ("in_flight_max", &self.in_flight_max, &mut terms.in_flight_max),
        ] {
            given.apply(place, |&count| fields::limit(field, count, COUNT_MAX))?;
        }
        for (field, given, place) in [
            ("budget", &self.budget, &mut terms.budget),
            ("month_budget", &self.month_budget, &mut terms.month_budget),
        ] {
            given.apply(place, |text| fields::amount(field, text))?;
        }
        Ok(terms)
    }
}

fn scopes(words: &[String]) -> Result<Scopes, ApiError> {
    let read: Option<Scopes> = words.iter().map(|word| Scope::from_word(word)).collect();
    match read {
        Some(scopes) if !words.is_empty() => Ok(scopes),
        _ => {
            let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::as_str).collect();
            let known = known.join(", ");
            Err(ApiError::invalid("scopes", format!("scopes must hold some of: {known}")))
        }
    }
}

fn addresses(texts: &[String]) -> Result<Vec<IpNet>, ApiError> {
    if texts.is_empty() || texts.len() > ADDRESSES_MAX {
        return Err(ApiError::invalid(
            "addresses",
            format!("addresses must hold 1 to {ADDRESSES_MAX} entries, or be null for any address"),
        ));
    }
    let parse = |text: &String| {
        let text = text.trim();
        let read = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        read.map_err(|_| {
            let shown: String = text.chars().take(64).collect();
            ApiError::invalid(
                "addresses",
                format!("{shown:?} is no address or network, such as 192.0.2.1 or 192.0.2.0/24"),
            )
        })
    };
    texts.iter().map(parse).collect()
}
