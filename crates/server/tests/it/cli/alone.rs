//! Without any server: usage, help, configuration, and the words when nobody is there.

use tempfile::tempdir;

use super::run;

#[test]
fn version_help_and_usage_have_their_exit_codes() {
    let folder = tempdir().expect("a folder");
    let version = run(folder.path(), &[], &["--version"]).expect(0);
    assert_eq!(version.stdout.trim(), concat!("rushes ", env!("CARGO_PKG_VERSION")));
    assert!(run(folder.path(), &[], &["--help"]).expect(0).stdout.contains("generate"));
    run(folder.path(), &[], &["generate"]).expect(2);
    run(folder.path(), &[], &["nonsense"]).expect(2);
    run(folder.path(), &[], &["generate", "rain", "--timeout", "soon"]).expect(2);
}

#[test]
fn base_url_and_key_come_together() {
    let folder = tempdir().expect("a folder");
    for (name, value) in [("RUSHES_BASE_URL", "http://127.0.0.1:1"), ("RUSHES_API_KEY", "sk-x")] {
        for verb in [&["generate", "rain"][..], &["tasks"], &["models"]] {
            let ended = run(folder.path(), &[(name, value)], verb).expect(2);
            assert!(ended.stderr.contains("set both or neither"), "{}", ended.stderr);
        }
    }
}

#[test]
fn nobody_there_is_exit_4_with_a_way_out() {
    let folder = tempdir().expect("a folder");
    let unused = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", unused.local_addr().expect("an address"));
    drop(unused);
    let environment = [("RUSHES_BASE_URL", url.as_str()), ("RUSHES_API_KEY", "sk-x")];

    let ended = run(folder.path(), &environment, &["tasks"]).expect(4);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("connection refused"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is the gateway running? start it with `rushes serve`"),
        "{}",
        ended.stderr
    );
    let of_a_task = ["wait", "cancel", "delete"].map(|verb| [verb, "task_1"]);
    for verb in [&["tasks"][..], &["models"]].into_iter().chain(of_a_task.iter().map(|it| &it[..]))
    {
        let ended = run(folder.path(), &[], verb).expect(4);
        assert!(ended.stderr.contains("rushes serve"), "{}", ended.stderr);
    }
}

#[test]
fn with_json_a_failure_is_one_json_value_too() {
    let folder = tempdir().expect("a folder");
    let ended = run(folder.path(), &[], &["--json", "tasks"]).expect(4);
    assert_eq!(ended.json()["error"]["code"], "unreachable");
}

#[test]
fn what_cannot_work_is_refused_before_anything_starts() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("notes.png"), "no picture").expect("written");
    let cases = [
        (&["generate", "rain", "--image", "none.png"][..], "none.png"),
        (&["generate", "rain", "--image", "notes.png"], "not a PNG, JPEG, WebP or GIF"),
        (&["generate", "rain", "-o", "none/v.mp4"], "there is no folder none"),
    ];
    for (arguments, words) in cases {
        let ended = run(folder.path(), &[], arguments).expect(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert!(!ended.stderr.contains("No gateway is set"), "{}", ended.stderr);
    }
}

#[test]
fn the_configuration_is_shown_and_checked() {
    let folder = tempdir().expect("a folder");
    let default = run(folder.path(), &[], &["config", "default"]).expect(0).stdout;
    let table: toml::Table = default.parse().expect("TOML");
    assert_eq!(table["listen"].as_str(), Some("127.0.0.1:8080"));

    std::fs::write(folder.path().join("rushes.toml"), "preview = \"always\"").expect("written");
    let arguments = ["config", "check", "--config", "rushes.toml", "--listen", "127.0.0.1:9999"];
    let environment = [("RUSHES_ACCOUNT__IN_FLIGHT_MAX", "7")];
    let checked = run(folder.path(), &environment, &arguments).expect(0).stdout;
    let table: toml::Table = checked.parse().expect("TOML");
    assert_eq!(table["preview"].as_str(), Some("always"));
    assert_eq!(table["public_url"].as_str(), Some("http://127.0.0.1:9999"));
    assert_eq!(table["account"]["in_flight_max"].as_integer(), Some(7));

    let json = run(folder.path(), &[], &["--json", "config", "check"]).expect(0).json();
    assert_eq!(json["config"]["listen"], "127.0.0.1:8080");
}

#[test]
fn a_configuration_that_cannot_work_is_exit_2_and_names_the_key() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("rushes.toml"), "lisen = \"x\"").expect("written");
    let ended = run(folder.path(), &[], &["config", "check", "--config", "rushes.toml"]).expect(2);
    assert!(ended.stderr.contains("lisen"), "{}", ended.stderr);
    let ended = run(folder.path(), &[("RUSHES_LISEN", "x")], &["serve"]).expect(2);
    assert!(ended.stderr.contains("lisen"), "{}", ended.stderr);
    let ended = run(folder.path(), &[], &["serve", "--listen", "0.0.0.0:0"]).expect(2);
    assert!(ended.stderr.contains("--public-url"), "{}", ended.stderr);
}

#[test]
fn a_public_url_that_cannot_be_pasted_is_exit_2_and_names_the_setting() {
    let folder = tempdir().expect("a folder");
    let check = |url: &str| {
        let by_flag = run(folder.path(), &[], &["config", "check", "--public-url", url]);
        let by_variable = run(folder.path(), &[("RUSHES_PUBLIC_URL", url)], &["config", "check"]);
        std::fs::write(folder.path().join("r.toml"), format!("public_url = '{url}'"))
            .expect("written");
        let by_file = run(folder.path(), &[], &["config", "check", "--config", "r.toml"]);
        let serve = run(folder.path(), &[("RUSHES_PUBLIC_URL", url)], &["serve"]);
        let openapi = run(folder.path(), &[], &["openapi", "--public-url", url]);
        let from_variable = run(folder.path(), &[("RUSHES_PUBLIC_URL", url)], &["openapi"]);
        [by_flag, by_variable, by_file, serve, openapi, from_variable]
    };
    for url in
        ["http://user:hunter2@h", "http://h/ x", "https://h/$(id)", "https://$(id)", "not a url"]
    {
        for ended in check(url) {
            let ended = ended.expect(2);
            assert_eq!(ended.stdout, "", "{url}");
            let names =
                ended.stderr.contains("public_url") || ended.stderr.contains("--public-url");
            assert!(names && ended.stderr.contains("._~/-"), "{url}: {}", ended.stderr);
            assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        }
    }
    let ended = run(folder.path(), &[("RUSHES_PUBLIC_URL", "")], &["openapi"]).expect(2);
    assert!(ended.stderr.contains("RUSHES_PUBLIC_URL"), "{}", ended.stderr);
    let document =
        run(folder.path(), &[], &["openapi", "--public-url", "https://h/rushes/"]).expect(0);
    assert_eq!(document.json()["servers"][0]["url"], "https://h/rushes");
}

#[test]
fn completions_are_printed_for_each_shell() {
    let folder = tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(folder.path(), &[], &["completions", shell]).expect(0).stdout;
        assert!(script.contains("generate") && script.contains("delete"), "{shell}");
    }
    run(folder.path(), &[], &["completions", "abacus"]).expect(2);
}
