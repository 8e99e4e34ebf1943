//! Waiting for a task's end.
//!
//! Guarantees: the task goes on whatever becomes of the wait; the answer that is given back is the
//! server's own, asked for after the end.

use std::time::Duration;

use tokio::time::timeout;

use crate::client::{Client, Response};
use crate::error::Error;
use crate::follow::{SILENCE_MAX_DEFAULT, TIMEOUT_DEFAULT};
use crate::generate::Generate;
use crate::progress::{Progress, TaskEvent};
use crate::task::{Task, TaskStatus};

/// Time for a last look at the task when the time is up.
const LAST_LOOK_MAX: Duration = Duration::from_secs(5);

/// A wait for a task's video, made by [`Client::wait`] and [`Generate::wait`]; begins when it is
/// awaited.
///
/// # Errors
/// [`Error::TaskFailed`] if there is no video, [`Error::Timeout`] if the time is up before, and what
/// a call can fail with.
#[must_use = "nothing is asked before it is awaited"]
pub struct Wait<'p> {
    client: Client,
    start: Start,
    timeout: Duration,
    silence_max: Duration,
    on_progress: Box<dyn FnMut(&Progress) + Send + 'p>,
}

/// What is waited for.
enum Start {
    Task(String),
    Create(Box<Generate>),
}

/// Shows the limits.
impl std::fmt::Debug for Wait<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Wait").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Client {
    /// Waits until a task has its video: follows its events ([`Client::follow`]), and asks for the
    /// task when it has ended.
    ///
    /// ```no_run
    /// # async fn run(client: rushes_sdk::Client) -> Result<(), rushes_sdk::Error> {
    /// let wait = client.wait("task_…").on_progress(|at| eprintln!("{}%", at.percent));
    /// let task = wait.await?;
    /// println!("{}", task.result_url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self, task_id: impl Into<String>) -> Wait<'static> {
        Wait::new(self.clone(), Start::Task(task_id.into()))
    }
}

impl Generate {
    /// Creates the task and waits until it has its video.
    ///
    /// The first progress comes when the task was accepted, with its id, under which
    /// [`Client::wait`] goes on if this wait is given up.
    pub fn wait(self) -> Wait<'static> {
        Wait::new(self.client.clone(), Start::Create(Box::new(self)))
    }
}

impl Wait<'static> {
    fn new(client: Client, start: Start) -> Self {
        Self {
            client,
            start,
            timeout: TIMEOUT_DEFAULT,
            silence_max: SILENCE_MAX_DEFAULT,
            on_progress: Box::new(|_| {}),
        }
    }
}

impl Wait<'_> {
    /// How long to wait for the end of the task, counted from when it is accepted; ten minutes
    /// unless set. The task goes on afterwards.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Silence after which a connection counts as broken; 45 seconds unless set.
    pub fn silence_max(mut self, silence_max: Duration) -> Self {
        self.silence_max = silence_max;
        self
    }

    /// Calls `on_progress` whenever the task is further than before, and once at its end.
    pub fn on_progress<'q>(self, on_progress: impl FnMut(&Progress) + Send + 'q) -> Wait<'q> {
        let Self { client, start, timeout, silence_max, .. } = self;
        Wait { client, start, timeout, silence_max, on_progress: Box::new(on_progress) }
    }

    async fn run(self) -> Result<Response<Task>, Error> {
        let Self { client, start, timeout, silence_max, mut on_progress } = self;
        let (task_id, accepted) = match start {
            Start::Task(task_id) => (task_id, None),
            Start::Create(generate) => {
                let task_id = (*generate).await?.value.id;
                let accepted = Progress::accepted(&task_id);
                on_progress(&accepted);
                (task_id, Some(accepted))
            }
        };
        let follow = client.follow(&task_id).timeout(timeout).silence_max(silence_max);
        let mut follow = follow.wanting_answer();
        if let Some(accepted) = accepted {
            follow = follow.known(accepted);
        }
        loop {
            match follow.next().await {
                Ok(Some(TaskEvent::Status(progress) | TaskEvent::Progress(progress))) => {
                    on_progress(&progress);
                }
                Ok(Some(TaskEvent::End(_)) | None) => break,
                Err(Error::Timeout { .. }) => {
                    let is_known = follow.was_heard();
                    let response = last_look(&client, &task_id, is_known).await?;
                    on_progress(&Progress::from(&response.value));
                    return finished(response);
                }
                Err(error) => return Err(error),
            }
        }
        let lost = || Error::Protocol("the end of the task came without an answer".to_owned());
        let response = follow.into_answer().ok_or_else(lost)?;
        on_progress(&Progress::from(&response.value));
        finished(response)
    }
}

impl<'p> IntoFuture for Wait<'p> {
    type Output = Result<Response<Task>, Error>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'p>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The task as it stands now that the time is up; it may just have ended.
async fn last_look(
    client: &Client,
    task_id: &str,
    is_known: bool,
) -> Result<Response<Task>, Error> {
    let out_of_time = || Error::Timeout { task_id: task_id.to_owned(), task: None };
    match timeout(LAST_LOOK_MAX, client.task(task_id)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if !is_known || !error.is_passing() => Err(error),
        Ok(Err(_)) | Err(_) => Err(out_of_time()),
    }
}

/// What a wait gives for the task as it was seen last.
fn finished(response: Response<Task>) -> Result<Response<Task>, Error> {
    match response.value.status {
        TaskStatus::Success => Ok(response),
        TaskStatus::Failure => Err(Error::TaskFailed { task: Box::new(response) }),
        _ => {
            let task_id = response.value.id.clone();
            Err(Error::Timeout { task_id, task: Some(Box::new(response)) })
        }
    }
}
