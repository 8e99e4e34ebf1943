//! Packages of other projects that client suites run as they are: pinned in lock files, installed
//! below cargo's target folder.
//!
//! Guarantees: what is installed is what the lock file's checksums say; an installation is used only
//! if it was finished and is of the present lock file, so that a second run needs no network; nothing
//! is installed with `--offline`, and nothing without saying so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::cargo;
use crate::tools::{NODE, NPM, PYTHON, Tools};

/// The file that says that an installation was finished: the lock file itself.
const MARKER: &str = "installed";

/// The folder of the lock files and of the programs that use the packages.
pub(crate) fn folder() -> PathBuf {
    cargo::root().join("tests").join("clients").join("packages")
}

/// Node.js and a folder with its packages and our programs, or the reason why there is none.
pub(crate) fn node(tools: &Tools) -> Result<(PathBuf, PathBuf), String> {
    let node = tools.get(NODE)?;
    let place = install(tools, "node", "package-lock.json", |place| {
        let npm = tools.get(NPM).map_err(anyhow::Error::msg)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(folder().join(name), place.join(name))?;
        }
        let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        run(Command::new(npm).args(flags).current_dir(place))
    })?;
    // Modules are looked for beside the program that asks for them.
    let copied = copy_programs(&place).map_err(|error| format!("{error:#}"));
    copied.map(|()| (node, place))
}

/// The interpreter of an environment that has Python's packages, or the reason why there is none.
pub(crate) fn python(tools: &Tools) -> Result<PathBuf, String> {
    environment(tools, "python", "requirements.txt")
}

/// The same with schemathesis, whose packages would bind those of the clients.
pub(crate) fn schemathesis(tools: &Tools) -> Result<PathBuf, String> {
    environment(tools, "schemathesis", "requirements-schemathesis.txt")
}

fn environment(tools: &Tools, name: &str, lock: &str) -> Result<PathBuf, String> {
    let python = tools.get(PYTHON)?;
    let place = install(tools, name, lock, |place| {
        run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(place))
            .context("no virtual environment (on Debian: apt-get install python3-venv)")?;
        let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let mut command = Command::new(interpreter(place));
        let lock = folder().join(lock);
        run(command.args(flags).args(["--require-hashes", "--requirement"]).arg(lock))
    })?;
    Ok(interpreter(&place))
}

fn interpreter(place: &Path) -> PathBuf {
    place.join("bin").join("python3")
}

/// The folder of an installation: the one that is there, or a new one.
fn install(
    tools: &Tools,
    name: &str,
    lock: &str,
    work: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> Result<PathBuf, String> {
    let begin = || -> anyhow::Result<(PathBuf, Vec<u8>)> {
        let place = cargo::target_folder()?.join("xtask").join("packages").join(name);
        Ok((place, fs::read(folder().join(lock))?))
    };
    let (place, wanted) = begin().map_err(|error| format!("{error:#}"))?;
    if fs::read(place.join(MARKER)).is_ok_and(|installed| installed == wanted) {
        return Ok(place);
    }
    if tools.is_offline() {
        return Err(format!(
            "the packages of {lock} are not installed, and --offline installs none"
        ));
    }
    println!("   installing the packages of tests/clients/packages/{lock} below the target folder");
    let renew = || -> anyhow::Result<()> {
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::create_dir_all(&place)?;
        work(&place)?;
        Ok(fs::write(place.join(MARKER), &wanted)?)
    };
    renew().map_err(|error| format!("the packages of {lock} cannot be installed: {error:#}"))?;
    Ok(place)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| shown.clone())?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown} ended with {}: {}", output.status, text.trim());
    Ok(())
}

/// The programs with what they share with those that need no packages.
fn copy_programs(place: &Path) -> anyhow::Result<()> {
    let shared = cargo::root().join("tests").join("clients").join("node");
    for name in ["checks.mjs", "mp4.mjs"] {
        fs::copy(shared.join(name), place.join(name))?;
    }
    // The console's checks lie in a folder of their own beside the packages.
    let (from, to) = (cargo::root().join("tests/clients/console"), place.join("console"));
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        let is_program = path.extension().is_some_and(|ending| ending == "mjs" || ending == "png");
        if let Some(name) = path.file_name().filter(|_| is_program) {
            fs::copy(&path, place.join(name))?;
        }
    }
    Ok(())
}
