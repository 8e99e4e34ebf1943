//! Following a task until its end: over its stream of events (`GET …/{id}/events`), and by asking
//! where there is none.
//!
//! Guarantees: each change is told once and in order, whatever happens to connections; the stream
//! is opened again where it broke (`Last-Event-ID`); a silent connection counts as broken; a task
//! whose stream alone is refused is asked for; everything ends with the time-out. Dropping it closes
//! the connection and does nothing to the task.
//! Not here: how long it pauses and when it gives up (`pace`); what the bytes of a stream mean
//! (`sse`).

mod pace;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::time::{Instant, Sleep, sleep};

use self::pace::{Pace, pause_after};
use crate::client::{Client, Response};
use crate::error::Error;
use crate::events::{BoxFuture, Opened, Reading};
use crate::progress::{Progress, TaskEvent};
use crate::sse::Message;
use crate::task::Task;

/// Time in all, unless set.
pub(crate) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(600);
/// Silence after which a connection counts as broken, unless set: three of the server's comments
/// are missing by then.
pub(crate) const SILENCE_MAX_DEFAULT: Duration = Duration::from_secs(45);
/// How long the server holds back the answer to a question (`Prefer: wait`).
const HOLD: Duration = Duration::from_secs(5);
/// What happens to a task, as it happens; made by [`Client::follow`].
///
/// [`Follow::next`] needs no further crate and can be dropped at any point (in a `select!`, say)
/// without losing an event. For combinators it is a [`Stream`] too, of the same events.
#[must_use = "nothing is asked before `next` is awaited"]
pub struct Follow {
    client: Client,
    task_id: String,
    timeout: Duration,
    /// From the first look on.
    deadline: Option<Pin<Box<Sleep>>>,
    silence_max: Duration,
    work: Work,
    events: Events,
    told: VecDeque<TaskEvent>,
    last: Option<Progress>,
    last_event_id: String,
    pace: Pace,
    /// Whether the end is asked for once more, so that there is an answer to keep.
    wants_answer: bool,
    answer: Option<Response<Task>>,
}

/// What is waited for.
enum Work {
    Starting,
    Pausing(Pin<Box<Sleep>>),
    Opening(BoxFuture<Result<Opened, Error>>),
    Reading(Reading),
    Asking { answer: BoxFuture<Result<Response<Task>, Error>>, hold: Duration, asked_at: Instant },
    Over,
}

/// Whether to open a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Events {
    Wanted,
    /// Not before then: the account has too many.
    From(Instant),
    /// The server has none, or nothing comes through.
    Never,
}

/// What came.
enum Came {
    Paused,
    Opened(Opened),
    Messages(Vec<Message>),
    /// The stream ended, broke or fell silent.
    Broken,
    /// What comes is not to be understood.
    Garbled,
    Answer {
        response: Box<Response<Task>>,
        hold: Duration,
        took: Duration,
    },
    Refused(Error),
    Fault(Error),
}

/// Shows which task and how far it is.
impl std::fmt::Debug for Follow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Follow");
        shown.field("task_id", &self.task_id).field("last", &self.last).finish_non_exhaustive()
    }
}

impl Client {
    /// Follows a task: what happens to it, event by event, until its end. Ten minutes at most,
    /// unless [`Follow::timeout`] says otherwise.
    ///
    /// ```no_run
    /// # async fn run(client: rushes_sdk::Client) -> Result<(), rushes_sdk::Error> {
    /// use rushes_sdk::TaskEvent;
    ///
    /// let mut follow = client.follow("task_…");
    /// while let Some(event) = follow.next().await? {
    ///     match event {
    ///         TaskEvent::End(task) if task.is_success() => println!("{}", task.result_url),
    ///         TaskEvent::End(task) => eprintln!("{}", task.fail_reason),
    ///         event => eprintln!("{}%", event.progress().percent),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(&self, task_id: impl Into<String>) -> Follow {
        Follow {
            client: self.clone(),
            task_id: task_id.into(),
            timeout: TIMEOUT_DEFAULT,
            deadline: None,
            silence_max: SILENCE_MAX_DEFAULT,
            work: Work::Starting,
            events: Events::Wanted,
            told: VecDeque::new(),
            last: None,
            last_event_id: String::new(),
            pace: Pace::default(),
            wants_answer: false,
            answer: None,
        }
    }
}

