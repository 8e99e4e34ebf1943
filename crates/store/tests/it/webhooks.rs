//! Events and deliveries: written with the change that they tell, claimed by one, kept for a time.

mod events;
mod work;

use rushes_domain::webhook::EventType;
use rushes_domain::{AccountId, EndpointId};
use rushes_store::{
    DeliveryFilter, DeliveryRow, EndpointTerms, add_endpoint, list_deliveries, next_endpoint_id,
};

use crate::harness::{TestStore, at};

pub(crate) fn terms(host: &str, event_types: &[EventType]) -> EndpointTerms {
    EndpointTerms {
        url: format!("https://{host}/hook"),
        host: host.to_owned(),
        description: String::new(),
        event_types: event_types.to_vec(),
        disabled_by: None,
    }
}

/// An endpoint of the account, made at second 0.
pub(crate) fn endpoint(
    test: &TestStore,
    account_id: AccountId,
    host: &'static str,
    event_types: &'static [EventType],
) -> EndpointId {
    test.write(move |tx| {
        let id = next_endpoint_id(tx)?;
        assert!(add_endpoint(tx, id, account_id, &terms(host, event_types), b"sealed", at(0))?);
        Ok(id)
    })
}

/// Its deliveries, oldest first.
pub(crate) fn deliveries(test: &TestStore, endpoint_id: EndpointId) -> Vec<DeliveryRow> {
    let filter = DeliveryFilter { endpoint_id, status: None, after: None, limit: 100 };
    let mut rows = test.read(move |tx| list_deliveries(tx, &filter));
    rows.reverse();
    rows
}
