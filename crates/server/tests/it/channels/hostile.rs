//! Hostile addresses of results: what a poll's answer names, by the lines of the list of hostile
//! inputs. Each ends its task as `result_invalid` with the hold given back, with every provider that
//! reads addresses, also on a channel that gives them out, and nothing arrives where it leads.
//! `S40` needs a certificate and stands in `egress/tls`.

use std::io::Write as _;

use fake_upstream::{FakeUpstream, Flavour};
use pretty_assertions::assert_eq;
use rushes_domain::Timestamp;
use rushes_server::clock::ManualClock;
use serde_json::{Value, json};

use super::{Hurry, add, end_of, fake, order, wait_with};
use crate::egress::literals::{BLOCKED, REFUSED, canaries, names};
use crate::egress::support::{
    CANARY_ADDRESS, Canary, Names, SERVER_ADDRESS, Server, ok, path, redirect,
};
use crate::support::customers::{Customer, MadeCustomer, group_terms, make_group};
use crate::support::{Options, TestApp};

/// Who reads addresses of results: name, preset, and what else is said of the channel.
const CHANNELS: [(&str, &str, &str); 3] =
    [("xai", "xai", "own"), ("gateway", "gateway", "own"), ("given-out", "xai", "upstream")];
const SETTINGS: &str = "[account]\nin_flight_max = 1000\nfirst_credit = \"100000\"\n";

