//! `rushes serve`.
//!
//! Guarantees: keys, password and link are printed at the first start only; the address is printed once it answers.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use rushes_store::sessions::LOGIN_LINK_MS;
use serde_json::json;

use super::Global;
use super::config::Flags;
use super::failure::{Exit, Failure};
use super::output::{Output, Style, note};
use crate::app::{App, Parts};
use crate::bootstrap::BOOTSTRAP_FILE;
use crate::lifecycle::{Running, stop_signal};
use crate::pages::console_url;

/// Minutes that the first start's link works.
const LOGIN_LINK_MINUTES: i64 = LOGIN_LINK_MS / 60_000;

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let config = arguments.flags.load(global)?;
    crate::logging::install(&config.log).map_err(|error| Failure::usage(error.to_string()))?;
    let stop = stop_signal();
    tokio::pin!(stop);
    let running = tokio::select! {
        running = Running::start(config, Parts::system()) => running?,
        () = &mut stop => return Ok(()),
    };
    let app = running.app();
    // A gateway whose standard output is closed serves all the same.
    if let Err(failure) = output.result(&body(app), || greeting(app, &Style::of_stdout())) {
        note(&failure.text());
    }
    let failed = tokio::select! {
        () = stop => false,
        () = running.failed() => true,
    };
    if failed {
        // Nothing can be written any more: a supervisor's restart is the way back.
        running.stop().await;
        let message = "the gateway had to stop: its database cannot be written, or its worker \
                       failed; the log says more";
        return Err(Failure::new(Exit::TaskFailed, message)
            .with_hint("look at the disk with `rushes doctor`, then start again"));
    }
    if std::io::stderr().is_terminal() {
        note("stopping; once more to stop at once");
    }
    tokio::select! {
        () = running.stop() => {}
        () = stop_signal() => note("stopped at once; the next start takes over"),
    }
    Ok(())
}

fn body(app: &App) -> Vec<u8> {
    let config = &app.config;
    let mut body = json!({
        "base_url": config.public_url,
        "console_url": console_url(&config.public_url),
        "listen": config.listen,
        "data_dir": config.data_dir,
        "bootstrap_file": config.data_dir.join(BOOTSTRAP_FILE),
        "first_start": app.first_start.is_some(),
    });
    if let Some(made) = &app.first_start {
        body["api_key"] = json!(made.api_key);
        body["test_api_key"] = json!(made.test_api_key);
        body["console_login_url"] = json!(made.console_login_url);
        body["admin_user"] = json!(made.admin_user);
        body["admin_password"] = json!(made.admin_password);
    }
    body.to_string().into_bytes()
}

fn greeting(app: &App, style: &Style) -> String {
    let config = &app.config;
    let base_url = &config.public_url;
    let keys_at = config.data_dir.join(BOOTSTRAP_FILE);
    let mut text = format!(
        "{} {} at {}\n",
        style.bold("Rushes"),
        env!("CARGO_PKG_VERSION"),
        style.bold(base_url)
    );
    if !base_url.ends_with(&config.listen.to_string()) {
        let _ = writeln!(text, "listening on {}", config.listen);
    }
    let Some(made) = &app.first_start else {
        let _ = write!(
            text,
            "console:  {}\nsign in:  {} login-link --data-dir {}\nAPI keys: {}\n\
             docs:     {base_url}/docs",
            console_url(base_url),
            program(),
            config.data_dir.display(),
            keys_at.display()
        );
        return text;
    };
    let (key, test_key) = (&made.api_key, &made.test_api_key);
    let password = format!("{}, password {}", made.admin_user, made.admin_password);
    let only_once = style.dim(&format!("shown this once; kept in {}", keys_at.display()));
    let credit = config.account.first_credit;
    let _ = write!(
        text,
        "
  console    {console}
  sign in    {link}
             this link works once, for {LOGIN_LINK_MINUTES} minutes
  or as      {password}

  API key    {key}   spends the account's credit of ${credit}
  test key   {test_key}   costs nothing, always a preview
  {only_once}

Documentation and examples: {base_url}/docs

{try_it}

curl {base_url}/v1/video/generations \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{\"model\":\"{model}\",\"prompt\":\"a red sports car in neon rain\",\"seconds\":6}}'

{then}

curl -H 'Authorization: Bearer {key}' -H 'Prefer: wait=60' \\
  {base_url}/v1/video/generations/TASK_ID

{or_here}

{program} generate 'a red sports car in neon rain' --data-dir {data_dir}

{no_channel}
",
        console = style.bold(&made.console_url),
        link = made.console_login_url,
        try_it = style.bold("Make a video:"),
        then = style.bold("Ask for it with the task_id of the answer:"),
        or_here = style.bold("Or let this program do all of it:"),
        program = program(),
        data_dir = config.data_dir.display(),
        no_channel = style.dim(
            "Until a channel is added, videos are previews drawn on this machine, not AI video."
        ),
        model =
            app.prices.current().catalogue.models().first().map_or("", |model| model.id.as_str()),
    );
    text
}

/// What to type to start this program again: as it was started, which need not be by a name in PATH.
fn program() -> String {
    let started_as = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    started_as.filter(|name| !name.is_empty()).unwrap_or_else(|| "rushes".to_owned())
}
