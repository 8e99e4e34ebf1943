//! The untrusted client against servers that misbehave, names that lie and addresses that are none
//! of its business. Ids such as `S34` are lines of the list of hostile inputs.

mod answers;
mod bodies;
mod environment;
mod literals;
mod logs;
mod names;
mod redirects;
mod support;
mod times;
mod tls;
