//! The colours of the open sea and the clouds over it, painted once.
//!
//! Distances above the horizon are in frame heights, as everywhere in this scene.

use super::{Layer, PAN_MAX, Stage, dulled};
use crate::math::{clamp01, fade, float, index, mix, mix3, rgb, scale3, smooth};
use crate::noise::{Random, cloud, value};
use crate::prompt::{Direction, Hour, Weather};
use crate::texture::Texture;

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) zenith: [f32; 3],
    pub(super) middle: [f32; 3],
    pub(super) horizon: [f32; 3],
    pub(super) sun: [f32; 3],
    pub(super) cloud_light: [f32; 3],
    pub(super) cloud_shade: [f32; 3],
    pub(super) deep: [f32; 3],
    pub(super) shallow: [f32; 3],
}

const fn palette(colours: [u32; 8]) -> Palette {
    Palette {
        zenith: rgb(colours[0]),
        middle: rgb(colours[1]),
        horizon: rgb(colours[2]),
        sun: rgb(colours[3]),
        cloud_light: rgb(colours[4]),
        cloud_shade: rgb(colours[5]),
        deep: rgb(colours[6]),
        shallow: rgb(colours[7]),
    }
}

const DAWN: [Palette; 2] = [
    palette([
        0x34_5c9c, 0xa4_9cc0, 0xff_cfa0, 0xff_e0b0, 0xff_cdb4, 0x80_7aa4, 0x0c_2c48, 0x2c_8490,
    ]),
    palette([
        0x2c_6a9c, 0x90_bcc4, 0xff_e0b4, 0xff_ecc0, 0xff_dcc4, 0x88_98b4, 0x0a_3448, 0x34_9490,
    ]),
];
const DAY: [Palette; 2] = [
    palette([
        0x18_58ac, 0x5c_a2de, 0xcc_e4f4, 0xff_f6e0, 0xff_fffc, 0x9c_b4cc, 0x06_2c54, 0x24_a0a8,
    ]),
    palette([
        0x1c_6aa8, 0x74_b8d8, 0xdc_eef0, 0xff_f4d8, 0xff_fdf4, 0xa6_bac8, 0x04_3850, 0x2c_aea0,
    ]),
];
const DUSK: [Palette; 2] = [
    palette([
        0x1c_2658, 0x84_4c84, 0xff_8c50, 0xff_b060, 0xff_8a68, 0x4c_3468, 0x08_142c, 0x34_5c74,
    ]),
    palette([
        0x18_3458, 0x86_6884, 0xff_a058, 0xff_bc6c, 0xff_a070, 0x50_4a70, 0x0a_2038, 0x34_6c7c,
    ]),
];
const NIGHT: [Palette; 2] = [
    palette([
        0x04_0a1c, 0x0c_2244, 0x28_506e, 0xd8_e8ff, 0x4a_6c90, 0x0a_1830, 0x02_0a16, 0x12_4c5c,
    ]),
    palette([
        0x06_0820, 0x18_2050, 0x40_4c84, 0xe6_e6ff, 0x58_5c94, 0x10_1434, 0x04_081a, 0x1c_4468,
    ]),
];

impl Palette {
    /// The palette of an hour; weather dulls it, a named colour tints it.
    pub(super) fn of(direction: &Direction, random: &mut Random) -> Self {
        let choices = match direction.hour {
            Hour::Dawn => &DAWN,
            Hour::Day => &DAY,
            Hour::Dusk => &DUSK,
            Hour::Night => &NIGHT,
        };
        let mut palette = *random.pick(choices);
        if let Some(accent) = direction.accent {
            palette.middle = mix3(palette.middle, accent, 0.40);
            palette.horizon = mix3(palette.horizon, accent, 0.22);
            palette.cloud_light = mix3(palette.cloud_light, accent, 0.25);
            palette.shallow = mix3(palette.shallow, accent, 0.55);
            palette.deep = mix3(palette.deep, scale3(accent, 0.30), 0.40);
        }
        let (grey, dark) = match direction.weather {
            Weather::Rain => (0.88, 0.70),
            Weather::Fog => (0.45, 0.92),
            Weather::Snow => (0.74, 0.92),
            _ => (0.0, 1.0),
        };
        for colour in [
            &mut palette.zenith,
            &mut palette.middle,
            &mut palette.horizon,
            &mut palette.sun,
            &mut palette.cloud_light,
            &mut palette.cloud_shade,
            &mut palette.shallow,
        ] {
            *colour = dulled(*colour, grey, dark, [0.80, 1.0, 1.08]);
        }
        palette
    }
}

