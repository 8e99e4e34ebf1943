//! The surface of the sea: swell with true perspective, ripples that shade it, foam, the path of
//! light.
//!
//! The eye is one unit above still water, so that a row of the frame `v` frame heights below the
//! horizon is `1 / v` units away. Rows are drawn from far to near, each lifted by the swell, and
//! nearer water covers farther water.

use super::ocean_mirror::{CELL, Mirror};
use super::ocean_waves::{Crests, Ripples, Row, Wave};
use crate::canvas::Canvas;
use crate::math::{clamp01, fade, float, float_of, floor, mix, position, signed};
use crate::noise::Random;

/// Columns of the frame for one shaded sample.
const STEP: usize = 2;
/// Samples for one evaluation of the swell.
pub(super) const COARSE: usize = 4;

/// What the water is like; all colours are linear light.
#[derive(Debug, Clone, Copy)]
pub(super) struct Water {
    pub(super) deep: [f32; 3],
    pub(super) shallow: [f32; 3],
    pub(super) foam: [f32; 3],
    pub(super) haze: [f32; 3],
    /// Light of the sun or moon that glitters.
    pub(super) glitter: [f32; 3],
    /// Size of the disc, widened for haze, in frame heights.
    pub(super) disc: f32,
    /// Foam, 0 to 1.
    pub(super) froth: f32,
    /// How soon the air hides the water.
    pub(super) mist: f32,
}

/// Where the eye and the sun are at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eye {
    /// Row of the horizon in pixels.
    pub(super) horizon: f32,
    /// Units to the right and ahead of the start.
    pub(super) x: f32,
    pub(super) z: f32,
    /// Height above still water; 1 at rest.
    pub(super) high: f32,
    /// Focal length; 1 at rest.
    pub(super) focal: f32,
    /// Sun: frame heights right of the middle and above the horizon.
    pub(super) sun: (f32, f32),
    pub(super) seconds: f32,
}

/// The sea of one film.
#[derive(Debug)]
pub(super) struct Sea {
    pub(super) water: Water,
    waves: Vec<Wave>,
    ripples: Ripples,
    wind: f32,
}

/// One row of water, spread over the columns of the frame.
struct Line {
    /// Rows of the frame where the water of each column is seen.
    y: Vec<f32>,
    /// Red, green, blue of all columns.
    light: [Vec<f32>; 3],
}

impl Line {
    fn new(width: usize) -> Self {
        Self { y: vec![0.0; width], light: [0; 3].map(|_| vec![0.0; width]) }
    }

    fn spread(&mut self, samples: &Samples) {
        double(&samples.y, &mut self.y);
        for (from, to) in samples.light.iter().zip(&mut self.light) {
            double(from, to);
        }
    }
}

/// Two columns for each sample, the second halfway to the next.
fn double(from: &[f32], to: &mut [f32]) {
    for (pair, out) in from.windows(2).zip(to.chunks_mut(STEP)) {
        out[0] = pair[0];
        if let Some(odd) = out.get_mut(1) {
            *odd = (pair[0] + pair[1]) * 0.5;
        }
    }
}

/// One row of samples; a list for each quantity, so that compilers make vector code.
struct Samples {
    y: Vec<f32>,
    light: [Vec<f32>; 3],
    /// Height, slope to the right, slope ahead, nearness to a crest, lace and fields of foam.
    surface: [Vec<f32>; 6],
    /// Where the mirrored ray goes (columns and rows of the mirror), share of the mirror image,
    /// sunlight, light from within, foam.
    ray: [Vec<f32>; 6],
}

impl Samples {
    fn new(count: usize) -> Self {
        let list = |_| vec![0.0; count];
        Self {
            y: vec![0.0; count],
            light: [0; 3].map(list),
            surface: [0; 6].map(list),
            ray: [0; 6].map(list),
        }
    }
}

