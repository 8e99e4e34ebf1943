//! What the text of the URL shows, run against the fetch itself: nothing may be dialled, even if
//! no create has looked at the URL before.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use rushes_domain::ErrorCode;
use rushes_server::egress::EgressOptions;

use super::support::{CANARY_ADDRESS, Canary, Names, SERVER_ADDRESS, egress_with, refusal};

/// Blocked; `{port}` becomes nothing and, in a second run, the canaries' port.
pub(crate) const BLOCKED: &[(&str, &str)] = &[
    ("S01", "http://127.0.0.1{port}/a.png"),
    ("S02", "http://localhost{port}/a.png"),
    ("S03", "http://LOCALHOST.{port}/a.png"),
    ("S04", "http://0.0.0.0:8080/"),
    ("S04", "http://0.0.0.0{port}/"),
    ("S05", "http://127.1{port}/"),
    ("S05", "http://127.2{port}/"),
    ("S06", "http://2130706433{port}/"),
    ("S06", "http://2130706434{port}/"),
    ("S07", "http://0x7f.0.0.1{port}/"),
    ("S07", "http://0x7f000002{port}/"),
    ("S08", "http://0177.0.0.1{port}/"),
    ("S09", "http://017700000001{port}/"),
    ("S10", "http://[::1]{port}/"),
    ("S11", "http://[::]{port}/"),
    ("S12", "http://[::ffff:127.0.0.1]{port}/"),
    ("S12", "http://[::ffff:7f00:2]{port}/"),
    ("S13", "http://[::ffff:a9fe:a9fe]/latest/meta-data/"),
    ("S14", "http://[0:0:0:0:0:ffff:a9fe:a9fe]/"),
    ("S15", "http://[::127.0.0.1]{port}/"),
    ("S18", "http://[2002:7f00:1::]{port}/"),
    ("S18", "http://[64:ff9b::127.0.0.1]{port}/"),
    ("S21", "http://[fd00:ec2::254]/"),
    ("S22", "http://[ff02::1]/"),
    ("S22", "http://[fe80::1]/"),
    ("S23", "http://169.254.169.254/latest/meta-data/"),
    ("S24", "http://169.254.170.2/v2/credentials"),
    ("S25", "http://metadata.google.internal/"),
    ("S26", "http://100.100.100.200/"),
    ("S27", "http://168.63.129.16/"),
    ("S29", "http://10.0.0.1/"),
    ("S29", "http://172.31.255.255/"),
    ("S29", "http://192.168.1.1/"),
    ("S30", "http://100.64.0.1/"),
    ("S30", "http://198.18.0.1/"),
    ("S30", "http://240.0.0.1/"),
    ("S31", "http://255.255.255.255/"),
    ("S31", "http://224.0.0.1/"),
    ("S42", "file:///etc/passwd"),
    ("S43", "gopher://127.0.0.1:6379/_INFO"),
    ("S44", "ftp://good.com/"),
    ("S44", "dict://good.com/"),
    ("S44", "ldap://good.com/"),
    ("S44", "jar:http://good.com/!/a"),
    ("S44", "blob:http://good.com/a"),
    ("S46", "http://127.0.0.1{port}#@good.com/"),
    ("S46", "http://user:secret@good.com/"),
    ("S49", "http://good.com:22/"),
    ("S49", "http://good.com:25/"),
    ("S49", "http://good.com:6379/"),
    ("S49", "http://good.com:0/"),
    ("S53", "unix:/var/run/docker.sock"),
];

/// Refused, and whether as invalid or as blocked is the business of the check of the text.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("S20", "http://[fe80::1%25eth0]/"),
    ("S47", "http://good.com{port}\\@127.0.0.1{port}/"),
    ("S49", "http://good.com:65536/"),
    ("S50", "//127.0.0.1/x"),
    ("S50", "/etc/passwd"),
    ("S50", ""),
    ("S51", " http://x"),
    ("S51", "java\tscript:"),
    ("S54", "http://xn--a/"),
    ("D01", "data:text/html;base64,PHNjcmlwdD4="),
];

/// Listeners on one port of every loopback address that the lines lead to.
pub(crate) fn canaries() -> (u16, Vec<Canary>) {
    let first = Canary::start();
    let port = first.address().port();
    let mut canaries = vec![first];
    for address in [SERVER_ADDRESS, IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        // Taken by another test, or no IPv6 here: the others are left.
        canaries.extend(Canary::bind(SocketAddr::new(address, port)));
    }
    (port, canaries)
}

/// `good.com` may be dialled, so that nothing but the text keeps it from being; every other name
/// of the lines means a canary.
pub(crate) fn names() -> Names {
    Names::one("good.com", &["93.184.216.34".parse().expect("an address")])
        .and("localhost", &[&[CANARY_ADDRESS]])
        .and("localhost.", &[&[CANARY_ADDRESS]])
        .and("metadata.google.internal", &[&[CANARY_ADDRESS]])
}

#[tokio::test]
async fn no_hostile_text_is_dialled_or_looked_up() {
    let names = names();
    let egress = egress_with(EgressOptions::default(), &names);
    let (port, canaries) = canaries();
    for (id, template) in BLOCKED {
        for port in [String::new(), format!(":{port}")] {
            let url = template.replace("{port}", &port);
            let error = refusal(&egress, &url).await;
            assert!(error.blocked, "{id} {url}: {error:?}");
            let code = egress.check(&url).expect_err("a refusal").code;
            assert_eq!(code, ErrorCode::ImageUrlBlocked, "{id} {url}");
        }
    }
    for (id, template) in REFUSED {
        for port in [String::new(), format!(":{port}")] {
            let url = template.replace("{port}", &port);
            let error = refusal(&egress, &url).await;
            assert!(!error.retryable, "{id} {url}: {error:?}");
            assert!(egress.check(&url).is_err(), "{id} {url}");
        }
    }
    let long = format!("http://good.com/{}", "a".repeat(64 * 1024));
    assert!(!refusal(&egress, &long).await.retryable, "S51");
    assert_eq!(names.lookups(), 0);
    assert!(!canaries.iter().any(Canary::is_touched));
}

#[tokio::test]
async fn a_literal_address_is_named_as_the_reason() {
    let egress = egress_with(EgressOptions::default(), &Names::default());
    for url in ["http://10.0.0.1/a.png", "http://[::1]/a.png", "http://0x7f.1/a.png"] {
        assert_eq!(refusal(&egress, url).await.sentence, "The host's address is not public.");
    }
}

#[tokio::test]
async fn an_allowed_network_allows_its_own_form_only() {
    let options =
        || EgressOptions { allow: super::support::options().allow, ..EgressOptions::default() };
    let egress = egress_with(options(), &Names::default());
    egress.check("http://127.0.0.1:8000/a.png").expect("an allowed address");
    let (port, canaries) = canaries();
    for host in ["127.0.0.2", "[::ffff:127.0.0.2]", "[::ffff:127.0.0.1]", "[2002:7f00:1::]"] {
        let error = refusal(&egress, &format!("http://{host}:{port}/")).await;
        assert!(error.blocked, "{host}: {error:?}");
    }
    assert!(!canaries.iter().any(Canary::is_touched));
}

#[tokio::test]
async fn the_canary_would_tell() {
    let canary = Canary::start();
    let allow = vec!["127.0.0.2/32".parse().expect("a network")];
    let options = EgressOptions { allow, idle_timeout_ms: 100, ..EgressOptions::default() };
    let egress = egress_with(options, &Names::default());
    refusal(&egress, &format!("http://{}/", canary.address())).await;
    assert!(canary.is_touched());
}
