//! The SDK's examples as programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::SystemTime;

/// The examples there are.
const ALL: [&str; 3] = ["text_to_video", "image_to_video", "webhook_receiver"];

/// An example, with nothing of this process's environment but what its user names.
pub(crate) fn example(name: &str) -> Command {
    static BUILDING: Mutex<()> = Mutex::new(());
    let own = std::env::current_exe().expect("this program");
    let profile = own.ancestors().nth(2).expect("target/PROFILE/deps/it");
    let program = |name: &str| {
        let file = profile.join("examples").join(name);
        file.with_extension(std::env::consts::EXE_EXTENSION)
    };
    {
        let _alone = BUILDING.lock().expect("another build went well");
        let newest = newest(&sdk().join("src")).max(newest(&sdk().join("examples")));
        let is_fresh = |name: &&str| modified(&program(name)) > newest;
        // A test of the whole workspace has built them already.
        if !ALL.iter().all(is_fresh) {
            build(profile);
        }
    }
    let mut command = Command::new(program(name));
    command.env_clear();
    command
}

/// Builds them with the features of a test of this crate alone, so that no other crate is built
/// anew for them.
fn build(profile: &Path) {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "-p", "rushes-server", "-p", "rushes-sdk", "--examples", "--quiet"]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    // What cargo told this test about its package; to a build script that looks at it, it would be
    // a change.
    for (name, _) in std::env::vars_os() {
        let is_of_package =
            |text: &str| text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(is_of_package) {
            command.env_remove(name);
        }
    }
    let target = profile.parent().expect("a target folder");
    let status = command.env("CARGO_TARGET_DIR", target).current_dir(sdk()).status();
    assert!(status.expect("cargo runs").success());
}

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk")
}

/// When the newest file of a folder was changed.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let each = entries.map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => modified(&path),
    });
    each.max().flatten()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
