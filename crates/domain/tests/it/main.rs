//! The rules, tested from outside; folders mirror `src/`.

mod account;
mod catalogue;
mod difference;
mod directive;
mod error;
mod failure;
mod id;
mod image_url;
mod money;
mod property;
mod request;
mod route;
mod seed;
mod state;
mod support;
mod time;
mod webhook;
