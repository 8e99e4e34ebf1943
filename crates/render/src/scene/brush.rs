//! A brush for layers that are easier drawn stroke by stroke than texel by texel.
//!
//! Positions and sizes are pixels of the frame at rest, whatever the density of the layer. What
//! lies outside the sheet is cut off; no stroke depends on the number of threads.

use super::{Layer, PAN_MAX, Stage};
use crate::math::{byte, clamp01, float, float_of, floor, index, mix, mix3, position, signed};
use crate::texture::Texture;

/// A layer while it is being drawn.
pub(super) struct Sheet {
    /// Width in texels.
    pub(super) width: usize,
    /// Height in texels.
    pub(super) height: usize,
    texels: Vec<[u8; 4]>,
    depth: f32,
    left: f32,
    top: f32,
    density: f32,
}

impl Sheet {
    /// A clear sheet for rows `top` to `bottom` of the frame, wide enough for any pan.
    pub(super) fn new(stage: Stage, depth: f32, top: f32, bottom: f32, density: f32) -> Self {
        let margin = float(index(float(stage.width) * (PAN_MAX * depth + 0.01) * density)) + 4.0;
        let width = index(float(stage.width) * density + 2.0 * margin) + 1;
        let height = index((bottom - top) * density).max(2);
        let texels = vec![[0; 4]; width * height];
        Self { width, height, texels, depth, left: margin, top, density }
    }

    /// Draws on what is painted already.
    pub(super) fn over(layer: Layer) -> Self {
        let Layer { texture, depth, left, top, density } = layer;
        let Texture { width, height, texels, .. } = texture;
        Self { width, height, texels, depth, left, top, density }
    }

    /// The finished layer.
    pub(super) fn into_layer(self) -> Layer {
        Layer {
            texture: Texture::from_texels(self.width, self.height, self.texels),
            depth: self.depth,
            left: self.left,
            top: self.top,
            density: self.density,
        }
    }

    /// The first and last pixel column that the sheet reaches.
    pub(super) fn reach(&self) -> (f32, f32) {
        (-self.left / self.density, (float(self.width) - self.left) / self.density)
    }

    /// Calls `paint` with the pixel row of every row of texels in `from..to`; it answers with
    /// the middle and the half width of what lies there, if anything, and `colour` gives the
    /// colour for a place across, from −1 to 1.
    pub(super) fn column<S>(
        &mut self,
        from: f32,
        to: f32,
        shape: impl Fn(f32) -> (f32, f32, S),
        colour: impl Fn(f32, f32, &S) -> [f32; 3],
    ) {
        let first = position(floor((from - self.top) * self.density));
        let last = position(floor((to - self.top) * self.density)).min(self.height);
        for row in first..last {
            let y = float(row) / self.density + self.top;
            let (middle, half, state) = shape(y);
            let (middle, half) = (middle * self.density + self.left, half * self.density);
            let left = position(floor(middle - half)).min(self.width);
            let right = position(floor(middle + half) + 2).min(self.width);
            for column in left..right {
                let across = float(column) - middle;
                let cover = clamp01(half - across.abs() + 0.5);
                if cover > 0.0 {
                    let tone = colour((across / half).clamp(-1.0, 1.0), y, &state);
                    self.blend(row * self.width + column, tone.map(byte), byte(cover));
                }
            }
        }
    }

    fn blend(&mut self, at: usize, colour: [u8; 3], alpha: u8) {
        let (alpha, left) = (u32::from(alpha), 255 - u32::from(alpha));
        let texel = &mut self.texels[at];
        for (old, new) in texel.iter_mut().zip([colour[0], colour[1], colour[2], 255]) {
            let sum = u32::from(new) * alpha + u32::from(*old) * left;
            // Always below 256: both shares together are 255.
            *old = crate::math::low_byte(u64::from((sum + 127) / 255));
        }
    }

    /// An ellipse with a soft edge; `turn` is the cosine and sine of its long axis.
    pub(super) fn dab(
        &mut self,
        place: (f32, f32),
        radii: (f32, f32),
        turn: (f32, f32),
        colour: [f32; 3],
        alpha: f32,
    ) {
        let round = |along: f32, across: f32| 1.0 - along * along - across * across;
        self.shape(place, radii, turn, (colour, alpha), round);
    }

    /// A leaf: as [`Self::dab`], but pointed at both ends.
    pub(super) fn leaf(
        &mut self,
        place: (f32, f32),
        radii: (f32, f32),
        turn: (f32, f32),
        colour: [f32; 3],
    ) {
        let pointed = |along: f32, across: f32| 1.0 - along * along - across.abs();
        self.shape(place, radii, turn, (colour, 0.94), pointed);
    }