/// How the sky is clouded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sky {
    /// Towers over the horizon.
    Towers,
    /// A broken ceiling, lit from below when the sun is low.
    Ceiling,
    /// Almost nothing.
    Open,
    /// Closed and heavy.
    Storm,
}

/// Paints the clouds of one film.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clouds {
    pub(super) palette: Palette,
    pub(super) stage: Stage,
    pub(super) seed: u32,
    /// Where the sun is: frame heights right of the middle and above the horizon.
    pub(super) sun: (f32, f32),
    /// Rows of sky above the horizon, in frame heights.
    pub(super) tall: f32,
    pub(super) sky: Sky,
    /// How dark the underside of a closed sky is overhead: 0 is not at all.
    pub(super) gloom: f32,
    /// How soon the air hides clouds near the horizon; less is sooner.
    pub(super) air: f32,
}

/// What a place in the clouds is like.
struct Puff {
    density: f32,
    /// How much light of the sun reaches it, 0 to 1.
    lit: f32,
}

impl Clouds {
    /// Layers from far to near; the film may be `seconds` long at most for their drift.
    pub(super) fn layers(&self) -> Vec<Layer> {
        match self.sky {
            Sky::Towers => vec![self.paint(0.04, 0), self.paint(0.10, 1)],
            Sky::Open => vec![self.paint(0.05, 1)],
            Sky::Ceiling | Sky::Storm => vec![self.paint(0.08, 2)],
        }
    }

    /// Paints one layer at two thirds of the frame's resolution: clouds have no hard edges.
    fn paint(&self, depth: f32, kind: u8) -> Layer {
        let density = 2.0 / 3.0;
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = width * PAN_MAX * depth + height * 0.16;
        let columns = index((width + 2.0 * margin) * density) + 2;
        let above = height * 0.05;
        let rows = index((self.tall * height + above) * density) + 6;
        let texture = Texture::paint(columns, rows, self.stage.threads, |column, row| {
            let x = (float(column) / density - margin - width * 0.5) / height;
            let e = self.tall - (float(row) / density - above) / height;
            self.texel(kind, x, e)
        });
        Layer { texture, depth, left: margin * density, top: -above, density }
    }

    fn texel(&self, kind: u8, x: f32, e: f32) -> ([f32; 3], f32) {
        let puff = if kind == 2 { self.ceiling(x, e) } else { self.tower(kind, x, e) };
        if puff.density <= 0.0 {
            return ([0.0; 3], 0.0);
        }
        let palette = &self.palette;
        let alpha = smooth(0.0, if kind == 2 { 0.55 } else { 0.30 }, puff.density);
        let (dx, dy) = (x - self.sun.0, e - self.sun.1);
        let near = fade((dx * dx + dy * dy * 1.4) * 4.5);
        let storm = self.sky == Sky::Storm;
        // Thin edges before the sun glow; thick parts stay dark.
        let edge = near * (1.0 - smooth(0.0, 0.75, puff.density)) * if storm { 0.3 } else { 1.0 };
        let light = mix3(palette.cloud_light, palette.sun, near * 0.7);
        let shade = mix3(palette.cloud_shade, palette.middle, 0.20);
        let shade =
            if storm { scale3(shade, mix(1.0 - self.gloom, 1.0, fade(e * 5.0))) } else { shade };
        let mut colour = mix3(shade, light, clamp01(puff.lit + edge * 0.8));
        // Air between: the lower, the farther away.
        let haze = fade(e.max(0.0) * self.air * if kind == 2 { 9.0 } else { 11.0 });
        let air = mix3(palette.horizon, palette.sun, near * 0.4);
        let most = if self.air < 0.9 { 1.0 } else { 0.55 };
        colour = mix3(colour, air, haze * if kind == 0 { 0.78 } else { most });
        (colour, alpha * mix(0.96, 0.55, haze * haze) * smooth(-0.002, 0.02, e))
    }

