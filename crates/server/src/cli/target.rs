//! Which gateway a command talks to (contract 8): the data directory's, the environment's, the
//! default directory's running one, or one of its own for this call.
//!
//! Guarantees: a key is sent to a local address only if the directory's lock is held, so that a
//! stale note never leads to a stranger; a gateway that was started here is stopped here.

use std::fs::{OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rushes_sdk::Client;

use super::Global;
use super::failure::{Exit, Failure};
use super::output::note;
use crate::app::STORE_FILE;
use crate::bootstrap;
use crate::config::{default_data_dir, read_variable};
use crate::data_dir::{LOCK_FILE, ServerNote, read_note};
use crate::lifecycle::Embedded;

/// What to do without the owner's key.
const KEY_HINT: &str = "make a key with `rushes keys create --data-dir …`, and set \
                        RUSHES_BASE_URL and RUSHES_API_KEY";
/// How the command line names itself to the server.
const USER_AGENT: &str = concat!("rushes-cli/", env!("CARGO_PKG_VERSION"));

/// What a command needs of its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new video: one of our own will do.
    Generate,
    /// Something that exists already.
    Existing,
    /// Accounts, keys, money: on this machine with the server's own token.
    Administration,
}

/// A gateway to talk to.
pub(super) struct Target {
    pub(super) client: Client,
    embedded: Option<Embedded>,
    /// The directory that was named, for the hint how to go on.
    data_dir: Option<PathBuf>,
    /// True if the client has the server's own token instead of an account's key.
    pub(super) is_local: bool,
}

impl Target {
    /// Finds the gateway, or starts one for this call.
    pub(super) async fn connect(global: &Global, purpose: Purpose) -> Result<Self, Failure> {
        if let Some(data_dir) = &global.data_dir {
            return Self::of_data_dir(data_dir.clone(), purpose).await;
        }
        match (read_variable("RUSHES_BASE_URL"), read_variable("RUSHES_API_KEY")) {
            (Some(base_url), Some(api_key)) => return Self::remote(&base_url, &api_key, None),
            (Some(_), None) => return Err(one_without_other("RUSHES_BASE_URL", "RUSHES_API_KEY")),
            (None, Some(_)) => return Err(one_without_other("RUSHES_API_KEY", "RUSHES_BASE_URL")),
            (None, None) => {}
        }
        if let Some(data_dir) = read_variable("RUSHES_DATA_DIR") {
            return Self::of_data_dir(data_dir.into(), purpose).await;
        }
        if purpose == Purpose::Generate {
            return Self::embedded(None, purpose).await;
        }
        let default = default_data_dir(true).ok();
        let running = default.as_ref().and_then(|path| running_server(path));
        match (default, running) {
            (Some(path), Some(note)) => Self::of_server(&path, &note, purpose, None),
            // Its accounts are there, whether a server runs or not.
            (Some(path), None)
                if purpose == Purpose::Administration && path.join(STORE_FILE).exists() =>
            {
                Self::embedded(Some(path), purpose).await
            }
            _ => Err(Failure::new(Exit::Unreachable, "no running gateway was found").with_hint(
                "name the directory of one with --data-dir DIR, start one with `rushes serve`, or set \
                 RUSHES_BASE_URL and RUSHES_API_KEY",
            )),
        }
    }

    /// Finds the gateway, does the work with it, and stops one that was started for this call.
    pub(super) async fn with<T>(
        global: &Global,
        purpose: Purpose,
        work: impl AsyncFnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let target = Self::connect(global, purpose).await?;
        let outcome = work(&target).await;
        target.stop().await;
        outcome
    }

    /// The directory's running server, or one that is started over it for this call.
    pub(super) async fn of_data_dir(data_dir: PathBuf, purpose: Purpose) -> Result<Self, Failure> {
        match running_server(&data_dir) {
            Some(note) => Self::of_server(&data_dir, &note, purpose, Some(data_dir.clone())),
            None => Self::embedded(Some(data_dir), purpose).await,
        }
    }

