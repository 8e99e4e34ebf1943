//! What a key may do about keys.
//!
//! Guarantees: a key gives nobody more than it has itself. Among its own account's keys it changes,
//! enables and rolls only those whose terms are within its own, and leaves them within; so it
//! cannot loosen itself either. Of a budget counts what is left of it: what is spent is not given
//! again. A test key has power over test keys alone. To revoke or delete is always allowed. Not
//! here: how much several keys may spend together, which the account's credit bounds.

use rushes_domain::account::{KeyKind, Scopes};
use rushes_domain::admission::Budget;
use rushes_domain::{AccountId, ApiError, ErrorCode, Ticks, Timestamp};
use rushes_store::{KeyDetail, KeyTerms, StoreError, Tx, keys};

use crate::http::api::actor::{Actor, Who};
use crate::http::auth::invalid_api_key;

/// What bounds an actor that is a key; people and commands on this machine have no bounds.
#[derive(Debug)]
pub(super) struct Bounds {
    own: Option<(KeyDetail, Spent)>,
}

/// The key that is made, changed or rolled.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) account_id: AccountId,
    pub(super) kind: KeyKind,
    spent: Spent,
}

/// What a key's tasks cost, in all and in the present month.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    total: Ticks,
    month: Ticks,
}

impl Subject {
    /// A key that is to be made.
    pub(super) fn new_key(account_id: AccountId, kind: KeyKind) -> Self {
        Self { account_id, kind, spent: Spent::default() }
    }

    /// A key that is there.
    pub(super) fn of(row: &KeyDetail, now: Timestamp) -> Self {
        Self { account_id: row.account_id, kind: row.kind, spent: Spent::of(row, now) }
    }
}

impl Spent {
    fn of(row: &KeyDetail, now: Timestamp) -> Self {
        Self { total: row.used, month: row.month_used_at(now) }
    }
}

impl Bounds {
    /// Of an actor, as its key is now.
    pub(super) fn of(tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<Self, StoreError> {
        let Who::Key(key, _) = &actor.who else { return Ok(Self { own: None }) };
        let own = keys::key(tx, key.id)?.ok_or_else(invalid_api_key)?;
        let spent = Spent::of(&own, now);
        Ok(Self { own: Some((own, spent)) })
    }

    /// The kind of a key to be made, where the request does not say: that of the actor's own.
    pub(super) fn first_kind(&self) -> KeyKind {
        self.own.as_ref().map_or(KeyKind::Live, |(own, _)| own.kind)
    }

    /// Terms for a key to be made, before the request's fields: those of the actor's own key where
    /// it makes one for its own account, and what is left of its budgets.
    pub(super) fn first_terms(&self, unnamed: KeyTerms, account_id: AccountId) -> KeyTerms {
        let Some((own, spent)) = &self.own else { return unnamed };
        let scopes = Scopes::DEFAULT.iter().filter(|&scope| own.terms.scopes.has(scope)).collect();
        if own.account_id != account_id {
            return KeyTerms { scopes, ..unnamed };
        }
        KeyTerms {
            scopes,
            name: unnamed.name,
            budget: left(own.terms.budget, spent.total),
            month_budget: left(own.terms.month_budget, spent.month),
            ..own.terms.clone()
        }
    }

    /// Refuses terms of a key that are more than the actor has.
    pub(super) fn check(&self, subject: &Subject, terms: &KeyTerms) -> Result<(), ApiError> {
        let Some((own, spent)) = &self.own else { return Ok(()) };
        if own.kind == KeyKind::Test && subject.kind != KeyKind::Test {
            return Err(refusal("kind", "kind: a test key manages test keys"));
        }
        if terms.scopes.iter().any(|scope| !own.terms.scopes.has(scope)) {
            return Err(refusal("scopes", &format!("scopes: {}", own.terms.scopes.words())));
        }
        // An operator's key that is for the office alone still serves customers elsewhere.
        if own.account_id != subject.account_id {
            return Ok(());
        }
        if let Some(field) = first_beyond(terms, &own.terms) {
            return Err(refusal(field, field));
        }
        for (field, wanted, wanted_spent, most, most_spent) in [
            ("budget", terms.budget, subject.spent.total, own.terms.budget, spent.total),
            (
                "month_budget",
                terms.month_budget,
                subject.spent.month,
                own.terms.month_budget,
                spent.month,
            ),
        ] {
            let most = left(most, most_spent);
            if !at_most(left(wanted, wanted_spent), most) {
                let most = most.unwrap_or(Ticks::ZERO);
                return Err(refusal(field, &format!("{field}: {most} left")));
            }
        }
        Ok(())
    }
}

/// What is left of a budget, if there is one.
fn left(budget: Option<Ticks>, used: Ticks) -> Option<Ticks> {
    budget.map(|limit| Budget { limit, used }.left())
}

fn refusal(field: &str, what: &str) -> ApiError {
    let text = format!("a key cannot give more than it has itself ({what}); sign in to do this");
    ApiError::new(ErrorCode::PermissionDenied, text).with_param(field)
}

/// The first field in which terms allow more than others do.
fn first_beyond(terms: &KeyTerms, most: &KeyTerms) -> Option<&'static str> {
    let models = within(terms.models.as_ref(), most.models.as_ref(), |wanted, known| {
        wanted.iter().all(|model| known.contains(model))
    });
    let addresses = within(terms.addresses.as_ref(), most.addresses.as_ref(), |wanted, known| {
        wanted.iter().all(|network| known.iter().any(|most| most.contains(network)))
    });
    let rules = [
        ("expires_at", at_most(terms.expires_at, most.expires_at)),
        ("models", models),
        ("addresses", addresses),
        ("creates_per_minute", at_most(terms.creates_per_minute, most.creates_per_minute)),
        ("in_flight_max", at_most(terms.in_flight_max, most.in_flight_max)),
        ("budget", at_most(terms.budget, most.budget)),
        ("month_budget", at_most(terms.month_budget, most.month_budget)),
    ];
    rules.into_iter().find(|(_, is_within)| !is_within).map(|(field, _)| field)
}