    /// Heaped clouds: flat below, billowing above.
    fn tower(&self, kind: u8, x: f32, e: f32) -> Puff {
        let density = self.heap(kind, x, e);
        if density <= 0.0 {
            return Puff { density, lit: 0.0 };
        }
        let (dx, dy) = (self.sun.0 - x, self.sun.1 + 0.10 - e);
        let length = (dx * dx + dy * dy).sqrt().max(0.02);
        let reach = if kind == 0 { 0.018 } else { 0.030 };
        let towards = self.heap(kind, x + dx / length * reach, e + dy / length * reach);
        let top = 0.5 + (density - towards) * 1.25;
        Puff { density, lit: clamp01(top * smooth(1.5, 0.2, density) + 0.10) }
    }

    fn heap(&self, kind: u8, x: f32, e: f32) -> f32 {
        let (base, tall, scale) = if kind == 0 { (0.012, 0.17, 1.0) } else { (0.075, 0.30, 0.55) };
        let seed = self.seed ^ (u32::from(kind) * 0x5bd1);
        let wide = value(x * 1.7 * scale + 9.0, 0.5, seed ^ 1);
        let group = cloud(x * 4.3 * scale, 0.5, 2, seed ^ 2);
        let sparse = match (kind, self.sky) {
            (1, Sky::Open) => 0.62,
            (1, _) => 0.46,
            _ => 0.34,
        };
        let top = base + tall * (smooth(sparse, 1.0, wide * 0.72 + group * 0.40) * 0.95 + 0.02);
        if e > top + tall * 0.58 {
            return 0.0;
        }
        let bend = cloud(x * 7.0 * scale, e * 9.0 * scale, 2, seed ^ 3) - 0.5;
        let puff = billow(x * 11.0 * scale + bend, e * 15.0 * scale + bend * 0.7, seed ^ 4);
        let body = (top - e) / (tall * 0.42) + (puff - 0.36) * 2.1;
        let floor = smooth(base - 0.015, base + 0.022, e + (puff - 0.36) * 0.03);
        body.min(1.6) * floor
    }

    /// A layer seen from below: it flattens towards the horizon.
    fn ceiling(&self, x: f32, e: f32) -> Puff {
        let density = self.sheet(x, e);
        let (dx, dy) = (self.sun.0 - x, self.sun.1 - e);
        let length = (dx * dx + dy * dy).sqrt().max(0.02);
        let reach = 0.012 + 0.06 * e.max(0.0);
        let towards = self.sheet(x + dx / length * reach, e + dy / length * reach);
        let base = if self.sky == Sky::Storm { 0.30 } else { 0.42 };
        Puff { density, lit: clamp01(base + (density - towards) * 1.5) }
    }

    fn sheet(&self, x: f32, e: f32) -> f32 {
        let storm = self.sky == Sky::Storm;
        let near = if storm { 0.17 } else { 0.11 };
        let plane = 1.0 / (e.max(0.0) + near);
        let (u, w) = (x * plane * 1.5, plane * 1.15);
        let bend = cloud(u * 0.35, w * 0.6, 2, self.seed ^ 0x21) - 0.5;
        let fields = cloud(u * 0.40 + bend * 0.5, w * 0.42, 3, self.seed ^ 0x22);
        let puff = billow(u * 1.7 + bend * 1.4, w * 1.35 + bend, self.seed ^ 0x23);
        let (cover, bulk) = if storm { (0.02, 0.70) } else { (0.50, 0.30) };
        (fields - cover) * 2.4 + (puff - 0.36) * (1.1 + bulk)
    }
}

/// Noise with round tops and sharp creases, 0 to 1, as heaped clouds have.
fn billow(x: f32, y: f32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight) = (0.0, 0.0, 1.0);
    let (mut x, mut y) = (x, y);
    for octave in 0..5 {
        let fold = (2.0 * value(x, y, seed.wrapping_add(octave)) - 1.0).abs();
        sum += weight * fold;
        total += weight;
        weight *= 0.54;
        (x, y) = (1.6 * x + 1.2 * y + 4.1, 1.6 * y - 1.2 * x + 6.7);
    }
    sum / total
}
