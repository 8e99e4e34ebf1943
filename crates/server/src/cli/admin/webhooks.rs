//! `rushes webhooks`.

use std::time::{Duration, Instant};

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Value, json};

use super::super::failure::{Exit, Failure};
use super::super::output::note;
use super::super::text::parse_duration;
use super::{Desk, Fields, moment, moment_after, text};

/// How long a test's outcome is waited for: its time-out, and some for its turn.
const TEST_WAIT: Duration = Duration::from_secs(30);
/// Between two looks at it.
const TEST_LOOK: Duration = Duration::from_millis(300);

/// What somebody wants of webhooks, and whose.
#[derive(Debug, clap::Args)]
pub(in super::super) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Whose webhooks; your own unless said, on the gateway's machine the owner's.
    #[arg(long, value_name = "NAME", global = true)]
    user: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register an address that is called when something happens to videos, and print the secret
    /// that signs these calls. The secret is shown this once.
    Create {
        /// Where it is: https, and a name.
        url: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// List webhooks.
    List,
    /// Show one webhook.
    Show {
        /// The webhook's id.
        id: u64,
    },
    /// Change a webhook.
    Set {
        /// The webhook's id.
        id: u64,
        /// Where it is from now on.
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        terms: Terms,
        /// Send it something again.
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
        /// Send it nothing more.
        #[arg(long)]
        disable: bool,
    },
    /// Delete a webhook and its secret.
    Delete {
        /// The webhook's id.
        id: u64,
    },
    /// Give a webhook a new secret and print it. The old one signs as well for another 24 hours.
    Rotate {
        /// The webhook's id.
        id: u64,
    },
    /// Send a test, once, and say what came of it.
    Test {
        /// The webhook's id.
        id: u64,
    },
    /// Show what a webhook was sent.
    Deliveries {
        /// The webhook's id.
        id: u64,
        /// One delivery, with its attempts.
        delivery: Option<String>,
        /// Only those that are pending, delivered or failed.
        #[arg(long)]
        status: Option<String>,
        /// Deliveries on a page.
        #[arg(long)]
        limit: Option<u32>,
        /// The next page.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
    /// Send something again.
    Replay {
        /// The webhook's id.
        id: u64,
        /// One delivery.
        #[arg(required_unless_present = "since", conflicts_with = "since")]
        delivery: Option<String>,
        /// All that failed since so long ago, e.g. 24h.
        #[arg(long, value_name = "TIME", value_parser = parse_duration)]
        since: Option<Duration>,
    },
}

#[derive(Debug, clap::Args)]
struct Terms {
    /// What it wants to hear, with commas between: video.started, video.completed, video.failed,
    /// video.canceled, video.expired.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    event_types: Option<Vec<String>>,
    /// For people.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Terms {
    fn fields(self) -> Fields {
        Fields::default().set("event_types", self.event_types).set("description", self.description)
    }
}

/// The path of an account's webhooks.
struct Place<'p>(Vec<&'p str>);

