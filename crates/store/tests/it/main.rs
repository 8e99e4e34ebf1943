//! The store's tests. Each test has a database file of its own and, at its end, no broken
//! invariant.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod channels;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod races;
mod secrets;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod stats;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod webhooks;
