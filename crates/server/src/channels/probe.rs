//! A look at a channel: for free, or with the cheapest real video.
//!
//! Guarantees: says in words what is wrong and what to do about it; the free look sends one request
//! that costs nothing; the other makes exactly one job, which is called off where that is possible
//! when its time is over, and whose cost is booked to the channel, also where no video came of it.
//! Nothing of it is a customer's: no task, no ledger. Not here: the breaker, which minds real tasks
//! alone; and that a look goes on when nobody waits for it any more, which is its caller's to see to.

use std::sync::Arc;

use rushes_domain::directive::Directives;
use rushes_domain::job::{EngineOptions, Mode};
use rushes_domain::{AccountId, Ticks, Timestamp};
use rushes_providers::{
    Check, JobHandle, Media, Progress, ProviderJob, UpstreamError, UpstreamErrorKind as Kind,
    UpstreamId,
};
use rushes_store::{JobCost, StoreError, book_job};

use super::Channel;
use crate::app::App;
use crate::metrics::channels::kind_word;

/// How long a real video may take, in milliseconds.
const VIDEO_MS_MAX: i64 = 600_000;
/// The prompt of a real video.
const PROMPT: &str = "a paper boat on calm water, soft morning light";

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether everything that was looked at is fine.
    pub is_ok: bool,
    /// What was seen, a sentence each.
    pub findings: Vec<String>,
    /// The kind of the error, if there was one.
    pub error_kind: Option<&'static str>,
    /// What the video cost by the upstream's word.
    pub cost: Option<Ticks>,
    /// What was looked at, in order.
    pub steps: Vec<Step>,
    /// The models that the upstream lists; none if it does not.
    pub models: Option<Vec<String>>,
    /// How long all of it took, in milliseconds.
    pub took_ms: i64,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `reach`, `key`, `models` or `video`.
    pub name: &'static str,
    /// Whether it is fine; none if that could not be seen.
    pub is_ok: Option<bool>,
    /// How long it took, in milliseconds; the first one is the time of the request that all of the
    /// free ones are seen in.
    pub took_ms: Option<i64>,
    /// What was answered, cut.
    pub answer: Option<String>,
}

/// Longest answer that a step tells, in characters.
const ANSWER_CHARS_MAX: usize = 1_000;
/// Models of an upstream that are told, at most.
const MODELS_MAX: usize = 500;

/// The beginning of a text.
pub fn cut(text: &str) -> String {
    text.chars().take(ANSWER_CHARS_MAX).collect()
}

/// What one request says about address, key and models.
fn steps(outcome: &Result<Check, UpstreamError>, has_all: bool, took_ms: i64) -> Vec<Step> {
    let (reach, key, models) = match outcome {
        Ok(Check::Models(_)) => (Some(true), Some(true), Some(has_all)),
        Ok(Check::NoList) => (Some(true), Some(true), None),
        Err(error) => match error.kind {
            Kind::NotSent | Kind::Ambiguous | Kind::Temporary => (Some(false), None, None),
            Kind::Unauthorized => (Some(true), Some(false), None),
            Kind::Busy => (Some(true), Some(true), None),
            _ => (Some(true), None, Some(false)),
        },
    };
    let said = match outcome {
        Ok(Check::Models(listed)) => Some(cut(&listed.join(", "))),
        Ok(Check::NoList) => None,
        Err(error) => Some(cut(&error.message)),
    };
    let step = |name, is_ok, took_ms| Step { name, is_ok, took_ms, answer: None };
    let mut steps = vec![
        step("reach", reach, Some(took_ms)),
        step("key", key, None),
        step("models", models, None),
    ];
    // The answer stands where the look ended.
    let at = steps.iter().position(|step| step.is_ok != Some(true)).unwrap_or(steps.len() - 1);
    if let Some(step) = steps.get_mut(at) {
        step.answer = said;
    }
    steps
}

impl Report {
    fn failed(error: &UpstreamError, channel: &Channel) -> Self {
        Self {
            is_ok: false,
            findings: vec![advice(error, channel)],
            error_kind: Some(kind_word(error.kind)),
            cost: None,
            steps: Vec::new(),
            models: None,
            took_ms: 0,
        }
    }
}

