//! A mirror of what is above it: lakes and wet streets.

use crate::canvas::Canvas;
use crate::math::{clamp01, float, float_of, index, mix, position, signed};
use crate::noise::Tile;

/// How a surface mirrors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    /// First row of the surface.
    pub(crate) line: usize,
    /// Sideways distortion in pixels at the bottom of a 720-line frame.
    pub(crate) ripple: f32,
    /// Share of the light that is mirrored at the far edge and at the viewer's feet.
    pub(crate) mirror: (f32, f32),
    /// Light of the surface itself, linear.
    pub(crate) tint: [f32; 3],
    /// Rows that are averaged, as rough wet ground does: 0 for calm water.
    pub(crate) blur: usize,
    /// Waves a second.
    pub(crate) speed: f32,
}

/// Fills the rows from `surface.line` down with the mirror image of the rows above.
pub(crate) fn reflect(canvas: &mut Canvas, surface: &Surface, tile: &Tile, seconds: f32) {
    let (width, height) = (canvas.width, canvas.height);
    let stride = width * 3;
    let line = surface.line.min(height);
    let (above, below) = canvas.light.split_at_mut(line * stride);
    let depth = float((height - line).max(1));
    let scale = float(height) / 720.0;
    for (row, out) in below.chunks_exact_mut(stride).enumerate() {
        // Perspective: waves are small and dense at the far edge, large at the feet.
        let near = (float(row) + 2.0) / depth;
        let distance = 1.0 / (0.06 + near);
        let share = mix(surface.mirror.0, surface.mirror.1, clamp01(near));
        let push = surface.ripple * scale * (0.08 + near);
        let sky = signed(line) - 1 - signed(row);
        for (cell, columns) in (0..width).step_by(4).enumerate() {
            let x = float(cell * 4) / float(height) - 0.9;
            let wave = tile.at(
                x * distance * 0.10 + seconds * 0.010,
                distance * 0.55 - seconds * surface.speed * 0.12,
            ) + tile.at(
                x * distance * 0.23 - seconds * 0.017,
                distance * 1.15 + seconds * surface.speed * 0.2,
            ) - 1.0;
            let shift = crate::math::int(wave * push * 2.0);
            let lift = crate::math::int(wave * push * 3.4);
            for column in columns..(columns + 4).min(width) {
                let from = position((signed(column) + shift).clamp(0, signed(width) - 1));
                let mut sum = [0.0_f32; 3];
                for tap in 0..=surface.blur {
                    // Rough ground smears upright: taps are spaced wider towards the viewer.
                    let spread =
                        signed(tap) * (2 + signed(index(near * 9.0))) - signed(surface.blur) * 2;
                    let source = position((sky + lift + spread).clamp(0, signed(line.max(1)) - 1));
                    for (channel, sum) in sum.iter_mut().enumerate() {
                        *sum += above[source * stride + channel * width + from];
                    }
                }
                let taps = 1.0 / float_of(signed(surface.blur) + 1);
                // Facets that face the viewer show the surface, the others the mirror image.
                let facet = clamp01(share + wave * 0.35 * share);
                for (channel, sum) in sum.into_iter().enumerate() {
                    out[channel * width + column] = mix(surface.tint[channel], sum * taps, facet);
                }
            }
        }
    }
}
