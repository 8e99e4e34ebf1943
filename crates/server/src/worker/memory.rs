//! What the worker remembers of running steps. All of it may be lost.
//!
//! Guarantees: a change that is reported while a step has the task is kept until the step has
//! ended, so that it cannot be overwritten by what the step saw before. Steps of one task run one
//! after the other, whatever their leases say.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_domain::TaskId;

/// Steps, reports and panics by task.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    steps: HashMap<TaskId, Steps>,
    changed: BTreeSet<TaskId>,
    panics: HashMap<TaskId, u32>,
}

/// A task's steps: more than one if it is claimed again while the first has not quite ended.
#[derive(Debug, Default)]
struct Steps {
    count: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Memory {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a step, and gives what it has to hold while it runs.
    pub(super) fn step_began(&self, task_id: TaskId) -> Arc<tokio::sync::Mutex<()>> {
        let mut inside = self.inside();
        let steps = inside.steps.entry(task_id).or_default();
        steps.count += 1;
        Arc::clone(&steps.turn)
    }

    pub(super) fn step_ended(&self, task_id: TaskId) {
        let mut inside = self.inside();
        if let Some(steps) = inside.steps.get_mut(&task_id) {
            steps.count -= 1;
            if steps.count == 0 {
                inside.steps.remove(&task_id);
            }
        }
    }

    /// Takes in what was reported, and gives out what no step has at the moment.
    pub(super) fn take_changed(&self, reported: Vec<TaskId>) -> Vec<TaskId> {
        let mut inside = self.inside();
        inside.changed.extend(reported);
        let free: Vec<TaskId> =
            inside.changed.iter().filter(|id| !inside.steps.contains_key(id)).copied().collect();
        for task_id in &free {
            inside.changed.remove(task_id);
        }
        free
    }

    /// Counts a panic of the task's steps in a row, and tells how many there were.
    pub(super) fn panicked(&self, task_id: TaskId) -> u32 {
        let mut inside = self.inside();
        let count = inside.panics.entry(task_id).or_insert(0);
        *count += 1;
        *count
    }

    /// A step of the task went well.
    pub(super) fn calmed(&self, task_id: TaskId) {
        self.inside().panics.remove(&task_id);
    }
}
