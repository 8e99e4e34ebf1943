//! The first start: the owner account, its two keys and ways to sign in, and `bootstrap.json`.
//!
//! Guarantees: the file is on the disk *before* the commit that makes the owner, so that no crash
//! can leave an account whose keys and password nobody knows; a start that finds the file but no
//! owner uses the file's keys, password and token, and adds what the file does not have. The
//! one-time link counts from that commit. The program never removes the file.

use std::fs;
use std::io;
use std::path::Path;

use rushes_domain::account::{KeyKind, Role, is_well_formed, key_hash, make_key};
use rushes_domain::{IdSource, Timestamp};
use rushes_store::sessions::LOGIN_LINK_MS;
use rushes_store::{
    NewOwner, OwnerOutcome, Store, StoreError, Tx, create_login_link, create_owner, owner_exists,
    set_setting, setting,
};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::ids::random_hex;
use crate::keys::kept;
use crate::pages::{LOGIN_TOKEN_BYTES, console_url, login_url, token_of};
use crate::passwords::{self, PasswordError, check_new, hash_at_start};
use crate::sealing::Sealer;

/// Name of the file in the data directory.
pub const BOOTSTRAP_FILE: &str = "bootstrap.json";

/// The name of the owner's account.
pub const OWNER_NAME: &str = "owner";

/// Kept with a value once the owner has signed in.
const SIGNED_IN_SETTING: &str = "owner_signed_in";

/// What a newcomer needs for the first call and for the console. What belongs to the console is
/// empty in a file of a version that had none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Base of the API, without `/v1`.
    pub base_url: String,
    /// The owner's live key.
    pub api_key: String,
    /// The owner's test key.
    pub test_api_key: String,
    /// The console's first page.
    #[serde(default)]
    pub console_url: String,
    /// The page that signs the owner in, once and within 15 minutes of the first start.
    #[serde(default)]
    pub console_login_url: String,
    /// Whom the password is of.
    #[serde(default)]
    pub admin_user: String,
    /// The owner's password, until they set another one.
    #[serde(default)]
    pub admin_password: String,
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
    /// The file's password will not do.
    #[error("admin_password in {BOOTSTRAP_FILE} will not do: {0}")]
    Password(String),
    /// The password cannot be hashed.
    #[error("the owner's password cannot be hashed: {0}")]
    Hash(#[from] PasswordError),
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
    let known = read(&config.data_dir)?;
    let bootstrap = complete(config, ids, preset_key, known.clone())?;
    if known.as_ref() != Some(&bootstrap) {
        let mut text = serde_json::to_vec_pretty(&bootstrap).map_err(BootstrapError::Damaged)?;
        text.push(b'\n');
        crate::private::write(&config.data_dir.join(BOOTSTRAP_FILE), &text)?;
    }
    let owner = NewOwner {
        name: OWNER_NAME.to_owned(),
        credit: config.account.first_credit,
        live_key: kept(&bootstrap.api_key, ids, sealer),
        test_key: kept(&bootstrap.test_api_key, ids, sealer),
        password_hash: Some(hash_at_start(ids, &bootstrap.admin_password)?),
        now,
    };
    let token_hash = token_of(&bootstrap.console_login_url).map(key_hash);
    store.write_blocking(move |tx| {
        let outcome = create_owner(tx, &owner)?;
        if let (OwnerOutcome::Created(account_id), Some(token_hash)) = (outcome, token_hash) {
            create_login_link(tx, &token_hash, account_id, now, now.plus_ms(LOGIN_LINK_MS))?;
        }
        Ok(())
    })?;
    Ok(Some(bootstrap))
}

/// What the file shall say: what it says already, with what it lacks, at today's address.
fn complete(
    config: &Config,
    ids: &dyn IdSource,
    preset_key: Option<&str>,
    known: Option<Bootstrap>,
) -> Result<Bootstrap, BootstrapError> {
    let known = match known {
        Some(known) => known,
        None => with_new_keys(ids, preset_key)?,
    };
    let token = token_of(&known.console_login_url)
        .map_or_else(|| random_hex(ids, LOGIN_TOKEN_BYTES), str::to_owned);
    let admin_password = match known.admin_password {
        none if none.is_empty() => passwords::make(ids),
        password => {
            check_new(&password).map_err(|error| BootstrapError::Password(error.message))?;
            password
        }
    };
    Ok(Bootstrap {
        base_url: config.public_url.clone(),
        api_key: known.api_key,
        test_api_key: known.test_api_key,
        console_url: console_url(&config.public_url),
        console_login_url: login_url(&config.public_url, &token),
        admin_user: OWNER_NAME.to_owned(),
        admin_password,
    })
}

/// The two keys, and nothing else yet.
fn with_new_keys(
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
        base_url: String::new(),
        api_key,
        test_api_key: make_key(KeyKind::Test, &mut fill),
        console_url: String::new(),
        console_login_url: String::new(),
        admin_user: String::new(),
        admin_password: String::new(),
    })
}

/// Notes that somebody of this role signed in; to be called where a session is made.
pub fn note_session(tx: &mut Tx<'_>, role: Role, now: Timestamp) -> Result<(), StoreError> {
    if role == Role::Owner && setting(tx, SIGNED_IN_SETTING)?.is_none() {
        set_setting(tx, SIGNED_IN_SETTING, "yes", now)?;
    }
    Ok(())
}

/// Whether the owner has never signed in.
pub fn is_first_run(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(setting(tx, SIGNED_IN_SETTING)?.is_none())
}
