//! Accounts, keys, groups, money and codes from the command line: over a directory alone, over a
//! running server, and by a key from elsewhere.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::{Ended, run, rushes};
use crate::support::binary::{Binary, client, data_dir};

/// A command over the directory `d`.
fn local(folder: &Path, arguments: &[&str]) -> Ended {
    run(folder, &[], &[arguments, &["--data-dir", "d"]].concat())
}

/// The same with `--json`; it has to succeed.
fn local_json(folder: &Path, arguments: &[&str]) -> Value {
    run(folder, &[], &[arguments, &["--data-dir", "d", "--json"]].concat()).expect(0).json()
}

#[test]
fn without_a_server_a_command_works_on_the_directory_itself() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let made = local_json(folder, &["users", "create", "alice", "--credit", "$5"]);
    assert_eq!(
        (&made["name"], &made["balance"]["available"]["amount"]),
        (&json!("alice"), &json!("5.00"))
    );
    let key = local_json(
        folder,
        &["keys", "create", "--user", "alice", "--name", "ci", "--budget", "1", "--test"],
    );
    let text = key["key"].as_str().expect("a key");
    assert!(text.starts_with("sk-test-") && rushes_domain::account::has_checksum(text));
    assert_eq!((&key["name"], &key["budget"]["amount"]), (&json!("ci"), &json!("1.00")));

    // For people a key stands alone on standard output, to be pasted.
    let printed = local(folder, &["keys", "create", "--user", "alice"]).expect(0);
    assert!(rushes_domain::account::has_checksum(printed.stdout.trim()), "{}", printed.stdout);
    assert!(printed.stderr.contains("shown this once"), "{}", printed.stderr);
    let listed = local(folder, &["keys", "list", "--user", "alice"]).expect(0);
    assert!(listed.stdout.starts_with("ID") && listed.stdout.contains("ci"), "{}", listed.stdout);
    assert!(!listed.stdout.contains(text) && !listed.stdout.contains(printed.stdout.trim()));

    local(folder, &["credit", "grant", "alice", "2.5", "--reason", "welcome"]).expect(0);
    local(folder, &["credit", "adjust", "alice", "-1", "--reason", "typo"]).expect(0);
    let ledger = local_json(folder, &["ledger", "alice"]);
    let lines: Vec<_> = ledger["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            (
                row["kind"].as_str().unwrap_or(""),
                row["available_after"]["amount"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(lines, [("adj", "6.50"), ("credit", "7.50"), ("credit", "5.00")]);
    let csv = local(folder, &["ledger", "alice", "--csv"]).expect(0);
    assert_eq!(csv.stdout.lines().count(), 4, "{}", csv.stdout);

    local_json(
        folder,
        &["groups", "create", "partners", "--multiplier", "0.8", "--in-flight", "3"],
    );
    let moved = local_json(folder, &["users", "set", "alice", "--group", "partners"]);
    assert_eq!(moved["group"], "partners");
    let set = local_json(folder, &["groups", "set", "partners", "--in-flight", "none"]);
    assert_eq!((&set["in_flight_max"], &set["multiplier"]), (&Value::Null, &json!("0.80")));
    let audit = local_json(folder, &["audit", "--limit", "100"]);
    let actions: Vec<_> = audit["data"]
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .filter_map(|line| line["action"].as_str())
        .collect();
    assert_eq!(
        actions,
        [
            "account.create",
            "credit.grant",
            "key.create",
            "key.create",
            "credit.grant",
            "credit.adjust",
            "group.create",
            "account.update",
            "group.update"
        ]
    );
    let text = local(folder, &["audit"]).expect(0).stdout;
    assert!(text.contains("credit.grant") && text.contains("local"), "{text}");
    assert!(!text.contains("display_name"), "what is empty is left out: {text}");
}

#[test]
fn what_cannot_be_done_ends_with_2_and_says_why() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    local(folder, &["users", "create", "alice"]).expect(0);
    for (arguments, word) in [
        (&["users", "create", "alice"][..], "taken"),
        (&["users", "create", "with space"], "name"),
        (&["users", "show", "nobody"], "nobody"),
        (&["users", "set", "alice"], "nothing to change"),
        (&["users", "set", "alice", "--group", "nope"], "nope"),
        (&["users", "disable", "owner"], "owner"),
        (&["keys", "create", "--budget", "a lot"], "budget"),
        (&["keys", "create", "--in-flight", "some"], "whole number"),
        (&["keys", "create", "--models", "nope"], "nope"),
        (&["keys", "show", "999"], "no such key"),
        (&["keys", "roll", "1", "--grace", "8d"], "grace_seconds"),
        (&["credit", "grant", "alice", "0", "--reason", "x"], "amount"),
        (&["credit", "grant", "alice", "5"], "--reason"),
        (&["credit", "grant", "alice", "-5", "--reason", "x"], "rushes credit adjust alice -5"),
        (&["credit", "adjust", "alice", "-1", "--reason", "x"], "$0.00"),
        (&["codes", "redeem", "RC-1"], "account"),
        (&["usage", "--from", "yesterday"], "from"),
        (&["settings", "set", "--registration", "maybe"], "registration"),
        (&["prices", "set", "grok-image-video", "--per-second", "720p"], "720p=0.10"),
    ] {
        let ended = local(folder, arguments).expect(2);
        assert!(ended.stderr.contains(word), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
    let refused = run(folder, &[], &["users", "show", "nobody", "--data-dir", "d", "--json"]);
    assert_eq!(refused.expect(2).json()["error"]["code"], "not_found");
    // Nowhere to go: neither a directory nor a server is named or running.
    run(folder, &[], &["users", "list"]).expect(4);
    let half = run(folder, &[("RUSHES_API_KEY", "sk-x")], &["users", "list"]).expect(2);
    assert!(half.stderr.contains("export RUSHES_BASE_URL="), "{}", half.stderr);
    let elsewhere = run(folder, &[], &["users", "list", "--data-dir", "mistyped"]).expect(0);
    assert!(elsewhere.stderr.contains("holds no gateway's data yet"), "{}", elsewhere.stderr);
}

/// Every verb that no other test goes through, in an order in which each has what it needs.
#[test]
fn every_command_does_what_it_says() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    local(folder, &["groups", "create", "partners", "--multiplier", "0.5"]).expect(0);
    local(folder, &["users", "create", "bob", "--group", "partners", "--credit", "5"]).expect(0);
    let key = local_json(folder, &["keys", "create", "--user", "bob"])["id"].to_string();
    local(folder, &["codes", "create", "--amount", "2", "--batch", "spring"]).expect(0);
    for (arguments, words) in [
        (&["users", "list", "--search", "bo"][..], &["bob", "partners", "$5.00"][..]),
        (&["users", "show", "bob"], &["partners", "$5.00"]),
        (&["users", "login-link", "bob"], &["/console/login#t="]),
        (&["users", "end-sessions", "bob"], &["0 sessions ended"]),
        (&["users", "disable", "bob"], &["enabled       no"]),
        (&["users", "enable", "bob"], &["enabled       yes"]),
        (&["keys", "set", &key, "--budget", "3", "--in-flight", "2"], &["$3.00", "in flight"]),
        (&["keys", "show", &key], &["$3.00", "never"]),
        (&["keys", "set", &key, "--month-budget", "7", "--expires-in", "30d"], &["$7.00"]),
        (
            &["keys", "list", "--user", "bob"],
            &["MONTH BUDGET", "  $7.00  ", "EXPIRES (UTC)", " 20"],
        ),
        (&["keys", "disable", &key], &["no"]),
        (&["groups", "list"], &["default", "partners", "0.5"]),
        (&["groups", "show", "partners"], &["partners", "0.5"]),
        (&["codes", "list", "--batch", "spring"], &["spring", "$2.00", "open"]),
        (&["codes", "show", "1"], &["spring", "$2.00", "open"]),
        (&["codes", "revoke", "1"], &["code 1 is revoked"]),
        (&["prices", "list"], &["grok-image-video", "720p $"]),
        (&["prices", "set", "grok-image-video", "--per-second", "720p=0.2"], &["720p $0.2"]),
        (&["prices", "history"], &["VERSION", "local"]),
        (&["prices", "set", "grok-image-video", "--reset"], &["720p $0.09"]),
        (&["settings", "show"], &["registration"]),
        (&["settings", "set", "--registration", "open"], &["open"]),
        (&["usage"], &[]),
        (&["channels", "list"], &[]),
        (&["keys", "delete", &key], &["deleted"]),
        (&["users", "set", "bob", "--group", "default"], &["default"]),
        (&["groups", "delete", "partners"], &["partners"]),
        (&["audit"], &["group.delete", "price_per_second (480p 0.06, 720p 0.20)"]),
    ] {
        let ended = local(folder, arguments).expect(0);
        for word in words {
            assert!(ended.stdout.contains(word), "{arguments:?} lacks {word}: {}", ended.stdout);
        }
        let json = run(folder, &[], &[arguments, &["--data-dir", "d", "--json"]].concat());
        // What is gone cannot go again, but it is told in JSON as well.
        assert!(json.json().is_object(), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_is_administered_through_its_note() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let path = data_dir(folder.path());
    let path = path.to_str().expect("Unicode");
    let over = |arguments: &[&str]| {
        run(folder.path(), &[], &[arguments, &["--data-dir", path, "--json"]].concat())
    };
    over(&["users", "create", "alice", "--credit", "3"]).expect(0);
    let key = over(&["keys", "create", "--user", "alice"]).expect(0).json();
    let text = key["key"].as_str().expect("a key").to_owned();
    let status = async |key: &str| {
        let url = format!("{}/v1/models", gateway.base_url);
        client().get(url).bearer_auth(key).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(status(&text).await, 200, "the running server knows it at once");
    let id = key["id"].to_string();
    over(&["keys", "disable", &id]).expect(0);
    assert_eq!(status(&text).await, 401);
    over(&["keys", "enable", &id]).expect(0);
    let rolled = over(&["keys", "roll", &id, "--grace", "1h"]).expect(0).json();
    assert_eq!(status(&text).await, 200);
    assert_eq!(status(rolled["key"].as_str().expect("a key")).await, 200);
    over(&["users", "disable", "alice"]).expect(0);
    assert_eq!(status(&text).await, 403);
    over(&["users", "enable", "alice"]).expect(0);
    over(&["keys", "delete", &id]).expect(0);
    assert_eq!(status(&text).await, 401);

    let codes = over(&["codes", "create", "--amount", "4", "--count", "2", "--expires-in", "30d"]);
    assert_eq!(codes.expect(0).json()["data"].as_array().map(Vec::len), Some(2));
    let prices = over(&["prices", "set", "grok-image-video", "--per-second", "480p=$0.5"]);
    assert_eq!(prices.expect(0).json()["price_per_second"]["480p"], "0.50");
    let settings = over(&["settings", "set", "--registration", "open"]).expect(0).json();
    assert_eq!(settings["registration"], "open");
    let usage = over(&["usage", "--by", "account"]).expect(0).json();
    assert_eq!(usage["group_by"], "account");
    let report = over(&["doctor", "--rebuild-usage"]).expect(0).json();
    let checks = report["checks"].as_array().expect("a list");
    assert!(checks.iter().any(|check| check["check"] == "usage"), "{report}");
    assert!(gateway.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_the_scope_manages_its_own_account_from_elsewhere() {
    let folder = tempdir().expect("a folder");
    let gateway = Binary::start(folder.path(), &[]).await;
    let path = data_dir(folder.path());
    let path = path.to_str().expect("Unicode");
    let over = |arguments: &[&str]| {
        run(folder.path(), &[], &[arguments, &["--data-dir", path, "--json"]].concat())
            .expect(0)
            .json()
    };
    over(&["users", "create", "alice", "--credit", "3"]);
    let manager = over(&["keys", "create", "--user", "alice", "--scopes", "manage,generate"]);
    let manager = manager["key"].as_str().expect("a key").to_owned();
    let code = over(&["codes", "create", "--amount", "4"]);
    let code = code["data"][0]["code"].as_str().expect("a code").to_owned();
    let environment = [("RUSHES_BASE_URL", &*gateway.base_url), ("RUSHES_API_KEY", &*manager)];
    let remote = |arguments: &[&str]| run(folder.path(), &environment, arguments);
    let made = remote(&["keys", "create", "--name", "second", "--scopes", "generate", "--json"]);
    let id = made.expect(0).json()["id"].to_string();
    assert!(remote(&["keys", "show", &id]).expect(0).stdout.contains("second"));
    remote(&["keys", "delete", &id]).expect(0);
    assert!(remote(&["codes", "redeem", &code]).expect(0).stdout.contains("$7.00"));
    let ledger = remote(&["ledger"]).expect(0);
    assert!(ledger.stdout.contains("credit"), "{}", ledger.stdout);
    assert!(ledger.stderr.contains("hold takes from it"), "{}", ledger.stderr);
    assert_eq!(remote(&["ledger", "--json"]).expect(0).stderr, "");
    // Who redeemed it is told by name.
    let codes = run(folder.path(), &[], &["codes", "list", "--data-dir", path]).expect(0);
    let line = codes.stdout.lines().find(|line| line.contains("redeemed")).expect("a code");
    assert!(line.ends_with("  alice"), "{line}");
    let shown = run(folder.path(), &[], &["codes", "show", "1", "--data-dir", path]).expect(0);
    assert!(shown.stdout.contains("redeemed by     alice"), "{}", shown.stdout);
    for operators in [&["users", "list"][..], &["keys", "disable", "1"], &["audit"]] {
        let ended = remote(operators).expect(2);
        assert!(ended.stderr.contains("--data-dir"), "{operators:?}: {}", ended.stderr);
    }
    // A key without the scope hears what it lacks; one that was cut hears that too.
    let plain = [environment[0], ("RUSHES_API_KEY", &*gateway.api_key)];
    let ended = run(folder.path(), &plain, &["keys", "list"]).expect(2);
    assert!(ended.stderr.contains("manage"), "{}", ended.stderr);
    let cut = [environment[0], ("RUSHES_API_KEY", &manager[..manager.len() - 1])];
    let ended = run(folder.path(), &cut, &["keys", "list"]).expect(2);
    assert!(ended.stderr.contains("checksum"), "{}", ended.stderr);
    assert!(gateway.terminate().await.success());
}

#[test]
fn a_password_is_read_or_made_and_a_link_printed() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let arguments = ["users", "create", "alice", "--password-stdin", "--data-dir", "d"];
    let mut child = rushes(folder, &[], &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("piped").write_all(b"a long password\n").expect("written");
    let ended: Ended = child.wait_with_output().expect("it ends").into();
    let ended = ended.expect(0);
    assert!(!ended.stdout.contains("a long password") && !ended.stderr.contains("a long password"));
    let made = local(folder, &["users", "reset-password", "alice"]).expect(0);
    assert_eq!(made.stdout.trim().len(), 23, "{}", made.stdout);
    let made = local_json(folder, &["users", "reset-password", "alice"]);
    assert_eq!(made["password"].as_str().map(str::len), Some(23));
    let link = local(folder, &["users", "login-link", "alice"]).expect(0);
    assert!(link.stdout.contains("/console/login#t="), "{}", link.stdout);
    let empty = rushes(
        folder,
        &[],
        &["users", "reset-password", "alice", "--password-stdin", "--data-dir", "d"],
    )
    .stdin(Stdio::null())
    .output()
    .expect("the binary runs");
    Ended::from(empty).expect(2);
}
