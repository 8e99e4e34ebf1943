//! The command line: one file for each verb.
//!
//! Guarantees (contract 8): results go to standard output, everything else to standard error; with
//! `--json` standard output holds exactly one JSON value; the exit code says what happened
//! ([`Exit`]). Commands other than `serve` speak to a gateway through the SDK alone.

mod admin;
mod backup;
mod cancel;
mod completions;
mod config;
mod delete;
mod doctor;
mod failure;
mod generate;
mod models;
mod openapi;
mod output;
mod progress;
mod restore;
mod serve;
mod table;
mod target;
mod tasks;
mod text;
mod video;
mod wait;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, Parser, Subcommand};

pub use failure::Exit;

use failure::Failure;
use output::Output;

/// Time that background threads get to end after the command has.
const THREADS_GRACE: Duration = Duration::from_secs(1);

/// Rushes: a self-hosted gateway for AI video generation.
#[derive(Debug, Parser)]
#[command(name = "rushes", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Exit codes: 0 done, 1 the task failed or a check found something, 2 usage or refused request, 3 timed out, 4 no server.\n\
Start with `rushes serve`, or make a preview right away: rushes generate \"a red sports car\"")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, clap::Args)]
struct Global {
    /// Where the gateway keeps everything.
    #[arg(long, global = true, value_name = "DIR")]
    #[arg(help = "Where the gateway keeps everything [RUSHES_DATA_DIR; $XDG_DATA_HOME/rushes]")]
    data_dir: Option<PathBuf>,
    /// Print exactly one JSON value: the API's own body.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway until it is stopped (Ctrl-C).
    Serve(serve::Arguments),
    /// Make a video and download it.
    Generate(generate::Arguments),
    /// List the models with their limits and prices.
    Models,
    /// List tasks, newest first.
    Tasks(tasks::Arguments),
    /// Wait for a task and download its video.
    Wait(wait::Arguments),
    /// Cancel a task.
    Cancel(cancel::Arguments),
    /// Delete a task and its video, cancelled first if it has not ended; what was made stays paid.
    Delete(delete::Arguments),
    /// Print a link that signs somebody in to the console once, within 15 minutes.
    LoginLink {
        /// Name or id of the account; the owner unless said.
        account: Option<String>,
    },
    /// Make and change accounts.
    #[command(subcommand)]
    Users(admin::UsersCommand),
    /// Make, change and roll API keys.
    #[command(subcommand)]
    Keys(admin::KeysCommand),
    /// Make and change groups: prices, models and limits of several accounts.
    #[command(subcommand)]
    Groups(admin::GroupsCommand),
    /// Register addresses that are told what happens to videos, and see what they were told.
    Webhooks(admin::WebhooksArguments),
    /// Add, test and change channels: the upstreams that make the videos.
    #[command(subcommand)]
    Channels(admin::ChannelsCommand),
    /// Make, list and redeem codes that are worth credit.
    #[command(subcommand)]
    Codes(admin::CodesCommand),
    /// Give credit, and correct it.
    #[command(subcommand)]
    Credit(admin::CreditCommand),
    /// Show where an account's money went.
    Ledger(admin::LedgerArguments),
    /// Show what was made and paid.
    Usage(admin::UsageArguments),
    /// Show and change prices, and switch models on and off.
    #[command(subcommand)]
    Prices(admin::PricesCommand),
    /// Show and change what can be set while the gateway runs.
    #[command(subcommand)]
    Settings(admin::SettingsCommand),
    /// Show who did what.
    Audit(admin::AuditArguments),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Look for trouble: disk, permissions, clock, store, files.
    Doctor(doctor::Arguments),
    /// Save everything to one file, while the gateway goes on.
    Backup(backup::Arguments),
    /// Put a backup into an empty data directory.
    Restore(restore::Arguments),
    /// Print the OpenAPI document of the HTTP API.
    Openapi(openapi::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
}

/// Parses the arguments and runs the command.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, the rest is wrong usage. A closed pipe is no fault.
            let _ = error.print();
            return if error.use_stderr() { Exit::Refused.into() } else { Exit::Done.into() };
        }
    };
    let output = Output::new(cli.global.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => {
            let message = format!("the runtime cannot start: {source}");
            return output.fail(&Failure::new(Exit::TaskFailed, message)).into();
        }
    };
    let outcome = runtime.block_on(run(cli, &output));
    runtime.shutdown_timeout(THREADS_GRACE);
    match outcome {
        Ok(()) => Exit::Done.into(),
        Err(failure) => output.fail(&failure).into(),
    }
}

async fn run(cli: Cli, output: &Output) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let verb = match command {
        Command::Serve(arguments) => return serve::run(&global, arguments, output).await,
        Command::Generate(arguments) => return generate::run(&global, arguments, output).await,
        Command::Models => return models::run(&global, output).await,
        Command::Tasks(arguments) => return tasks::run(&global, arguments, output).await,
        Command::Wait(arguments) => return wait::run(&global, arguments, output).await,
        Command::Cancel(arguments) => return cancel::run(&global, arguments, output).await,
        Command::Delete(arguments) => return delete::run(&global, arguments, output).await,
        Command::Config(command) => return config::run(&global, command, output),
        Command::Doctor(arguments) => return doctor::run(&global, arguments, output).await,
        Command::Backup(arguments) => return backup::run(&global, arguments, output).await,
        Command::Restore(arguments) => return restore::run(&global, arguments, output).await,
        Command::Openapi(arguments) => return openapi::run(&arguments),
        Command::Completions(arguments) => {
            return completions::run(&arguments, &mut Cli::command());
        }
        Command::LoginLink { account } => admin::Verb::LoginLink(account),
        Command::Users(command) => admin::Verb::Users(command),
        Command::Keys(command) => admin::Verb::Keys(command),
        Command::Groups(command) => admin::Verb::Groups(command),
        Command::Webhooks(arguments) => admin::Verb::Webhooks(arguments),
        Command::Codes(command) => admin::Verb::Codes(command),
        Command::Channels(command) => admin::Verb::Channels(command),
        Command::Credit(command) => admin::Verb::Credit(command),
        Command::Ledger(arguments) => admin::Verb::Ledger(arguments),
        Command::Usage(arguments) => admin::Verb::Usage(arguments),
        Command::Prices(command) => admin::Verb::Prices(command),
        Command::Settings(command) => admin::Verb::Settings(command),
        Command::Audit(arguments) => admin::Verb::Audit(arguments),
    };
    admin::run(&global, verb, output).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
