//! The drawing surface of a frame: linear light, one float a channel, finished by a tone curve.
//!
//! Every thread of a render has one and reuses it. Nothing of one frame reaches the next: a scene
//! writes every pixel before it reads any.

use crate::frame::Frame;
use crate::math::{clamp01, fade, float, float_of, floor, mix, mix3, position, signed};
use crate::texture::{LANE_BITS, LayerRow, Placement, Texture};
use crate::tone::Tone;

/// Pixels of the frame for one cell of a [`Veil`], along each side.
pub(crate) const VEIL_CELL: usize = 4;

/// A frame in linear light.
#[derive(Debug)]
pub(crate) struct Canvas {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// For each row all red values, then all green, then all blue.
    pub(crate) light: Vec<f32>,
    /// Coarse backdrop, as displayed.
    pub(crate) backdrop: Veil,
    /// Coarse light that is added, linear.
    pub(crate) glow: Veil,
    layers: LayerRow,
    /// What of the glow reaches the viewer: 256 is all.
    open: Vec<i32>,
    line: Vec<f32>,
    cells: Vec<[f32; 3]>,
    spare: Option<Frame>,
}

/// A coarse picture for what is smooth: a cell for every 4 × 4 pixels and one more at the edges.
#[derive(Debug)]
pub(crate) struct Veil {
    /// Width in cells.
    pub(crate) width: usize,
    /// Height in cells.
    pub(crate) height: usize,
    /// Red, green, blue.
    pub(crate) cells: Vec<[f32; 3]>,
}

impl Veil {
    fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width / VEIL_CELL + 2, height / VEIL_CELL + 2);
        Self { width, height, cells: vec![[0.0; 3]; width * height] }
    }

    /// Sets every cell from the pixel position of its corner.
    pub(crate) fn fill(&mut self, mut colour: impl FnMut(f32, f32) -> [f32; 3]) {
        let width = self.width;
        for (row, cells) in self.cells.chunks_exact_mut(width).enumerate() {
            let y = float(row * VEIL_CELL);
            for (column, cell) in cells.iter_mut().enumerate() {
                *cell = colour(float(column * VEIL_CELL), y);
            }
        }
    }

    /// No light anywhere.
    pub(crate) fn clear(&mut self) {
        self.cells.fill([0.0; 3]);
    }

    /// Adds a round soft light; position and radius in pixels.
    pub(crate) fn add_light(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3]) {
        let scale = 1.0 / float(VEIL_CELL);
        let (x, y, radius) = (x * scale, y * scale, (radius * scale).max(0.5));
        let reach = radius * 3.0;
        let columns = position(floor(x - reach))..position(floor(x + reach) + 1).min(self.width);
        for row in position(floor(y - reach))..position(floor(y + reach) + 1).min(self.height) {
            for column in columns.clone() {
                let (dx, dy) = (float(column) - x, float(row) - y);
                let strength = fade((dx * dx + dy * dy) / (radius * radius));
                let cell = &mut self.cells[row * self.width + column];
                for (channel, amount) in cell.iter_mut().zip(colour) {
                    *channel += amount * strength;
                }
            }
        }
    }

    /// Writes row `y` of the frame to `line`: `width` red values, then green, then blue.
    fn expand(&self, y: usize, width: usize, line: &mut [f32], cells: &mut Vec<[f32; 3]>) {
        let cell = float(VEIL_CELL);
        let row = (y / VEIL_CELL).min(self.height - 2);
        let share = float(y - row * VEIL_CELL) / cell;
        let upper = &self.cells[row * self.width..][..self.width];
        let lower = &self.cells[(row + 1) * self.width..][..self.width];
        cells.clear();
        cells.extend(upper.iter().zip(lower).map(|(upper, lower)| mix3(*upper, *lower, share)));
        for (channel, out) in line.chunks_exact_mut(width).enumerate() {
            for (pair, out) in cells.windows(2).zip(out.chunks_mut(VEIL_CELL)) {
                let left = pair[0][channel];
                let slope = (pair[1][channel] - left) * (1.0 / cell);
                if let [a, b, c, d] = out {
                    (*a, *b) = (left, left + slope);
                    (*c, *d) = (left + slope * 2.0, left + slope * 3.0);
                } else {
                    for (step, out) in out.iter_mut().enumerate() {
                        *out = left + slope * float(step);
                    }
                }
            }
        }
    }
}