/// A gateway in a hurry, for which names mean what is said, and a customer for each channel.
struct Setting {
    app: TestApp,
    upstream: FakeUpstream,
    customers: Vec<(&'static str, MadeCustomer)>,
    hurry: Hurry,
}

impl Setting {
    async fn new(channels: &[(&'static str, &str, &str)], settings: &str, names: Names) -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
        let settings = format!("{SETTINGS}{settings}");
        let options = Options::default().toml(&settings).clock(&clock).resolver(names);
        let (app, upstream) = (options.start().await, fake(Flavour::OpenAi).await);
        let mut customers = Vec::new();
        for &(name, preset, links) in channels {
            let group = make_group(&app, group_terms(name)).await;
            let customer = Customer { group, credit: "1000", ..Customer::named(name) };
            customers.push((name, customer.make(&app).await));
            let more = json!({ "groups": [name], "result_links": links, "max_concurrency": 1_000 });
            add(&app, name, preset, &upstream, more).await;
        }
        Self { app, upstream, customers, hurry: Hurry::begin(&clock) }
    }

    /// One task for each channel and script, all at once; each ends as it should.
    async fn all_fail(&self, scripts: &[(String, String)]) {
        let mut tasks = Vec::new();
        for (line, script) in scripts {
            for (name, customer) in &self.customers {
                let order = order(&format!("a boat {script}"));
                let id = self.app.create_with(&customer.key, &order).await;
                tasks.push((format!("{line} {name} {script}"), &customer.key, id));
            }
        }
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        for (what, key, id) in tasks {
            let body = wait_with(&self.app, key, &id).await;
            assert_eq!(body["data"]["result_url"], "", "{what}");
            found.push((what.clone(), end_of(&body)));
            expected.push((what, ("result_invalid".to_owned(), "voided".to_owned())));
        }
        assert_eq!(found, expected);
        assert_eq!(self.upstream.accepted(), scripts.len() * self.customers.len(), "one job each");
    }

    async fn finish(self) {
        drop(self.hurry);
        self.app.finish().await;
    }
}

/// A script by which a poll names this address, whatever is in it.
fn named(line: &str, url: &str) -> (String, String) {
    (line.to_owned(), format!("<<poll: url {}>>", Value::from(url)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u01_no_hostile_address_of_a_result_is_dialled_or_given_out() {
    let setting = Setting::new(&CHANNELS, "", names()).await;
    let (port, canaries) = canaries();
    let mut scripts = Vec::new();
    for (line, template) in BLOCKED.iter().chain(REFUSED) {
        let urls =
            [String::new(), format!(":{port}")].map(|port| template.replace("{port}", &port));
        let is_other = urls[1] != urls[0];
        scripts.push(named(line, &urls[0]));
        if is_other {
            scripts.push(named(line, &urls[1]));
        }
        // The same over https, where a channel might give it out.
        if let (true, Some(rest)) = (is_other, urls[1].strip_prefix("http://")) {
            scripts.push(named(line, &format!("https://{rest}")));
        }
    }
    setting.all_fail(&scripts).await;
    assert!(!canaries.iter().any(Canary::is_touched), "something arrived");
    setting.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u01_no_name_and_no_redirect_of_a_result_leads_inside() {
    let canary = Canary::start();
    let port = canary.address().port();
    let (inside, v6) = ("10.0.0.1".parse().unwrap(), "::1".parse().unwrap());
    let names = Names::one("s33.example", &[CANARY_ADDRESS])
        .and("s34.example", &[&[SERVER_ADDRESS, CANARY_ADDRESS]])
        .and("s34-too.example", &[&[SERVER_ADDRESS, inside]])
        .and("s35.example", &[&[SERVER_ADDRESS, v6]]);
    // Servers of the test may be reached, as servers on the internet may; canaries may not. All of
    // this shows while a video is fetched: the channel that gives out its own origin's addresses
    // fetches none of them.
    let allow = "[egress]\nallow = [\"127.0.0.1/32\"]\n";
    let setting = Setting::new(&CHANNELS[..2], allow, names).await;
    let mut scripts = Vec::new();
    for (line, host) in [
        ("S33", "s33.example"),
        ("S34", "s34.example"),
        ("S34", "s34-too.example"),
        ("S35", "s35.example"),
    ] {
        scripts.push(named(line, &format!("http://{host}:{port}/1.mp4")));
    }
    let mut servers = Vec::new();
    for (line, location) in [
        ("S37", "http://169.254.169.254/".to_owned()),
        ("S37", format!("http://{}/", canary.address())),
        ("S37", format!("http://s33.example:{port}/")),
        ("S38", format!("http://[::ffff:7f00:2]:{port}/")),
        ("S39", "/again".to_owned()),
        ("S42", "file:///etc/passwd".to_owned()),
        ("S49", "http://good.com:22/".to_owned()),
    ] {
        // From a stranger's server, and from the channel's own, where none is followed.
        let server = Server::answering(redirect(307, &location));
        scripts.push(named(line, &server.url("/1.mp4")));
        scripts.push((line.to_owned(), format!("<<result: redirect {location}>>")));
        servers.push(server);
    }
    let countdown = Server::start(|stream, head| {
        let left: u32 = path(head)[1..].parse().unwrap_or(0);
        stream.write_all(&redirect(302, &format!("/{}", left.saturating_sub(1))))
    });
    scripts.push(named("S39", &countdown.url("/50")));
    // What a stranger's server sends instead of a video.
    for (line, answer) in [
        ("F04", ok(b"<html><body>Sign in</body></html>")),
        ("F05", ok(b"")),
        ("F05", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        ("F02", b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nxxxx".to_vec()),
    ] {
        let server = Server::answering(answer);
        scripts.push(named(line, &server.url("/1.mp4")));
        servers.push(server);
    }
    // And what the channel's own sends.
    for (line, behaviour) in [
        ("F01", "drip"),
        ("F02", "too_short"),
        ("F02", "endless"),
        ("F04", "html"),
        ("F05", "empty"),
        ("F05", "404"),
    ] {
        scripts.push((line.to_owned(), format!("<<result: {behaviour}>>")));
    }
    setting.all_fail(&scripts).await;
    assert!(!canary.is_touched(), "something arrived");
    assert!(servers.iter().all(|server| server.heads().len() >= 2), "each was asked");
    setting.finish().await;
}
