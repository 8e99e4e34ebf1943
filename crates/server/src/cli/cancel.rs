//! `rushes cancel`.

use rushes_sdk::Client;

use super::Global;
use super::failure::Failure;
use super::output::Output;
use super::target::{Purpose, Target};
use super::text::escape;

/// HTTP status of a request that was noted but not yet carried out.
const ACCEPTED: u16 = 202;

/// Which task.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The task's id (`task_…`).
    #[arg(value_name = "ID")]
    task_id: String,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    Target::with(global, Purpose::Existing, async |target| {
        cancel(&target.client, &arguments.task_id, output).await
    })
    .await
}

async fn cancel(client: &Client, task_id: &str, output: &Output) -> Result<(), Failure> {
    let answer = client.cancel(task_id).await?;
    output.result(&answer.body, || {
        let id = escape(&answer.id);
        if answer.http_status == ACCEPTED {
            format!("{id}: asked to stop; it was already handed over, so its end will tell")
        } else {
            format!("{id}: cancelled")
        }
    })
}
