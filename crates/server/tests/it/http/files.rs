//! Signed links: bytes, ranges, conditions, and every way to be refused.

use reqwest::Url;
use rushes_domain::{TaskId, Timestamp};
use rushes_store::tasks::sweep::remove_result;
use sha2::{Digest as _, Sha256};

use super::small;
use crate::support::{Answer, TestApp};

struct Video {
    app: TestApp,
    id: TaskId,
    url: String,
    bytes: Vec<u8>,
}

impl Video {
    async fn make() -> Self {
        let app = TestApp::start().await;
        let id = app.create(&small("rain")).await;
        let body = app.wait(&id).await;
        let url = body["data"]["result_url"].as_str().expect("a link").to_owned();
        let id = id.parse().expect("an id");
        let row =
            app.app().views.get(&app.app().store, id).await.expect("readable").expect("there");
        let path = row.result.as_ref().expect("a result").path.clone();
        let bytes = std::fs::read(app.data_dir().join(path)).expect("the file");
        Self { app, id, url, bytes }
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", &self.url, headers).await
    }

    async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.app.bare_request(method, url);
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        self.app.send(request).await
    }

    /// The link with one parameter replaced.
    fn changed(&self, name: &str, value: &str) -> String {
        let mut url = Url::parse(&self.url).expect("a URL");
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let changed = pairs.into_iter().filter(|(known, _)| known != name || !value.is_empty());
        let changed = changed.map(|(known, old)| {
            let new = if known == name { value.to_owned() } else { old };
            (known, new)
        });
        let pairs: Vec<_> = changed.collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        url.into()
    }

    fn parameter(&self, name: &str) -> String {
        let url = Url::parse(&self.url).expect("a URL");
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.expect("the parameter").1.into_owned()
    }
}

