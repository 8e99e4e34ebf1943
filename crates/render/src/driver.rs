//! Draws and encodes groups of frames on a bounded number of threads and puts them together.
//!
//! It guarantees the same bytes for any number of threads: the split into groups depends on the
//! frame count alone, and a frame on nothing but its index. It starts only the threads it is
//! given and they end before [`render`] returns. It holds one frame per thread, not the film.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::canvas::Canvas;
use crate::control::Control;
use crate::encode::{EncodeError, GROUP_FRAMES, GroupEncoder, ParameterSets, Sample};
use crate::frame::Frame;
use crate::mp4::{self, Track};
use crate::reel::{Reel, prepare};
use crate::spec::{FRAMES_PER_SECOND, RenderError, RenderSpec};
use crate::yuv::Yuv;

/// Most threads of one render.
pub(crate) const THREADS_MAX: usize = 64;
/// Quality of the poster, 1 to 100.
const POSTER_QUALITY: u8 = 88;

/// A finished film.
#[derive(Debug, Clone)]
pub struct Video {
    /// The whole file: H.264 in MP4, `moov` first, no sound.
    pub mp4: Vec<u8>,
    /// One good frame as a JPEG of the film's size, without caption fades.
    pub poster_jpeg: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Number of frames: seconds × 24.
    pub frames: u32,
    /// Length in milliseconds.
    pub duration_ms: u64,
}

/// One encoded group.
struct Group {
    samples: Vec<Sample>,
    parameter_sets: ParameterSets,
    /// The poster, if its frame is one of the group's.
    poster_jpeg: Option<Vec<u8>>,
}

/// What the threads of one render share.
struct Job<'a> {
    reel: &'a Reel,
    control: &'a Control,
    frames: u32,
    next_group: AtomicU32,
    frames_done: AtomicU32,
    failed: AtomicBool,
    groups: Mutex<Vec<Option<Result<Group, RenderError>>>>,
}

/// Makes a film on at most `threads` threads (at least one) and blocks until it is finished.
///
/// # Errors
/// [`RenderError::Spec`] and [`RenderError::Image`] for what the caller gave,
/// [`RenderError::Cancelled`] after [`Control::cancel`], [`RenderError::Encode`] for the rest.
pub fn render(spec: &RenderSpec, threads: usize, control: &Control) -> Result<Video, RenderError> {
    spec.validate()?;
    let threads = threads.clamp(1, THREADS_MAX);
    let reel = prepare(spec, threads, control)?;
    let frames = spec.frames();
    let group_count = frames.div_ceil(GROUP_FRAMES);
    let job = Job {
        reel: &reel,
        control,
        frames,
        next_group: AtomicU32::new(0),
        frames_done: AtomicU32::new(0),
        failed: AtomicBool::new(false),
        groups: Mutex::new((0..group_count).map(|_| None).collect()),
    };
    let workers = threads.min(usize::try_from(group_count).unwrap_or(threads)).max(1);
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| work(&job));
        }
        work(&job);
    });
    let (track, poster_jpeg) = assemble(spec, job)?;
    drop(reel);
    let mp4 = mp4::write(track)?;
    control.advance_to(1000);
    Ok(Video {
        mp4,
        poster_jpeg,
        width: spec.width,
        height: spec.height,
        frames,
        duration_ms: u64::from(spec.seconds) * 1000,
    })
}

/// Draws one frame without encoding it, the same picture that the film has at `index`.
///
/// # Errors
/// Those of [`render`] except for the encoder's; an `index` after the last frame draws the last.
pub fn still(
    spec: &RenderSpec,
    index: u32,
    threads: usize,
    control: &Control,
) -> Result<Frame, RenderError> {
    spec.validate()?;
    let reel = prepare(spec, threads.clamp(1, THREADS_MAX), control)?;
    let mut canvas = Canvas::new(reel.width, reel.height);
    let mut frame = Frame::new(reel.width, reel.height);
    reel.draw(index.min(reel.frames - 1), &mut canvas, &mut frame);
    Ok(frame)
}

