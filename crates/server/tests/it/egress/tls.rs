//! https, with a server whose certificate is signed by an authority of the tests alone. Its key
//! protects nothing: only clients of these tests are ever told to trust that authority.
//!
//! Apple's verifier refuses certificates that live as long as these, hence the condition.
#![cfg(not(target_vendor = "apple"))]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rushes_server::egress::{Egress, EgressOptions, TrustedOptions};
use rustls::pki_types::CertificateDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::channels::{self, Plan, poll};
use super::support::{
    Names, SERVER_ADDRESS, Server, egress_with, ok, options, path, read_head, redirect, refusal,
};

/// Valid until 2126, as is the server's, which is for `images.example` and 127.0.0.1.
const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/server.der");
const KEY: &[u8] = include_bytes!("tls/server.key.der");

fn server_config() -> Arc<ServerConfig> {
    crate::support::receiver::server_config(CERTIFICATE, KEY)
}

type TlsStream = StreamOwned<ServerConnection, TcpStream>;

/// A server that speaks TLS and leaves the rest to `behaviour`.
fn secure_server(
    behaviour: impl Fn(&mut TlsStream, &str) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    let config = server_config();
    Server::start_raw(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream.try_clone()?);
        let head = read_head(&mut stream)?;
        behaviour(&mut stream, &head)?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

fn url(server: &Server, host: &str, path: &str) -> String {
    format!("https://{host}:{}{path}", server.address.port())
}

fn trusting_egress() -> Egress {
    let options =
        EgressOptions { certificates_extra: vec![CertificateDer::from(AUTHORITY)], ..options() };
    let names =
        Names::one("images.example", &[SERVER_ADDRESS]).and("other.example", &[&[SERVER_ADDRESS]]);
    egress_with(options, &names)
}

#[tokio::test]
async fn a_trusted_certificate_is_enough() {
    let server = secure_server(|stream, _head| stream.write_all(&ok(b"picture")));
    for host in ["127.0.0.1", "images.example"] {
        let fetched = trusting_egress().fetch_image(&url(&server, host, "/")).await;
        assert_eq!(&fetched.expect("the picture").bytes[..], b"picture");
    }
}

#[tokio::test]
async fn an_unknown_authority_or_another_name_is_refused() {
    let server = secure_server(|stream, _head| stream.write_all(&ok(b"picture")));
    let names = Names::one("images.example", &[SERVER_ADDRESS]);
    let cases = [
        (egress_with(options(), &names), url(&server, "images.example", "/")),
        (trusting_egress(), url(&server, "other.example", "/")),
    ];
    for (egress, url) in cases {
        let error = refusal(&egress, &url).await;
        assert_eq!(error.sentence, "The certificate of the image's server is not trusted.");
        assert!(!error.retryable && !error.blocked, "{error:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_asked_in_the_clear() {
    let server = Server::start_raw(|stream| {
        let mut start = [0; 16 * 1024];
        let length = stream.read(&mut start)?;
        let is_plain = start[..length].starts_with(b"GET");
        if is_plain {
            return stream.write_all(&ok(b"picture"));
        }
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    });
    let error = refusal(&trusting_egress(), &url(&server, "images.example", "/")).await;
    assert_eq!(error.sentence, "No secure connection to the image's server could be made.");
    assert!(!error.blocked, "{error:?}");
}

#[tokio::test]
async fn s40_no_redirect_leads_from_https_to_http() {
    let plain = Server::answering(ok(b"picture"));
    let target = plain.url("/");
    let server = secure_server(move |stream, _head| stream.write_all(&redirect(302, &target)));
    let error = refusal(&trusting_egress(), &url(&server, "images.example", "/")).await;
    assert_eq!(error.sentence, "A redirect leads from https to http.");
    assert!(error.blocked, "{error:?}");
    assert!(plain.heads().is_empty());
}

#[tokio::test]
async fn redirects_to_and_within_https_are_followed() {
    let secure = secure_server(|stream, head| match path(head) {
        "/" => stream.write_all(&redirect(302, "/next")),
        _ => stream.write_all(&ok(b"picture")),
    });
    let plain = Server::answering(redirect(301, &url(&secure, "images.example", "/")));
    let fetched = trusting_egress().fetch_image(&plain.url("/")).await.expect("the picture");
    assert_eq!(&fetched.bytes[..], b"picture");
}

#[tokio::test]
async fn a_body_cut_off_without_farewell_is_not_complete() {
    let config = server_config();
    let server = Server::start_raw(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream.try_clone()?);
        read_head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf a pict")
    });
    let error = refusal(&trusting_egress(), &url(&server, "images.example", "/")).await;
    assert!(error.retryable && !error.blocked, "{error:?}");
}

#[tokio::test]
async fn a_channel_is_reached_by_a_trusted_certificate_alone() {
    let server = secure_server(|stream, _head| stream.write_all(&ok(b"{}")));
    let names =
        Names::one("images.example", &[SERVER_ADDRESS]).and("other.example", &[&[SERVER_ADDRESS]]);
    let plan = |host: &str, certificates_extra| Plan {
        names: names.clone(),
        options: TrustedOptions { certificates_extra, ..TrustedOptions::default() },
        ..Plan::at(url(&server, host, ""))
    };
    let authority = || vec![CertificateDer::from(AUTHORITY)];
    plan("images.example", authority()).send(poll()).await.expect("an answer");
    for plan in [plan("images.example", Vec::new()), plan("other.example", authority())] {
        let words = plan.not_sent().await;
        assert!(words.starts_with("the server's TLS certificate is not trusted: "), "{words}");
    }
}

#[tokio::test]
async fn tls_that_breaks_after_the_request_may_have_brought_it() {
    let server = secure_server(|stream, head| {
        assert!(head.contains(channels::KEY));
        stream.flush()?;
        stream.sock.write_all(b"no TLS at all, and some more of it")
    });
    let options = TrustedOptions {
        certificates_extra: vec![CertificateDer::from(AUTHORITY)],
        ..TrustedOptions::default()
    };
    let names = Names::one("images.example", &[SERVER_ADDRESS]);
    let plan = Plan { options, names, ..Plan::at(url(&server, "images.example", "")) };
    let words = plan.broken().await;
    assert!(words.starts_with("the TLS connection broke: "), "{words}");
}
