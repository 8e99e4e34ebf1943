//! The first start: the owner account, its two keys, and `bootstrap.json`.
//!
//! Guarantees: the file is on the disk *before* the commit that makes the owner, so that no crash
//! can leave an account whose keys nobody knows; a start that finds the file but no owner uses the
//! file's keys. The program never removes the file.

use std::fs;
use std::io;
use std::path::Path;

use rushes_domain::account::{KeyKind, is_well_formed, make_key};
use rushes_domain::{IdSource, Timestamp};
use rushes_store::{NewOwner, Store, StoreError, create_owner, owner_exists};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::keys::kept;
use crate::sealing::Sealer;

/// Name of the file in the data directory.
pub const BOOTSTRAP_FILE: &str = "bootstrap.json";

/// The name of the owner's account.
pub const OWNER_NAME: &str = "owner";

/// What a newcomer needs for the first call.
#[derive(Clone, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Base of the API, without `/v1`.
    pub base_url: String,
    /// The owner's live key.
    pub api_key: String,
    /// The owner's test key.
    pub test_api_key: String,
}

impl std::fmt::Debug for Bootstrap {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bootstrap")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// The first start cannot be finished.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The preset key has the wrong shape.
    #[error(
        "RUSHES_BOOTSTRAP_API_KEY is not usable as an API key: expected `sk-` and letters, digits, \
         `-` or `_`, 20 to 128 characters in all, and not a test key"
    )]
    PresetKey,
    /// The file is there but cannot be understood.
    #[error(
        "{BOOTSTRAP_FILE} in the data directory is damaged ({0}); move it away and start again"
    )]
    Damaged(serde_json::Error),
    /// The file cannot be read or written.
    #[error("{BOOTSTRAP_FILE} in the data directory cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The store failed.
    #[error("the owner account cannot be made")]
    Store(#[from] StoreError),
}

/// Reads the file, if there is one.
pub fn read(data_dir: &Path) -> Result<Option<Bootstrap>, BootstrapError> {
    match fs::read(data_dir.join(BOOTSTRAP_FILE)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(BootstrapError::Damaged),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(source.into()),
    }
}

/// Makes the owner if there is none; returns what was made. With a sealer the keys can be copied
/// again.
pub fn run(
    config: &Config,
    store: &Store,
    ids: &dyn IdSource,
    now: Timestamp,
    preset_key: Option<&str>,
    sealer: Option<&Sealer>,
) -> Result<Option<Bootstrap>, BootstrapError> {
    if store.read_blocking(owner_exists)? {
        return Ok(None);
    }
    let bootstrap = if let Some(known) = read(&config.data_dir)? {
        known
    } else {
        let made = make(config, ids, preset_key)?;
        let mut text = serde_json::to_vec_pretty(&made).map_err(BootstrapError::Damaged)?;
        text.push(b'\n');
        crate::private::write(&config.data_dir.join(BOOTSTRAP_FILE), &text)?;
        made
    };
    let owner = NewOwner {
        name: OWNER_NAME.to_owned(),
        credit: config.account.first_credit,
        live_key: kept(&bootstrap.api_key, ids, sealer),
        test_key: kept(&bootstrap.test_api_key, ids, sealer),
        password_hash: None,
        now,
    };
    store.write_blocking(move |tx| create_owner(tx, &owner))?;
    Ok(Some(bootstrap))
}

fn make(
    config: &Config,
    ids: &dyn IdSource,
    preset_key: Option<&str>,
) -> Result<Bootstrap, BootstrapError> {
    let mut fill = |bytes: &mut [u8]| ids.fill(bytes);
    let api_key = match preset_key {
        Some(key) if is_well_formed(key) && KeyKind::of(key) == KeyKind::Live => key.to_owned(),
        Some(_) => return Err(BootstrapError::PresetKey),
        None => make_key(KeyKind::Live, &mut fill),
    };
    Ok(Bootstrap {
        base_url: config.public_url.clone(),
        api_key,
        test_api_key: make_key(KeyKind::Test, &mut fill),
    })
}
