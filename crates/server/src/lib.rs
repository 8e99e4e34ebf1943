//! The gateway: HTTP server, worker and command line around `rushes-domain` and `rushes-store`.
//!
//! `ARCHITECTURE.md` has the map; start there, then read the `//!` of the module you enter.

pub mod alerts;
pub mod app;
pub mod backup;
pub mod bootstrap;
mod buckets;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod dialects;
mod doctor;
pub mod egress;
pub mod http;
pub mod ids;
pub mod jump;
pub mod keys;
pub mod lifecycle;
pub mod links;
pub mod logging;
pub mod metrics;
mod openapi;
pub mod pages;
pub mod passwords;
pub mod prices;
pub mod private;
pub mod render_pool;
pub mod sealing;
pub mod secrets;
pub mod settings;
pub mod signing;
pub mod storage;
pub mod throttle;
mod units;
pub mod views;
pub mod worker;
