//! Log lines: one subscriber for the process, for eyes or for machines.
//!
//! Guarantees: lines go to standard error only. No secret reaches a line because none is ever
//! recorded: spans name fields one by one, and secret types print as `…`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, LogConfig, LogFormat};

/// Installs the process's subscriber. A second call changes nothing.
pub fn install(config: &LogConfig) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&config.level)
        .map_err(|source| ConfigError::Value(format!("log.level: {source}")))?;
    let to_terminal = std::io::stderr().is_terminal();
    let pretty = match config.format {
        LogFormat::Auto => to_terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = if pretty {
        builder.with_ansi(to_terminal).with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    // Embedded gateways in tests share the process's subscriber.
    drop(outcome);
    Ok(())
}
