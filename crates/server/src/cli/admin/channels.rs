//! `rushes channels`.

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Map, Value, json};

use super::super::failure::{Exit, Failure};
use super::super::output::note;
use super::super::text::escape;
use super::{Desk, Fields, Limit, moment, money, names_or_none, read_line, text};

/// How long a test that makes a video may take, in seconds.
const SPEND_SECONDS_MAX: u64 = 660;

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// Add a channel. From the first one on, live keys get no previews any more.
    Add(Add),
    /// List channels.
    List,
    /// Show one channel.
    Show {
        /// Name or id.
        name: String,
    },
    /// Change a channel. Tasks that it has go on.
    Set(Set),
    /// Let it take new jobs again.
    Enable {
        /// Name or id.
        name: String,
    },
    /// Give it no new jobs; those that it has go on.
    Disable {
        /// Name or id.
        name: String,
    },
    /// Look whether it works: address, key, models. Costs nothing.
    Test {
        /// Name or id.
        name: String,
        /// Also make the cheapest real video, which costs you money.
        #[arg(long)]
        spend: bool,
    },
    /// Remove a channel that has no unfinished task, and forget its key.
    Remove {
        /// Name or id.
        name: String,
    },
    /// List what channels can be made from.
    Presets,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Add {
    /// A name for it.
    name: String,
    /// What it is: xai, openai-videos, vllm-omni, sglang, gateway, new-api.
    #[arg(long, value_name = "PRESET")]
    provider: String,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct Set {
    /// Name or id.
    name: String,
    /// A new name.
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    #[command(flatten)]
    terms: Terms,
}

/// What can be said about a channel; what is left out is the preset's, or stays as it is.
#[derive(Debug, clap::Args)]
struct Terms {
    /// Where it is, with or without /v1 at the end.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Read its API key from standard input.
    #[arg(long)]
    api_key_stdin: bool,
    /// A model of ours and the upstream's name for it; again for each model.
    #[arg(long = "model", value_name = "OURS=THEIRS", value_parser = pair)]
    models: Vec<(String, String)>,
    /// Higher ones are asked first.
    #[arg(long, value_name = "N")]
    priority: Option<u32>,
    /// Share among channels of the same priority; 0 takes nothing.
    #[arg(long, value_name = "N")]
    weight: Option<u32>,
    /// Jobs that it may have at a time.
    #[arg(long, value_name = "N")]
    max_concurrency: Option<u32>,
    /// Groups that it serves, by name or as id:5, with commas between them; `none` for all.
    #[arg(long, value_name = "GROUPS", value_parser = names_or_none)]
    groups: Option<Limit>,
    /// What it costs you: a model, a resolution and dollars a second; again for each.
    #[arg(long = "cost", value_name = "MODEL:RESOLUTION=USD", value_parser = cost)]
    costs: Vec<(String, String, String)>,
    /// How pictures are brought into the ratio: cover, contain or as-is.
    #[arg(long, value_name = "FIT", value_parser = ["cover", "contain", "as-is"])]
    image_fit: Option<String>,
    /// How pictures are sent: inline, or pass-through for those that came as addresses.
    #[arg(long, value_name = "HOW", value_parser = ["inline", "pass-through"])]
    images: Option<String>,
    /// Further origins of its results, with commas between them; `none` for no other.
    #[arg(long, value_name = "ORIGINS", value_parser = names_or_none)]
    media_origins: Option<Limit>,
    /// Whose addresses of videos customers get: own, or upstream to keep none here (it may end soon,
    /// and nobody checked what is there).
    #[arg(long, value_name = "WHOSE", value_parser = ["own", "upstream"])]
    result_links: Option<String>,
    /// Time for handing a job over, in milliseconds.
    #[arg(long, value_name = "MS")]
    submit_timeout_ms: Option<u64>,
    /// Time for asking after a job, in milliseconds.
    #[arg(long, value_name = "MS")]
    poll_timeout_ms: Option<u64>,
    /// Time for fetching a video, in milliseconds.
    #[arg(long, value_name = "MS")]
    download_timeout_ms: Option<u64>,
    /// From one question after a job to the next, in milliseconds.
    #[arg(long, value_name = "MS")]
    poll_interval_ms: Option<u64>,
}

/// Reads `OURS=THEIRS`.
fn pair(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((ours, theirs)) if !ours.is_empty() && !theirs.is_empty() => {
            Ok((ours.to_owned(), theirs.to_owned()))
        }
        _ => Err("write it as OURS=THEIRS, e.g. grok-image-video=grok-imagine-video".to_owned()),
    }
}

