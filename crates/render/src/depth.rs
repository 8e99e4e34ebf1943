//! How near each part of a picture is: a guess, behind a trait, so that a model may replace it.

use crate::math::{clamp01, float, mix};
use crate::plate::Plate;

/// Pixels of the plate for one cell of a [`DepthGrid`], along each side.
pub(crate) const DEPTH_CELL: usize = 16;
/// Rounds of smoothing that stop at edges.
const SMOOTHING_ROUNDS: usize = 6;

/// Nearness of every cell: 0 far, 1 near.
#[derive(Debug, Clone)]
pub(crate) struct DepthGrid {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) cells: Vec<f32>,
}

/// Something that knows how near things are.
pub(crate) trait DepthSource {
    /// Nearness of the cells of a plate.
    fn nearness(&self, plate: &Plate) -> DepthGrid;
}

/// The guess: what is low in the picture, in its middle and sharp is near.
#[derive(Debug)]
pub(crate) struct Heuristic;

impl DepthSource for Heuristic {
    fn nearness(&self, plate: &Plate) -> DepthGrid {
        let (width, height) =
            (plate.width.div_ceil(DEPTH_CELL) + 1, plate.height.div_ceil(DEPTH_CELL) + 1);
        let mut brightness = vec![0.0; width * height];
        let mut cells = vec![0.0; width * height];
        for row in 0..height {
            for column in 0..width {
                let (mean, detail) = measure(plate, column, row);
                let x = float(column) / float(width - 1) * 2.0 - 1.0;
                let y = float(row) / float(height - 1);
                let middle = clamp01(1.0 - x * x - (y - 0.55) * (y - 0.55) * 3.0);
                brightness[row * width + column] = mean;
                cells[row * width + column] =
                    0.52 * y + 0.26 * middle + 0.30 * clamp01(detail * 9.0);
            }
        }
        let mut grid = DepthGrid { width, height, cells };
        for _ in 0..SMOOTHING_ROUNDS {
            grid.smooth(&brightness);
        }
        grid
    }
}

/// Mean brightness and mean step between neighbours in one cell.
fn measure(plate: &Plate, column: usize, row: usize) -> (f32, f32) {
    let level = |x: usize, y: usize| {
        let [red, green, blue, _] = plate.pixels[y * plate.width + x];
        (f32::from(red) + 2.0 * f32::from(green) + f32::from(blue)) / 1020.0
    };
    let (mut sum, mut steps, mut count) = (0.0, 0.0, 0.0);
    for y in (row * DEPTH_CELL..(row + 1) * DEPTH_CELL).step_by(2) {
        for x in (column * DEPTH_CELL..(column + 1) * DEPTH_CELL).step_by(2) {
            let (x, y) = (x.min(plate.width - 2), y.min(plate.height - 2));
            let here = level(x, y);
            sum += here;
            steps += (here - level(x + 1, y)).abs() + (here - level(x, y + 1)).abs();
            count += 1.0;
        }
    }
    (sum / count, steps / count)
}

impl DepthGrid {
    /// A mean of the neighbours that look alike.
    fn smooth(&mut self, brightness: &[f32]) {
        let old = self.cells.clone();
        for row in 0..self.height {
            for column in 0..self.width {
                let here = row * self.width + column;
                let (mut sum, mut total) = (old[here], 1.0);
                let rows = row.saturating_sub(1)..(row + 2).min(self.height);
                for y in rows {
                    for x in column.saturating_sub(1)..(column + 2).min(self.width) {
                        let there = y * self.width + x;
                        let step = (brightness[here] - brightness[there]).abs();
                        let weight = 1.0 / (1.0 + step * 18.0);
                        sum += old[there] * weight;
                        total += weight;
                    }
                }
                self.cells[here] = sum / total;
            }
        }
    }

    /// Interpolated nearness at a pixel of the plate.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let scale = 1.0 / float(DEPTH_CELL);
        let (x, y) = ((x * scale - 0.5).max(0.0), (y * scale - 0.5).max(0.0));
        let left = crate::math::index(x).min(self.width - 2);
        let top = crate::math::index(y).min(self.height - 2);
        let (dx, dy) = (clamp01(x - float(left)), clamp01(y - float(top)));
        let cell = |column: usize, row: usize| self.cells[row * self.width + column];
        let upper = mix(cell(left, top), cell(left + 1, top), dx);
        let lower = mix(cell(left, top + 1), cell(left + 1, top + 1), dx);
        mix(upper, lower, dy)
    }
}
