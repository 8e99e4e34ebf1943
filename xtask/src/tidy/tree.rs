//! The project's text files, read once.

use std::fs;
use std::path::Path;

/// Endings of the files that are read.
const ENDINGS: [&str; 12] =
    ["rs", "md", "toml", "sql", "sh", "py", "mjs", "js", "html", "css", "yml", "run"];
/// Folders that are not looked into, besides those whose name starts with a dot.
const SKIPPED_FOLDERS: [&str; 3] = ["target", "node_modules", "data"];
/// How deep folders may lie.
const DEPTH_MAX: usize = 12;

/// One text file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Path from the root, with `/`.
    pub(super) path: String,
    /// The whole text.
    pub(super) text: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Tree {
    /// In order of their paths.
    pub(super) files: Vec<SourceFile>,
}

impl Tree {
    /// Reads what lies below `root`.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        collect(root, "", DEPTH_MAX, &mut files)?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self { files })
    }

    /// The file at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Files with this ending.
    pub(super) fn with_ending(&self, ending: &str) -> impl Iterator<Item = &SourceFile> {
        let ending = format!(".{ending}");
        self.files.iter().filter(move |file| file.path.ends_with(&ending))
    }

    /// Rust files that ship or run, tests left out.
    pub(super) fn rust_sources(&self) -> impl Iterator<Item = &SourceFile> {
        self.with_ending("rs").filter(|file| file.path.contains("src/"))
    }
}

fn collect(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<SourceFile>,
) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            let is_skipped = SKIPPED_FOLDERS.contains(&name.as_str())
                || (name.starts_with('.') && name != ".ci");
            if !is_skipped && depth > 0 {
                collect(&entry.path(), &format!("{path}/"), depth - 1, files)?;
            }
            continue;
        }
        let ending = Path::new(&name).extension().map(|ending| ending.to_string_lossy());
        let is_text = ending.is_some_and(|ending| ENDINGS.contains(&&*ending));
        if is_text || path == ".ci/run" {
            // A file that another tool removes meanwhile, or that is no text, is not ours to judge.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                files.push(SourceFile { path, text });
            }
        }
    }
    Ok(())
}
