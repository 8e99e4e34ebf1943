//! `src/request/`.

mod data_url;
mod fields;
mod fingerprint;
mod form;
mod ignored;
mod images;
mod json;
mod options;
mod plan;
mod size;
