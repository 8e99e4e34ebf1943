//! The light, the colours and the planes of the forest scene.

use super::brush::{Sheet, make_all};
use super::{Layer, PAN_MAX, Stage, dulled};
use crate::math::{clamp01, fade, float, index, mix, mix3, rgb, scale3, sine, smooth};
use crate::noise::{Random, cloud, value};
use crate::prompt::{Direction, Hour, Weather};
use crate::texture::Texture;

/// Row of the horizon in frame heights.
pub(super) const HORIZON: f32 = 0.60;
/// Row of the ground right below the viewer, in frame heights.
const FEET: f32 = 1.06;
/// How near the planes of trees are, far to near.
const PLANES: [f32; 6] = [0.08, 0.15, 0.26, 0.44, 0.68, 1.0];
/// The first and last planes of the layers. Far planes share one: nobody sees them shift in the mist.
const LAYERS: [(usize, usize); 4] = [(0, 2), (3, 3), (4, 4), (5, 5)];

/// What grows here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Straight trunks and drooping boughs.
    Conifer,
    /// Forked trunks and round crowns.
    Broadleaf,
    /// White bark with dark bands.
    Birch,
}

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    /// Air in the depth of the wood and under the crowns.
    pub(super) deep: [f32; 3],
    /// Mist between the trunks.
    pub(super) mist: [f32; 3],
    /// Mist where the light comes from.
    pub(super) light: [f32; 3],
    /// Shafts of light.
    pub(super) sun: [f32; 3],
    pub(super) leaf_lit: [f32; 3],
    pub(super) leaf_dark: [f32; 3],
    pub(super) fern: [f32; 3],
    pub(super) fern_dark: [f32; 3],
    pub(super) bark: [f32; 3],
    pub(super) bark_lit: [f32; 3],
    pub(super) ground: [f32; 3],
    pub(super) ground_lit: [f32; 3],
    /// Strength of the shafts.
    pub(super) rays: f32,
}

/// Deep air, mist, light, sun, then how bright and of which colour things are by that light.
fn light(hour: Hour) -> ([u32; 5], f32, f32) {
    match hour {
        Hour::Dawn => ([0x24_3240, 0x9c_9a98, 0xff_e6bc, 0xff_d8a0, 0xff_ead8], 0.86, 0.50),
        Hour::Day => ([0x14_3028, 0x84_ae80, 0xfa_f8d0, 0xff_f0b8, 0xff_fdec], 1.0, 0.56),
        Hour::Dusk => ([0x28_1a28, 0xa8_5e3c, 0xff_c070, 0xff_9c48, 0xff_d0a8], 0.80, 0.52),
        Hour::Night => ([0x05_0c1a, 0x1c_3c58, 0x86_b4d4, 0x90_b8f0, 0x7c_a8e8], 0.46, 0.30),
    }
}

impl Palette {
    /// The palette of an hour and a season; weather dulls it, a named colour tints it.
    pub(super) fn of(direction: &Direction, kind: Kind, random: &mut Random) -> Self {
        let (air, level, rays) = light(direction.hour);
        let [deep, mist, bright, sun, tint] = air.map(rgb);
        let autumn = direction.weather == Weather::Petals;
        let snowy = direction.weather == Weather::Snow;
        let (leaf_lit, leaf_dark) = match (kind, autumn) {
            (Kind::Conifer, false) => {
                *random.pick(&[(0x6a_9060, 0x12_2c22), (0x5a_8a70, 0x0e_2a2a)])
            }
            (Kind::Conifer, true) => (0xd8_a848, 0x30_3418),
            (_, false) => *random.pick(&[(0xa4_c450, 0x1c_3c18), (0x8c_c068, 0x14_3824)]),
            (_, true) => *random.pick(&[
                (0xf0_a030, 0x70_2810),
                (0xe8_6428, 0x64_1814),
                (0xf4_c444, 0x80_4410),
            ]),
        };
        let (bark, bark_lit) = match kind {
            Kind::Conifer => (0x2c_2220, 0x9c_7458),
            Kind::Broadleaf => (0x26_221e, 0x94_8468),
            Kind::Birch => (0x6c_6a6a, 0xf0_ece0),
        };
        let (ground, ground_lit) = match (snowy, autumn) {
            (true, _) => (0x8c_a0bc, 0xfa_fcff),
            (_, true) if direction.accent.is_none() => (0x5a_2e16, 0xe0_8c38),
            _ => (0x24_3418, 0xa0_a858),
        };
        // A named colour makes a season of blossoms, without one leaves turn.
        let (fern, fern_dark) = if autumn && direction.accent.is_none() {
            (0xc8_9440, 0x3c_2c14)
        } else {
            (0xa0_bc54, 0x16_3418)
        };
        let [mut leaf_lit, mut leaf_dark] = [leaf_lit, leaf_dark].map(rgb);
        let (mut mist, mut bright, mut sun) = (mist, bright, sun);
        if autumn {
            mist = mix3(mist, leaf_lit, 0.16);
        }
        if let Some(accent) = direction.accent {
            leaf_lit = mix3(leaf_lit, accent, if autumn { 0.75 } else { 0.45 });
            leaf_dark = mix3(leaf_dark, scale3(accent, 0.35), if autumn { 0.7 } else { 0.35 });
            mist = mix3(mist, accent, 0.26);
            bright = mix3(bright, accent, 0.14);
            sun = mix3(sun, accent, 0.25);
        }
        // Snow takes the blue of the shade beside the colour of the light.
        let tint = if snowy { mix3(tint, [0.94, 1.0, 1.1], 0.55) } else { tint };
        let level = if snowy { level.sqrt() } else { level };
        let lit = |colour: [f32; 3]| {
            [0, 1, 2].map(|channel: usize| colour[channel] * tint[channel] * level)
        };
        let palette = Self {
            deep,
            mist,
            light: bright,
            sun,
            leaf_lit: lit(leaf_lit),
            leaf_dark: lit(leaf_dark),
            fern: lit(rgb(fern)),
            fern_dark: lit(rgb(fern_dark)),
            bark: lit(rgb(bark)),
            bark_lit: lit(rgb(bark_lit)),
            ground: lit(rgb(ground)),
            ground_lit: lit(rgb(ground_lit)),
            rays,
        };
        palette.weathered(direction.weather)
    }

