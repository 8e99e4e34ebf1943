//! Webhooks: endpoints, events, deliveries.
//!
//! Guarantees: an event is written in the transaction of the change that it tells, with its
//! deliveries, or not at all; its id follows from the task, so that no change is told under two
//! ids; a delivery is claimed by one worker at a time and written by nobody else (leases and epochs
//! as tasks have them); it ends as delivered or, visibly and with its reason, as failed.
//!
//! An event is only kept if somebody wants it: an endpoint of the account, or the task's own
//! callback URL. Without either a change costs one look into an index; a create costs nothing.
//! Not here: what an event's body says, signing, sending.

pub mod deliveries;
pub mod endpoints;
pub(crate) mod events;
pub(crate) mod work;
