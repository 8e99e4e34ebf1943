//! The prompt at the bottom of the film: white on a soft shadow, fading in and out.

use crate::frame::Frame;
use crate::math::{float, float_of_u32, index, int, smooth};
use crate::spec::FRAMES_PER_SECOND;
use crate::text::{Mask, balance, clean, measure, whole};

/// Most lines of a caption.
pub(crate) const LINES_MAX: usize = 3;
/// Letter size as a share of the frame's shorter side.
const SIZE: f32 = 0.046;
/// Line distance in letter sizes.
const LEADING: f32 = 1.36;
/// Widest line as a share of the frame's width.
const WIDTH: f32 = 0.84;
/// How much of the light behind the letters the shadow takes at most, of 256: white on snow stays legible.
const SHADOW: i32 = 224;
/// Longest fade in seconds; short films have shorter ones.
const FADE_SECONDS: f32 = 0.7;

/// A caption, set once and laid over every frame.
#[derive(Debug)]
pub(crate) struct Caption {
    /// First row of the masks on the frame.
    top: usize,
    letters: Mask,
    shadow: Mask,
    frames: u32,
}

impl Caption {
    /// Sets the text; `None` if nothing of it can be shown.
    pub(crate) fn new(prompt: &str, width: usize, height: usize, frames: u32) -> Option<Self> {
        let text = clean(prompt);
        let pixels = (float(width.min(height)) * SIZE).max(9.0);
        let lines = balance(&text, pixels, float(width) * WIDTH, LINES_MAX);
        if lines.is_empty() {
            return None;
        }
        let pad = whole(pixels * 0.9);
        let block = whole(pixels * LEADING * float(lines.len()));
        let mask_height = (block + 2 * pad).min(height);
        let bottom = index(float(height) * 0.055);
        let top = height.saturating_sub(mask_height + bottom.saturating_sub(pad.min(bottom)));
        let mut letters = Mask::new(width, mask_height);
        for (number, line) in lines.iter().enumerate() {
            let x = (float(width) - measure(line, pixels)) * 0.5;
            let y = float(pad) + pixels * (1.0 + LEADING * float(number));
            letters.write(line, pixels, x.max(0.0), y);
        }
        let near = letters.blurred(whole(pixels * 0.10));
        let wide = letters.blurred(whole(pixels * 0.42));
        let mut shadow = near;
        for (near, wide) in shadow.cover.iter_mut().zip(&wide.cover) {
            *near = (*near / 2).saturating_add(*wide).saturating_add(*wide);
        }
        Some(Self { top, letters, shadow, frames })
    }

    /// Opacity of a frame, 0 to 256; the fades take a fifth of a short film each.
    fn opacity(&self, index: u32) -> i32 {
        let rate = float_of_u32(FRAMES_PER_SECOND);
        let length = float_of_u32(self.frames);
        let fade = (FADE_SECONDS * rate).min(length * 0.2).max(1.0);
        let at = float_of_u32(index);
        let shown = smooth(0.0, fade, at + 1.0) * smooth(0.0, fade, length - at);
        int(shown * 256.0)
    }

    /// Lays the caption over `frame`.
    pub(crate) fn draw(&self, index: u32, frame: &mut Frame) {
        let opacity = self.opacity(index);
        if opacity == 0 {
            return;
        }
        let width = self.letters.width;
        let rows = frame.rgba.chunks_exact_mut(width).skip(self.top);
        let masks =
            self.letters.cover.chunks_exact(width).zip(self.shadow.cover.chunks_exact(width));
        for (row, (letters, shadow)) in rows.zip(masks) {
            for (pixel, (letter, shadow)) in row.iter_mut().zip(letters.iter().zip(shadow)) {
                if *shadow == 0 && *letter == 0 {
                    continue;
                }
                let dark = 256 - (i32::from(*shadow) * opacity * SHADOW / (255 * 256));
                let light = i32::from(*letter) * opacity / 255;
                for value in pixel.iter_mut().take(3) {
                    let shaded = i32::from(*value) * dark / 256;
                    let [low, ..] = ((shaded * (256 - light) + 246 * light) / 256).to_le_bytes();
                    *value = low;
                }
            }
        }
    }
}
