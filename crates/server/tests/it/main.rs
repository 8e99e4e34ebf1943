//! The gateway over its public surface: HTTP and command line.

mod api;
mod channels;
mod cli;
mod crash;
mod dialects;
mod egress;
mod fatal;
mod http;
mod load;
mod matrix;
mod restart;
mod sdk;
mod secrets;
mod security;
mod storage;
mod support;
mod webhooks;
mod worker;
