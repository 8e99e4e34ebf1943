//! The configuration: one documented default file, a file of the operator's, the environment and
//! flags, merged in that order.
//!
//! Guarantees: unknown keys are refused with their name; a [`Config`] that exists has passed every
//! check that can be made without a network. This module and `cli/` alone read the environment.

mod origin;
mod public_url;
mod values;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider};
use ipnet::IpNet;
use rushes_domain::Ticks;
use rushes_domain::catalogue::{Catalogue, Model};
use serde::{Deserialize, Serialize};

use crate::channels::spec::ChannelSpec;
pub(crate) use origin::Line;
use origin::{Named, Origin};
pub(crate) use public_url::public_url;
pub use values::SecretText;
use values::{dollars, list_or_commas, on_or_off, open_or_closed};

const DEFAULT_TEXT: &str = include_str!("config.default.toml");
/// `RUSHES_…` variables that are not settings: the client's own, and secrets read elsewhere.
const OTHER_VARIABLES: [&str; 5] =
    ["API_KEY", "BASE_URL", "BOOTSTRAP_API_KEY", "CONFIG", "SECRET_KEY"];
/// Longest time that idempotency keys are kept, in days.
const IDEMPOTENCY_DAYS_MAX: u32 = 7;
/// Longest grace of a clean stop, in milliseconds.
const STOP_GRACE_MS_MAX: u64 = 600_000;
/// Shortest token of a scraper, in characters.
const METRICS_TOKEN_CHARS_MIN: usize = 16;

/// When the built-in preview renderer serves live keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviewMode {
    /// Until the first channel is ever added.
    Auto,
    /// Always.
    Always,
    /// Never; test keys still use it.
    Off,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable on a terminal, else JSON.
    Auto,
    /// For eyes.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// `[log]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// A `tracing` filter.
    pub level: String,
}

/// `[egress]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressConfig {
    /// Networks that may be dialled although they are not public.
    #[serde(deserialize_with = "list_or_commas")]
    pub allow: Vec<IpNet>,
}

/// `[limits]`: contract 10.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Largest JSON body, in bytes.
    pub json_body_bytes_max: usize,
    /// Largest `multipart/form-data` body, in bytes.
    pub form_body_bytes_max: usize,
    /// From this size on a body counts as large, in bytes.
    pub large_body_bytes: usize,
    /// Large bodies read at the same time.
    pub large_bodies_max: usize,
    /// Largest block of request headers, in bytes.
    pub header_bytes_max: usize,
    /// Time for the headers to arrive, in milliseconds.
    pub header_timeout_ms: u64,
    /// Time for the body to arrive, in milliseconds.
    pub body_timeout_ms: u64,
    /// Open connections.
    pub connections_max: usize,
    /// Free disk below which creates are refused, in bytes.
    pub storage_free_bytes_min: u64,
}

/// `[account]`: limits of one account, and the first credit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Size of the token bucket of creates.
    pub create_burst: u32,
    /// Tokens that come back each second.
    pub create_per_second: u32,
    /// Size of the token bucket of changes by the JSON API.
    pub write_burst: u32,
    /// Tokens of changes that come back each minute.
    pub write_per_minute: u32,
    /// Tasks in flight at the same time.
    pub in_flight_max: u32,
    /// Tasks held back by that limit.
    pub waiting_max: u32,
    /// Streams of events that are open at the same time.
    pub event_streams_max: usize,
    /// Credit of the owner account.
    #[serde(with = "dollars")]
    pub first_credit: Ticks,
}

impl AccountConfig {
    /// What an account may have where its group says nothing.
    pub const fn limits(&self) -> rushes_store::AccountLimits {
        rushes_store::AccountLimits {
            in_flight_max: self.in_flight_max,
            waiting_max: self.waiting_max,
        }
    }
}

/// `[task]`: a task's time limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// From the hand-over to the end, in milliseconds.
    pub run_timeout_ms: u64,
    /// Waiting for a turn, in milliseconds.
    pub queue_timeout_ms: u64,
}

/// `[retention]`: how long things are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// Task rows, in days.
    pub task_days: u32,
    /// Videos, in seconds after the task's end.
    pub file_seconds: u64,
    /// Idempotency keys, in days.
    pub idempotency_days: u32,
    /// Deliveries of webhooks, in days after they were made.
    pub webhook_delivery_days: u32,
    /// Events that webhooks tell, in days.
    pub webhook_event_days: u32,
}

/// `[render]`: the preview renderer's share of the machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderConfig {
    /// Previews at the same time; 0 is one.
    pub slots: usize,
    /// Threads of one render; 0 is cores − 1, at least 1.
    pub threads: usize,
}

impl RenderConfig {
    /// Previews at the same time, the default worked in.
    pub fn slot_count(&self) -> usize {
        self.slots.max(1)
    }