/// What all samples of a row have in common.
struct Across {
    /// Slope of the line of sight.
    ray: f32,
    /// Column of the middle, and sine of the angle from one sample to the next.
    middle: f32,
    spacing: f32,
    /// Share of the air.
    air: f32,
    rough: f32,
    /// Height of the frame in pixels.
    height: f32,
}

impl Sea {
    /// `might` is 1 for a fresh breeze.
    pub(super) fn new(random: &mut Random, water: Water, might: f32, threads: usize) -> Self {
        let heading = random.range(-0.11, 0.11);
        let waves = Wave::spectrum(random, might, heading);
        let ripples = Ripples::new(random.next(), threads);
        Self { water, waves, ripples, wind: (0.5 + might * 0.5).min(1.5) }
    }

    /// Still water's height changed by the swell, for what floats: `x`, `z` in units.
    pub(super) fn lift(&self, x: f32, z: f32, seconds: f32) -> f32 {
        self.waves.iter().map(|wave| wave.lift(x, z, seconds)).sum()
    }

    /// Draws all water below the horizon; `before` is called with each row's distance before it
    /// is drawn, for things that stand in the sea.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        eye: &Eye,
        mut before: impl FnMut(&mut Canvas, f32),
    ) {
        let (width, height) = (canvas.width, float(canvas.height));
        let top = position(floor(eye.horizon)).min(canvas.height - 1);
        let mirror = Mirror::of(canvas, top);
        let count = width / STEP + 2;
        let mut crests = Crests::new(count / COARSE + 2);
        let mut samples = Samples::new(count);
        let mut hidden = vec![false; width];
        let (mut far, mut near) = (Line::new(width), Line::new(width));
        let mut row = Row::default();
        let pixel = 1.0 / height;
        let (mut v, mut first) = (pixel * 0.6, true);
        // Troughs at the viewer's feet lie below the frame: go on until nothing is left bare.
        let last = (height - eye.horizon) * pixel;
        while v < last + 0.02 || (v < last + 2.0 && far.y.iter().any(|y| *y < height)) {
            let distance = eye.high * eye.focal / v;
            let step = pixel * (1.25 + (v - 0.08).max(0.0) * 5.0);
            let across = self.collect(&mut samples, &mut crests, &mut row, eye, (v, step, height));
            self.trace(&mut samples, &across, eye);
            self.light(&mut samples, &mirror, across.air);
            near.spread(&samples);
            before(canvas, distance);
            if first {
                let share = 1.0 - (eye.horizon - float_of(floor(eye.horizon)));
                soften(canvas, top, &near, share);
                far.y.fill(eye.horizon);
                for (far, near) in far.light.iter_mut().zip(&near.light) {
                    far.copy_from_slice(near);
                }
                first = false;
            }
            fill(canvas, &far, &near, &mut hidden);
            std::mem::swap(&mut far, &mut near);
            v += step;
        }
    }

    /// Collects swell and ripples of one row.
    fn collect(
        &self,
        samples: &mut Samples,
        crests: &mut Crests,
        row: &mut Row,
        eye: &Eye,
        (v, step, height): (f32, f32, f32),
    ) -> Across {
        let distance = eye.high * eye.focal / v;
        let unit = distance / eye.focal;
        let count = samples.y.len();
        let middle = float(count - 2) * 0.5;
        let spacing = float(STEP) / height;
        let left = -middle * spacing * unit + eye.x;
        let coarse = spacing * unit * float(COARSE);
        crests.fill(&self.waves, left, coarse, distance + eye.z, distance * step / v, eye);
        self.ripples.row(row, distance, step, spacing * unit, eye);
        for at in 0..count {
            let swell = crests.at(at);
            let texel = row.at(left + float(at) * spacing * unit);
            let all = [
                swell[0],
                swell[1] + texel[0] * self.wind,
                swell[2] + texel[1] * self.wind,
                swell[3],
                texel[2],
                texel[3],
            ];
            for (list, value) in samples.surface.iter_mut().zip(all) {
                list[at] = value;
            }
        }
        let still = eye.horizon + v * height;
        let rise = eye.focal / distance * height;
        for (y, high) in samples.y.iter_mut().zip(&samples.surface[0]) {
            *y = still - high * rise;
        }
        Across {
            ray: v / eye.focal,
            middle,
            spacing: spacing / eye.focal,
            air: 1.0 - fade(distance * self.water.mist * 0.06),
            // Waves too small for this row still roughen it.
            rough: row.rough * self.wind * self.wind + crests.rough,
            height,
        }
    }

    /// Follows the ray of every sample to the sky.
    fn trace(&self, samples: &mut Samples, across: &Across, eye: &Eye) {
        let count = samples.y.len();
        let [_, sx, sz, crest, lace, field] = &samples.surface;
        let (sx, sz, crest) = (&sx[..count], &sz[..count], &crest[..count]);
        let (lace, field) = (&lace[..count], &field[..count]);
        let [column, row, mirror, shine, glow, white] = &mut samples.ray;
        let (column, row, mirror) = (&mut column[..count], &mut row[..count], &mut mirror[..count]);
        let (shine, glow, white) = (&mut shine[..count], &mut glow[..count], &mut white[..count]);
        let ray = across.ray;
        let glint = Glint::new(self.water.disc, across.rough.sqrt(), ray);
        let lean = across.rough * 0.9 + 0.0006;
        let cells = across.height * eye.focal / float(CELL);
        let middle = across.middle * float(STEP) / float(CELL);
        let froth = self.water.froth;
        let limit = mix(1.45, 0.52, froth);
        let foam = if froth > 0.0 && across.air < 0.97 { 1.0 } else { 0.0 };
        let look = 1.0 + ray * ray;
        for at in 0..count {
            let xn = (float_of(signed(at)) - across.middle) * across.spacing;
            let (sx, sz, crest) = (sx[at], sz[at], crest[at]);
            // How much the facet faces the eye: those turned away are hidden, so never negative.
            let facing = ray + sz + sx * xn;
            let facing = 0.5 * (facing + (facing * facing + lean).sqrt());
            let slope = 1.0 + sx * sx + sz * sz;
            let graze = 1.0 - (facing / (slope * look).sqrt()).min(1.0);
            let square = graze * graze;
            let fresnel = 0.02 + 0.98 * square * square * graze;
            let bend = 2.0 * facing;
            let azimuth = xn + bend * (xn * sz - sx);
            let rise = (bend - ray) * (1.0 + bend * sz.max(-0.3));
            column[at] = azimuth * cells + middle;
            row[at] = rise * cells;
            mirror[at] = fresnel;
            shine[at] = glint.at(azimuth - eye.sun.0, rise - eye.sun.1) * (0.15 + fresnel);
            // Light comes through the thin backs of the crests.
            glow[at] = clamp01(crest * 0.55 + 0.34) * clamp01(0.25 + sz * 2.2 + facing * 0.4);
            // Foam: broken crests, and lace that stays behind them.
            let (lace, field) = (lace[at], field[at]);
            let cap = clamp01((crest - limit + (lace - 0.5) * 0.9 + (field - 0.5) * 0.8) * 3.0);
            let veil = clamp01((lace - 0.60) * 3.6) * clamp01((field - 0.62 + froth * 0.24) * 3.0);
            white[at] = foam
                * clamp01(
                    cap * cap * (0.42 + 0.55 * lace) + veil * froth * 0.5 * clamp01(crest + 0.8),
                );
        }
    }

    /// Mixes the light of every sample.
    fn light(&self, samples: &mut Samples, mirror: &Mirror, air: f32) {
        let count = samples.y.len();
        let [column, row, share, shine, glow, white] = &samples.ray;
        let (column, row, share) = (&column[..count], &row[..count], &share[..count]);
        let (shine, glow, white) = (&shine[..count], &glow[..count], &white[..count]);
        let [red, green, blue] = &mut samples.light;
        let (red, green, blue) = (&mut red[..count], &mut green[..count], &mut blue[..count]);
        for at in 0..count {
            let sky = mirror.at(column[at], row[at]);
            red[at] = sky[0];
            green[at] = sky[1];
            blue[at] = sky[2];
        }
        for (channel, light) in samples.light.iter_mut().enumerate() {
            let light = &mut light[..count];
            let (deep, shallow) = (self.water.deep[channel], self.water.shallow[channel]);
            let (sun, foam) = (self.water.glitter[channel], self.water.foam[channel]);
            let haze = self.water.haze[channel];
            for at in 0..count {
                let body = deep + shallow * glow[at];
                let wet = mix(body, light[at], share[at]) + sun * shine[at];
                light[at] = mix(mix(wet, foam, white[at]), haze, air);
            }
        }
    }
}

