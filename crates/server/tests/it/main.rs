//! The gateway over its public surface: HTTP and command line.

mod crash;
mod egress;
mod restart;
mod support;
