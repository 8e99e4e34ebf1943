//! Programs that the client suites need: looked for, and on Debian installed.
//!
//! Guarantees: nothing is installed without saying so first, and nothing at all with `--offline`,
//! without root, or on a system that has no `apt-get`. Not here: what a suite does without one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Names of one program, and the Debian package that has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    title: &'static str,
    names: &'static [&'static str],
    package: &'static str,
}

/// The URL tool that the documentation's examples use.
pub(crate) const CURL: Tool = Tool { title: "curl", names: &["curl"], package: "curl" };
/// The JSON tool that examples for the shell use.
pub(crate) const JQ: Tool = Tool { title: "jq", names: &["jq"], package: "jq" };
/// JavaScript outside a browser; 18 or newer, for its `fetch`.
pub(crate) const NODE: Tool =
    Tool { title: "Node.js", names: &["node", "nodejs"], package: "nodejs" };
/// The package manager of Node.js.
pub(crate) const NPM: Tool = Tool { title: "npm", names: &["npm"], package: "npm" };
/// Python 3; its standard library is enough.
pub(crate) const PYTHON: Tool = Tool { title: "Python 3", names: &["python3"], package: "python3" };
/// The system-call tracer of Linux.
pub(crate) const STRACE: Tool = Tool { title: "strace", names: &["strace"], package: "strace" };
/// A browser of the Chromium family.
pub(crate) const CHROMIUM: Tool = Tool {
    title: "Chromium",
    names: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chromium-headless-shell",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    package: "chromium",
};

/// Chinese characters for the browser, so that photographs show them.
pub(crate) const CHINESE_FONT: Tool = Tool {
    title: "a font with Chinese characters",
    names: &[
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
        "/System/Library/Fonts/PingFang.ttc",
    ],
    package: "fonts-noto-cjk",
};

/// How to come by programs that are missing.
#[derive(Debug)]
pub(crate) struct Tools {
    offline: bool,
    updated: OnceLock<bool>,
}

impl Tools {
    /// `offline`: nothing is installed.
    pub(crate) fn new(offline: bool) -> Self {
        Self { offline, updated: OnceLock::new() }
    }

    /// Whether nothing may be installed.
    pub(crate) const fn is_offline(&self) -> bool {
        self.offline
    }

    /// The program's path, or the reason why there is none.
    pub(crate) fn get(&self, tool: Tool) -> Result<PathBuf, String> {
        if let Some(path) = find(tool) {
            return Ok(path);
        }
        let Tool { title, package, .. } = tool;
        if self.offline {
            return Err(format!("{title} is not installed, and --offline installs nothing"));
        }
        if !is_debian_root() {
            return Err(format!(
                "{title} is not installed; on Debian: sudo apt-get install {package}"
            ));
        }
        self.install(package)?;
        find(tool).ok_or_else(|| format!("the package {package} was installed, {title} is missing"))
    }

    fn install(&self, package: &str) -> Result<(), String> {
        println!("   installing the Debian package {package} (you are root; --offline forbids it)");
        let is_updated = *self.updated.get_or_init(|| apt_get(&["update"]));
        if !is_updated {
            println!("   apt-get update failed; trying with the lists that are there");
        }
        if apt_get(&["install", "--yes", "--no-install-recommends", package]) {
            return Ok(());
        }
        Err(format!("apt-get install {package} failed"))
    }
}

fn apt_get(arguments: &[&str]) -> bool {
    Command::new("apt-get")
        .arg("--quiet=2")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_debian_root() -> bool {
    Path::new("/etc/debian_version").exists() && is_root()
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0".as_slice())
}

fn find(tool: Tool) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let in_path = |name: &&str| {
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    // An absolute name is left as it is by `join`.
    tool.names.iter().find_map(in_path)
}
