//! The untrusted client against servers that misbehave, names that lie and addresses that are none
//! of its business; the trusted one against upstreams; downloads between both. Ids such as `S34`
//! are lines of the list of hostile inputs.

mod answers;
mod bodies;
mod channels;
mod download;
mod environment;
mod faults;
mod films;
pub(crate) mod literals;
mod logs;
mod names;
mod redirects;
pub(crate) mod support;
mod times;
mod tls;
mod trusted;
