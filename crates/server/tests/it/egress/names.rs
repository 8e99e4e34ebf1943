//! What only the resolver shows.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rushes_server::egress::{Egress, EgressOptions, Resolve, Resolving};

use super::support::{
    CANARY_ADDRESS, Canary, Names, SERVER_ADDRESS, Server, egress_with, ok, options, refusal,
};

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_dialled_where_it_was_vetted() {
    let server = Server::answering(ok(b"picture"));
    // S33's cousin: the second answer is private, as a rebinding server would have it.
    let names = Names::default().and("images.example", &[&[SERVER_ADDRESS], &[CANARY_ADDRESS]]);
    let egress = egress_with(options(), &names);
    let url = server.url_by_name("images.example", "/a.png");

    let fetched = egress.fetch_image(&url).await.expect("the picture");
    assert_eq!(&fetched.bytes[..], b"picture");
    assert_eq!(names.lookups(), 1);
    assert!(server.heads()[0].contains("host: images.example"), "{:?}", server.heads());

    // No connection was kept that would spare the second fetch its look at the address.
    assert!(refusal(&egress, &url).await.blocked);
    assert_eq!(names.lookups(), 2);
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn one_private_address_refuses_the_name() {
    let server = Server::answering(ok(b"picture"));
    let canary = Canary::start();
    // The server's own address stands for a public one: it may be dialled.
    let cases: [(&str, &[IpAddr]); 10] = [
        ("S33", &[CANARY_ADDRESS]),
        ("S34", &[SERVER_ADDRESS, address("10.0.0.1")]),
        ("S34", &[address("10.0.0.1"), SERVER_ADDRESS]),
        ("S34", &[SERVER_ADDRESS, CANARY_ADDRESS]),
        ("S35", &[SERVER_ADDRESS, address("::1")]),
        ("S35", &[SERVER_ADDRESS, address("::ffff:127.0.0.2")]),
        ("S35", &[SERVER_ADDRESS, address("64:ff9b::a9fe:a9fe")]),
        ("S35", &[SERVER_ADDRESS, address("2002:7f00:2::")]),
        ("S35", &[SERVER_ADDRESS, address("fe80::1")]),
        ("S27", &[SERVER_ADDRESS, address("168.63.129.16")]),
    ];
    for (id, addresses) in cases {
        let names = Names::one("images.example", addresses);
        let egress = egress_with(options(), &names);
        for port in [server.address.port(), canary.address().port()] {
            let error = refusal(&egress, &format!("http://images.example:{port}/a.png")).await;
            assert!(error.blocked, "{id}: {error:?}");
            assert_eq!(error.sentence, "The host's address is not public.", "{id}");
        }
    }
    assert!(server.heads().is_empty());
    assert!(!canary.is_touched());
}

#[tokio::test]
async fn many_addresses_hide_no_private_one() {
    let server = Server::answering(ok(b"picture"));
    let mut addresses = vec![SERVER_ADDRESS; 200];
    addresses.push(CANARY_ADDRESS);
    let egress = egress_with(options(), &Names::one("images.example", &addresses));
    let url = server.url_by_name("images.example", "/");
    assert!(refusal(&egress, &url).await.blocked);
    assert!(server.heads().is_empty());
}

#[tokio::test]
async fn a_name_without_addresses_cannot_be_resolved() {
    let egress = egress_with(options(), &Names::one("empty.example", &[]));
    for url in ["http://empty.example/", "http://unknown.example/"] {
        let error = refusal(&egress, url).await;
        assert_eq!(error.sentence, "The host name could not be resolved.");
        assert!(error.retryable && !error.blocked, "{error:?}");
    }
}

/// Answers with a port of its own.
struct OtherPort(SocketAddr);

impl Resolve for OtherPort {
    fn resolve(&self, _host: &str, _port: u16) -> Resolving {
        let address = self.0;
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[tokio::test]
async fn the_port_is_the_one_of_the_url() {
    let canary = Canary::start();
    let options = EgressOptions { allow: vec![CANARY_ADDRESS.into()], ..options() };
    let resolver = Arc::new(OtherPort(canary.address()));
    let egress = Egress::new(options, resolver).expect("a client");
    // Whatever listens on port 80, if anything does, is not looked at.
    let _outcome = egress.fetch_image("http://images.example/").await;
    assert!(!canary.is_touched());
}