/// The mirror image of the sun in water of a known roughness.
struct Glint {
    wide: f32,
    tall: f32,
    power: f32,
}

impl Glint {
    fn new(disc: f32, spread: f32, ray: f32) -> Self {
        // A facet turns the ray twice its own angle; sideways only as much as it is looked at.
        let tall = disc + 1.6 * spread;
        let wide = disc + 2.4 * spread * (ray + spread).min(1.0);
        Self {
            wide: 1.0 / (wide * wide),
            tall: 1.0 / (tall * tall),
            power: disc * disc / (wide * tall),
        }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let lobe = 1.0 / (1.0 + x * x * self.wide + y * y * self.tall);
        self.power * lobe * lobe
    }
}

/// The row that the horizon crosses is part sky, part sea.
fn soften(canvas: &mut Canvas, y: usize, line: &Line, share: f32) {
    let width = canvas.width;
    let row = &mut canvas.light[y * width * 3..][..width * 3];
    for (out, light) in row.chunks_exact_mut(width).zip(&line.light) {
        for (out, light) in out.iter_mut().zip(light) {
            *out = mix(*out, *light, share);
        }
    }
}

/// Fills what lies between two rows of water; nothing where the nearer one is hidden.
///
/// `hidden` remembers for each column whether the far row ended behind a crest: the first pixel
/// of water that shows again is then part crest, part what lies behind it.
fn fill(canvas: &mut Canvas, far: &Line, near: &Line, hidden: &mut [bool]) {
    let (width, bottom) = (canvas.width, signed(canvas.height));
    let (far_y, near_y, hidden) = (&far.y[..width], &near.y[..width], &mut hidden[..width]);
    let [red, green, blue] = [0, 1, 2].map(|channel| {
        let (far, near) = (&far.light[channel], &near.light[channel]);
        (&far[..width], &near[..width])
    });
    for x in 0..width {
        let (from, to) = (far_y[x], near_y[x]);
        if to <= from {
            hidden[x] = true;
            continue;
        }
        let (first, last) = (floor(from) + 1, (floor(to) + 1).min(bottom));
        let pair = |(far, near): (&[f32], &[f32])| (far[x], near[x]);
        let light = [pair(red), pair(green), pair(blue)];
        if hidden[x] && first > 0 && first <= bottom {
            let share = float_of(first) - from;
            let at = position(first - 1) * width * 3 + x;
            for (channel, (far, _)) in light.into_iter().enumerate() {
                let value = &mut canvas.light[at + channel * width];
                *value = mix(*value, far, share);
            }
        }
        hidden[x] = false;
        if first >= last {
            continue;
        }
        let slope = 1.0 / (to - from);
        for y in first.max(0)..last {
            let share = (float_of(y) - from) * slope;
            let at = position(y) * width * 3 + x;
            let out = &mut canvas.light[at..=at + 2 * width];
            out[0] = mix(light[0].0, light[0].1, share);
            out[width] = mix(light[1].0, light[1].1, share);
            out[2 * width] = mix(light[2].0, light[2].1, share);
        }
    }
}
