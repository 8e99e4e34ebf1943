//! An upstream for development and tests, over real sockets: the xAI, OpenAI-Videos and gateway
//! dialects on one port, real MP4 bytes, and everything that an upstream should not do.
//!
//! Guarantees: a job is counted when it is taken, whatever becomes of the answer, so that a test can
//! say "exactly one"; what goes wrong is what the prompt or the control endpoint asks for, and
//! nothing else. It listens on loopback. Not here: real models, prices, accounts.

mod control;
mod dialects;
mod film;
mod form;
mod jobs;
pub mod script;
pub mod wire;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use jobs::Jobs;
pub use jobs::{Job, Stage};
use script::{Behaviour, Phase, Script, Step};
use wire::{Answer, Manner, Request};

/// What a server is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The key that is asked for; none takes any.
    pub api_key: Option<String>,
    /// How long a job takes.
    pub takes: Duration,
    /// Which engine the OpenAI-Videos routes are.
    pub flavour: Flavour,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: Some("fake-key".to_owned()),
            takes: Duration::from_millis(200),
            flavour: Flavour::OpenAi,
        }
    }
}

/// Which engine the OpenAI-Videos routes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The API itself.
    OpenAi,
    /// vLLM-Omni: forms alone.
    VllmOmni,
    /// `SGLang`: no word for "under way".
    Sglang,
}

/// A running server; ends when dropped.
#[derive(Debug)]
pub struct FakeUpstream {
    inside: Arc<Inside>,
    address: SocketAddr,
    listener: Mutex<Option<AbortHandle>>,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) options: Options,
    pub(crate) base_url: String,
    pub(crate) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) jobs: Jobs,
    pub(crate) script: Script,
    /// The scripts of prompts, as far as they are about submits.
    pub(crate) submits: HashMap<String, Script>,
    pub(crate) requests: Vec<(String, String)>,
}

impl Inside {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeUpstream {
    /// Starts a server.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = bind(options.listen)?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let inside = Arc::new(Inside { options, base_url, state: Mutex::default() });
        // Made once and kept: not within the first answer.
        tokio::task::spawn_blocking(film::film).await.map_err(io::Error::other)?;
        let upstream =
            Self { inside, address, listener: Mutex::default(), tasks: Mutex::default() };
        upstream.accept(listener);
        Ok(upstream)
    }

    fn accept(&self, listener: TcpListener) {
        let inside = Arc::clone(&self.inside);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(Arc::clone(&inside), stream));
            }
        });
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }

    /// Where it is, for `--base-url`.
    pub fn base_url(&self) -> &str {
        &self.inside.base_url
    }

    /// The key that it asks for.
    pub fn api_key(&self) -> &str {
        self.inside.options.api_key.as_deref().unwrap_or_default()
    }

    /// All jobs that were taken.
    pub fn jobs(&self) -> Vec<Job> {
        self.inside.state().jobs.all.clone()
    }

    /// How many jobs were taken.
    pub fn accepted(&self) -> usize {
        self.inside.state().jobs.all.len()
    }

    /// The most jobs that were under way at once.
    pub fn max_running(&self) -> usize {
        self.inside.state().jobs.max_running
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<(String, String)> {
        self.inside.state().requests.clone()
    }

    /// From now on every request of a phase meets this behaviour, `left` times or always.
    pub fn set(&self, phase: Phase, behaviour: Behaviour, left: Option<u32>) {
        self.inside.state().script.push(Step { phase, behaviour, left });
    }

    /// Everything works again.
    pub fn clear(&self) {
        self.inside.state().script = Script::default();
    }

    /// Refuses connections from now on, and drops those that are open.
    pub fn stop_listening(&self) {
        let handle = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            handle.abort();
        }
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    /// Somebody else has the port.
    pub fn listen_again(&self) -> io::Result<()> {
        self.accept(bind(self.address)?);
        Ok(())
    }
}

/// A listener on an address that another one of ours may just have left.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1_024)
}

async fn serve(inside: Arc<Inside>, mut stream: TcpStream) {
    while let Ok(Some(request)) = wire::read(&mut stream).await {
        let answer = answer(&inside, &request);
        match wire::write(&mut stream, &answer).await {
            Ok(true) => {}
            _ => return,
        }
    }
}

fn answer(inside: &Inside, request: &Request) -> Answer {
    inside.state().requests.push((request.method.clone(), request.path.clone()));
    if request.path.starts_with("/control/") {
        return control::answer(inside, request);
    }
    if request.path.starts_with("/files/") {
        return film::answer(inside, request);
    }
    dialects::answer(inside, request)
}

/// What a behaviour makes of an answer that would have been fine, as far as the wire is concerned.
pub(crate) fn disturb(answer: Answer, behaviour: &Behaviour) -> Answer {
    let page = "<html><body>Bad gateway</body></html>";
    match behaviour {
        Behaviour::Silence => answer.in_manner(Manner::Silence),
        Behaviour::HeadersThenSilence => answer.in_manner(Manner::HeadersThenSilence),
        Behaviour::Drip => answer.in_manner(Manner::Drip),
        Behaviour::ResetHeaders => answer.in_manner(Manner::ResetHeaders),
        Behaviour::ResetBody => answer.in_manner(Manner::ResetBody),
        Behaviour::LostReply => answer.in_manner(Manner::Reset),
        Behaviour::TooLong => answer.in_manner(Manner::Announce(1_000)),
        Behaviour::TooShort | Behaviour::CutShort => {
            let few = i64::try_from(answer.body.len() / 2).unwrap_or(1);
            match behaviour {
                Behaviour::TooShort => answer.in_manner(Manner::Announce(-few)),
                _ => answer.in_manner(Manner::Announce(few)),
            }
        }
        Behaviour::Endless => answer.in_manner(Manner::Endless),
        Behaviour::HugeJson => answer.in_manner(Manner::Huge),
        Behaviour::GzipBomb => {
            let mut answer = Answer::of(200, "application/json", film::GZIP);
            answer.headers.push(("content-encoding", "gzip".to_owned()));
            answer
        }
        Behaviour::Empty => Answer::of(200, "application/json", ""),
        Behaviour::PendingEmpty => Answer::of(202, "application/json", ""),
        Behaviour::Html => Answer::of(200, "text/html", page),
        Behaviour::InvalidUtf8 => {
            Answer::of(200, "application/json", &b"{\"id\":\"\xff\xfe\"}"[..])
        }
        Behaviour::TruncatedJson => Answer::of(200, "application/json", "{\"id\":\"x\",\"stat"),
        Behaviour::WrongTypes => {
            let body = r#"{"id":[1],"request_id":{"a":1},"task_id":null,"status":7,"data":[]}"#;
            Answer::of(200, "application/json", body)
        }
        Behaviour::NotVideo => Answer::of(200, "video/mp4", "this is no video at all"),
        Behaviour::Redirect(to) => {
            let mut answer = Answer::of(302, "text/plain", "");
            answer.headers.push(("location", to.clone()));
            answer
        }
        _ => answer,
    }
}
