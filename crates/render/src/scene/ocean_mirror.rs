//! The sky above the sea, softened and small, for the water to mirror.

use crate::canvas::Canvas;
use crate::math::{float, index};

/// The sky as the water mirrors it: linear light, rows upward from the horizon.
pub(super) struct Mirror {
    width: usize,
    height: usize,
    cells: Vec<[f32; 4]>,
}

/// Pixels of the frame for a cell of the mirror.
pub(super) const CELL: usize = 8;

impl Mirror {
    /// Looks at what the canvas shows above row `horizon`.
    pub(super) fn of(canvas: &Canvas, horizon: usize) -> Self {
        let (width, height) = (canvas.width.div_ceil(CELL) + 1, horizon.div_ceil(CELL) + 1);
        let mut cells = vec![[0.0; 4]; width * height];
        for (row, cells) in cells.chunks_exact_mut(width).enumerate() {
            let y = horizon.saturating_sub(2 + row * CELL).min(canvas.height - 1);
            let light = &canvas.light[y * canvas.width * 3..][..canvas.width * 3];
            for (column, cell) in cells.iter_mut().enumerate() {
                let x = (column * CELL).min(canvas.width - 1);
                for (channel, value) in cell.iter_mut().take(3).enumerate() {
                    *value = light[channel * canvas.width + x].min(1.6);
                }
            }
        }
        let mut mirror = Self { width, height, cells };
        // Water is never a perfect mirror: sharp edges of clouds would break up into steps.
        for reach in [1, 2] {
            mirror.blur(reach, 1, width, height);
            mirror.blur(reach, width, height, width);
        }
        mirror
    }

    /// Softens along one axis: `lines` lines of `count` cells that are `stride` apart.
    fn blur(&mut self, reach: usize, stride: usize, count: usize, lines: usize) {
        let across = if stride == 1 { count } else { 1 };
        let mut line = vec![[0.0; 4]; count];
        for number in 0..lines {
            for (at, cell) in line.iter_mut().enumerate() {
                *cell = self.cells[number * across + at * stride];
            }
            for at in 0..count {
                let (left, right) =
                    (line[at.saturating_sub(reach)], line[(at + reach).min(count - 1)]);
                let out = &mut self.cells[number * across + at * stride];
                for channel in 0..3 {
                    out[channel] =
                        0.5 * line[at][channel] + 0.25 * (left[channel] + right[channel]);
                }
            }
        }
    }

    /// Light from `x`, `e` in cells; what is outside shows the nearest edge.
    pub(super) fn at(&self, x: f32, e: f32) -> [f32; 4] {
        let x = x.clamp(0.0, float(self.width) - 1.01);
        let e = e.clamp(0.0, float(self.height) - 1.01);
        let (column, row) = (index(x), index(e));
        let (fx, fy) = (x - float(column), e - float(row));
        let at = row * self.width + column;
        let lower = &self.cells[at..at + 2];
        let upper = &self.cells[at + self.width..at + self.width + 2];
        let mut out = [0.0; 4];
        for (channel, out) in out.iter_mut().enumerate() {
            let near = lower[0][channel] + (lower[1][channel] - lower[0][channel]) * fx;
            let far = upper[0][channel] + (upper[1][channel] - upper[0][channel]) * fx;
            *out = near + (far - near) * fy;
        }
        out
    }
}
