//! Lines for the audit log.
//!
//! Guarantees: before and after hold only the fields that differ.

use rushes_domain::{AccountId, Timestamp};
use rushes_store::AuditEntry;
use serde_json::{Map, Value};

use super::actor::Actor;

impl Actor {
    /// A line that says what this actor does now, for `rushes_store::audit` within the same write.
    /// `before` and `after` are JSON objects (or null) of what may be shown.
    pub(in crate::http) fn entry(
        &self,
        now: Timestamp,
        action: &str,
        object: impl Into<String>,
        account_id: Option<AccountId>,
        (before, after): (Value, Value),
    ) -> AuditEntry {
        let (before, after) = differing(before, after);
        AuditEntry {
            at: now,
            actor: self.name(),
            actor_account_id: self.account_id(),
            address: Some(self.address.to_string()),
            request_id: Some(self.request_id.clone()),
            action: action.to_owned(),
            object: object.into(),
            account_id,
            before,
            after,
        }
    }
}

/// The fields that differ, as JSON text; `None` for null.
pub(in crate::http) fn differing(before: Value, after: Value) -> (Option<String>, Option<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let changed = |one: &Map<String, Value>, other: &Map<String, Value>| {
                let fields = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
                let fields: Map<String, Value> =
                    fields.map(|(name, value)| (name.clone(), value.clone())).collect();
                Some(Value::Object(fields).to_string())
            };
            (changed(&before, &after), changed(&after, &before))
        }
        (before, after) => {
            let text = |value: Value| (!value.is_null()).then(|| value.to_string());
            (text(before), text(after))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_kept() {
        let (before, after) = differing(json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3, "c": 4}));
        assert_eq!(before.as_deref(), Some(r#"{"b":2}"#));
        assert_eq!(after.as_deref(), Some(r#"{"b":3,"c":4}"#));
        assert_eq!(differing(Value::Null, json!({"a": 1})).0, None);
    }
}
