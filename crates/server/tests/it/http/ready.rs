//! `/readyz`, asked without a listener: a fatal fault or a stop would close it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use rushes_server::app::{App, Parts};
use rushes_server::config::{Config, ConfigSources};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

async fn ready(app: &Arc<App>) -> StatusCode {
    let request = Request::get("/readyz").body(Body::empty()).expect("a request");
    let answer = rushes_server::http::router(Arc::clone(app)).oneshot(request).await;
    answer.expect("an answer").status()
}

#[tokio::test]
async fn a_gateway_that_ends_is_not_ready() {
    let ways: [fn(&App) -> &CancellationToken; 2] =
        [|app: &App| app.views.fatal(), |app: &App| &app.stop];
    for way in ways {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let data_dir = folder.path().join("data").to_string_lossy().into_owned();
        let flags = [("data_dir".to_owned(), data_dir)].into_iter().collect();
        let sources = ConfigSources { file: None, environment: false, flags };
        let config = Config::load(&sources).expect("a valid configuration");
        let app = App::open(config, Parts::system()).expect("the gateway opens");
        assert_eq!(ready(&app).await, StatusCode::OK);
        way(&app).cancel();
        assert_eq!(ready(&app).await, StatusCode::SERVICE_UNAVAILABLE);
        app.stop.cancel();
    }
}