#[tokio::test]
async fn the_whole_file_and_its_head() {
    let video = Video::make().await;
    let answer = video.get(&[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.bytes, video.bytes);
    let etag = format!("\"{:x}\"", Sha256::digest(&video.bytes));
    let head = video.send("HEAD", &video.url, &[("range", "bytes=0-1")]).await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    for answer in [&answer, &head] {
        assert_eq!(answer.header("content-length"), video.bytes.len().to_string());
        assert_eq!(answer.header("content-type"), "video/mp4");
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("cache-control").starts_with("private"));
        let disposition = format!("inline; filename=\"{}.mp4\"", video.id);
        assert_eq!(answer.header("content-disposition"), disposition);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    video.app.finish().await;
}

#[tokio::test]
async fn the_still_picture_has_a_link_of_its_own() {
    let video = Video::make().await;
    let body = video.app.wait(&video.id.to_string()).await;
    let poster_url = body["data"]["poster_url"].as_str().expect("a link");
    let answer = video.send("GET", poster_url, &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/jpeg"));
    assert!(answer.bytes.starts_with(&[0xff, 0xd8, 0xff]));
    assert_ne!(answer.header("etag"), video.get(&[]).await.header("etag"));
    video.app.finish().await;
}

#[tokio::test]
async fn ranges() {
    let video = Video::make().await;
    let length = video.bytes.len();
    let cases = [
        ("bytes=0-99".to_owned(), 0, 99),
        ("bytes=100-".to_owned(), 100, length - 1),
        ("bytes=-50".to_owned(), length - 50, length - 1),
        (format!("bytes=10-{}", length * 2), 10, length - 1),
    ];
    for (range, first, last) in cases {
        let answer = video.get(&[("range", &range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.bytes, video.bytes[first..=last], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {first}-{last}/{length}"));
        assert_eq!(answer.header("content-length"), (last - first + 1).to_string());
    }
    let answer = video.get(&[("range", &format!("bytes={length}-"))]).await;
    assert_eq!(answer.status, 416);
    assert_eq!(answer.header("content-range"), format!("bytes */{length}"));
    let answer = video.get(&[("range", "bytes=0-1,5-6")]).await;
    assert_eq!((answer.status, answer.bytes.len()), (200, length));
    video.app.finish().await;
}

#[tokio::test]
async fn conditions() {
    let video = Video::make().await;
    let whole = video.get(&[]).await;
    let etag = whole.header("etag");
    let unchanged = video.get(&[("if-none-match", etag)]).await;
    assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0));
    assert_eq!(unchanged.header("etag"), etag);
    assert_eq!(video.get(&[("if-none-match", "\"x\"")]).await.status, 200);
    let range = ("range", "bytes=0-1");
    assert_eq!(video.get(&[range, ("if-range", etag)]).await.status, 206);
    assert_eq!(video.get(&[range, ("if-range", "\"x\"")]).await.status, 200);
    let modified = whole.header("last-modified");
    assert_eq!(video.get(&[range, ("if-range", modified)]).await.status, 206);
    video.app.finish().await;
}

#[tokio::test]
async fn p05_links_that_were_not_signed_like_this() {
    let video = Video::make().await;
    let expires: i64 = video.parameter("exp").parse().expect("a number");
    let signature = video.parameter("sig");
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    let flipped = format!("{flipped}{}", &signature[1..]);
    let bare = video.url.split('?').next().expect("a path").to_owned();
    let other_name = video.url.replace(".mp4", ".jpg");
    let links = [
        video.changed("exp", &(expires + 1).to_string()),
        video.changed("exp", "9223372036854775808"),
        video.changed("exp", "-1"),
        video.changed("exp", ""),
        video.changed("kid", "2"),
        video.changed("kid", ""),
        video.changed("sig", &flipped),
        video.changed("sig", ""),
        format!("{}&x=1", video.url),
        bare.clone(),
        format!("{bare}?exp={expires}"),
        other_name,
    ];
    for link in links {
        let answer = video.send("GET", &link, &[]).await;
        assert_eq!(answer.status, 403, "{link}");
        assert_eq!(answer.json()["code"], "link_signature_invalid", "{link}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    video.app.finish().await;
}

#[tokio::test]
async fn links_and_files_end() {
    let video = Video::make().await;
    let app = video.app.app();
    let name = format!("{}.mp4", video.id);
    let two_hours_ago = Timestamp(app.clock.now().0).plus_ms(-2 * 3_600_000);
    let old = app.links.sign(&name, two_hours_ago);
    let answer = video.send("GET", &old, &[]).await;
    assert_eq!((answer.status, &answer.json()["code"]), (403, &"url_expired".into()));

    let unknown = TaskId::new(7);
    let link = app.links.sign(&format!("{unknown}.mp4"), app.clock.now());
    assert_eq!(video.send("GET", &link, &[]).await.status, 404);
    for name in ["x", "task_x.mp4", "..%2f..%2frushes.db", "%00", "secret.key"] {
        let answer = video.send("GET", &format!("/files/{name}"), &[]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &"not_found".into()), "{name}");
    }

    let (id, now) = (video.id, app.clock.now());
    app.store.write(move |tx| remove_result(tx, id, now)).await.expect("removed");
    let answer = video.get(&[]).await;
    assert_eq!((answer.status, &answer.json()["code"]), (410, &"result_expired".into()));
    let body = video.app.wait(&video.id.to_string()).await;
    assert_eq!(body["data"]["status"], "SUCCESS");
    assert_eq!(body["data"]["result_expired"], true);
    video.app.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_may_read_files_and_nothing_else() {
    let video = Video::make().await;
    let origin = ("origin", "https://evil.example");
    let preflight = video.send("OPTIONS", &video.url, &[origin]).await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert!(preflight.header("access-control-allow-headers").contains("Range"));
    for path in ["/v1/models", "/", "/healthz", "/docs/errors"] {
        for value in ["https://evil.example", "null"] {
            let answer = video.send("GET", path, &[("origin", value)]).await;
            assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
        }
    }
    video.app.finish().await;
}

impl Video {
    fn path(&self) -> std::path::PathBuf {
        self.app.data_dir().join(rushes_server::storage::video_path(self.id))
    }
}

#[tokio::test]
async fn a_file_that_goes_between_the_look_at_its_row_and_its_opening() {
    let video = Video::make().await;
    let (id, now) = (video.id, video.app.now());
    // Behind the views' back, as a removal that is being committed.
    let removed = video.app.app().store.write(move |tx| {
        tx.exec(
            "UPDATE tasks SET result_removed_at = $2 WHERE id = $1",
            rushes_store::params![id, now],
        )
    });
    assert_eq!(removed.await, Ok(1));
    std::fs::remove_file(video.path()).expect("removable");
    let answer = video.get(&[]).await;
    assert_eq!((answer.status, &answer.json()["code"]), (410, &"result_expired".into()));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    video.app.stop().await;
}

#[tokio::test]
async fn i7_a_file_of_another_length_is_not_served() {
    let video = Video::make().await;
    std::fs::write(video.path(), &video.bytes[..video.bytes.len() - 1]).expect("writable");
    for range in ["bytes=0-", "bytes=0-9"] {
        let answer = video.get(&[("range", range)]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (500, &"internal_error".into()));
    }
    video.app.stop().await;
}
