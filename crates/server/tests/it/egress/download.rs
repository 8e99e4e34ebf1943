//! Downloads of results: who is asked with what, and where they never go.

use std::io::Write;

use rushes_domain::TaskId;
use rushes_server::egress::{DownloadError, DownloadSource, Egress, EgressOptions};
use rushes_server::storage::{Storage, video_path};

use super::channels::{KEY, Plan, plan};
use super::literals::{BLOCKED, REFUSED, canaries, names};
use super::support::{
    CANARY_ADDRESS, Canary, Names, SERVER_ADDRESS, Server, egress, egress_with, ok, options, path,
    redirect,
};

/// A film by its first bytes.
pub(super) const FILM: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isomavc1 and the rest of it";

/// The client for strangers, for which nothing private is allowed: what a channel's own origins
/// need not ask.
pub(super) fn strict() -> Egress {
    egress_with(EgressOptions::default(), &Names::default())
}

/// What a download brought, all of it published and read again.
async fn try_fetch(
    egress: &Egress,
    plan: &Plan,
    source: DownloadSource<'_>,
) -> Result<Vec<u8>, DownloadError> {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let video = video_path(TaskId::new(1));
    let mut sink = storage.part_writer(&video).await.expect("a file");
    let outcome = egress.download(&plan.build(), source, &mut sink).await;
    if let Err(error) = outcome {
        drop(sink);
        let files = std::fs::read_dir(folder.path().join("files")).expect("the folder");
        assert_eq!(files.count(), 0, "something is left behind");
        for secret in ["//", "secret", KEY, "127.0.0", "?"] {
            assert!(!error.message.contains(secret), "{secret} in: {error}");
        }
        assert!(error.is_lasting || !error.blocked, "{error:?}");
        return Err(error);
    }
    let part = sink.finish().await.expect("a part");
    part.publish().await.expect("a name");
    Ok(storage.read(&video).await.expect("the file").to_vec())
}

pub(super) async fn fetch(egress: &Egress, plan: &Plan, source: DownloadSource<'_>) -> Vec<u8> {
    try_fetch(egress, plan, source).await.expect("the film")
}

pub(super) async fn refusal(egress: &Egress, plan: &Plan, url: &str) -> DownloadError {
    let outcome = try_fetch(egress, plan, DownloadSource::Url(url)).await;
    outcome.map(|film| film.len()).expect_err(url)
}

fn has_key(head: &str) -> bool {
    head.contains(&format!("\r\nauthorization: Bearer {KEY}\r\n"))
}