    fn weathered(mut self, weather: Weather) -> Self {
        if weather == Weather::Fog {
            self.deep = mix3(self.deep, self.mist, 0.35);
        }
        let (grey, rays) = match weather {
            Weather::Rain => (0.50, 0.25),
            Weather::Fog => (0.35, 0.8),
            Weather::Snow => (0.72, 0.7),
            _ => (0.0, 1.0),
        };
        let warm = if weather == Weather::Snow { 0.4 } else { 1.0 };
        for (colour, grey) in [
            (&mut self.mist, grey),
            (&mut self.light, grey * warm),
            (&mut self.sun, grey * warm),
            (&mut self.deep, grey),
        ] {
            *colour = dulled(*colour, grey, 1.0, [0.95, 0.99, 1.05]);
        }
        if weather == Weather::Rain {
            self.light = scale3(self.light, 0.84);
            self.mist = scale3(self.mist, 0.86);
        }
        self.rays *= rays;
        self
    }
}

/// Paints the layers of one film.
pub(super) struct Painter {
    pub(super) palette: Palette,
    pub(super) stage: Stage,
    pub(super) kind: Kind,
    pub(super) seed: u32,
    pub(super) snowy: bool,
    pub(super) foggy: bool,
    /// Whether a stream runs where the path would be.
    pub(super) stream: bool,
    /// Column of the opening the light comes through, in frame widths.
    pub(super) opening: f32,
}

/// One plane of trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    pub(super) number: usize,
    /// How near it is.
    pub(super) depth: f32,
    /// Row of the ground in pixels.
    pub(super) foot: f32,
    /// Share of the air in its colours.
    pub(super) haze: f32,
    pub(super) seed: u32,
}

impl Painter {
    /// The length all sizes go by: the frame's height, less in narrow frames.
    pub(super) fn unit(&self) -> f32 {
        float(self.stage.height).min(float(self.stage.width) * 0.9)
    }

    /// Row of the horizon and rows from there to the viewer's feet, in pixels.
    pub(super) fn ground_rows(&self) -> (f32, f32) {
        let height = float(self.stage.height);
        (HORIZON * height, (FEET - HORIZON) * height)
    }

    /// Share of the air at a depth.
    pub(super) fn haze(&self, depth: f32) -> f32 {
        let far = 1.0 - depth;
        let far = if self.foggy { far.sqrt() } else { far * (0.4 + 0.6 * far) };
        0.93 * far
    }

    /// Colour of the air at a pixel of the frame at rest.
    pub(super) fn air(&self, x: f32, y: f32) -> [f32; 3] {
        air(&self.palette, self.stage, self.opening, x, y)
    }

    /// The middle of the path at a depth, in pixels.
    pub(super) fn path(&self, depth: f32) -> f32 {
        let far = 1.0 / (depth + 0.12);
        let phase = value(0.5, 0.5, self.seed ^ 0x91);
        let bend = sine(far * 0.16 + phase) * 0.34 + (0.5 - self.opening) * 0.5;
        self.opening * float(self.stage.width) + bend * depth * self.unit()
    }

