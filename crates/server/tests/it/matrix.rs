//! Every model × mode × ratio × resolution of the catalogue, from a request to a file of exactly the
//! size and length that was asked for.

use rushes_domain::catalogue::{Catalogue, Model, dimensions};
use rushes_render::inspect;
use serde_json::{Value, json};

use crate::support::{TestApp, pictures};

/// One request and the size that has to come of it.
struct Cell {
    name: String,
    body: Value,
    size: (u32, u32),
}

/// All cells of a model; how many images each of its modes takes follows from its limits.
fn cells(model: &Model) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (mode, limits) in model.modes() {
        let images: Vec<String> = (0..limits.max_images.min(2))
            .map(|number| pictures::png_data_url([200, if number == 0 { 40 } else { 90 }, 40]))
            .collect();
        for ratio in &model.aspect_ratios {
            for resolution in &model.resolutions {
                cells.push(Cell {
                    name: format!("{} {mode} {ratio} {resolution}", model.id),
                    body: json!({
                        "model": model.id, "prompt": "silk", "seconds": 1,
                        "aspect_ratio": ratio, "resolution": resolution, "image_urls": images,
                    }),
                    size: dimensions(ratio, resolution).expect("offered, so it has a size"),
                });
            }
        }
    }
    cells
}

async fn check(app: &TestApp, cells: &[Cell]) {
    let mut ids = Vec::new();
    for cell in cells {
        ids.push(app.create_with(&app.test_api_key, &cell.body).await);
    }
    for (cell, id) in cells.iter().zip(&ids) {
        let data = app.wait(id).await["data"].clone();
        assert_eq!(data["status"], "SUCCESS", "{}: {data}", cell.name);
        let url = data["result_url"].as_str().expect("a link");
        let file = app.send(app.bare_request("GET", url)).await;
        let info = inspect(&file.bytes).expect("a video");
        assert_eq!((info.width, info.height), cell.size, "{}", cell.name);
        assert_eq!(info.duration_ms, 1000, "{}", cell.name);
        assert_eq!(data["width"], cell.size.0, "{}", cell.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_offered_comes_out_exactly() {
    let app = TestApp::start().await;
    for model in Catalogue::embedded().models() {
        check(&app, &cells(model)).await;
    }
    app.finish().await;
}
