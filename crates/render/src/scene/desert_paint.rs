//! The paintings of the desert scene: ridges of dunes drawn from their heights.
//!
//! The sand is a height for every direction and distance, as the viewer sees it: columns go
//! across the frame, rows go away by a constant factor. So a dune at any distance has the same
//! detail, light and shadow are swept along the rows, and every ridge is a layer of its own that
//! ends in a trough, where nobody sees it slide before the next.

use super::brush::make_all;
use super::desert_palette::Palette;
use super::{Layer, PAN_MAX, Stage};
use crate::math::{clamp01, fade, float, float_of, floor, index, mix, mix3, scale3, sine, smooth};
use crate::noise::{cloud, hash_at, value};
use crate::texture::{Texture, premultiplied};

/// Row of the horizon in frame heights.
pub(super) const HORIZON: f32 = 0.47;
/// Ridges from the nearest to the farthest.
pub(super) const RIDGES: usize = 6;
/// Height of the eye above the plain.
const EYE: f32 = 1.6;
/// Distance of the first row.
const NEAR: f32 = 1.9;
/// Each row is this much farther away than the one before.
const FACTOR: f32 = 1.0046;
/// The logarithm of [`FACTOR`].
const STEP: f32 = 0.004_589_45;
/// Rows of the sand.
const ROWS: usize = 860;
/// Ridges for each unit of the logarithm of distance.
const PITCH: f32 = 1.62;
/// Pixels of the frame for one column of the sand.
const CELL: usize = 2;

/// Where the light comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sun {
    /// Across and away, of length 1.
    pub(super) towards: (f32, f32),
    /// Rise for each unit of distance.
    pub(super) slope: f32,
    /// Where it stands in the sky, in frame widths and heights.
    pub(super) place: (f32, f32),
}

/// The dunes of one film.
pub(super) struct Dunes {
    pub(super) palette: Palette,
    pub(super) stage: Stage,
    pub(super) sun: Sun,
    pub(super) seed: u32,
    /// Whether the nearest ridges give way to water.
    pub(super) oasis: bool,
    /// Where in a dune, trough to trough, the crest is.
    pub(super) crest: f32,
    /// How the ridges run across the view.
    pub(super) tilt: f32,
    /// Share of the sun's own colour on the brightest sand.
    pub(super) glare: f32,
    /// A dune higher than the others: across, and its ridge.
    pub(super) hero: (f32, f32),
}

/// Heights and light of the sand.
struct Sand {
    columns: usize,
    /// Heights divided by distance.
    heights: Vec<f32>,
    /// Direct light, 0 to 1.
    light: Vec<f32>,
    /// Places in the order of ridges: whole numbers are troughs.
    phases: Vec<f32>,
    distances: Vec<f32>,
}

impl Sand {
    /// Whether a cell is part of a ridge. A ridge begins a little before its trough, so that the
    /// seam lies behind the one in front of it.
    fn belongs(&self, at: usize, number: usize) -> bool {
        let phase = self.phases[at] - float(number);
        (phase >= -0.06 || number == 0) && (phase < 1.0 || number + 1 == RIDGES)
    }
}

/// A finished ridge.
pub(super) struct Ridge {
    pub(super) layer: Layer,
    /// Row of the crest for every column of the texture, in pixels.
    pub(super) crest: Vec<f32>,
}

impl Dunes {
    /// Pixels for a slope of 1.
    fn focus(&self) -> f32 {
        float(self.stage.height).min(float(self.stage.width) * 0.9) * 1.2
    }

    /// Columns of pixels beside the frame.
    fn margin(&self) -> usize {
        index(float(self.stage.width) * (PAN_MAX + 0.012)) + 8
    }

    /// Direction of a pixel column: sideways for each unit away.
    fn direction(&self, column: f32) -> f32 {
        (column - float(self.margin()) - float(self.stage.width) * 0.5) / self.focus()
    }

