//! What a request says about a key, checked.

use std::net::IpAddr;

use ipnet::IpNet;
use rushes_domain::account::{KeyKind, Scope, Scopes};
use rushes_domain::catalogue::Catalogue;
use rushes_domain::{ApiError, Timestamp};
use rushes_store::KeyTerms;
use serde::Deserialize;

use crate::http::api::fields::{self, Patch};

/// Most characters of a key's name.
const NAME_CHARS_MAX: usize = 100;
/// Most addresses or networks that a key may be used from.
const ADDRESSES_MAX: usize = 64;
/// Highest limit of a count.
const COUNT_MAX: u32 = 100_000;

/// The fields; absent ones stay as they are, null takes a limit away.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyInput {
    pub(super) kind: Option<String>,
    name: Option<String>,
    pub(super) enabled: Option<bool>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    expires_at: Patch<i64>,
    #[serde(default)]
    models: Patch<Vec<String>>,
    #[serde(default)]
    addresses: Patch<Vec<String>>,
    #[serde(default)]
    creates_per_minute: Patch<u32>,
    #[serde(default)]
    in_flight_max: Patch<u32>,
    #[serde(default)]
    budget: Patch<String>,
    #[serde(default)]
    month_budget: Patch<String>,
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
