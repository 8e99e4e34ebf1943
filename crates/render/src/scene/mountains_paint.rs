//! The paintings of the mountain scene: ranges with light and snow, forests.

use super::mountains_palette::Palette;
use super::{Layer, PAN_MAX, Stage};
use crate::math::{clamp01, float, float_of, floor, index, mix, mix3, scale3, smooth, unit};
use crate::noise::{cloud, hash_at, ridge};
use crate::texture::Texture;

/// Ranges from the farthest to the nearest.
const RANGES: usize = 6;

/// Paints the layers of one film.
pub(super) struct Painter {
    pub(super) palette: Palette,
    pub(super) stage: Stage,
    pub(super) seed: u32,
    pub(super) sun: (f32, f32),
    snowy: bool,
    lake: bool,
}

/// Shape of one range; lengths in frame heights.
struct Range {
    base: f32,
    rise: f32,
    pitch: f32,
    haze: f32,
    depth: f32,
    seed: u32,
    wooded: bool,
}

impl Painter {
    pub(super) const fn new(
        palette: Palette,
        stage: Stage,
        seed: u32,
        sun: (f32, f32),
        snowy: bool,
        lake: bool,
    ) -> Self {
        Self { palette, stage, seed, sun, snowy, lake }
    }

    fn range(&self, number: usize) -> Range {
        let near = float(number) / float(RANGES - 1);
        let last = if self.lake { 0.725 } else { 0.80 };
        Range {
            base: mix(0.47, last, near * near * 0.35 + near * 0.65),
            rise: mix(0.40, 0.10, (near * 1.25).min(1.0)),
            pitch: mix(1.25, 2.6, near),
            haze: mix(0.66, 0.04, clamp01(near * 1.08)),
            depth: mix(0.06, 0.62, near * near),
            seed: self.seed.wrapping_add(crate::math::low(number as u64) * 977),
            wooded: number + 2 >= RANGES,
        }
    }

    /// All ranges, far to near.
    pub(super) fn ranges(&self) -> Vec<Layer> {
        (0..RANGES).map(|number| self.paint_range(number)).collect()
    }

    fn paint_range(&self, number: usize) -> Layer {
        let range = self.range(number);
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = index(width * (PAN_MAX * range.depth + 0.01)) + 4;
        let columns = self.stage.width + 2 * margin;
        let crest: Vec<f32> = (0..columns)
            .map(|column| range.crest((float(column) - float(margin)) / height))
            .collect();
        let highest = crest.iter().copied().fold(1.0_f32, f32::min);
        let top = index(((highest - 0.05) * height).max(0.0));
        let next = if number + 1 < RANGES { self.range(number + 1).base + 0.12 } else { 1.0 };
        let bottom = index((next + 0.04) * height).clamp(top + 8, self.stage.height + 8);
        let light_side = if self.sun.0 > 0.5 { 1.0 } else { -1.0 };
        let line = Line { crest, margin: float(margin), height };
        let relief = self.relief(&range, &line, columns, bottom - top, top);
        let texture = Texture::paint(columns, bottom - top, self.stage.threads, |column, row| {
            let x = (float(column) - float(margin)) / height;
            let y = float(row + top) / height;
            let depth = y - line.crest[column];
            let rock = clamp01(depth * height + 0.5);
            let tree = if range.wooded { self.tree(&range, &line, x, y) } else { 0.0 };
            let alpha = rock.max(tree);
            if alpha <= 0.0 {
                return ([0.0; 3], 0.0);
            }
            let colour =
                self.surface(&range, relief.light(column, row, light_side), depth.max(0.0));
            let woods = self.woods(&range, depth);
            let colour = mix3(colour, woods, if depth <= 0.0 { 1.0 } else { tree });
            (self.air(&range, colour, depth.max(0.0)), alpha)
        });
        Layer { texture, depth: range.depth, left: float(margin), top: float(top), density: 1.0 }
    }