    /// Height divided by distance, and the place in the order of ridges.
    fn height(&self, across: f32, away: f32) -> (f32, f32) {
        let seed = self.seed;
        let bend = cloud(across * 1.5 + 3.0, away * 1.3, 2, seed) - 0.5;
        let curl = value(across * 4.1, away * 3.6, seed ^ 0x21) - 0.5;
        let phase = away * PITCH + across * self.tilt + bend * 1.55 + curl * 0.16;
        let ridge = float_of(floor(phase));
        let body = dune(phase - ridge, self.crest, 0.17);
        let mass = value(across * 1.1 + ridge * 7.3, ridge * 3.1, seed ^ 0x55);
        let off = (across - self.hero.0) * 2.1;
        let near = ridge - self.hero.1;
        let hero = fade(off * off + near * near * 2.0);
        // Smaller dunes lie across the large ones.
        let lean = across * 3.3 - away * 1.1 * self.tilt.signum();
        let small = lean + (cloud(across * 2.7, away * 2.5, 2, seed ^ 0x91) - 0.5) * 2.2;
        let small = dune(small - float_of(floor(small)), 0.42, 0.09);
        let patch = smooth(0.35, 0.75, value(across * 1.9, away * 1.7, seed ^ 0xa1));
        let mut height = (0.030 + 0.075 * mass + 0.15 * hero) * body
            + small * patch * (0.010 + (0.105 + 0.05 * hero) * body * (1.0 - body));
        if self.oasis {
            // The shore is flat.
            height *= smooth(1.15, 1.9, away);
        }
        (height, phase)
    }

    fn sand(&self) -> Sand {
        let columns = (self.stage.width + 2 * self.margin()) / CELL + 2;
        let mut distances = Vec::with_capacity(ROWS);
        let mut distance = NEAR;
        for _ in 0..ROWS {
            distances.push(distance);
            distance *= FACTOR;
        }
        let rows = make_all(ROWS, self.stage.threads, |row| {
            let away = float(row) * STEP;
            (0..columns)
                .map(|column| self.height(self.direction(float(column * CELL)), away))
                .collect::<Vec<_>>()
        });
        let heights = rows.iter().flatten().map(|cell| cell.0).collect();
        let phases = rows.iter().flatten().map(|cell| cell.1).collect();
        let light = vec![0.0; columns * ROWS];
        let mut sand = Sand { columns, heights, light, phases, distances };
        self.shine(&mut sand);
        sand
    }

    /// Direction of the light, of length 1: across, up, away.
    fn light(&self) -> [f32; 3] {
        let flat = 1.0 / (1.0 + self.sun.slope * self.sun.slope).sqrt();
        [self.sun.towards.0 * flat, self.sun.slope * flat, self.sun.towards.1 * flat]
    }

    /// Sweeps the shadows over the sand, row by row away from the sun: each row takes over what
    /// the row before it shades, a little lower.
    fn cast(&self, sand: &mut Sand) {
        let columns = sand.columns;
        let (towards_x, towards_z) = self.sun.towards;
        let middle = float(self.margin()) + float(self.stage.width) * 0.5;
        let scale = self.focus() / float(CELL);
        let mut shadow = vec![-1000.0_f32; columns];
        let mut next = shadow.clone();
        for step in 0..ROWS {
            let far = towards_z > 0.0;
            let row = if far { ROWS - 1 - step } else { step };
            let before = if far { (row + 1).min(ROWS - 1) } else { row.saturating_sub(1) };
            let (here, there) = (sand.distances[row], sand.distances[before]);
            let shift = (there - here) * towards_x / towards_z;
            let fall = ((there - here) / towards_z).abs() * self.sun.slope;
            for (column, next) in next.iter_mut().enumerate() {
                let across = self.direction(float(column * CELL));
                let source = (across * here + shift) / there * scale + middle / float(CELL);
                let source = source.clamp(0.0, float(columns) - 1.001);
                let at = index(source);
                let cast = mix(shadow[at], shadow[at + 1], source - float(at)) - fall;
                let ground = sand.heights[row * columns + column] * here;
                *next = cast.max(ground);
                sand.light[row * columns + column] = smooth(0.008 * here, 0.0, cast - ground);
            }
            std::mem::swap(&mut shadow, &mut next);
        }
    }

