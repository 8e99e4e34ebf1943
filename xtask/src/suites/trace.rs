//! Reads what strace wrote: one call after another, those that were interrupted put together.
//!
//! Guarantees: a call that takes something in or syncs stands where it returned, a call that sends
//! stands where it began. That is the careful side for questions of order.

use std::collections::HashMap;

/// A call with its arguments as strace prints them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    name: String,
    text: String,
}

impl Call {
    /// Takes in a message with this text.
    pub(super) fn reads(&self, text: &str) -> bool {
        matches!(self.name.as_str(), "recvfrom" | "read") && self.text.contains(text)
    }

    /// Sends an answer 200 with this text.
    pub(super) fn answers(&self, text: &str) -> bool {
        matches!(self.name.as_str(), "sendto" | "write" | "writev" | "sendmsg")
            && self.text.contains("HTTP/1.1 200")
            && self.text.contains(text)
    }

    /// Syncs a file whose path has both parts.
    pub(super) fn syncs(&self, part: &str, other: &str) -> bool {
        self.is_sync() && self.text.contains(part) && self.text.contains(other)
    }

    /// Syncs the folder itself.
    pub(super) fn syncs_folder(&self, end: &str) -> bool {
        self.is_sync() && self.text.contains(&format!("{end}>"))
    }

    /// Renames within a folder.
    pub(super) fn renames(&self, part: &str) -> bool {
        self.name.starts_with("rename") && self.text.contains(part)
    }

    fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync") && self.text.ends_with("= 0")
    }

    fn sends(name: &str) -> bool {
        matches!(name, "sendto" | "write" | "writev" | "sendmsg")
    }
}

/// All calls of a trace made with `-f -o`, whose lines begin with the thread's number.
pub(super) fn read_calls(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut open: HashMap<&str, (String, String)> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some((name, mut text)) = open.remove(thread) else { continue };
            if let Some((_, end)) = resumed.split_once("resumed>") {
                text.push_str(end);
            }
            if !Call::sends(&name) {
                calls.push(Call { name, text });
            }
            continue;
        }
        let Some((name, _)) = rest.split_once('(') else { continue };
        let name = name.to_owned();
        match rest.strip_suffix("<unfinished ...>") {
            Some(begun) => {
                if Call::sends(&name) {
                    calls.push(Call { name: name.clone(), text: begun.to_owned() });
                }
                open.insert(thread, (name, begun.to_owned()));
            }
            None => calls.push(Call { name, text: rest.to_owned() }),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_sync_counts_from_its_return_and_an_answer_from_its_beginning() {
        let trace = "7 fdatasync(9</d/rushes.db-wal> <unfinished ...>\n\
                     8 writev(5<TCP>, \"HTTP/1.1 200 OK task_id\" <unfinished ...>\n\
                     7 <... fdatasync resumed>) = 0\n\
                     8 <... writev resumed>) = 20\n";
        let calls = read_calls(trace);
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["writev", "fdatasync"]);
        assert!(calls[0].answers("task_id"));
        assert!(calls[1].syncs("rushes.db-wal", ""));
    }

    #[test]
    fn a_sync_that_failed_is_none() {
        let calls = read_calls("7 fsync(9</d/rushes.db-wal>) = -1 EIO (Input/output error)\n");
        assert!(!calls[0].syncs("rushes.db-wal", ""));
    }
}
