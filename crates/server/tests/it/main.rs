//! The gateway over its public surface: HTTP and command line.

mod cli;
mod crash;
mod egress;
mod http;
mod restart;
mod support;
mod worker;