    /// Light on a cell: how its slope faces the sun, where no shadow falls.
    fn lit(&self, sand: &Sand, row: usize, column: usize) -> f32 {
        let columns = sand.columns;
        let (above, below) = (row.saturating_sub(1), (row + 1).min(ROWS - 1));
        let (left, right) = (column.saturating_sub(1), (column + 1).min(columns - 1));
        // Shadows have soft edges: the mean of nine cells.
        let mut open = 0.0;
        for row in [above, row, below] {
            let cells = &sand.light[row * columns..];
            open += cells[left] + cells[column] * 2.0 + cells[right];
        }
        let [light_x, light_y, light_z] = self.light();
        let run = float((right - left).max(1)) * float(CELL) / self.focus();
        let cells = &sand.heights[row * columns..];
        let slope_x = (cells[right] - cells[left]) / run;
        let rise = sand.heights[below * columns + column] - sand.heights[above * columns + column];
        let rise = rise / (STEP * float((below - above).max(1)));
        let slope_z = cells[column] + rise - self.direction(float(column * CELL)) * slope_x;
        let length = (1.0 + slope_x * slope_x + slope_z * slope_z).sqrt();
        let facing = (light_y - slope_x * light_x - slope_z * light_z) / length;
        let direct = smooth(-0.04, 1.0, facing / (light_y + 0.40)) * open * (1.0 / 12.0);
        // The sky lights what lies flat more than what is steep.
        direct + 0.22 * (1.0 / length - 0.80)
    }

    fn shine(&self, sand: &mut Sand) {
        self.cast(sand);
        let rows = make_all(ROWS, self.stage.threads, |row| {
            (0..sand.columns).map(|column| self.lit(sand, row, column)).collect::<Vec<_>>()
        });
        sand.light = rows.concat();
    }

    /// All ridges, near to far.
    pub(super) fn paint(&self) -> Vec<Ridge> {
        let sand = self.sand();
        // The nearest ridges take longest and are begun first.
        let mut ridges = make_all(RIDGES, self.stage.threads, |number| {
            self.paint_ridge(&sand, RIDGES - 1 - number)
        });
        ridges.reverse();
        ridges
    }

    /// Row of a height seen at a distance.
    fn row(&self, height: f32, distance: f32) -> f32 {
        HORIZON * float(self.stage.height) + self.focus() * (EYE / distance - height)
    }

    fn paint_ridge(&self, sand: &Sand, number: usize) -> Ridge {
        let frame = float(self.stage.height);
        let limit = frame * 1.04;
        let (mut top, mut bottom) = (limit, 0.0_f32);
        for at in (0..sand.heights.len()).filter(|at| sand.belongs(*at, number)) {
            let row = self.row(sand.heights[at], sand.distances[at / sand.columns]);
            (top, bottom) = (top.min(row), bottom.max(row));
        }
        let top = float(index(top.clamp(0.0, limit - 8.0))) - 2.0;
        // Below its trough a ridge goes on a little, so that no gap opens when it slides.
        let bottom = (bottom + 0.06 * frame).clamp(top + 8.0, limit);
        let (width, height) = ((sand.columns - 2) * CELL, index(bottom - top));
        let mut texels = vec![[0; 4]; width * height];
        let mut crest = vec![limit; width];
        let mut line = vec![[0.0_f32; 4]; height];
        for (column, crest) in crest.iter_mut().enumerate() {
            line.fill([0.0; 4]);
            *crest = self.paint_column(sand, number, column, top, &mut line);
            for (row, [red, green, blue, cover]) in line.iter().enumerate() {
                if *cover > 0.0 {
                    let inverse = 1.0 / cover;
                    let colour = [red * inverse, green * inverse, blue * inverse];
                    texels[row * width + column] = premultiplied(colour, *cover);
                }
            }
        }
        let depth = (3.7 / (NEAR * power(float(number) + self.crest))).min(1.0);
        let texture = Texture::from_texels(width, height, texels);
        let left = float(self.margin());
        Ridge { layer: Layer { texture, depth, left, top, density: 1.0 }, crest }
    }