    /// The relief of a range on a grid of 2 × 2 texels, which is fine enough for its softness.
    fn relief(
        &self,
        range: &Range,
        line: &Line,
        width: usize,
        height: usize,
        top: usize,
    ) -> Relief {
        let (columns, rows) = (width / 2 + 2, height / 2 + 2);
        let mut heights = vec![0.0; columns * rows];
        let chunk = (rows / (self.stage.threads * 4)).max(1);
        let queue = std::sync::Mutex::new(heights.chunks_mut(chunk * columns).enumerate());
        let run = || {
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((number, cells)) = next else { return };
                for (at, cell) in cells.iter_mut().enumerate() {
                    let x = (float(at % columns * 2) - line.margin) / line.height;
                    let y = float((number * chunk + at / columns) * 2 + top) / line.height;
                    let depth = y - line.at(x);
                    if depth > -0.01 {
                        *cell = range.relief(x, y, depth);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.stage.threads {
                scope.spawn(run);
            }
            run();
        });
        // Light comes from the side of the sun: compare with the height a little that way.
        let reach = 0.10 / (4.2 * range.pitch * 0.8) * line.height * 0.5;
        Relief { heights, columns, rows, reach: index(reach).max(1) }
    }

    /// Rock and snow in the light of the sun.
    fn surface(&self, range: &Range, (here, slope): (f32, f32), depth: f32) -> [f32; 3] {
        let palette = &self.palette;
        let lit = clamp01(0.46 + slope * 2.6);
        let shade = mix3(scale3(palette.rock, 0.62), mix3(palette.rock, palette.middle, 0.18), 0.4);
        let sunny = mix3(palette.rock, palette.sun, 0.34);
        let rock = mix3(shade, sunny, lit);
        let line = if self.snowy { 0.55 } else { range.rise * 0.36 };
        let cover = line - depth + (here - 0.45) * 0.30 - lit * 0.02;
        let snow = smooth(0.0, 0.035, cover) * if range.wooded && !self.snowy { 0.0 } else { 1.0 };
        let snow_shade = mix3(scale3(palette.snow, 0.58), palette.zenith, 0.34);
        let white = mix3(snow_shade, mix3(palette.snow, palette.sun, 0.25), smooth(0.2, 0.85, lit));
        mix3(rock, white, snow)
    }

    fn woods(&self, range: &Range, depth: f32) -> [f32; 3] {
        let dusted = if self.snowy { 0.22 } else { 0.0 };
        let light = mix3(self.palette.forest, self.palette.haze, 0.10 + range.haze * 0.3);
        mix3(
            mix3(light, self.palette.forest, clamp01(depth * 8.0 + 0.4)),
            self.palette.snow,
            dusted,
        )
    }

    /// Air between the range and the eye: more with distance and in the valley.
    fn air(&self, range: &Range, colour: [f32; 3], depth: f32) -> [f32; 3] {
        let valley = smooth(0.02, range.rise * 0.9 + 0.10, depth) * mix(0.30, 0.62, range.haze);
        // Fog lies low, and hides what is far.
        let low = smooth(-0.12, 0.16, depth + range.haze * 0.12);
        let fog = self.palette.fog * low * smooth(0.75, 0.05, range.depth);
        let amount = 1.0 - (1.0 - range.haze) * (1.0 - valley) * (1.0 - fog);
        let tint = mix3(self.palette.haze, self.palette.horizon, range.haze * 0.45);
        mix3(colour, tint, amount)
    }

    /// Coverage by the conifers of a range and by what grows between them: bare ground would shine through as
    /// bars.
    fn tree(&self, range: &Range, line: &Line, x: f32, y: f32) -> f32 {
        let size = mix(0.028, 0.055, smooth(0.2, 0.62, range.depth));
        let depth = y - line.at(x);
        if depth < -2.0 * size {
            return 0.0;
        }
        let patches = cloud(x * 26.0, y * 60.0, 2, range.seed ^ 0x1d);
        let ragged = (cloud(x * 110.0, 5.0, 2, range.seed ^ 0x2d) - 0.5) * 1.1 * size;
        let brush = smooth(-0.30 * size, 0.10 * size, depth + ragged)
            * (0.66 + 0.28 * smooth(0.3, 0.6, patches));
        if depth > 4.0 * size {
            return brush;
        }
        let mut cover = brush;
        for row in 0..5_u8 {
            let lift = f32::from(row) * size * 0.42;
            let seed = range.seed ^ (u32::from(row) * 77);
            cover = cover.max(self.conifer(line, x, y - lift, size, seed));
        }
        cover
    }

    fn conifer(&self, line: &Line, x: f32, y: f32, size: f32, seed: u32) -> f32 {
        let spacing = size * 0.34;
        let cell = floor(x / spacing);
        let pixel = 1.0 / float(self.stage.height);
        let mut cover = 0.0_f32;
        for neighbour in -1..=1 {
            let hash = hash_at(cell + neighbour, 7, seed);
            let chance = unit(hash.wrapping_mul(0x9e37_79b9));
            let middle = (float_of(cell + neighbour) + 0.2 + 0.6 * unit(hash)) * spacing;
            let tall = size * (0.45 + 0.75 * chance * chance);
            let foot = line.at(middle) + 0.012;
            let t = (y - (foot - tall)) / tall;
            if !(0.0..=1.0).contains(&t) || (chance < 0.14) {
                continue;
            }
            let tier = t * 7.0 + chance * 3.0;
            let notch = tier - float_of(floor(tier));
            let half = tall * 0.17 * (t * 0.9 + 0.04) * (0.58 + 0.42 * notch);
            cover = cover.max(clamp01((half - (x - middle).abs()) / pixel + 0.5));
        }
        cover
    }
}

/// The ridge line of a range over the columns of its texture.
pub(super) struct Line {
    pub(super) crest: Vec<f32>,
    pub(super) margin: f32,
    pub(super) height: f32,
}

impl Line {
    /// The ridge at `x` frame heights from the left edge.
    pub(super) fn at(&self, x: f32) -> f32 {
        let column = index(x * self.height + self.margin);
        self.crest.get(column).or(self.crest.last()).copied().unwrap_or(1.0)
    }
}

/// Heights of a mountain side.
struct Relief {
    heights: Vec<f32>,
    columns: usize,
    rows: usize,
    reach: usize,
}

impl Relief {
    fn at(&self, column: usize, row: usize) -> f32 {
        let (left, top) = ((column / 2).min(self.columns - 2), (row / 2).min(self.rows - 2));
        let (x, y) = (float(column % 2) * 0.5, float(row % 2) * 0.5);
        let cell = |dx: usize, dy: usize| self.heights[(top + dy) * self.columns + left + dx];
        mix(mix(cell(0, 0), cell(1, 0), x), mix(cell(0, 1), cell(1, 1), x), y)
    }

