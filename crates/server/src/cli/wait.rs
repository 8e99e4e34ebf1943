//! `rushes wait`: goes on where `generate` or another client left off.

use super::Global;
use super::failure::Failure;
use super::output::Output;
use super::target::{Purpose, Target};
use super::video::Delivery;

/// Which task, and what to do with its video.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The task's id (`task_…`).
    #[arg(value_name = "ID")]
    task_id: String,
    #[command(flatten)]
    delivery: Delivery,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let Arguments { task_id, delivery } = arguments;
    delivery.check()?;
    Target::with(global, Purpose::Existing, async |target| {
        delivery.deliver(target, &task_id, "video", output).await
    })
    .await
}
