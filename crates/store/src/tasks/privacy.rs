//! The operator's wish to keep nothing of a person's after a task's end.
//!
//! Guarantees: with the setting on, prompt, addresses and the calling program go in the very
//! transaction that ends the task (images always go then). What the bill needs stays.

use rushes_domain::job::EngineOptions;

use crate::error::StoreError;
use crate::params;
use crate::settings;
use crate::tasks::row::TaskRow;
use crate::tx::Tx;

/// The setting's name; its value is `on` or `off`, and off if it was never set.
pub const PRIVACY_SETTING: &str = "privacy";

pub(crate) const FORGET: &str =
    "UPDATE tasks SET prompt = '', options = '{}', client_address = NULL,
        user_agent = NULL WHERE id = $1";

/// Forgets what the setting says; the row in memory too.
pub(crate) fn forget_if_wanted(tx: &mut Tx<'_>, task: &mut TaskRow) -> Result<(), StoreError> {
    if settings::setting(tx, PRIVACY_SETTING)?.as_deref() != Some("on") {
        return Ok(());
    }
    task.prompt.clear();
    task.options = EngineOptions::default();
    task.client_address = None;
    task.user_agent = None;
    tx.exec(FORGET, params![task.id]).map(drop)
}