/// Reads `MODEL:RESOLUTION=USD`.
fn cost(given: &str) -> Result<(String, String, String), String> {
    let parts = given.split_once('=').and_then(|(what, amount)| {
        let (model, resolution) = what.rsplit_once(':')?;
        Some((model.to_owned(), resolution.to_owned(), super::dollars(amount)))
    });
    parts.ok_or_else(|| "write it as MODEL:RESOLUTION=USD, e.g. grok-image-video:720p=0.07".into())
}

impl Terms {
    fn fields(self) -> Result<Fields, Failure> {
        let api_key = if self.api_key_stdin { Some(read_line("API key")?) } else { None };
        let models: Map<String, Value> =
            self.models.into_iter().map(|(ours, theirs)| (ours, theirs.into())).collect();
        let mut costs = Map::new();
        for (model, resolution, amount) in self.costs {
            let entry = costs.entry(model).or_insert_with(|| json!({ "per_second": {} }));
            entry["per_second"][resolution] = amount.into();
        }
        let mut timeouts = Map::new();
        for (name, value) in [
            ("submit_ms", self.submit_timeout_ms),
            ("poll_ms", self.poll_timeout_ms),
            ("download_ms", self.download_timeout_ms),
        ] {
            if let Some(value) = value {
                timeouts.insert(name.to_owned(), value.into());
            }
        }
        let some = |map: Map<String, Value>| Some(map).filter(|map| !map.is_empty());
        let word = |text: String| text.replace('-', "_");
        // An empty list is every group, and no further origin.
        let listed = |limit: Limit| if limit.0.is_null() { json!([]) } else { limit.0 };
        Ok(Fields::default()
            .set("base_url", self.base_url)
            .set("api_key", api_key)
            .set("models", some(models))
            .set("priority", self.priority)
            .set("weight", self.weight)
            .set("max_concurrency", self.max_concurrency)
            .set("groups", self.groups.map(listed))
            .set("costs", some(costs))
            .set("image_fit", self.image_fit.map(word))
            .set("images", self.images.map(word))
            .set("media_origins", self.media_origins.map(listed))
            .set("result_links", self.result_links)
            .set("timeouts", some(timeouts))
            .set("poll_interval_ms", self.poll_interval_ms))
    }
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    let path = |name: &'_ str| ["admin".to_owned(), "channels".to_owned(), name.to_owned()];
    match command {
        Command::Add(new) => add(desk, new).await,
        Command::List => list(desk).await,
        Command::Show { name } => show(desk, &desk.call(get(&path(&name))).await?),
        Command::Set(change) => {
            let fields = change.terms.fields()?.set("name", change.rename);
            switch(desk, &change.name, fields.some()?).await
        }
        Command::Enable { name } => switch(desk, &name, json!({ "enabled": true })).await,
        Command::Disable { name } => switch(desk, &name, json!({ "enabled": false })).await,
        Command::Test { name, spend } => test(desk, &name, spend).await,
        Command::Remove { name } => remove(desk, &name).await,
        Command::Presets => presets(desk).await,
    }
}

fn get(path: &[String; 3]) -> ApiRequest {
    let [admin, channels, name] = path;
    ApiRequest::get(&[admin, channels, name])
}

async fn add(desk: &Desk<'_>, new: Add) -> Result<(), Failure> {
    let name = new.name.clone();
    let former = desk.call(ApiRequest::get(&["admin", "channels"])).await?;
    let fields =
        new.terms.fields()?.set("name", Some(new.name)).set("provider", Some(new.provider));
    let answer = desk.call(ApiRequest::post(&["admin", "channels"], fields.into_value())).await?;
    show(desk, &answer)?;
    if has_none(&former.value) {
        note(
            "live keys get their videos from channels alone from now on, and no previews any more, \
             also when no\nchannel is left (test keys still do; preview = \"always\" in the \
             configuration would bring them back)",
        );
    }
    note(&format!("now see whether it works: rushes channels test {name}"));
    Ok(())
}

fn has_none(list: &Value) -> bool {
    list["data"].as_array().is_none_or(Vec::is_empty)
}

async fn remove(desk: &Desk<'_>, name: &str) -> Result<(), Failure> {
    let answer = desk.call(ApiRequest::delete(&["admin", "channels", name])).await?;
    desk.done(&answer, &format!("channel {name} is removed, and its key forgotten"))?;
    if has_none(&desk.call(ApiRequest::get(&["admin", "channels"])).await?.value) {
        note(
            "no channel is left: creates of live keys are refused until there is one \
             (preview = \"always\" in the\nconfiguration draws previews for them instead)",
        );
    }
    Ok(())
}