impl Follow {
    /// How long in all, counted from the first [`Follow::next`]; ten minutes unless set. The task
    /// goes on afterwards.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Silence after which a connection counts as broken; 45 seconds unless set. The server sends
    /// something every 15.
    pub fn silence_max(mut self, silence_max: Duration) -> Self {
        self.silence_max = silence_max;
        self
    }

    /// The next event; nothing after [`TaskEvent::End`].
    ///
    /// # Errors
    /// [`Error::Timeout`] when the time is up, [`Error::Api`] if the server refuses (there is no
    /// such task any more, for instance), [`Error::Unreachable`] if it is away for over a minute,
    /// or was never there. After an error nothing follows.
    pub async fn next(&mut self) -> Result<Option<TaskEvent>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Knows the task already: what it is told first is news to nobody.
    pub(crate) fn known(mut self, last: Progress) -> Self {
        self.pace.heard();
        self.last = Some(last);
        self
    }

    /// At the end asks for the task, so that [`Follow::into_answer`] has what the server answered.
    pub(crate) fn wanting_answer(mut self) -> Self {
        self.wants_answer = true;
        self
    }

    pub(crate) fn was_heard(&self) -> bool {
        self.pace.was_heard()
    }

    pub(crate) fn into_answer(self) -> Option<Response<Task>> {
        self.answer
    }

    /// Takes in what came and decides what to wait for next.
    fn take(&mut self, came: Came) -> Result<(), Error> {
        match came {
            Came::Paused => self.go_on(),
            Came::Opened(Opened::Stream(reading)) => {
                self.pace.opened();
                self.work = Work::Reading(*reading);
            }
            Came::Opened(Opened::Busy(after)) => self.ask_for_a_while(after),
            Came::Opened(Opened::Over | Opened::None) | Came::Garbled => self.do_without_events(),
            Came::Messages(messages) => self.hear(messages),
            Came::Broken => self.reopen(),
            Came::Answer { response, hold, took } => self.see(*response, hold, took),
            Came::Refused(error) => self.bear_refusal(error)?,
            Came::Fault(error) => self.bear(error)?,
        }
        Ok(())
    }

    /// The next attempt, after a pause.
    fn go_on(&mut self) {
        let is_wanted = match self.events {
            Events::Wanted => true,
            Events::From(moment) => moment <= Instant::now(),
            Events::Never => false,
        };
        if is_wanted {
            let last_event_id = self.last_event_id.as_str();
            let opening = self.client.open_events(&self.task_id, last_event_id, self.silence_max);
            self.work = Work::Opening(opening);
        } else {
            self.ask(HOLD);
        }
    }

    fn do_without_events(&mut self) {
        self.events = Events::Never;
        self.ask(Duration::ZERO);
    }

    /// No stream before `after`, or longer if it was not the first refusal.
    fn ask_for_a_while(&mut self, after: Duration) {
        self.events = Events::From(Instant::now() + self.pace.without_stream(after));
        self.ask(Duration::ZERO);
    }

    fn ask(&mut self, hold: Duration) {
        let (client, task_id) = (self.client.clone(), self.task_id.clone());
        let answer = Box::pin(async move { client.task_held(&task_id, hold).await });
        self.work = Work::Asking { answer, hold, asked_at: Instant::now() };
    }

    fn pause(&mut self, pause: Duration) {
        self.work = Work::Pausing(Box::pin(sleep(pause)));
    }

    fn hear(&mut self, messages: Vec<Message>) {
        self.pace.heard();
        if let Work::Reading(reading) = &self.work {
            self.pace.be_told(reading.retry());
        }
        for message in messages {
            let is_understood = match message.name.as_str() {
                "status" | "progress" => self.hear_of_way(&message.data),
                "end" => self.hear_of_end(&message.data),
                // Of a later version.
                _ => true,
            };
            if !is_understood {
                return self.do_without_events();
            }
            self.pace.understood();
            self.last_event_id = message.id;
            if !matches!(self.work, Work::Reading(_)) {
                return;
            }
        }
    }