    /// Threads of one render, the default worked in.
    pub fn thread_count(&self) -> usize {
        if self.threads > 0 {
            return self.threads;
        }
        std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .saturating_sub(1)
            .max(1)
    }
}

/// `[metrics]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// What a scraper has to know; empty: only this run's local token opens `/metrics`.
    pub token: SecretText,
}

/// `[alerts]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertsConfig {
    /// Where messages about channels go; empty: to the log alone.
    pub webhook_url: String,
}

/// Everything that can be set.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own with its own name")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The base of every URL that goes out; never a slash at its end. Empty in the files means
    /// `http://<listen>` and is filled in by [`Config::load`] and, for port 0, after binding.
    pub public_url: String,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Proxies whose forwarded headers count.
    #[serde(deserialize_with = "list_or_commas")]
    pub trusted_proxies: Vec<IpNet>,
    /// When previews serve live keys.
    pub preview: PreviewMode,
    /// Whether previews carry a caption.
    #[serde(deserialize_with = "on_or_off")]
    pub preview_caption: bool,
    /// Whether people may make accounts by themselves, unless an operator said otherwise since.
    #[serde(deserialize_with = "open_or_closed")]
    pub registration: bool,
    /// Whether keys can be copied again after they were made, likewise.
    #[serde(deserialize_with = "on_or_off")]
    pub key_reveal: bool,
    /// Whether prompts, addresses and programs are forgotten when a task ends, likewise.
    #[serde(deserialize_with = "on_or_off")]
    pub privacy: bool,
    /// Grace of a clean stop, in milliseconds.
    pub stop_grace_ms: u64,
    /// Logging.
    pub log: LogConfig,
    /// Outgoing connections.
    pub egress: EgressConfig,
    /// Limits of the HTTP side.
    pub limits: LimitsConfig,
    /// Limits of an account.
    pub account: AccountConfig,
    /// A task's time limits.
    pub task: TaskConfig,
    /// How long things are kept.
    pub retention: RetentionConfig,
    /// The preview renderer.
    pub render: RenderConfig,
    /// Monitoring.
    pub metrics: MetricsConfig,
    /// Telling the operator.
    pub alerts: AlertsConfig,
    /// Channels that are declared here, and can only be changed here.
    #[serde(default)]
    pub channels: Vec<ChannelSpec>,
    /// Models that replace the built-in catalogue; empty: the built-in one.
    #[serde(default)]
    pub models: Vec<Model>,
    /// Where each setting comes from.
    #[serde(skip)]
    pub(crate) lines: Vec<Line>,
}

impl AlertsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let is_url = || {
            url::Url::parse(&self.webhook_url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        if self.webhook_url.is_empty() || is_url() {
            return Ok(());
        }
        Err(ConfigError::Value(
            "alerts.webhook_url must be a URL such as https://alerts.example.com/rushes".into(),
        ))
    }
}

impl MetricsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let token = self.token.expose();
        let is_usable = token.len() >= METRICS_TOKEN_CHARS_MIN
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_empty() || is_usable {
            return Ok(());
        }
        Err(ConfigError::Value(format!(
            "metrics.token must have at least {METRICS_TOKEN_CHARS_MIN} characters, all of them \
             visible ASCII without spaces; `openssl rand -hex 32` makes a good one"
        )))
    }
}

/// Where settings come from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct ConfigSources {
    /// The operator's file.
    pub file: Option<PathBuf>,
    /// Whether `RUSHES_…` variables count (tests say no).
    pub environment: bool,
    /// Flags: dotted path → value; values are read as TOML values where they can be.
    pub flags: BTreeMap<String, String>,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A source could not be read, or a key or value in it is wrong.
    #[error("the configuration is not valid: {0}")]
    Read(Box<figment::Error>),
    /// The file does not exist or cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A value is out of range or does not fit another.
    #[error("the configuration is not valid: {0}")]
    Value(String),
}

