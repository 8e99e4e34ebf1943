//! Redirects: each hop is looked at like the first URL, and there are few of them.

use std::io::Write;

use super::support::{
    CANARY_ADDRESS, Canary, Names, SERVER_ADDRESS, Server, egress, egress_with, ok, options, path,
    redirect, refusal,
};

/// Redirects `/n` to `/n-1`, and answers `/0` with a picture.
fn countdown() -> Server {
    Server::start(|stream, head| {
        let left: u32 = path(head)[1..].parse().expect("a number");
        match left.checked_sub(1) {
            Some(next) => stream.write_all(&redirect(302, &format!("/{next}"))),
            None => stream.write_all(&ok(b"picture")),
        }
    })
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(move |stream, head| match path(head) {
            "/a/start?x=1" => stream.write_all(&redirect(status, "../b/next#part")),
            "/b/next" => stream.write_all(&redirect(status, "?query")),
            _ => stream.write_all(&ok(path(head).as_bytes())),
        });
        let url = server.url("/a/start?x=1#fragment");
        let fetched = egress(options()).fetch_image(&url).await.expect("the picture");
        assert_eq!(&fetched.bytes[..], b"/b/next?query", "{status}");
    }
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let server = countdown();
    let egress = egress(options());
    egress.fetch_image(&server.url("/5")).await.expect("the picture");
    assert_eq!(server.heads().len(), 6);
    let error = refusal(&egress, &server.url("/6")).await;
    assert_eq!(error.sentence, "Too many redirects (more than 5).");
    assert!(!error.retryable && !error.blocked, "{error:?}");
}

#[tokio::test]
async fn s39_long_ways_and_loops_end() {
    let server = countdown();
    let error = refusal(&egress(options()), &server.url("/50")).await;
    assert_eq!(error.sentence, "Too many redirects (more than 5).");
    assert_eq!(server.heads().len(), 6);

    let looping = Server::answering(redirect(302, "/again"));
    let error = refusal(&egress(options()), &looping.url("/again")).await;
    assert_eq!(error.sentence, "Too many redirects (more than 5).");
    assert_eq!(looping.heads().len(), 6);
}

#[tokio::test]
async fn s37_s38_no_redirect_leads_inside() {
    let canary = Canary::start();
    let port = canary.address().port();
    let locations = [
        "http://169.254.169.254/".to_owned(),
        "http://[::ffff:7f00:1]/".to_owned(),
        format!("http://{}/", canary.address()),
        format!("http://[::ffff:7f00:2]:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("http://0x7f.2:{port}/"),
        format!("//127.0.0.2:{port}/"),
        format!("http:\\\\127.0.0.2:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://inside.example:{port}/"),
        format!("http://user:secret@images.example:{port}/"),
        "http://images.example:22/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1:6379/_INFO".to_owned(),
        "data:image/png;base64,AAAA".to_owned(),
    ];
    let names = Names::one("inside.example", &[CANARY_ADDRESS])
        .and("images.example", &[&[SERVER_ADDRESS]])
        .and("localhost", &[&[CANARY_ADDRESS]]);
    let egress = egress_with(options(), &names);
    for location in &locations {
        for status in [302, 307] {
            let server = Server::answering(redirect(status, location));
            let error = refusal(&egress, &server.url("/")).await;
            assert!(error.blocked || location.starts_with("data:"), "{location}: {error:?}");
            assert!(!error.retryable, "{location}: {error:?}");
            assert_eq!(server.heads().len(), 1, "{location}");
        }
    }
    assert!(!canary.is_touched());
}

#[tokio::test]
async fn the_second_hop_is_looked_at_like_the_first() {
    let canary = Canary::start();
    let inside = format!("http://{}/", canary.address());
    let server = Server::start(move |stream, head| match path(head) {
        "/" => stream.write_all(&redirect(302, "/next")),
        _ => stream.write_all(&redirect(307, &inside)),
    });
    let error = refusal(&egress(options()), &server.url("/")).await;
    assert_eq!(error.sentence, "A redirect leads to an address that is not public.");
    assert_eq!(server.heads().len(), 2);
    assert!(!canary.is_touched());
}

#[tokio::test]
async fn a_name_is_looked_up_again_for_each_hop() {
    let server = Server::answering(redirect(302, "/next"));
    let names = Names::default().and("images.example", &[&[SERVER_ADDRESS], &[CANARY_ADDRESS]]);
    let egress = egress_with(options(), &names);
    let error = refusal(&egress, &server.url_by_name("images.example", "/")).await;
    assert!(error.blocked, "{error:?}");
    assert_eq!((names.lookups(), server.heads().len()), (2, 1));
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_error() {
    let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n";
    let cases: [(&[u8], &str); 5] = [
        (b"", "A redirect does not say where it leads."),
        (b"Location: \xff\xfe\r\n", "A redirect does not say where it leads."),
        (b"Location: http://[\r\n", "A redirect leads to no valid URL."),
        (b"Location: http://\r\n", "A redirect leads to no valid URL."),
        (b"Location: http://xn--a/\r\n", "A redirect leads to no valid URL."),
    ];
    for (line, sentence) in cases {
        let server = Server::answering([head.as_bytes(), line, b"\r\n"].concat());
        let error = refusal(&egress(options()), &server.url("/")).await;
        assert_eq!(error.sentence, sentence, "{}", String::from_utf8_lossy(line));
        assert!(!error.retryable, "{error:?}");
    }
}

#[tokio::test]
async fn a_redirect_without_end_of_body_is_followed_at_once() {
    let server = Server::start(|stream, head| match path(head) {
        "/" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\nsome words")?;
            super::support::wait_for_close(stream)
        }
        _ => stream.write_all(&ok(b"picture")),
    });
    egress(options()).fetch_image(&server.url("/")).await.expect("the picture");
}

#[tokio::test]
async fn no_hop_is_told_anything_about_us_or_the_others() {
    let server = Server::start(|stream, head| match path(head) {
        "/secret" => stream.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: a=b; Path=/\r\n\
              Content-Length: 0\r\n\r\n",
        ),
        _ => stream.write_all(&ok(b"picture")),
    });
    egress(options()).fetch_image(&server.url("/secret#part")).await.expect("the picture");
    let heads = server.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        let head = head.to_ascii_lowercase();
        assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
        for name in ["cookie:", "referer:", "authorization:", "origin:", "#part"] {
            assert!(!head.contains(name), "{name} in {head}");
        }
    }
}
