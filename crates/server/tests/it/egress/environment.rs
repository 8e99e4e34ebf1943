//! What the process's environment may not change. A test's own environment cannot be set safely
//! while others run, so the test binary runs one of its tests again as a process of its own.

use std::process::{Command, Output};

use super::channels::{plan, poll};
use super::support::{Canary, Server, egress, ok, options};

#[tokio::test]
async fn a_plain_fetch_works() {
    let server = Server::answering(ok(b"picture"));
    let fetched = egress(options()).fetch_image(&server.url("/")).await.expect("the picture");
    assert_eq!(&fetched.bytes[..], b"picture");
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn a_plain_poll_works() {
    let server = Server::answering(ok(b"{}"));
    plan(&server).send(poll()).await.expect("an answer");
    assert_eq!(server.heads().len(), 1);
}

/// Runs one of the two tests above alone, with these variables.
fn run_alone(test: &str, variables: &[(&str, &str)]) -> Output {
    let (_crate_name, module) = module_path!().split_once("::").expect("a module");
    let program = std::env::current_exe().expect("the test binary");
    let test = format!("{module}::{test}");
    let mut command = Command::new(program);
    command.args(["--exact", &test]).envs(variables.iter().copied());
    command.output().expect("a run of the test binary")
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn proxy_variables_are_ignored() {
    let canary = Canary::start();
    let proxy = format!("http://{}", canary.address());
    let names =
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let mut variables = names.map(|name| (name, proxy.as_str())).to_vec();
    variables.extend([("no_proxy", ""), ("NO_PROXY", "")]);
    for test in ["a_plain_fetch_works", "a_plain_poll_works"] {
        assert_passed(&run_alone(test, &variables));
    }
    assert!(!canary.is_touched());
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_certificate_authorities_still_speaks_http() {
    let nowhere = [("SSL_CERT_FILE", "/nonexistent/file"), ("SSL_CERT_DIR", "/nonexistent/dir")];
    for test in ["a_plain_fetch_works", "a_plain_poll_works"] {
        assert_passed(&run_alone(test, &nowhere));
    }
}