/// Looks at the channel, and makes a video if `spend` says so.
///
/// # Errors
/// If what the video cost cannot be booked.
pub async fn run(
    app: &Arc<App>,
    channel: &Arc<Channel>,
    spend: bool,
) -> Result<Report, StoreError> {
    let mut report = look(app, channel, true).await;
    if spend && report.is_ok {
        let began_ms = app.clock.monotonic_ms();
        let (outcome, cost) = video(app, channel).await;
        let took_ms = app.clock.monotonic_ms().saturating_sub(began_ms);
        let answer = match &outcome {
            Ok((sentence, _)) => cut(sentence),
            Err(error) => cut(&error.message),
        };
        let (is_ok, answer) = (Some(outcome.is_ok()), Some(answer));
        report.steps.push(Step { name: "video", is_ok, took_ms: Some(took_ms), answer });
        report.took_ms = report.took_ms.saturating_add(took_ms);
        if cost != JobCost::default() {
            let id = channel.row.id;
            app.store.write(move |tx| book_job(tx, id, cost)).await?;
        }
        match outcome {
            Ok((sentence, cost)) => {
                report.findings.push(sentence);
                report.cost = cost;
            }
            Err(error) => {
                let failed = Report::failed(&error, channel);
                report.findings.extend(failed.findings);
                report.is_ok = false;
                report.error_kind = failed.error_kind;
            }
        }
    }
    Ok(report)
}

/// Looks at a channel for free, which may be one that is not there yet. `judges_models` says that the
/// models of its terms are the operator's choice.
pub async fn look(app: &App, channel: &Channel, judges_models: bool) -> Report {
    let began_ms = app.clock.monotonic_ms();
    let outcome = channel.provider.check(channel.upstream()).await;
    let took_ms = app.clock.monotonic_ms().saturating_sub(began_ms);
    let mut report = match &outcome {
        Ok(Check::Models(_)) if !judges_models => {
            let text = format!("{} takes the key and lists its models", channel.row.terms.base_url);
            Report { findings: vec![text], ..seen(&Check::NoList, channel) }
        }
        Ok(check) => seen(check, channel),
        Err(error) => Report::failed(error, channel),
    };
    report.steps = steps(&outcome, report.is_ok, took_ms);
    report.took_ms = took_ms;
    if let Ok(Check::Models(mut listed)) = outcome {
        listed.truncate(MODELS_MAX);
        report.models = Some(listed);
    }
    report
}

/// What the list of models says of those that the channel is to serve.
fn seen(check: &Check, channel: &Channel) -> Report {
    let models = &channel.row.terms.models;
    let place = &channel.row.terms.base_url;
    let (is_ok, findings) = match check {
        Check::NoList => (
            true,
            vec![format!(
                "{place} answers and does not mind the key; it lists no models, so whether it has these \
             cannot be seen for free"
            )],
        ),
        Check::Models(listed) => {
            let missing: Vec<String> = models
                .iter()
                .filter(|mapping| !listed.contains(&mapping.theirs))
                .map(|mapping| mapping.theirs.clone())
                .collect();
            if missing.is_empty() {
                (true, vec![format!("{place} takes the key and has all models of the channel")])
            } else {
                let shown: Vec<&str> = listed.iter().take(20).map(String::as_str).collect();
                let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
                (
                    false,
                    vec![format!(
                        "{place} takes the key but does not list {}; it lists {shown}. Correct the map \
                     with `rushes channels set {} --model OURS=THEIRS`",
                        missing.join(", "),
                        channel.row.terms.name
                    )],
                )
            }
        }
    };
    Report {
        is_ok,
        findings,
        error_kind: None,
        cost: None,
        steps: Vec::new(),
        models: None,
        took_ms: 0,
    }
}

/// What an error means for whoever set the channel up.
fn advice(error: &UpstreamError, channel: &Channel) -> String {
    let terms = &channel.row.terms;
    let (place, name, words) = (&terms.base_url, &terms.name, &error.message);
    match error.kind {
        Kind::NotSent => format!(
            "{place} cannot be reached: {words}. Check the address, and that this machine may \
             connect to it"
        ),
        Kind::Unauthorized => format!(
            "{place} does not accept the key, or the account there is empty or not allowed to do \
             this: {words}. Give the right one with `rushes channels set {name} --api-key-stdin`"
        ),
        Kind::Lost => format!(
            "{place} answers, but not to this API: {words}. Check the address and the provider"
        ),
        Kind::Busy => format!("{place} takes the key but is busy now: {words}"),
        Kind::Unsuited | Kind::Refused | Kind::ImageRefused | Kind::Moderated => {
            format!("{place} refuses the job: {words}")
        }
        Kind::Loop => format!("{place} leads back to this gateway: {words}"),
        Kind::Ambiguous | Kind::Temporary => {
            format!("{place} does not answer as it should: {words}. Try again in a while")
        }
    }
}

