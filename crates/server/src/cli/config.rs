//! `rushes config check` and `rushes config default`, and the flags that set something.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::json;

use super::Global;
use super::failure::{Exit, Failure};
use super::output::{Output, note};
use crate::config::{Config, ConfigSources, default_data_dir, read_variable};

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read everything as `serve` would and print what is in force.
    Check(Flags),
    /// Print the documented default file.
    Default,
}

/// Flags that set what the configuration file can also set.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Flags {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS")]
    #[arg(help = "Address and port to listen on [RUSHES_LISTEN; 127.0.0.1:8080]")]
    listen: Option<SocketAddr>,
    /// Base of the URLs that go out.
    #[arg(long, value_name = "URL")]
    #[arg(help = "The URL under which clients reach it [RUSHES_PUBLIC_URL; http://<listen>]")]
    public_url: Option<String>,
    /// The operator's file.
    #[arg(long, value_name = "FILE")]
    #[arg(help = "A configuration file [RUSHES_CONFIG]; `rushes config default` prints one")]
    config: Option<PathBuf>,
}

impl Flags {
    /// The configuration that these flags, the environment and the file give.
    pub(super) fn load(self, global: &Global) -> Result<Config, Failure> {
        let file = self.config.or_else(|| read_variable("RUSHES_CONFIG").map(PathBuf::from));
        let mut sources = ConfigSources { file, environment: true, ..ConfigSources::default() };
        let listen = self.listen.map(|address| address.to_string());
        let data_dir = match &global.data_dir {
            None => None,
            Some(path) => Some(
                path.to_str()
                    .map(str::to_owned)
                    .ok_or_else(|| Failure::usage(format!("{} is not Unicode", path.display())))?,
            ),
        };
        let pairs = [("listen", listen), ("public_url", self.public_url), ("data_dir", data_dir)];
        for (name, value) in pairs {
            if let Some(value) = value {
                sources.flags.insert(name.to_owned(), value);
            }
        }
        Config::load(&sources).map_err(|error| Failure::usage(error.to_string()))
    }

    /// The same for what is done to a directory of this machine. Who has a gateway elsewhere in the
    /// environment may mean that one: then the directory has to be named, here or in the file.
    pub(super) fn load_local(self, global: &Global, what: &str) -> Result<Config, Failure> {
        let config = self.load(global)?;
        let is_named = global.data_dir.is_some()
            || read_variable("RUSHES_DATA_DIR").is_some()
            || default_data_dir(true).ok().as_ref() != Some(&config.data_dir);
        match read_variable("RUSHES_BASE_URL").filter(|_| !is_named) {
            None => Ok(config),
            Some(base_url) => {
                let why = format!("{what} a directory on this machine, not {base_url}");
                Err(Failure::usage(why).with_hint("name the directory with --data-dir DIR"))
            }
        }
    }
}

pub(super) fn run(global: &Global, command: Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Check(flags) => check(&flags.load(global)?, output),
        Command::Default => {
            let text = Config::default_text();
            output.result(json!(text).to_string().as_bytes(), || text.trim_end().to_owned())
        }
    }
}

fn check(config: &Config, output: &Output) -> Result<(), Failure> {
    let unprintable = |why: &dyn std::fmt::Display| {
        Failure::new(Exit::TaskFailed, format!("cannot show it: {why}"))
    };
    let body = serde_json::to_vec(&json!({"ok": true, "config": config}))
        .map_err(|error| unprintable(&error))?;
    let text = toml::to_string(config).map_err(|error| unprintable(&error))?;
    output.result(&body, || text.trim_end().to_owned())?;
    note("the configuration is valid");
    Ok(())
}
