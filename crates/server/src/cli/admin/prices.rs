//! `rushes prices`.

use rushes_sdk::{ApiRequest, Response};
use serde_json::{Map, Value};

use super::super::failure::Failure;
use super::{Desk, Fields, brief, dollars, moment, text};

#[derive(Debug, clap::Subcommand)]
pub(in super::super) enum Command {
    /// List models with their prices, switched off ones too.
    List,
    /// Change a model's prices, or switch it on or off. Tasks under way keep their price.
    Set {
        /// Id or alias.
        model: String,
        /// A second at a resolution, e.g. 720p=0.10; as often as there are resolutions.
        #[arg(long, value_name = "RESOLUTION=USD", value_parser = per_second)]
        per_second: Vec<(String, String)>,
        /// An image.
        #[arg(long, value_name = "USD")]
        per_image: Option<String>,
        /// Let it be used again.
        #[arg(long, conflicts_with = "disable")]
        enable: bool,
        /// Let nobody use it.
        #[arg(long)]
        disable: bool,
        /// Back to the configuration's prices first.
        #[arg(long)]
        reset: bool,
    },
    /// List the versions of all prices, newest first.
    History {
        /// Versions on a page.
        #[arg(long)]
        limit: Option<u32>,
        /// The next page.
        #[arg(long, value_name = "VERSION")]
        after: Option<String>,
    },
}

fn per_second(text: &str) -> Result<(String, String), String> {
    let (resolution, price) =
        text.split_once('=').ok_or_else(|| format!("{text:?} is not like 720p=0.10"))?;
    Ok((resolution.to_owned(), dollars(price)))
}

pub(super) async fn run(desk: &Desk<'_>, command: Command) -> Result<(), Failure> {
    match command {
        Command::List => list(desk, &desk.call(ApiRequest::get(&["admin", "models"])).await?),
        Command::Set { model, per_second, per_image, enable, disable, reset } => {
            let prices: Map<String, Value> =
                per_second.into_iter().map(|(name, price)| (name, price.into())).collect();
            let fields = Fields::default()
                .set("price_per_second", (!prices.is_empty()).then_some(prices))
                .set("price_per_image", per_image.as_deref().map(dollars))
                .set("enabled", (enable || disable).then_some(enable))
                .set("reset", reset.then_some(true));
            let request = ApiRequest::patch(&["admin", "models", &model], fields.some()?);
            let answer = desk.call(request).await?;
            let [id, on, second, image, version] = cells(&answer.value);
            desk.show(
                &answer,
                &[
                    ("model", id),
                    ("enabled", on),
                    ("a second", second),
                    ("an image", image),
                    ("version", version),
                ],
            )
        }
        Command::History { limit, after } => {
            let request = ApiRequest::get(&["admin", "prices"]);
            let request = request.query("limit", limit).query("after", after);
            let answer = desk.call(request).await?;
            desk.list(&answer, ["VERSION", "SINCE (UTC)", "BY", "PRICES"], |row| {
                let version = text(&row["version"]);
                [version, moment(&row["created_at"]), text(&row["actor"]), brief(&row["prices"])]
            })
        }
    }
}

fn list(desk: &Desk<'_>, answer: &Response<Value>) -> Result<(), Failure> {
    desk.list(answer, ["MODEL", "ENABLED", "A SECOND", "AN IMAGE", "VERSION"], cells)
}

fn cells(row: &Value) -> [String; 5] {
    let seconds = row["price_per_second"].as_object().map_or_else(String::new, |prices| {
        let one = |(name, price): (&String, &Value)| format!("{name} ${}", text(price));
        prices.iter().map(one).collect::<Vec<_>>().join(", ")
    });
    [
        text(&row["id"]),
        text(&row["enabled"]),
        seconds,
        format!("${}", text(&row["price_per_image"])),
        text(&row["version"]),
    ]
}
