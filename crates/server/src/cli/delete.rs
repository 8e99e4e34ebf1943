//! `rushes delete`.

use rushes_sdk::Client;

use super::Global;
use super::failure::Failure;
use super::output::Output;
use super::target::{Purpose, Target};
use super::text::escape;

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
        delete(&target.client, &arguments.task_id, output).await
    })
    .await
}

async fn delete(client: &Client, task_id: &str, output: &Output) -> Result<(), Failure> {
    let answer = client.delete(task_id).await?;
    output.result(&answer.body, || format!("{}: deleted", escape(&answer.id)))
}