/// The cheapest video that the channel's first model can make from words alone, and what it costs by
/// the channel's own prices.
fn cheapest(app: &App, channel: &Channel) -> Option<(ProviderJob, Ticks)> {
    let terms = &channel.row.terms;
    let catalogue = app.prices.base();
    let (mapping, model) = terms.models.iter().find_map(|mapping| {
        let model = catalogue.find(&mapping.ours).filter(|model| model.text.is_some())?;
        Some((mapping, model))
    })?;
    let resolution = model.resolutions.iter().min_by_key(|it| model.price_per_second.get(*it))?;
    let seconds = model.text.as_ref()?.seconds.iter().copied().min()?;
    let ratio = model.aspect_ratios.iter().find(|it| *it == "16:9");
    let ratio = ratio.or_else(|| model.aspect_ratios.first())?;
    let (width, height) = rushes_domain::catalogue::dimensions(ratio, resolution)?;
    let expected = terms.cost(&model.id, resolution, seconds, 0).unwrap_or_default();
    let job = ProviderJob {
        task_id: app.ids.task_id(),
        account_id: AccountId(0),
        model: mapping.theirs.clone(),
        prompt: PROMPT.to_owned(),
        mode: Mode::TextToVideo,
        seconds,
        width,
        height,
        aspect_ratio: ratio.clone(),
        resolution: resolution.clone(),
        images: Vec::new(),
        options: EngineOptions::default(),
        hops: 1,
        directives: Directives::default(),
        seed: 1,
        caption: false,
    };
    Some((job, expected))
}

/// What is told of a video, and its cost by the upstream's word.
type Outcome = Result<(String, Option<Ticks>), UpstreamError>;

/// Makes one video and says how that went, and what it cost.
async fn video(app: &Arc<App>, channel: &Arc<Channel>) -> (Outcome, JobCost) {
    let Some((job, expected)) = cheapest(app, channel) else {
        let text = "no model of the channel makes a video from words alone";
        return (Err(UpstreamError::new(Kind::Refused, text)), JobCost::default());
    };
    let began = app.clock.now();
    match channel.provider.submit(channel.upstream(), &job).await {
        Ok(id) => follow(app, channel, &job, &id, (began, expected)).await,
        Err(error) => {
            let is_ambiguous = error.kind == Kind::Ambiguous;
            let lost = if is_ambiguous { expected } else { Ticks::ZERO };
            (Err(error), JobCost { lost, is_ambiguous, ..JobCost::default() })
        }
    }
}

/// Asks after a job until it has ended, or its time has. What the upstream itself says that it failed
/// is on no bill.
async fn follow(
    app: &Arc<App>,
    channel: &Arc<Channel>,
    job: &ProviderJob,
    id: &UpstreamId,
    (began, expected): (Timestamp, Ticks),
) -> (Outcome, JobCost) {
    let lost = JobCost { lost: expected, ..JobCost::default() };
    let until = began.plus_ms(VIDEO_MS_MAX);
    let interval_ms = i64::try_from(channel.row.terms.poll_interval_ms).unwrap_or(i64::MAX);
    let directives = Directives::default();
    loop {
        let now = app.clock.now();
        let handle = JobHandle {
            upstream_id: id,
            prompt: &job.prompt,
            negative_prompt: None,
            directives: &directives,
            submitted_at: began,
            now,
            cancel_requested: false,
        };
        match channel.provider.poll(channel.upstream(), &handle).await {
            Ok(Progress::Done { media, cost }) => {
                let spent = cost.unwrap_or(expected);
                let sentence = told(job, id, &media, now.ms_since(began), cost);
                return (Ok((sentence, cost)), JobCost { spent, ..JobCost::default() });
            }
            Ok(Progress::Failed(failure)) => {
                let text =
                    if failure.internal.is_empty() { failure.reason } else { failure.internal };
                return (Err(UpstreamError::new(Kind::Refused, text)), JobCost::default());
            }
            Ok(Progress::Pending { .. }) => {}
            Err(error) if error.kind == Kind::Unauthorized => return (Err(error), lost),
            Err(error) => tracing::debug!(%error, "a poll of a test failed"),
        }
        if now >= until || app.stop.is_cancelled() {
            let _not_our_matter = channel.provider.cancel(channel.upstream(), &handle).await;
            let text = "the video was not finished in time";
            return (Err(UpstreamError::new(Kind::Temporary, text)), lost);
        }
        // A stop does not wait for the next poll's turn.
        tokio::select! {
            () = app.clock.sleep_until(now.plus_ms(interval_ms)) => {}
            () = app.stop.cancelled() => {}
        }
    }
}

fn told(
    job: &ProviderJob,
    id: &UpstreamId,
    media: &Media,
    took_ms: i64,
    cost: Option<Ticks>,
) -> String {
    let place = match media {
        Media::Bytes { .. } => "as bytes",
        Media::Url(_) => "at an address",
        Media::Path(_) => "on the channel's own address",
    };
    let cost = cost.map_or_else(|| "it does not say".to_owned(), |ticks| format!("${ticks}"));
    format!(
        "a video of {} s at {} came as job {id} within {} s, {place}; it cost {cost}",
        job.seconds,
        job.resolution,
        (took_ms + 999) / 1_000
    )
}