    fn shape(
        &mut self,
        (x, y): (f32, f32),
        (long, wide): (f32, f32),
        turn: (f32, f32),
        (colour, alpha): ([f32; 3], f32),
        inside: impl Fn(f32, f32) -> f32,
    ) {
        let (x, y) = (x * self.density + self.left, (y - self.top) * self.density);
        let (long, wide) = ((long * self.density).max(0.4), (wide * self.density).max(0.4));
        let span_x = (long * turn.0.abs()).max(wide) + 1.0;
        let span_y = (long * turn.1.abs()).max(wide) + 1.0;
        let columns = position(floor(x - span_x))..position(floor(x + span_x) + 2).min(self.width);
        let rows = position(floor(y - span_y))..position(floor(y + span_y) + 2).min(self.height);
        let colour = colour.map(byte);
        // How fast the edge falls off: about one texel.
        let sharp = wide.max(0.6) * 0.6;
        for row in rows {
            for column in columns.clone() {
                let (dx, dy) = (float(column) - x, float(row) - y);
                let along = (dx * turn.0 + dy * turn.1) / long;
                let across = (dy * turn.0 - dx * turn.1) / wide;
                let cover = inside(along, across) * sharp + 0.3;
                if cover > 0.0 {
                    self.blend(row * self.width + column, colour, byte(clamp01(cover) * alpha));
                }
            }
        }
    }

    /// A tapering stroke from one point to another; radii and colours of its two ends.
    pub(super) fn stroke(
        &mut self,
        from: (f32, f32),
        to: (f32, f32),
        radii: (f32, f32),
        colours: [[f32; 3]; 2],
    ) {
        let (dx, dy) = ((to.0 - from.0) * self.density, (to.1 - from.1) * self.density);
        let length = (dx * dx + dy * dy).sqrt();
        let thick = radii.0.max(radii.1) * self.density;
        // Thin strokes are short pieces, so that the rectangle around each stays small.
        let pieces = index(length / (thick * 2.0 + 8.0)) + 1;
        let inverse = 1.0 / float(pieces);
        for piece in 0..pieces {
            let (start, end) = (float(piece) * inverse, float(piece + 1) * inverse);
            let point = |t: f32| (mix(from.0, to.0, t), mix(from.1, to.1, t));
            let radius = |t: f32| mix(radii.0, radii.1, t) * self.density;
            let colour = mix3(colours[0], colours[1], (start + end) * 0.5);
            self.piece(point(start), point(end), (radius(start), radius(end)), colour);
        }
    }

    fn piece(&mut self, from: (f32, f32), to: (f32, f32), radii: (f32, f32), colour: [f32; 3]) {
        let place =
            |p: (f32, f32)| (p.0 * self.density + self.left, (p.1 - self.top) * self.density);
        let (from, to) = (place(from), place(to));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let squared = (dx * dx + dy * dy).max(0.000_1);
        let thick = radii.0.max(radii.1) + 1.0;
        let limit = |low: f32, high: f32, size: usize| {
            position(floor(low - thick))..position((floor(high + thick) + 2).min(signed(size)))
        };
        let rows = limit(from.1.min(to.1), from.1.max(to.1), self.height);
        let columns = limit(from.0.min(to.0), from.0.max(to.0), self.width);
        let colour = colour.map(byte);
        for row in rows {
            for column in columns.clone() {
                let (px, py) = (float(column) - from.0, float(row) - from.1);
                let along = clamp01((px * dx + py * dy) / squared);
                let (ax, ay) = (px - dx * along, py - dy * along);
                let radius = mix(radii.0, radii.1, along);
                let edge = radius + 0.5;
                let away = ax * ax + ay * ay;
                if away < edge * edge {
                    // Strokes thinner than a texel are faint instead of dotted.
                    let cover = (edge - away.sqrt()).min(radius * 2.0 + 0.1);
                    self.blend(row * self.width + column, colour, byte(cover));
                }
            }
        }
    }
}

/// Makes `count` things on at most `threads` threads, in order.
pub(super) fn make_all<T: Send>(
    count: usize,
    threads: usize,
    make: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = std::sync::Mutex::new(0..count);
    let done = std::sync::Mutex::new((0..count).map(|_| None).collect::<Vec<Option<T>>>());
    let unpoison = std::sync::PoisonError::into_inner;
    let run = || {
        loop {
            // The last ones are the nearest and take longest: they go first.
            let Some(number) = next.lock().unwrap_or_else(unpoison).next_back() else { return };
            let thing = make(number);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[number] = Some(thing);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(run);
        }
        run();
    });
    done.into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .into_iter()
        .flatten()
        .collect()
}

/// Whole numbers below `count` as numbers.
pub(super) fn steps(count: usize) -> impl Iterator<Item = f32> {
    (0..signed(count)).map(float_of)
}
