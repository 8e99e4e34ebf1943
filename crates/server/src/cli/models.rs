//! `rushes models`.

use rushes_sdk::{Client, ModeLimits, Model};

use super::Global;
use super::failure::Failure;
use super::output::Output;
use super::table::Table;
use super::target::{Purpose, Target};

pub(super) async fn run(global: &Global, output: &Output) -> Result<(), Failure> {
    Target::with(global, Purpose::Existing, async |target| show(&target.client, output).await).await
}

async fn show(client: &Client, output: &Output) -> Result<(), Failure> {
    let models = client.models().await?;
    output.result(&models.body, || table(&models.value))
}

fn table(models: &[Model]) -> String {
    let mut table = Table::new(&["MODEL", "FROM", "RATIOS", "PRICE A SECOND"]);
    for model in models {
        let can = &model.capabilities;
        let takes = [
            mode("text", can.text_to_video.as_ref()),
            mode("one image", can.image_to_video.as_ref()),
            several(can.reference_to_video.as_ref()),
        ];
        let takes: Vec<String> = takes.into_iter().flatten().collect();
        let prices = model.pricing.per_second.iter();
        let prices: Vec<String> = prices.map(|(name, price)| format!("{name} ${price}")).collect();
        let cells =
            [model.id.clone(), takes.join(", "), can.aspect_ratios.join(" "), prices.join(", ")];
        table.row(cells.iter().map(String::as_str));
    }
    table.text()
}

fn mode(name: &str, limits: Option<&ModeLimits>) -> Option<String> {
    limits.map(|limits| format!("{name} ≤{}s", limits.max_seconds))
}

fn several(limits: Option<&ModeLimits>) -> Option<String> {
    limits.map(|limits| format!("≤{} images ≤{}s", limits.max_images, limits.max_seconds))
}
