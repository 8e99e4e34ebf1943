//! Several pictures: equal segments, and transitions between each and the next.

use crate::camera::Shot;
use crate::frame::Frame;
use crate::math::{clamp01, ease, float, float_of_u32, mix, smooth};
use crate::noise::{Random, Tile};
use crate::spec::FRAMES_PER_SECOND;

/// Shortest and longest transition in seconds, if the segments are long enough.
const TRANSITION_SECONDS: (f32, f32) = (0.6, 0.9);

/// How one picture gives way to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transition {
    Crossfade,
    NoiseWipe,
    ZoomThrough,
    LumaDissolve,
}

/// The pictures of a film in order; at least one.
#[derive(Debug)]
pub(crate) struct Sequence {
    shots: Vec<Shot>,
    transitions: Vec<Transition>,
    /// For noise wipes only.
    tile: Option<Tile>,
    frames: f32,
    /// Half of a transition, in frames.
    half: f32,
}

impl Sequence {
    pub(crate) fn new(shots: Vec<Shot>, frames: u32, seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x7365_7175);
        let kinds = [
            Transition::Crossfade,
            Transition::NoiseWipe,
            Transition::ZoomThrough,
            Transition::LumaDissolve,
        ];
        let start = random.next();
        // Each differs from the one before it.
        let transitions: Vec<_> = (0..shots.len().saturating_sub(1))
            .map(|number| {
                kinds[(usize::from(crate::math::low_byte(u64::from(start))) + number) % kinds.len()]
            })
            .collect();
        let frames = float_of_u32(frames);
        let segment = frames / float(shots.len().max(1));
        let seconds = random.range(TRANSITION_SECONDS.0, TRANSITION_SECONDS.1);
        let half = (seconds * float_of_u32(FRAMES_PER_SECOND) * 0.5).min(segment * 0.4);
        let wipes = transitions.contains(&Transition::NoiseWipe);
        let tile = wipes.then(|| Tile::cloud(random.next()));
        Self { shots, transitions, tile, frames, half }
    }

    /// Draws frame `index`; `spare` is a frame of the same size.
    pub(crate) fn draw(&self, index: u32, frame: &mut Frame, spare: &mut Frame) {
        let at = float_of_u32(index);
        let count = self.shots.len();
        let segment = self.frames / float(count);
        let number = crate::math::index(at / segment).min(count - 1);
        let start = float(number) * segment;
        let end = start + segment;
        // The nearer end decides which pair of pictures is on the screen.
        let (first, passed) = if number + 1 < count && at > end - self.half {
            (number, (at - end + self.half) / (2.0 * self.half))
        } else if number > 0 && at < start + self.half {
            (number - 1, (at - start + self.half) / (2.0 * self.half))
        } else {
            self.shots[number].draw(self.progress(number, at), 1.0, frame);
            return;
        };
        let kind = self.transitions[first];
        let passed = clamp01(passed);
        let (zoom_out, zoom_in) = match kind {
            Transition::ZoomThrough => (1.0 + 0.55 * ease(passed), mix(0.86, 1.0, ease(passed))),
            _ => (1.0, 1.0),
        };
        self.shots[first].draw(self.progress(first, at), zoom_out, frame);
        self.shots[first + 1].draw(self.progress(first + 1, at), zoom_in, spare);
        self.mix(kind, passed, frame, spare);
    }

    /// Where in its move a picture is; it starts before and ends after its own segment.
    fn progress(&self, number: usize, at: f32) -> f32 {
        let count = self.shots.len();
        let segment = self.frames / float(count);
        let before = if number > 0 { self.half } else { 0.0 };
        let after = if number + 1 < count { self.half } else { 0.0 };
        let start = float(number) * segment - before;
        clamp01((at - start) / (segment + before + after - 1.0).max(1.0))
    }

    fn mix(&self, kind: Transition, share: f32, frame: &mut Frame, next: &Frame) {
        let eased = smooth(0.0, 1.0, share);
        let (width, scale) = (frame.width, 1.0 / float(frame.height));
        let noise = |x: f32, y: f32| self.tile.as_ref().map_or(0.5, |tile| tile.at(x, y));
        let rows = frame.rgba.chunks_exact_mut(width).zip(next.rgba.chunks_exact(width));
        for (y, (row, next)) in rows.enumerate() {
            let mut amount = eased;
            for (x, (pixel, next)) in row.iter_mut().zip(next).enumerate() {
                match kind {
                    // Noise changes slowly: every fourth pixel is enough.
                    Transition::NoiseWipe if x % 4 == 0 => {
                        let noise = noise(float(x) * scale * 0.45, float(y) * scale * 0.45);
                        let front =
                            mix(-0.35, 1.35, share) - (noise * 0.7 + float(x) / float(width) * 0.3);
                        amount = smooth(-0.12, 0.12, front);
                    }
                    Transition::LumaDissolve => {
                        let level = f32::from(pixel[1]) / 255.0;
                        amount = smooth(0.0, 0.4, share * 1.4 - (1.0 - level));
                    }
                    _ => {}
                }
                let weight = crate::math::int(amount * 256.0);
                for (value, next) in pixel.iter_mut().zip(next) {
                    let mixed = i32::from(*value) * (256 - weight) + i32::from(*next) * weight;
                    let [_, high, ..] = (mixed + 127).to_le_bytes();
                    *value = high;
                }
            }
        }
    }
}
