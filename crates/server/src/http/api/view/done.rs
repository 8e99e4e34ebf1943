//! Answers that say what was done.

use serde::Serialize;
use utoipa::ToSchema;

/// That a password was set.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PasswordChanged {
    /// Always `password_changed`.
    #[schema(pattern = "^password_changed$")]
    object: &'static str,
    /// How many sessions ended with the old one.
    sessions_ended: usize,
}

impl PasswordChanged {
    /// So many sessions ended.
    pub(in crate::http) const fn new(sessions_ended: usize) -> Self {
        Self { object: "password_changed", sessions_ended }
    }
}

/// That sessions ended.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SessionsEnded {
    /// Always `sessions_ended`.
    #[schema(pattern = "^sessions_ended$")]
    object: &'static str,
    /// How many.
    count: usize,
}

impl SessionsEnded {
    /// So many.
    pub(in crate::http) const fn new(count: usize) -> Self {
        Self { object: "sessions_ended", count }
    }
}