async fn switch(desk: &Desk<'_>, name: &str, body: Value) -> Result<(), Failure> {
    show(desk, &desk.call(ApiRequest::patch(&["admin", "channels", name], body)).await?)
}

async fn list(desk: &Desk<'_>) -> Result<(), Failure> {
    let answer = desk.call(ApiRequest::get(&["admin", "channels"])).await?;
    let heading = ["NAME", "PROVIDER", "ADDRESS", "MODELS", "PRIORITY", "JOBS", "STATE"];
    desk.list(&answer, heading, |row| {
        [
            text(&row["name"]),
            text(&row["provider"]),
            text(&row["base_url"]),
            models(&row["models"], false),
            text(&row["priority"]),
            format!("{} of {}", row["jobs"], row["max_concurrency"]),
            state(row).to_owned(),
        ]
    })
}

/// Whether it takes jobs, in a word or two.
fn state(row: &Value) -> &'static str {
    match (row["enabled"].as_bool(), row["in_force"].as_bool(), row["breaker"].as_str()) {
        (Some(false), _, _) => "disabled",
        (_, Some(false), _) => "not in force",
        (_, _, Some("open")) => "breaker open",
        (_, _, Some("half_open")) => "probing",
        _ => "ok",
    }
}

fn models(value: &Value, with_theirs: bool) -> String {
    let pairs = value.as_object().into_iter().flatten();
    let names =
        pairs.map(
            |(ours, theirs)| {
                if with_theirs { format!("{ours} = {}", text(theirs)) } else { ours.clone() }
            },
        );
    names.collect::<Vec<_>>().join(", ")
}

async fn test(desk: &Desk<'_>, name: &str, spend: bool) -> Result<(), Failure> {
    let mut request =
        ApiRequest::post(&["admin", "channels", name, "test"], json!({ "spend": spend }));
    if spend {
        note("making a real video; this can take minutes …");
        request = request.patient(SPEND_SECONDS_MAX);
    }
    let answer = desk.call(request).await?;
    let findings = answer.value["findings"].as_array().into_iter().flatten();
    let sentences: Vec<String> = findings.map(|it| escape(&text(it)).into_owned()).collect();
    let sentences = sentences.join("\n");
    if answer.value["ok"].as_bool() == Some(true) {
        return desk.output.result(&answer.body, || sentences);
    }
    Err(Failure::new(Exit::TaskFailed, sentences).or_body(&answer.body))
}

async fn presets(desk: &Desk<'_>) -> Result<(), Failure> {
    let answer = desk.call(ApiRequest::get(&["admin", "presets"])).await?;
    let heading = ["PRESET", "WHAT IT IS", "ADDRESS", "KEY", "SENT AGAIN"];
    desk.list(&answer, heading, |row| {
        let address = &row["base_url"];
        [
            text(&row["name"]),
            text(&row["description"]),
            if address.is_null() { "--base-url".to_owned() } else { text(address) },
            if row["needs_api_key"] == json!(true) { "needed" } else { "if it has one" }.to_owned(),
            text(&row["resubmit"]),
        ]
    })
}

fn show(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    let row = &answer.value;
    let or = |value: &Value, otherwise: &str| {
        let shown = text(value);
        if shown.is_empty() { otherwise.to_owned() } else { shown }
    };
    desk.show(
        answer,
        &[
            ("channel", format!("{} (id {})", text(&row["name"]), row["id"])),
            ("provider", text(&row["provider"])),
            ("address", text(&row["base_url"])),
            ("API key", or(&row["api_key"], "none")),
            ("state", state(row).to_owned()),
            ("models", models(&row["models"], true)),
            ("groups", or(&row["groups"], "all")),
            ("priority", text(&row["priority"])),
            ("weight", text(&row["weight"])),
            ("jobs", format!("{} of {}", row["jobs"], row["max_concurrency"])),
            ("pictures", format!("{}, {}", text(&row["images"]), text(&row["image_fit"]))),
            ("addresses of videos", text(&row["result_links"])),
            ("asked after every", format!("{} ms", row["poll_interval_ms"])),
            ("spent", money(&row["spent"])),
            ("perhaps lost", money(&row["lost"])),
            ("unclear hand-overs", text(&row["ambiguous_submits"])),
            ("declared in", text(&row["source"])),
            ("changed (UTC)", moment(&row["changed_at"])),
        ],
    )
}
