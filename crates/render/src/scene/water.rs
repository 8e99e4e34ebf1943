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

/// Columns that share one piece of the surface.
const CELL: usize = 4;

/// Where a cell of the surface looks.
struct Facet {
    /// Columns to the side.
    shift: i32,
    /// Rows above the mirror image, for the first tap, and rows between taps.
    rows: (i32, i32),
    /// Share of what is mirrored in what is seen.
    share: f32,
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
        // Rough ground smears upright: taps are spaced wider towards the viewer.
        let spread = 2 + signed(index(near * 9.0));
        for left in (0..width).step_by(CELL) {
            let x = float(left) / float(height) - 0.9;
            let wave = tile.at(
                x * distance * 0.10 + seconds * 0.010,
                distance * 0.55 - seconds * surface.speed * 0.12,
            ) + tile.at(
                x * distance * 0.23 - seconds * 0.017,
                distance * 1.15 + seconds * surface.speed * 0.2,
            ) - 1.0;
            let lift = crate::math::int(wave * push * 3.4);
            let facet = Facet {
                shift: crate::math::int(wave * push * 2.0),
                rows: (sky + lift - signed(surface.blur) * 2, spread),
                // Facets that face the viewer show the surface, the others the mirror image.
                share: clamp01(share + wave * 0.35 * share),
            };
            mirror_cell(above, out, surface, left, &facet);
        }
    }
}

/// Fills one cell of a row of the surface, `out`, from the rows above the surface.
fn mirror_cell(above: &[f32], out: &mut [f32], surface: &Surface, left: usize, facet: &Facet) {
    let width = out.len() / 3;
    let last = signed((above.len() / (width * 3)).max(1)) - 1;
    let source = |tap: usize| {
        position((facet.rows.0 + signed(tap) * facet.rows.1).clamp(0, last)) * width * 3
    };
    let taps = 1.0 / float_of(signed(surface.blur) + 1);
    let from = signed(left) + facet.shift;
    let inside = from >= 0 && position(from) + CELL <= width && left + CELL <= width;
    if inside {
        let mut sums = [[0.0_f32; CELL]; 3];
        for tap in 0..=surface.blur {
            let row = source(tap) + position(from);
            for (channel, sums) in sums.iter_mut().enumerate() {
                for (sum, light) in sums.iter_mut().zip(&above[row + channel * width..][..CELL]) {
                    *sum += light;
                }
            }
        }
        for ((channel, sums), tint) in sums.iter().enumerate().zip(surface.tint) {
            for (out, sum) in out[channel * width + left..][..CELL].iter_mut().zip(sums) {
                *out = mix(tint, sum * taps, facet.share);
            }
        }
        return;
    }
    for column in left..(left + CELL).min(width) {
        let from = position((signed(column) + facet.shift).clamp(0, signed(width) - 1));
        for (channel, tint) in surface.tint.into_iter().enumerate() {
            let light = |tap| above[source(tap) + channel * width + from];
            let sum = (0..=surface.blur).map(light).fold(0.0, |sum, light| sum + light);
            out[channel * width + column] = mix(tint, sum * taps, facet.share);
        }
    }
}