#[tokio::test]
async fn the_channels_own_origin_is_asked_with_its_credential() {
    let server = Server::answering(ok(FILM));
    let plan = Plan::at(server.url("/tenant"));
    let path = DownloadSource::Path("/v1/videos/1/content?variant=video");
    assert_eq!(fetch(&strict(), &plan, path).await, FILM);
    // Its own origin is more than what lies below its address.
    let url = server.url("/files/1.mp4?signature=1");
    assert_eq!(fetch(&strict(), &plan, DownloadSource::Url(&url)).await, FILM);
    let heads = server.heads();
    assert!(heads[0].starts_with("GET /tenant/v1/videos/1/content?variant=video HTTP/1.1\r\n"));
    assert!(heads[1].starts_with("GET /files/1.mp4?signature=1 HTTP/1.1\r\n"));
    for head in &heads {
        assert!(has_key(head), "{head}");
        assert!(head.contains("\r\naccept: video/mp4, */*;q=0.1\r\n"), "{head}");
        assert!(head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
    }
    let open = Plan { key: None, ..Plan::at(server.url("")) };
    assert_eq!(fetch(&strict(), &open, DownloadSource::Url(&url)).await, FILM);
    assert!(!server.heads()[2].contains("authorization"));
}

#[tokio::test]
async fn media_origins_and_strangers_never_see_the_credential() {
    let own = Server::answering(ok(b"{}"));
    let media = Server::answering(ok(FILM));
    let stranger = Server::answering(ok(FILM));
    let plan = Plan { media_origins: vec![media.url("")], ..plan(&own) };
    // A private media origin is the operator's choice.
    let url = media.url("/1.mp4?signature=1");
    assert_eq!(fetch(&strict(), &plan, DownloadSource::Url(&url)).await, FILM);
    let url = stranger.url("/1.mp4?signature=1");
    assert_eq!(fetch(&egress(options()), &plan, DownloadSource::Url(&url)).await, FILM);
    for head in [media.heads(), stranger.heads()].concat() {
        assert!(head.starts_with("GET /1.mp4?signature=1 HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        for name in ["authorization", "cookie", "referer", KEY] {
            assert!(!head.contains(name), "{name} in {head}");
        }
    }
    assert!(own.heads().is_empty());
    // The stranger's address is private: without the operator's exception it is not dialled.
    let error = refusal(&strict(), &plan, &url).await;
    assert!(error.blocked && error.is_lasting, "{error:?}");
    assert_eq!(stranger.heads().len(), 1);
}

#[tokio::test]
async fn another_port_host_or_scheme_is_another_origin() {
    let own = Server::answering(ok(FILM));
    let plan = plan(&own);
    let port = own.address.port();
    let names = Names::one("own.example", &[SERVER_ADDRESS]);
    let egress = egress_with(EgressOptions { connect_timeout_ms: 300, ..options() }, &names);
    let urls = [
        format!("http://own.example:{port}/1.mp4"),
        format!("http://127.0.0.2:{port}/1.mp4"),
        format!("https://127.0.0.1:{port}/1.mp4"),
    ];
    for url in urls {
        let _outcome = try_fetch(&egress, &plan, DownloadSource::Url(&url)).await;
    }
    // The first one did reach it, as a stranger.
    assert_eq!(own.heads().len(), 1, "{:?}", own.heads());
    assert!(!own.heads()[0].contains("authorization"), "{:?}", own.heads());
}

#[tokio::test]
async fn no_redirect_is_followed_on_the_channels_own_origin() {
    let canary = Canary::start();
    for location in [
        "/elsewhere".to_owned(),
        format!("http://{}/", canary.address()),
        "http://169.254.169.254/".to_owned(),
        "https://cdn.example/1.mp4".to_owned(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let server = Server::answering(redirect(status, &location));
            let plan = plan(&server);
            let names = Names::one("cdn.example", &[CANARY_ADDRESS]);
            let egress = egress_with(options(), &names);
            for source in [DownloadSource::Url(&server.url("/1")), DownloadSource::Path("/v1/1")] {
                let error = try_fetch(&egress, &plan, source).await.expect_err("a redirect");
                assert!(error.blocked && error.is_lasting, "{location}: {error:?}");
            }
            assert_eq!((server.heads().len(), names.lookups()), (2, 0), "{location}");
        }
    }
    assert!(!canary.is_touched());
}

#[tokio::test]
async fn a_redirect_stays_on_its_media_origin() {
    let canary = Canary::start();
    let own = Server::answering(ok(FILM));
    let inside = Server::start(|stream, head| match path(head) {
        "/1.mp4" => stream.write_all(&redirect(302, "2.mp4?signature=1")),
        _ => stream.write_all(&ok(FILM)),
    });
    let plan_inside = Plan { media_origins: vec![inside.url("")], ..plan(&own) };
    let url = inside.url("/1.mp4");
    assert_eq!(fetch(&strict(), &plan_inside, DownloadSource::Url(&url)).await, FILM);
    assert!(!inside.heads().concat().contains("authorization"));

    let locations = [
        format!("http://{}/", canary.address()),
        "http://169.254.169.254/".to_owned(),
        "file:///etc/passwd".to_owned(),
        own.url("/1.mp4"),
        "//cdn.example/1.mp4".to_owned(),
    ];
    for location in locations {
        let media = Server::answering(redirect(302, &location));
        let names = Names::one("cdn.example", &[CANARY_ADDRESS]);
        let plan = Plan { media_origins: vec![media.url("")], ..plan(&own) };
        let error = refusal(&egress_with(options(), &names), &plan, &media.url("/")).await;
        assert!(error.blocked && error.is_lasting, "{location}: {error:?}");
        assert_eq!((media.heads().len(), names.lookups()), (1, 0), "{location}");
    }
    let media = Server::start(|stream, head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
        stream.write_all(&redirect(302, &format!("http://user:secret@{host}/")))
    });
    let plan_media = Plan { media_origins: vec![media.url("")], ..plan(&own) };
    assert!(refusal(&strict(), &plan_media, &media.url("/")).await.blocked);

    let looping = Server::answering(redirect(302, "/again"));
    let plan_looping = Plan { media_origins: vec![looping.url("")], ..plan(&own) };
    let error = refusal(&strict(), &plan_looping, &looping.url("/")).await;
    assert_eq!(error.message, "there are more than 5 redirects");
    assert!(error.is_lasting && !error.blocked && looping.heads().len() == 6, "{error:?}");
    assert!(own.heads().is_empty() && !canary.is_touched());
}

#[tokio::test]
async fn u01_a_strangers_redirect_is_looked_at_like_its_url() {
    let canary = Canary::start();
    let own = Server::answering(ok(FILM));
    let there = Server::answering(ok(FILM));
    let stranger = Server::answering(redirect(302, &there.url("/2.mp4")));
    let url = stranger.url("/1.mp4");
    assert_eq!(fetch(&egress(options()), &plan(&own), DownloadSource::Url(&url)).await, FILM);

    let port = canary.address().port();
    let names = Names::one("inside.example", &[CANARY_ADDRESS]);
    let egress = egress_with(options(), &names);
    for location in [
        "http://169.254.169.254/".to_owned(),
        format!("http://{}/", canary.address()),
        format!("http://inside.example:{port}/"),
        "file:///etc/passwd".to_owned(),
        "http://user:secret@cdn.example/".to_owned(),
        "http://cdn.example:22/".to_owned(),
    ] {
        let stranger = Server::answering(redirect(307, &location));
        let error = refusal(&egress, &plan(&own), &stranger.url("/1.mp4?secret=1")).await;
        assert!(error.blocked && error.is_lasting, "{location}: {error:?}");
        assert_eq!(stranger.heads().len(), 1, "{location}");
    }
    for (location, message) in [
        (&b""[..], "a redirect does not say where it leads"),
        (b"Location: http://[\r\n", "a redirect leads to no valid URL"),
    ] {
        let head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n";
        let stranger = Server::answering([head, location, b"\r\n"].concat());
        let error = refusal(&egress, &plan(&own), &stranger.url("/")).await;
        assert_eq!(error.message, message);
        assert!(error.is_lasting && !error.blocked, "{error:?}");
    }
    assert!(!canary.is_touched() && own.heads().is_empty());
}

#[tokio::test]
async fn u01_no_hostile_url_is_dialled_or_looked_up() {
    let names = names();
    let egress = egress_with(EgressOptions::default(), &names);
    let own = Server::answering(ok(FILM));
    let plan = Plan { media_origins: vec!["https://media.example".to_owned()], ..plan(&own) };
    let (port, canaries) = canaries();
    for (id, template) in BLOCKED {
        for port in [String::new(), format!(":{port}")] {
            let url = template.replace("{port}", &port);
            let error = refusal(&egress, &plan, &url).await;
            assert!(error.blocked && error.is_lasting, "{id} {url}: {error:?}");
        }
    }
    for (id, template) in REFUSED {
        for port in [String::new(), format!(":{port}")] {
            let url = template.replace("{port}", &port);
            assert!(refusal(&egress, &plan, &url).await.is_lasting, "{id} {url}");
        }
    }
    // The channel's own origin with somebody's credentials is not it.
    let with_user = own.url("/1.mp4").replace("http://", "http://user:secret@");
    assert!(refusal(&egress, &plan, &with_user).await.blocked);
    assert_eq!(names.lookups(), 0);
    assert!(own.heads().is_empty() && !canaries.iter().any(Canary::is_touched));
}

#[tokio::test]
async fn u01_a_name_with_a_private_address_is_blocked() {
    let canary = Canary::start();
    let own = Server::answering(ok(FILM));
    let names = Names::one("cdn.example", &[SERVER_ADDRESS, CANARY_ADDRESS]);
    let url = format!("http://cdn.example:{}/1.mp4", canary.address().port());
    let error = refusal(&egress_with(options(), &names), &plan(&own), &url).await;
    assert_eq!(error.message, "the host's address is not public");
    assert!(error.blocked && error.is_lasting && !canary.is_touched(), "{error:?}");
    // A name that is not there now may be there soon.
    let error = refusal(&egress_with(options(), &names), &plan(&own), "http://no.example/").await;
    assert!(!error.is_lasting && !error.blocked, "{error:?}");
}

#[tokio::test]
async fn a_path_that_leaves_the_channels_address_is_not_asked_for() {
    let own = Server::answering(ok(FILM));
    let plan = Plan::at(own.url("/tenant"));
    for path in ["/v1/videos/%2E%2E/%2E%2E/%2E%2E/secret", "@127.0.0.2/", "", "v1", "/a b"] {
        let error = try_fetch(&strict(), &plan, DownloadSource::Path(path)).await;
        assert!(error.expect_err(path).is_lasting, "{path}");
    }
    assert!(own.heads().is_empty());
}