    fn of_server(
        path: &Path,
        note: &ServerNote,
        purpose: Purpose,
        data_dir: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        if purpose == Purpose::Administration {
            let target = Self::remote(&note.base_url, &note.token, data_dir)?;
            return Ok(Self { is_local: true, ..target });
        }
        Self::remote(&note.base_url, &key_of(path)?, data_dir)
    }

    fn remote(base_url: &str, api_key: &str, data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let client = Client::builder(base_url, api_key).user_agent(USER_AGENT).build()?;
        Ok(Self { client, embedded: None, data_dir, is_local: false })
    }

    async fn embedded(data_dir: Option<PathBuf>, purpose: Purpose) -> Result<Self, Failure> {
        let empty = data_dir.as_ref().filter(|path| !path.join(STORE_FILE).exists());
        if let Some(path) = empty {
            // A mistyped path would otherwise look like a gateway that lost everything.
            note(&format!("note: {} holds no gateway's data yet; it is made now", path.display()));
        }
        let embedded = Embedded::start(data_dir.clone()).await.map_err(|error| {
            let failure = Failure::from(error);
            // Without a usable configuration it is wrong usage, else there is no server to reach.
            match failure.exit {
                Exit::Refused => failure,
                _ => failure.with_exit(Exit::Unreachable),
            }
        })?;
        if data_dir.is_none() {
            note(
                "No gateway is set, so one was started for this call. It draws a preview on this \
                 machine's CPU:\nthat is not an AI video, and no real money is spent.",
            );
        }
        let is_local = purpose == Purpose::Administration;
        let token = match &embedded.api_key {
            _ if is_local => &embedded.local_token,
            Some(key) => key,
            None => {
                let failure = no_key(data_dir.as_deref().unwrap_or(Path::new("")));
                embedded.stop().await;
                return Err(failure);
            }
        };
        let target = Self::remote(&embedded.base_url, token, data_dir)?;
        Ok(Self { embedded: Some(embedded), is_local, ..target })
    }

    /// True if the gateway and its tasks go with this call.
    pub(super) fn is_temporary(&self) -> bool {
        self.embedded.is_some() && self.data_dir.is_none()
    }

    /// True if the gateway was started for this call, and its address ends with it.
    pub(super) const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// How to go on with a task whose end was not seen.
    pub(super) fn how_to_go_on(&self, task_id: &str) -> String {
        if self.is_temporary() {
            return "the gateway was this call's own, so the task ends with it; with --data-dir \
                    it is kept"
                .to_owned();
        }
        match &self.data_dir {
            Some(path) => {
                format!("go on with: rushes wait {task_id} --data-dir {}", path.display())
            }
            None => format!("go on with: rushes wait {task_id}"),
        }
    }

    /// Stops what was started here.
    pub(super) async fn stop(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

fn one_without_other(present: &str, missing: &str) -> Failure {
    let example = match missing {
        "RUSHES_BASE_URL" => "export RUSHES_BASE_URL=http://127.0.0.1:8080",
        _ => "export RUSHES_API_KEY=sk-…",
    };
    Failure::usage(format!("{present} is set but {missing} is not; set both or neither"))
        .with_hint(format!("{example}\nor name the gateway's own directory with --data-dir DIR"))
}

/// The note of the server that runs in the directory. Its lock dies with its process, so a note
/// without a held lock is a leftover.
pub(super) fn running_server(data_dir: &Path) -> Option<ServerNote> {
    let note = read_note(data_dir)?;
    let lock = OpenOptions::new().write(true).open(data_dir.join(LOCK_FILE)).ok()?;
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)).then_some(note)
}

fn key_of(data_dir: &Path) -> Result<String, Failure> {
    match bootstrap::read(data_dir) {
        Ok(Some(known)) => Ok(known.api_key),
        Ok(None) => Err(no_key(data_dir)),
        Err(error) => Err(Failure::usage(error.to_string()).with_hint(KEY_HINT)),
    }
}

fn no_key(data_dir: &Path) -> Failure {
    let shown = data_dir.display();
    Failure::usage(format!("{shown} holds no bootstrap.json, so there is no key for its server"))
        .with_hint(KEY_HINT)
}
