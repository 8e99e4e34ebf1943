//! The SDK against a scripted loopback server; the whole gateway is tested in `crates/server`.

mod calls;
mod download;
mod follow;
mod generate;
mod server;
mod wait;
mod webhook;