impl Config {
    /// Merges all sources and checks the outcome.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Named(Origin::Default, Toml::string(DEFAULT_TEXT)));
        if let Some(path) = &sources.file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::File { path: path.clone(), source })?;
            figment = figment.merge(Named(Origin::File, Toml::string(&text)));
        }
        if sources.environment {
            figment = figment.merge(Named(Origin::Env, environment()));
        }
        for (path, value) in &sources.flags {
            figment = figment.merge(Named(Origin::Flag, Serialized::default(path, value)));
        }
        let mut config: Self =
            figment.extract().map_err(|source| ConfigError::Read(Box::new(source)))?;
        config.complete(sources.environment)?;
        config.lines = origin::lines(&config, &figment);
        Ok(config)
    }

    /// The documented default file.
    pub const fn default_text() -> &'static str {
        DEFAULT_TEXT
    }

    /// The catalogue in force.
    pub fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        if self.models.is_empty() {
            return Ok(Catalogue::embedded());
        }
        Catalogue::from_models(self.models.clone())
            .map_err(|source| ConfigError::Value(format!("models: {source}")))
    }

    /// Fills in what follows from something else, then checks.
    fn complete(&mut self, environment: bool) -> Result<(), ConfigError> {
        if self.data_dir.as_os_str().is_empty() {
            self.data_dir = default_data_dir(environment)?;
        }
        if self.public_url.is_empty() {
            if self.listen.ip().is_unspecified() {
                return Err(ConfigError::Value(format!(
                    "listening on {} needs a public_url: clients cannot reach links to that \
                     address. Set --public-url or RUSHES_PUBLIC_URL, for example \
                     https://video.example.com",
                    self.listen
                )));
            }
            if self.listen.port() != 0 {
                self.public_url = format!("http://{}", self.listen);
            }
        } else {
            self.public_url =
                public_url("public_url", &self.public_url).map_err(ConfigError::Value)?;
        }
        self.check_ranges()?;
        self.metrics.check()?;
        self.alerts.check()?;
        self.catalogue().map(|_| ())
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        let positive = [
            ("limits.json_body_bytes_max", self.limits.json_body_bytes_max as u64),
            ("limits.form_body_bytes_max", self.limits.form_body_bytes_max as u64),
            ("limits.large_bodies_max", self.limits.large_bodies_max as u64),
            ("limits.header_timeout_ms", self.limits.header_timeout_ms),
            ("limits.body_timeout_ms", self.limits.body_timeout_ms),
            ("limits.connections_max", self.limits.connections_max as u64),
            ("account.create_burst", u64::from(self.account.create_burst)),
            ("account.create_per_second", u64::from(self.account.create_per_second)),
            ("account.write_burst", u64::from(self.account.write_burst)),
            ("account.write_per_minute", u64::from(self.account.write_per_minute)),
            ("account.in_flight_max", u64::from(self.account.in_flight_max)),
            ("account.event_streams_max", self.account.event_streams_max as u64),
            ("task.run_timeout_ms", self.task.run_timeout_ms),
            ("task.queue_timeout_ms", self.task.queue_timeout_ms),
            ("retention.file_seconds", self.retention.file_seconds),
            ("retention.task_days", u64::from(self.retention.task_days)),
            ("retention.webhook_delivery_days", u64::from(self.retention.webhook_delivery_days)),
            ("retention.webhook_event_days", u64::from(self.retention.webhook_event_days)),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Value(format!("{name} must be at least 1")));
        }
        if self.retention.idempotency_days > IDEMPOTENCY_DAYS_MAX
            || self.retention.idempotency_days > self.retention.task_days
        {
            return Err(ConfigError::Value(format!(
                "retention.idempotency_days must be at most {IDEMPOTENCY_DAYS_MAX} and at most \
                 retention.task_days"
            )));
        }
        // hyper refuses a read buffer under 8 KiB.
        if self.limits.header_bytes_max < 8192 {
            return Err(ConfigError::Value("limits.header_bytes_max must be at least 8192".into()));
        }
        if self.stop_grace_ms > STOP_GRACE_MS_MAX {
            return Err(ConfigError::Value(format!(
                "stop_grace_ms must be at most {STOP_GRACE_MS_MAX}"
            )));
        }
        if self.account.first_credit < Ticks::ZERO {
            return Err(ConfigError::Value("account.first_credit must not be negative".into()));
        }
        Ok(())
    }

    /// Sets the address that was really bound (port 0), and the URL that follows from it.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.listen = address;
        if self.public_url.is_empty() {
            self.public_url = format!("http://{address}");
        }
    }
}

fn environment() -> impl Provider {
    Env::prefixed("RUSHES_").ignore(&OTHER_VARIABLES).split("__")
}

/// `$XDG_DATA_HOME/rushes`, else `$HOME/.local/share/rushes` (XDG Base Directory Specification).
pub fn default_data_dir(environment: bool) -> Result<PathBuf, ConfigError> {
    let variable = |name: &str| environment.then(|| read_variable(name)).flatten();
    let absolute = |text: String| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    variable("XDG_DATA_HOME")
        .and_then(absolute)
        .or_else(|| {
            variable("HOME").and_then(absolute).map(|home| home.join(Path::new(".local/share")))
        })
        .map(|base| base.join("rushes"))
        .ok_or_else(|| {
            ConfigError::Value(
                "no data directory: set --data-dir, RUSHES_DATA_DIR, XDG_DATA_HOME or HOME".into(),
            )
        })
}

/// Reads a variable of the environment; empty counts as absent.
#[expect(clippy::disallowed_methods, reason = "the one home of reading the environment")]
pub fn read_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