    /// All planes, far to near, and the ground.
    pub(super) fn paint(&self) -> (Vec<Layer>, Layer) {
        let layers = make_all(LAYERS.len(), self.stage.threads, |number| {
            let (first, last) = LAYERS[number];
            self.paint_planes(first, last)
        });
        (layers, self.paint_ground())
    }

    fn plane(&self, number: usize) -> Plane {
        let (horizon, rows) = self.ground_rows();
        let depth = PLANES[number];
        Plane {
            number,
            depth,
            foot: horizon + rows * depth,
            haze: self.haze(depth),
            seed: self.seed.wrapping_add(crate::math::low(number as u64) * 7919),
        }
    }

    fn paint_planes(&self, first: usize, last: usize) -> Layer {
        let height = float(self.stage.height);
        let front = last + 1 == PLANES.len();
        // The nearest plane is out of focus, as it would be for a lens.
        let density = if front { 0.5 } else { 1.0 };
        let near = self.plane(last);
        let depth = mix(PLANES[first], PLANES[last], 0.7);
        let bottom = (near.foot + 0.05 * height).min(height * 1.03);
        let mut sheet = Sheet::new(self.stage, depth, -0.03 * height, bottom, density);
        if front {
            self.frame(&mut sheet, &near, &mut Random::new(u64::from(near.seed) << 3));
            return sheet.into_layer();
        }
        for number in first..=last {
            self.grow(&mut sheet, &self.plane(number));
        }
        sheet.into_layer()
    }

    fn grow(&self, sheet: &mut Sheet, plane: &Plane) {
        let mut random = Random::new(u64::from(plane.seed) << 3);
        self.crowns(sheet, plane, &mut random, false);
        self.trunks(sheet, plane, &mut random);
        self.crowns(sheet, plane, &mut random, true);
        self.undergrowth(sheet, plane, &mut random);
    }

    /// The ground as seen without a camera move; the first row is the horizon.
    fn paint_ground(&self) -> Layer {
        let margin = self.ground_margin();
        let columns = self.stage.width + 2 * index(margin);
        let (horizon, rows) = self.ground_rows();
        let soil = Texture::paint(columns, index(rows) + 2, self.stage.threads, |column, row| {
            self.soil(float(column) - margin, float(row).max(1.0))
        });
        let soil = Layer { texture: soil, depth: 1.0, left: margin, top: horizon, density: 1.0 };
        let mut sheet = Sheet::over(soil);
        self.litter(&mut sheet);
        sheet.into_layer()
    }

    fn soil(&self, x: f32, down: f32) -> ([f32; 3], f32) {
        let (horizon, rows) = self.ground_rows();
        let unit = self.unit();
        let half = self.half_path();
        let depth = down / rows;
        let palette = &self.palette;
        // Places on the ground: across and away, in the same unit.
        let away = 1.0 / (depth + 0.02);
        let across = (x - self.opening * float(self.stage.width)) / (unit * (depth + 0.02));
        let rough = cloud(across * 2.2, away * 2.0, 3, self.seed ^ 0x3a);
        let fine = cloud(across * 15.0, away * 13.0, 2, self.seed ^ 0x3b);
        let middle = (x - self.path(depth)).abs() / (unit * depth);
        let edge = middle + (rough - 0.5) * 0.16 + (fine - 0.5) * 0.06;
        let path = smooth(half + 0.01, half - 0.05, edge);
        let sun = self.dapple(across, away, depth);
        let grain = 0.45 + 1.1 * fine;
        let lit = clamp01((rough * 0.45 - 0.08 + sun * 0.85) * grain);
        let mut colour = mix3(scale3(palette.ground, 0.62), palette.ground_lit, lit);
        if self.stream {
            let bank = smooth(half + 0.12, half, edge);
            let wet = mix3(scale3(palette.bark, 0.5), palette.bark_lit, fine * fine * 0.7);
            colour = mix3(colour, wet, bank * 0.85);
        } else if self.snowy {
            colour = scale3(colour, 1.0 - path * (0.16 + 0.12 * fine));
        } else {
            let trodden = 0.10 + sun * 0.55 + (fine - 0.5) * 0.5 + smooth(0.1, 0.0, middle) * 0.08;
            let soil = mix3(scale3(palette.bark, 0.9), palette.bark_lit, clamp01(trodden));
            colour = mix3(colour, mix3(soil, palette.ground, 0.2), path * 0.85);
        }
        let shown = mix3(colour, self.air(x, horizon + down), self.haze(depth));
        // Mist closes over the far end of a stream.
        (shown, if self.stream { 1.0 - path * smooth(0.03, 0.12, depth) } else { 1.0 })
    }