    /// Height, and how much lower the ground is towards the light.
    fn light(&self, column: usize, row: usize, side: f32) -> (f32, f32) {
        let here = self.at(column, row);
        let reach = self.reach * 2;
        let towards = if side > 0.0 { column + reach } else { column.saturating_sub(reach) };
        (here, here - self.at(towards, row.saturating_sub(self.reach / 2)))
    }
}

impl Range {
    /// Gullies run downhill: features are long in depth and short across.
    fn relief(&self, x: f32, y: f32, depth: f32) -> f32 {
        let bend = (cloud(x * 3.1, y * 3.1, 2, self.seed ^ 0x51) - 0.5) * 0.35;
        let (u, v) = (x * 4.2 * self.pitch * 0.8 + bend * 2.0, depth * 5.0 * self.pitch + bend);
        ridge(u, v, 5, self.seed ^ 0xa5)
    }

    /// Height of the ridge line, in frame heights from the top.
    fn crest(&self, x: f32) -> f32 {
        let big = ridge(x * self.pitch * 0.62 + 11.0, 3.7, 2, self.seed);
        let fine = ridge(x * self.pitch * 2.6, 8.1, 4, self.seed ^ 0x33);
        let grain = cloud(x * self.pitch * 16.0, 1.3, 2, self.seed ^ 0x77) - 0.5;
        self.base - self.rise * (big * 0.80 + fine * 0.30 - 0.22) - self.rise * grain * 0.05
    }
}