/// Takes groups until none is left, one failed or the caller has cancelled.
fn work(job: &Job<'_>) {
    let mut canvas = Canvas::new(job.reel.width, job.reel.height);
    let mut frame = Frame::new(job.reel.width, job.reel.height);
    let mut yuv = Yuv::new(job.reel.width, job.reel.height);
    loop {
        let number = job.next_group.fetch_add(1, Ordering::Relaxed);
        let first = number.saturating_mul(GROUP_FRAMES);
        if first >= job.frames || job.failed.load(Ordering::Relaxed) {
            return;
        }
        let last = (first + GROUP_FRAMES).min(job.frames);
        let group = encode_group(job, first..last, &mut canvas, &mut frame, &mut yuv);
        if group.is_err() {
            job.failed.store(true, Ordering::Relaxed);
        }
        // A poisoned lock means that another thread panicked; its groups are still sound.
        let mut groups = job.groups.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(slot) = usize::try_from(number).ok().and_then(|at| groups.get_mut(at)) {
            *slot = Some(group);
        }
    }
}

fn encode_group(
    job: &Job<'_>,
    range: std::ops::Range<u32>,
    canvas: &mut Canvas,
    frame: &mut Frame,
    yuv: &mut Yuv,
) -> Result<Group, RenderError> {
    let mut encoder = GroupEncoder::new(job.reel.quantiser)?;
    let (mut samples, mut poster_jpeg) = (Vec::new(), None);
    for (position, index) in (0..).zip(range) {
        if job.control.is_cancelled() {
            return Err(RenderError::Cancelled);
        }
        job.reel.draw(index, canvas, frame);
        if index == poster_index(job.frames) {
            poster_jpeg = Some(poster(frame)?);
        }
        yuv.convert(frame);
        samples.push(encoder.encode(yuv, position)?);
        let done = job.frames_done.fetch_add(1, Ordering::Relaxed) + 1;
        // The last thousandth belongs to the file being put together.
        job.control.advance_to((u64::from(done) * 999 / u64::from(job.frames)).min(999) as u32);
    }
    Ok(Group { samples, parameter_sets: encoder.into_parameter_sets(), poster_jpeg })
}

/// The film and its poster from the groups.
fn assemble(spec: &RenderSpec, job: Job<'_>) -> Result<(Track, Vec<u8>), RenderError> {
    let groups = job.groups.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut track = Track {
        width: spec.width,
        height: spec.height,
        parameter_sets: ParameterSets::default(),
        samples: Vec::new(),
    };
    let (mut incomplete, mut poster_jpeg) = (false, None);
    for group in groups {
        // Groups after a failed one may be missing; the failure itself is what counts.
        let Some(group) = group else {
            incomplete = true;
            continue;
        };
        let group = group?;
        if track.samples.is_empty() {
            track.parameter_sets = group.parameter_sets;
        } else if track.parameter_sets != group.parameter_sets {
            return Err(EncodeError::Output("parameter sets differ between groups").into());
        }
        track.samples.extend(group.samples);
        poster_jpeg = poster_jpeg.or(group.poster_jpeg);
    }
    match poster_jpeg {
        Some(poster_jpeg) if !incomplete => Ok((track, poster_jpeg)),
        _ => Err(EncodeError::Output("a group is missing").into()),
    }
}

/// The frame after a third of the first two seconds: everything has appeared by then.
fn poster_index(frames: u32) -> u32 {
    frames.min(2 * FRAMES_PER_SECOND) / 3
}

/// A frame as a JPEG.
fn poster(frame: &Frame) -> Result<Vec<u8>, RenderError> {
    let rgb: Vec<u8> =
        frame.rgba.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
    let mut jpeg = Vec::new();
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(0);
    JpegEncoder::new_with_quality(&mut jpeg, POSTER_QUALITY)
        .encode(&rgb, side(frame.width), side(frame.height), ExtendedColorType::Rgb8)
        .map_err(|_| EncodeError::Output("the poster could not be written"))?;
    Ok(jpeg)
}