    fn half_path(&self) -> f32 {
        if self.stream { 0.30 } else { 0.15 }
    }

    /// Leaves on the ground, stones at the water, blades of grass: far to near.
    fn litter(&self, sheet: &mut Sheet) {
        let (horizon, rows) = self.ground_rows();
        let unit = self.unit();
        let (left, right) = sheet.reach();
        let mut random = Random::new(u64::from(self.seed) ^ 0x117);
        let leaves = !self.snowy;
        let mut depth = 0.07;
        while depth < 0.98 {
            depth += 0.0035 + depth * 0.006;
            let mut x = left;
            while x < right {
                x += unit * depth * random.range(0.02, 0.24);
                let y = horizon + rows * depth + random.range(-0.5, 0.5) * unit * 0.01 * depth;
                let beside = (x - self.path(depth)).abs() / (unit * depth) - self.half_path();
                let away = 1.0 / (depth + 0.02);
                let across = (x - self.opening * float(self.stage.width)) / (unit * (depth + 0.02));
                let sun = self.dapple(across, away, depth);
                let haze = |colour| mix3(colour, self.air(x, y), self.haze(depth));
                let bright = clamp01(0.12 + sun * 0.8 + random.range(-0.1, 0.2));
                let size = unit * 0.0075 * depth * random.range(0.5, 1.3);
                let spin = random.range(-0.5, 0.5);
                if self.stream && beside.abs() < 0.07 && random.chance(0.5) {
                    let stone = size * random.range(1.0, 4.5);
                    let rock = mix3(scale3(self.palette.bark, 0.7), self.palette.mist, 0.25);
                    let tone = haze(scale3(rock, 0.65));
                    sheet.dab((x, y), (stone, stone * 0.55), (1.0, 0.0), tone, 1.0);
                    let tone = haze(mix3(rock, self.palette.light, 0.18 + 0.3 * bright));
                    let top = (x, y - stone * 0.2);
                    sheet.dab(top, (stone * 0.85, stone * 0.36), (1.0, 0.0), tone, 0.5);
                    let top = (x - stone * 0.15, y - stone * 0.3);
                    sheet.dab(top, (stone * 0.5, stone * 0.17), (1.0, 0.0), tone, 0.5);
                } else if beside > 0.0 || !self.stream {
                    let pick = random.chance(if leaves { 0.45 } else { 0.0 });
                    let (dark, lit) = if pick {
                        (self.palette.leaf_dark, self.palette.leaf_lit)
                    } else {
                        (self.palette.ground, mix3(self.palette.ground_lit, self.palette.fern, 0.5))
                    };
                    let tone = haze(mix3(dark, lit, bright));
                    if pick || beside < 0.0 || self.snowy {
                        let turn = (1.0 - spin * spin, spin);
                        let alpha = if self.snowy { 0.25 } else { 0.85 };
                        sheet.dab((x, y), (size, size * 0.5), turn, tone, alpha);
                    } else {
                        let tip = (x + spin * size * 3.0, y - size * random.range(1.5, 4.5));
                        sheet.stroke((x, y), tip, (size * 0.28, size * 0.1), [tone; 2]);
                    }
                }
            }
        }
    }

    /// Texels beside the frame on either side of the ground.
    pub(super) fn ground_margin(&self) -> f32 {
        float(index(float(self.stage.width) * (PAN_MAX + 0.01)) + 4)
    }

    /// Patches of sun on the ground.
    fn dapple(&self, across: f32, away: f32, depth: f32) -> f32 {
        let patch = cloud(across * 1.1, away * 1.6 + 7.0, 2, self.seed ^ 0x77);
        let open = fade(across * across * mix(0.5, 1.4, depth));
        smooth(0.46, 0.66, patch) * (0.35 + 0.65 * open)
    }
}

/// The air of the wood: bright at the opening, dark under the crowns.
pub(super) fn air(palette: &Palette, stage: Stage, opening: f32, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = (float(stage.width), float(stage.height));
    let unit = height.min(width * 0.9);
    let dx = (x - opening * width) / unit;
    let dy = (y / height - 0.47) * 1.5;
    let squared = dx * dx * 1.5 + dy * dy * 2.6;
    let wide = fade(squared * 0.85);
    let close = fade(squared * 4.2);
    let under = smooth(0.42, -0.05, y / height) * 0.45;
    let colour = mix3(palette.deep, palette.mist, clamp01(wide * 1.15 - under));
    mix3(colour, palette.light, clamp01(close * 0.92))
}