impl Place<'_> {
    fn at<'s>(&'s self, rest: &[&'s str]) -> Vec<&'s str> {
        self.0.iter().chain(rest).copied().collect()
    }
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<(), Failure> {
    let place = Place(desk.of_account(arguments.user.as_deref(), "webhooks"));
    match arguments.command {
        Command::Create { url, terms } => {
            let body = terms.fields().set("url", Some(url)).into_value();
            let answer = desk.call(ApiRequest::post(&place.at(&[]), body)).await?;
            note(&format!("webhook {}; its secret is shown this once:", answer.value["id"]));
            desk.done(&answer, &text(&answer.value["secret"]))
        }
        Command::List => list(desk, &desk.call(ApiRequest::get(&place.at(&[]))).await?),
        Command::Show { id } => {
            show(desk, &desk.call(ApiRequest::get(&place.at(&[&id.to_string()]))).await?)
        }
        Command::Set { id, url, terms, enable, disable } => {
            let enabled = (enable || disable).then_some(enable);
            let fields = terms.fields().set("url", url).set("enabled", enabled);
            let request = ApiRequest::patch(&place.at(&[&id.to_string()]), fields.some()?);
            show(desk, &desk.call(request).await?)
        }
        Command::Delete { id } => {
            let request = ApiRequest::delete(&place.at(&[&id.to_string()]));
            desk.done(&desk.call(request).await?, &format!("webhook {id} is deleted"))
        }
        Command::Rotate { id } => {
            let request = ApiRequest::post(&place.at(&[&id.to_string(), "rotate"]), json!({}));
            let answer = desk.call(request).await?;
            note(&format!("webhook {id}'s new secret; it is shown this once:"));
            desk.done(&answer, &text(&answer.value["secret"]))
        }
        Command::Test { id } => test(desk, &place, &id.to_string()).await,
        Command::Deliveries { id, delivery: Some(delivery), .. } => {
            let path = [&id.to_string(), "deliveries", delivery.as_str()];
            show_delivery(desk, &desk.call(ApiRequest::get(&place.at(&path))).await?)
        }
        Command::Deliveries { id, delivery: None, status, limit, after } => {
            let request = ApiRequest::get(&place.at(&[&id.to_string(), "deliveries"]))
                .query("status", status)
                .query("limit", limit)
                .query("after", after);
            deliveries(desk, &desk.call(request).await?)
        }
        Command::Replay { id, delivery, since } => {
            replay(desk, &place, &id.to_string(), delivery, since).await
        }
    }
}

async fn replay(
    desk: &Desk<'_>,
    place: &Place<'_>,
    id: &str,
    delivery: Option<String>,
    since: Option<Duration>,
) -> Result<(), Failure> {
    if let Some(delivery) = delivery {
        let path = place.at(&[id, "deliveries", &delivery, "replay"]);
        let answer = desk.call(ApiRequest::post(&path, json!({}))).await?;
        return desk.done(&answer, &format!("{delivery} is sent again"));
    }
    let ago = i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
    let since = moment_after(Duration::ZERO).saturating_sub(ago);
    let request = ApiRequest::post(&place.at(&[id, "replay"]), json!({ "since": since }));
    let answer = desk.call(request).await?;
    let more = if answer.value["has_more"] == true { "; there are more, repeat it" } else { "" };
    desk.done(&answer, &format!("{} deliveries are sent again{more}", answer.value["count"]))
}

/// Sends a test and waits for its end.
async fn test(desk: &Desk<'_>, place: &Place<'_>, id: &str) -> Result<(), Failure> {
    let sent = desk.call(ApiRequest::post(&place.at(&[id, "test"]), json!({}))).await?;
    let delivery = text(&sent.value["id"]);
    let began = Instant::now();
    loop {
        let request = ApiRequest::get(&place.at(&[id, "deliveries", &delivery]));
        let answer = desk.call(request).await?;
        let status = text(&answer.value["status"]);
        if status == "pending" && began.elapsed() < TEST_WAIT {
            tokio::time::sleep(TEST_LOOK).await;
            continue;
        }
        let sentence = format!("{status}: {}", outcome(&answer.value["attempts"][0]));
        return if status == "delivered" {
            desk.done(&answer, &sentence)
        } else {
            Err(Failure::new(Exit::TaskFailed, sentence).or_body(&answer.body))
        };
    }
}

/// An attempt in few words.
fn outcome(attempt: &Value) -> String {
    match (&attempt["error"], &attempt["response_status"]) {
        (Value::Null, Value::Null) => "no attempt was made yet".to_owned(),
        (Value::Null, status) => format!("answered with {status}"),
        (error, _) => text(error),
    }
}

fn list(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let heading =
        ["ID", "URL", "EVENTS", "ENABLED", "DISABLED BY", "LAST SUCCESS", "FAILING SINCE"];
    desk.list(answer, heading, |row| {
        [
            text(&row["id"]),
            text(&row["url"]),
            text(&row["event_types"]),
            text(&row["enabled"]),
            text(&row["disabled_by"]),
            moment(&row["last_success_at"]),
            moment(&row["failing_since"]),
        ]
    })
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    desk.show(
        answer,
        &[
            ("webhook", text(&row["id"])),
            ("url", text(&row["url"])),
            ("description", text(&row["description"])),
            ("account id", text(&row["account_id"])),
            ("events", text(&row["event_types"])),
            ("enabled", text(&row["enabled"])),
            ("disabled by", text(&row["disabled_by"])),
            ("disabled (UTC)", moment(&row["disabled_at"])),
            ("failing since (UTC)", moment(&row["failing_since"])),
            ("last success (UTC)", moment(&row["last_success_at"])),
            ("last failure (UTC)", moment(&row["last_failure_at"])),
            ("old secret until (UTC)", moment(&row["old_secret_expires_at"])),
            ("made (UTC)", moment(&row["created_at"])),
        ],
    )
}

fn deliveries(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let heading = ["ID", "TIME (UTC)", "EVENT", "TASK", "STATUS", "ATTEMPTS", "NEXT (UTC)", "WHY"];
    desk.list(answer, heading, |row| {
        [
            text(&row["id"]),
            moment(&row["created_at"]),
            text(&row["event_type"]),
            text(&row["task_id"]),
            text(&row["status"]),
            text(&row["attempts_count"]),
            moment(&row["next_attempt_at"]),
            text(&row["reason"]),
        ]
    })
}

fn show_delivery(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    let mut lines = vec![
        ("delivery", text(&row["id"])),
        ("event", format!("{} ({})", text(&row["event_type"]), text(&row["event_id"]))),
        ("task", text(&row["task_id"])),
        ("callback", text(&row["callback_url"])),
        ("status", text(&row["status"])),
        ("why", text(&row["reason"])),
        ("next (UTC)", moment(&row["next_attempt_at"])),
    ];
    for attempt in row["attempts"].as_array().into_iter().flatten() {
        let took = text(&attempt["took_ms"]);
        let line = format!("{}, {took} ms: {}", moment(&attempt["at"]), outcome(attempt));
        lines.push(("attempt", line));
        if let Some(body) = attempt["response_body"].as_str().filter(|body| !body.is_empty()) {
            lines.push(("answer", body.to_owned()));
        }
    }
    desk.show(answer, &lines)
}