impl Canvas {
    /// A black canvas.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            light: vec![0.0; width * height * 3],
            backdrop: Veil::new(width, height),
            glow: Veil::new(width, height),
            layers: LayerRow::new(width),
            open: vec![256; width],
            line: vec![0.0; width * 3],
            cells: Vec::new(),
            spare: None,
        }
    }

    /// A second frame, made when it is first needed.
    pub(crate) fn spare(&mut self) -> &mut Frame {
        self.spare.get_or_insert_with(|| Frame::new(self.width, self.height))
    }

    /// Puts `layers`, nearest first, before the backdrop and adds the glow: rows `from..to`.
    pub(crate) fn compose(
        &mut self,
        rows: std::ops::Range<usize>,
        layers: &[(&Texture, Placement)],
    ) {
        let width = self.width;
        for y in rows {
            self.layers.clear();
            for (texture, placement) in layers {
                texture.compose(*placement, y, &mut self.layers);
            }
            if self.layers.left.iter().any(|left| *left > 0) {
                self.backdrop.expand(y, width, &mut self.line, &mut self.cells);
            }
            let row = &mut self.light[y * width * 3..][..width * 3];
            for (channel, row) in row.chunks_exact_mut(width).enumerate() {
                let behind = &self.line[channel * width..][..width];
                let lanes = self.layers.sum.iter().zip(&self.layers.left);
                for ((out, behind), (sum, left)) in row.iter_mut().zip(behind).zip(lanes) {
                    let lane = low16(*sum >> LANE_BITS[channel]);
                    let shown =
                        lane * (1.0 / 65_280.0) + behind * (float_of(*left) * (1.0 / 256.0));
                    *out = shown * shown;
                }
            }
            self.glow.expand(y, width, &mut self.line, &mut self.cells);
            for (out, glow) in row.iter_mut().zip(&self.line) {
                *out += glow;
            }
        }
    }

    /// Puts layers, nearest first, before the backdrop, or, if `over`, before what the canvas
    /// holds. The glow lies behind the first `front` of them and shines over the rest.
    pub(crate) fn compose_lit(
        &mut self,
        y: usize,
        layers: &[(&Texture, Placement)],
        front: usize,
        over: bool,
    ) {
        let width = self.width;
        self.layers.clear();
        for (number, (texture, placement)) in layers.iter().enumerate() {
            if number == front {
                self.open.copy_from_slice(&self.layers.left);
            }
            texture.compose(*placement, y, &mut self.layers);
        }
        if layers.len() <= front {
            self.open.copy_from_slice(&self.layers.left);
        }
        if !over && self.layers.left.iter().any(|left| *left > 0) {
            self.backdrop.expand(y, width, &mut self.line, &mut self.cells);
        }
        let row = &mut self.light[y * width * 3..][..width * 3];
        for (channel, row) in row.chunks_exact_mut(width).enumerate() {
            let behind = &self.line[channel * width..][..width];
            let lanes = self.layers.sum.iter().zip(&self.layers.left);
            for ((out, behind), (sum, left)) in row.iter_mut().zip(behind).zip(lanes) {
                let lane = low16(*sum >> LANE_BITS[channel]) * (1.0 / 65_280.0);
                let through = float_of(*left) * (1.0 / 256.0);
                *out = if over {
                    lane * lane + *out * through
                } else {
                    let shown = lane + behind * through;
                    shown * shown
                };
            }
        }
        self.glow.expand(y, width, &mut self.line, &mut self.cells);
        for (out, glow) in row.chunks_exact_mut(width).zip(self.line.chunks_exact(width)) {
            for ((out, glow), open) in out.iter_mut().zip(glow).zip(&self.open) {
                *out += glow * (float_of(*open) * (1.0 / 256.0));
            }
        }
    }

    /// Puts `layers`, nearest first, over what the canvas already holds in `rows`.
    pub(crate) fn overlay(
        &mut self,
        rows: std::ops::Range<usize>,
        layers: &[(&Texture, Placement)],
    ) {
        let width = self.width;
        for y in rows {
            self.layers.clear();
            let mut touched = false;
            for (texture, placement) in layers {
                touched |= texture.compose(*placement, y, &mut self.layers);
            }
            if !touched {
                continue;
            }
            let row = &mut self.light[y * width * 3..][..width * 3];
            for (channel, row) in row.chunks_exact_mut(width).enumerate() {
                let lanes = self.layers.sum.iter().zip(&self.layers.left);
                for (out, (sum, left)) in row.iter_mut().zip(lanes) {
                    let lane = low16(*sum >> LANE_BITS[channel]) * (1.0 / 65_280.0);
                    let through = float_of(*left) * (1.0 / 256.0);
                    *out = lane * lane + *out * through;
                }
            }
        }
    }

    /// Adds light to one pixel; outside the frame nothing happens.
    pub(crate) fn add(&mut self, x: i32, y: i32, colour: [f32; 3], strength: f32) {
        if x < 0 || y < 0 || x >= signed(self.width) || y >= signed(self.height) {
            return;
        }
        let at = position(y) * self.width * 3 + position(x);
        for (channel, amount) in colour.into_iter().enumerate() {
            self.light[at + channel * self.width] += amount * strength;
        }
    }

    /// Adds a soft round dot; position and radius in pixels.
    pub(crate) fn add_dot(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3]) {
        let reach = radius + 1.0;
        for row in floor(y - reach)..=floor(y + reach) {
            for column in floor(x - reach)..=floor(x + reach) {
                let dx = float_of(column) - x;
                let dy = float_of(row) - y;
                let squared = (dx * dx + dy * dy) / (reach * reach);
                if squared < 1.0 {
                    self.add(column, row, colour, (1.0 - squared) * (1.0 - squared));
                }
            }
        }
    }

    /// Mixes every pixel of a soft dot towards `colour`, as something opaque in the air does.
    pub(crate) fn cover_dot(&mut self, x: f32, y: f32, radius: f32, colour: [f32; 3], alpha: f32) {
        let reach = radius + 0.7;
        let columns = position(floor(x - reach))..position(floor(x + reach) + 1).min(self.width);
        for row in position(floor(y - reach))..position(floor(y + reach) + 1).min(self.height) {
            for column in columns.clone() {
                let (dx, dy) = (float(column) - x, float(row) - y);
                let share = clamp01(1.4 * (1.0 - (dx * dx + dy * dy) / (reach * reach))) * alpha;
                let at = row * self.width * 3 + column;
                for (channel, target) in colour.into_iter().enumerate() {
                    let value = &mut self.light[at + channel * self.width];
                    *value = mix(*value, target, share);
                }
            }
        }
    }

    /// Tone curve, vignette and static dither: linear light to a displayed frame.
    pub(crate) fn finish(&mut self, frame: &mut Frame, vignette: f32) {
        let (width, height) = (self.width, self.height);
        let columns = &mut self.line[..width];
        for (x, column) in columns.iter_mut().enumerate() {
            let dx = float(x) / float(width) * 2.0 - 1.0;
            *column = dx * dx;
        }
        let rows = self.light.chunks_exact(width * 3).zip(frame.rgba.chunks_exact_mut(width));
        for (y, (light, out)) in rows.enumerate() {
            let dy = float(y) / float(height) * 2.0 - 1.0;
            Tone::of_row(y, dy, vignette).finish(light, columns, out);
        }
    }
}

fn low16(word: u64) -> f32 {
    let [low, high, ..] = word.to_le_bytes();
    f32::from(u16::from_le_bytes([low, high]))
}