    fn hear_of_way(&mut self, data: &str) -> bool {
        let Ok(progress) = serde_json::from_str::<Progress>(data) else { return false };
        let told_before = self.told.len();
        self.tell(progress);
        if self.told.len() > told_before {
            self.pace.news();
        }
        true
    }

    fn hear_of_end(&mut self, data: &str) -> bool {
        if self.wants_answer {
            // Nothing more will happen: from now on only the answer is wanted.
            self.do_without_events();
            return true;
        }
        let Ok(task) = serde_json::from_str::<Task>(data) else { return false };
        self.told.push_back(TaskEvent::End(Box::new(task)));
        self.work = Work::Over;
        true
    }

    fn tell(&mut self, progress: Progress) {
        self.told.extend(progress.since(self.last.as_ref()));
        let queue_position =
            progress.queue_position.or_else(|| self.last.as_ref().and_then(|it| it.queue_position));
        self.last = Some(Progress { queue_position, ..progress });
    }

    /// An answer to a question.
    fn see(&mut self, response: Response<Task>, hold: Duration, took: Duration) {
        self.pace.answered();
        if response.value.status.is_finished() {
            self.told.push_back(TaskEvent::End(Box::new(response.value.clone())));
            self.answer = Some(response);
            self.work = Work::Over;
            return;
        }
        self.tell(Progress::from(&response.value));
        self.pause(pause_after(&response.headers, hold, took));
    }

    /// A stream that ended before its task did.
    fn reopen(&mut self) {
        match self.pace.broke() {
            Some(pause) => self.pause(pause),
            None => self.do_without_events(),
        }
    }

    /// No stream: unless it is the key or the way to the server, the task may be there all the same,
    /// which a question tells.
    fn bear_refusal(&mut self, error: Error) -> Result<(), Error> {
        let is_of_stream = matches!(error, Error::Api { status, .. } if status != 401);
        if !is_of_stream {
            return self.bear(error);
        }
        if !error.is_passing() {
            self.do_without_events();
            return Ok(());
        }
        let asked_for = error.retry_after().unwrap_or_default();
        match self.pace.refused(asked_for) {
            Some(pause) => self.pause(pause),
            None => self.ask_for_a_while(asked_for),
        }
        Ok(())
    }

    /// Bears a passing fault for a while; gives everything else back.
    fn bear(&mut self, error: Error) -> Result<(), Error> {
        match self.pace.fault(&error, self.client.attempts_max) {
            Some(pause) => self.pause(pause),
            None => return Err(error),
        }
        Ok(())
    }
}

impl Stream for Follow {
    type Item = Result<TaskEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.told.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if matches!(this.work, Work::Over) {
                return Poll::Ready(None);
            }
            // Timers are started here and not before: there may have been no runtime yet.
            let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(this.timeout)));
            // A timer has to be polled to be woken by it; whether it is over, the clock says.
            let is_over = deadline.as_mut().poll(context).is_ready();
            if is_over || deadline.deadline() <= Instant::now() {
                this.work = Work::Over;
                let task_id = this.task_id.clone();
                return Poll::Ready(Some(Err(Error::Timeout { task_id, task: None })));
            }
            let came = ready!(this.work.poll(context));
            if let Err(error) = this.take(came) {
                this.work = Work::Over;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl Work {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Came> {
        match self {
            Self::Starting => Poll::Ready(Came::Paused),
            Self::Pausing(sleep) => sleep.as_mut().poll(context).map(|()| Came::Paused),
            Self::Opening(opening) => {
                opening.as_mut().poll(context).map(|it| it.map_or_else(Came::Refused, Came::Opened))
            }
            Self::Reading(reading) => reading.poll(context).map(|read| match read {
                Ok(Some(messages)) => Came::Messages(messages),
                Ok(None) => Came::Broken,
                Err(_) => Came::Garbled,
            }),
            Self::Asking { answer, hold, asked_at } => {
                let (hold, took) = (*hold, asked_at.elapsed());
                answer.as_mut().poll(context).map(|answer| match answer {
                    Ok(response) => Came::Answer { response: Box::new(response), hold, took },
                    Err(error) => Came::Fault(error),
                })
            }
            // Not reached: nobody polls what is over.
            Self::Over => Poll::Pending,
        }
    }
}
