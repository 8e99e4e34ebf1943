//! Channels that the configuration declares (`[[channels]]`): taken into force at the start, and
//! changed nowhere else.
//!
//! Guarantees: after a start the store holds exactly the declared ones among those of the
//! configuration; one that is not declared any more takes no new jobs, and goes when its last task
//! has ended. A name that an operator's channel has is refused.

use rushes_domain::channel::ChannelTerms;
use rushes_domain::{IdSource, Timestamp};
use rushes_providers::Registry;
use rushes_store::{
    ChannelOutcome, ChannelRow, ChannelSource, SealedCredential, Store, Tx, add_channel, channels,
    forget_credential, groups, next_channel_id, remove_channel, unfinished_with_channel,
    update_channel,
};

use super::credential_context;
use super::spec::{ChannelSpec, Known};
use crate::app::StartError;
use crate::config::{Config, ConfigError};
use crate::sealing::Sealer;

/// Characters of a credential that people see.
const HINT_CHARS: usize = 4;

/// The end of a credential, by which its owner knows it again; nothing of a short one.
pub fn hint_of(credential: &str) -> String {
    let chars: Vec<char> = credential.chars().collect();
    let is_long = chars.len() >= HINT_CHARS * 4;
    if is_long { chars.iter().skip(chars.len() - HINT_CHARS).collect() } else { String::new() }
}

/// A credential sealed for its channel's row.
pub fn seal(
    sealer: &Sealer,
    ids: &dyn IdSource,
    id: rushes_domain::ChannelId,
    credential: &str,
) -> SealedCredential {
    SealedCredential {
        sealed: sealer.seal(ids, credential.as_bytes(), &credential_context(id)),
        hint: hint_of(credential),
    }
}

/// Brings the store's channels of the configuration to what it declares.
pub fn take_into_force(
    config: &Config,
    registry: &Registry,
    sealer: &Sealer,
    ids: &dyn IdSource,
    store: &Store,
    now: Timestamp,
) -> Result<(), StartError> {
    let catalogue = config.catalogue()?;
    let (rows, known_groups) = store.read_blocking(|tx| Ok((channels(tx)?, groups(tx)?)))?;
    let known = Known { catalogue: &catalogue, groups: &known_groups };
    for spec in &config.channels {
        declare(spec, &rows, registry, sealer, ids, store, known, now)?;
    }
    let is_declared = |row: &ChannelRow| {
        config.channels.iter().any(|spec| {
            spec.name.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(&row.terms.name))
        })
    };
    let gone = rows.iter().filter(|row| row.source == ChannelSource::Config && !is_declared(row));
    for row in gone {
        let (id, mut terms) = (row.id, row.terms.clone());
        terms.enabled = false;
        store.write_blocking(move |tx| {
            if let ChannelOutcome::InUse(_) = remove_channel(tx, id, now)? {
                update_channel(tx, id, &terms, None, now)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "all that a start has at hand, used once")]
fn declare(
    spec: &ChannelSpec,
    rows: &[ChannelRow],
    registry: &Registry,
    sealer: &Sealer,
    ids: &dyn IdSource,
    store: &Store,
    known: Known<'_>,
    now: Timestamp,
) -> Result<(), StartError> {
    let name = spec.name.clone().unwrap_or_default();
    let wrong = |message: String| {
        StartError::Config(ConfigError::Value(format!("channel {name:?}: {message}")))
    };
    let preset = spec.provider.as_deref().and_then(|provider| registry.find_preset(provider));
    let (provider, preset) = preset.ok_or_else(|| {
        let presets: Vec<&str> = registry.presets().map(|(_, preset)| preset.name).collect();
        wrong(format!("provider must be one of {}", presets.join(", ")))
    })?;
    let terms: ChannelTerms =
        spec.new_terms(&**provider, preset, known).map_err(|error| wrong(error.message.clone()))?;
    let credential = spec.credential().map_err(|error| wrong(error.message.clone()))?;
    let before = rows.iter().find(|row| row.terms.name.eq_ignore_ascii_case(&terms.name));
    let id = match before {
        Some(row) if row.source == ChannelSource::Operator => {
            return Err(wrong("an operator has added a channel of this name".to_owned()));
        }
        Some(row) => row.id,
        None => store.read_blocking(next_channel_id)?,
    };
    let is_known = before.and_then(|row| row.sealed.as_deref()).is_some_and(|sealed| {
        let opened = sealer.open(sealed, &credential_context(id)).ok();
        opened.as_deref() == credential.map(str::as_bytes)
    });
    let is_same = before.is_some_and(|row| row.terms == terms);
    let had_credential = before.is_some_and(|row| row.sealed.is_some());
    if is_same && (is_known || (credential.is_none() && !had_credential)) {
        return Ok(());
    }
    if before.is_some_and(|row| row.terms.base_url != terms.base_url) {
        let count = store.read_blocking(move |tx| unfinished_with_channel(tx, id))?;
        if count > 0 {
            let text = "a declared channel was moved; its unfinished tasks are asked after at its \
                        new address";
            tracing::warn!(channel = %terms.name, tasks = count, "{text}");
        }
    }
    let kept = credential.map(|credential| seal(sealer, ids, id, credential));
    let is_new = before.is_none();
    let write = move |tx: &mut Tx<'_>| {
        if is_new {
            add_channel(tx, id, &terms, kept.as_ref(), ChannelSource::Config, now)
        } else {
            if kept.is_none() {
                // The file says all there is: a key that was taken out of it goes to nobody any more.
                forget_credential(tx, id)?;
            }
            update_channel(tx, id, &terms, kept.as_ref(), now)
        }
    };
    match store.write_blocking(write)? {
        ChannelOutcome::Done(_) => Ok(()),
        ChannelOutcome::TooMany => Err(wrong("there are too many channels".to_owned())),
        ChannelOutcome::NameTaken | ChannelOutcome::InUse(_) | ChannelOutcome::NotFound => {
            Err(wrong("its name is taken".to_owned()))
        }
    }
}