    /// Draws one column near to far; answers with the row of its highest point.
    fn paint_column(
        &self,
        sand: &Sand,
        number: usize,
        column: usize,
        top: f32,
        line: &mut [[f32; 4]],
    ) -> f32 {
        let across = self.direction(float(column));
        let (cell, share) = (column / CELL, float(column % CELL) / float(CELL));
        let mut highest = float(line.len());
        let mut started = false;
        for row in 0..ROWS {
            let at = row * sand.columns + cell;
            if !sand.belongs(at, number) {
                continue;
            }
            let height = mix(sand.heights[at], sand.heights[at + 1], share);
            let distance = sand.distances[row];
            let y = self.row(height, distance) - top;
            if y >= highest && started {
                continue;
            }
            let light = mix(sand.light[at], sand.light[at + 1], share);
            let from = y.max(0.0);
            let mut edge = if started { highest } else { float(line.len()) };
            while edge > from {
                // The part of one pixel between two heights.
                let pixel = index((edge - 0.0001).max(0.0)).min(line.len() - 1);
                let start = float(pixel).max(from);
                let cover = edge - start;
                // Below its trough the ridge goes on as flat ground.
                let line_row = HORIZON * float(self.stage.height) - top;
                let nearer = (y - line_row) / (float(pixel) + 0.5 - line_row).max(1.0);
                let distance = if started { distance } else { distance * nearer.clamp(0.3, 1.0) };
                let spot = (across * distance, distance);
                // What lies before the first row has no light of its own: that of the row would be drawn out
                // into pillars.
                let before = smooth(0.0, 0.018, (float(pixel) - y) / float(self.stage.height));
                let light = if started { light } else { mix(light, 0.34, before) };
                let colour = self.colour(across, spot, light, pixel);
                for (sum, channel) in line[pixel].iter_mut().zip(colour) {
                    *sum += channel * cover;
                }
                line[pixel][3] += cover;
                edge = start;
            }
            (highest, started) = (y, true);
        }
        if started { highest + top } else { float(self.stage.height) * 1.04 }
    }

    /// Sand in the light, with ripples near the viewer and air before what is far.
    fn colour(&self, across: f32, (x, z): (f32, f32), light: f32, row: usize) -> [f32; 3] {
        let palette = &self.palette;
        let mut lit = light;
        let close = smooth(13.0, 4.0, z);
        let mut grain = 0.0;
        if close > 0.0 {
            let lean = x * 0.45 * self.tilt.signum();
            let bend = value(x * 0.45, z * 0.45, self.seed ^ 0x31) * 2.2;
            let fine = value(x * 2.1, z * 1.6, self.seed ^ 0x32) * 0.5;
            let wide = sine((z + lean) * 2.9 + bend + fine) * smooth(12.0, 5.0, z);
            let thin = sine((z + lean) * 8.3 + bend * 2.7 + fine * 1.7) * smooth(7.5, 3.5, z);
            let ripple = wide * 0.40 + thin * 0.55;
            let speck = crate::math::unit(hash_at(floor(x * 220.0), crate::math::signed(row), 5));
            grain = ripple * 0.040 + (speck - 0.5) * 0.035 * close;
            lit += ripple * (0.03 + 0.17 * light * (1.0 - 0.5 * light));
        }
        let shade = mix3(palette.shade, palette.zenith, 0.10);
        let colour = mix3(shade, palette.sand, clamp01(lit));
        // The brightest sand takes the colour of the sun.
        let colour = mix3(colour, palette.sun, smooth(0.72, 1.15, lit) * self.glare);
        let colour = scale3(colour, 1.0 + grain);
        let towards = across - self.direction_of_sun();
        let near = fade(towards * towards * 3.0);
        let air = mix3(palette.haze, palette.sun, near * 0.35);
        mix3(colour, air, (1.0 - fade(z / palette.clear)) * 0.92)
    }

    fn direction_of_sun(&self) -> f32 {
        (self.sun.place.0 - 0.5) * float(self.stage.width) / self.focus()
    }

    /// Row of flat ground at the far end of a ridge, in pixels.
    pub(super) fn shore(&self, number: f32) -> f32 {
        self.row(0.0, NEAR * power(number))
    }
}

/// Profile of a dune from trough to trough: a long rise, a sharp crest and a steep fall. The
/// crest is rounded over `round`, as much as the rows of the sand can show.
fn dune(place: f32, crest: f32, round: f32) -> f32 {
    let rise = place / crest;
    let fall = (1.0 - place) / (1.0 - crest);
    // The smaller of both, with a smooth change from one to the other.
    let apart = (fall - rise) / round;
    let join = (1.0 - apart.abs()).max(0.0);
    let t = (rise.min(fall) - join * join * round * 0.25).max(0.0);
    t * t * (2.0 - t)
}

/// Distance of a place in the order of ridges, from 1 at 0.
fn power(ridge: f32) -> f32 {
    let mut distance = 1.0;
    for _ in 0..index(ridge / (PITCH * STEP)) {
        distance *= FACTOR;
    }
    distance
}
