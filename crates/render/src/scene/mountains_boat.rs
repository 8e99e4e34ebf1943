//! A small boat on a mountain lake, folded or under sail, with its mirror image.

use super::Layer;
use super::mountains_paint::Painter;
use crate::math::{clamp01, float, index, mix, mix3, scale3, smooth};
use crate::noise::value;
use crate::texture::Texture;

/// Half of the boat's length, in frame heights.
const SIZE: f32 = 0.036;
/// Row of its waterline at rest, in frame heights.
const AFLOAT: f32 = 0.805;
/// Rise of the sail's tip above the water, in half lengths.
const TALL: f32 = 1.15;

impl Painter {
    /// The boat, where the slope in front leaves the lake open.
    pub(super) fn boat(&self, night: bool) -> Layer {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let size = SIZE * height.min(width * 1.2);
        let (columns, above) = (index(size * 2.3) + 4, index(size * TALL) + 3);
        let middle = float(columns) * 0.5;
        let sunny = if self.sun.0 > 0.5 { 1.0 } else { -1.0 };
        let light = if night { 0.42 } else { 1.0 };
        let paper = scale3(mix3([0.97, 0.95, 0.90], self.palette.haze, 0.30), light);
        let shade = mix3(scale3(paper, 0.62), self.palette.haze, 0.35);
        let texture = Texture::paint(columns, above * 2, 1, |column, row| {
            let x = (float(column) + 0.5 - middle) / size;
            let y = (float(row) + 0.5 - float(above)) / size;
            // What is below the water is what is above it, moved by ripples and fainter.
            let under = smooth(-0.02, 0.02, y);
            let ripple = (value(y * 14.0, 0.5, self.seed ^ 0xb0a) - 0.5) * 0.10 * under;
            let (outside, bright) = outline(x + ripple, if y < 0.0 { y } else { -y * 1.08 }, sunny);
            let cover = clamp01(0.5 - outside * size);
            let fading = mix(1.0, 0.42 * smooth(TALL, 0.1, y), under);
            (mix3(shade, paper, bright), cover * fading)
        });
        let open = if self.sun.0 > 0.5 { 0.57 } else { 0.43 };
        let left = middle - open * width;
        Layer { texture, depth: 0.70, left, top: AFLOAT * height - float(above), density: 1.0 }
    }
}

/// Signed distance of a point to the boat, and how bright it is there; in half lengths, the water at 0 and up
/// below it.
fn outline(x: f32, y: f32, side: f32) -> (f32, f32) {
    let up = -y;
    let rim = 0.34 + 0.20 * x * x;
    let half = mix(0.58, 1.0, clamp01(up / 0.5));
    let hull = (x.abs() - half).max(up - rim).max(-up - 0.02);
    let reach = 0.50 * clamp01((TALL - up) / (TALL - 0.30));
    let sail = (x.abs() - reach).max(0.28 - up).max(up - TALL);
    // Two faces meet in the middle of the sail; the hull turns away from the light below its rim.
    let facing = smooth(-0.03, 0.03, x * side);
    if hull < sail {
        (hull, 0.30 + 0.45 * facing + 0.25 * smooth(0.1, 0.4, up))
    } else {
        (sail, 0.35 + 0.65 * facing)
    }
}