fn at_most<T: PartialOrd>(wanted: Option<T>, most: Option<T>) -> bool {
    within(wanted, most, |wanted, most| wanted <= most)
}

/// Whether a limit is no wider than another; none is the widest.
fn within<T>(wanted: Option<T>, most: Option<T>, is_within: impl FnOnce(T, T) -> bool) -> bool {
    match (wanted, most) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(wanted), Some(most)) => is_within(wanted, most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_domain::{Ticks, Timestamp};

    fn narrow() -> KeyTerms {
        KeyTerms {
            expires_at: Some(Timestamp(10)),
            models: Some(vec!["one".to_owned(), "two".to_owned()]),
            addresses: Some(vec!["192.0.2.0/24".parse().unwrap()]),
            creates_per_minute: Some(5),
            in_flight_max: Some(2),
            budget: Some(Ticks(100)),
            month_budget: Some(Ticks(50)),
            ..KeyTerms::named("narrow")
        }
    }

    #[test]
    fn each_limit_is_compared() {
        let wide = KeyTerms::named("wide");
        assert_eq!(first_beyond(&narrow(), &wide), None);
        assert_eq!(first_beyond(&narrow(), &narrow()), None);
        let inside = KeyTerms {
            models: Some(vec!["two".to_owned()]),
            addresses: Some(vec!["192.0.2.7/32".parse().unwrap()]),
            ..narrow()
        };
        assert_eq!(first_beyond(&inside, &narrow()), None);
        let outside = "198.51.100.0/24".parse().unwrap();
        for (field, terms) in [
            ("expires_at", KeyTerms { expires_at: None, ..narrow() }),
            ("expires_at", KeyTerms { expires_at: Some(Timestamp(11)), ..narrow() }),
            ("models", KeyTerms { models: None, ..narrow() }),
            ("models", KeyTerms { models: Some(vec!["three".to_owned()]), ..narrow() }),
            ("addresses", KeyTerms { addresses: None, ..narrow() }),
            ("addresses", KeyTerms { addresses: Some(vec![outside]), ..narrow() }),
            ("creates_per_minute", KeyTerms { creates_per_minute: Some(6), ..narrow() }),
            ("in_flight_max", KeyTerms { in_flight_max: None, ..narrow() }),
            ("budget", KeyTerms { budget: Some(Ticks(101)), ..narrow() }),
            ("month_budget", KeyTerms { month_budget: None, ..narrow() }),
        ] {
            assert_eq!(first_beyond(&terms, &narrow()), Some(field), "{terms:?}");
        }
    }
}
