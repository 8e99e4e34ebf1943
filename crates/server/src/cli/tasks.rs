//! `rushes tasks`.

use rushes_sdk::{Client, ListQuery, Task};

use super::Global;
use super::failure::Failure;
use super::output::{Output, note};
use super::table::Table;
use super::target::{Purpose, Target};
use super::text::moment;

/// Which tasks.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Tasks on a page.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Only tasks older than this one: the next page.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Only tasks in this state, e.g. `IN_PROGRESS` or `SUCCESS`.
    #[arg(long)]
    status: Option<String>,
    /// Only tasks of this model.
    #[arg(long)]
    model: Option<String>,
}

pub(super) async fn run(
    global: &Global,
    arguments: Arguments,
    output: &Output,
) -> Result<(), Failure> {
    let Arguments { limit, after, status, model } = arguments;
    let status = status.map(|word| word.to_uppercase());
    let query = ListQuery { limit: Some(limit), after, status, model };
    Target::with(global, Purpose::Existing, async |target| {
        show(&target.client, &query, output).await
    })
    .await
}

async fn show(client: &Client, query: &ListQuery, output: &Output) -> Result<(), Failure> {
    let page = client.list(query).await?;
    if page.data.is_empty() && !output.json {
        note("no tasks");
        return Ok(());
    }
    output.result(&page.body, || table(&page.data))?;
    if let (true, Some(last)) = (page.has_more, &page.next_after) {
        note(&format!("more with: rushes tasks --after {last}"));
    }
    Ok(())
}

fn table(tasks: &[Task]) -> String {
    let mut table =
        Table::new(&["TASK", "STATUS", "DONE", "MADE (UTC)", "MODEL", "VIDEO", "COST", "REASON"]);
    for task in tasks {
        let made = task.created_at.map(moment).unwrap_or_default();
        let seconds = task.seconds.map(|seconds| format!("{seconds}s"));
        let video = [seconds.as_deref(), task.resolution.as_deref(), task.aspect_ratio.as_deref()];
        let video = video.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let cost = task.cost.as_ref().map(|cost| format!("${}", cost.amount)).unwrap_or_default();
        let status = task.status.as_str();
        table.row([
            &task.id,
            status,
            &task.progress,
            &made,
            &task.model,
            &video,
            &cost,
            &task.fail_reason,
        ]);
    }
    table.text()
}
