//! What stands in the desert scene: the painted sky, mesas, ruins, palms.

use super::Layer;
use super::brush::{Sheet, steps};
use super::desert_paint::{Dunes, HORIZON, Ridge};
use crate::math::{clamp01, cosine, fade, float, floor, index, mix3, scale3, sine, smooth, unit};
use crate::noise::{Random, cloud, hash_at, ridge, value};
use crate::prompt::Hour;
use crate::texture::Texture;

/// How near the shore of an oasis is.
pub(super) const SHORE_DEPTH: f32 = 0.56;

/// Painted layers beside the ridges.
pub(super) struct Sights {
    pub(super) layers: Vec<Layer>,
    /// Before all ridges.
    pub(super) front: Option<Layer>,
}

impl Sights {
    pub(super) fn new(dunes: &Dunes, ridges: &[Ridge], hour: Hour, random: &mut Random) -> Self {
        let mut layers = Vec::new();
        if hour == Hour::Night {
            layers.push(galaxy(dunes, random));
        }
        if hour != Hour::Day {
            layers.push(disc(dunes, hour == Hour::Night));
        }
        let chance = random.range(0.0, 1.0);
        let place = random.range(0.2, 0.8);
        if chance < 0.38 {
            layers.push(mesas(dunes, random));
        } else if chance > 0.78 && !dunes.oasis {
            layers.push(ruins(dunes, &ridges[2], place, random));
        }
        let front = dunes.oasis.then(|| palms(dunes, random));
        Self { layers, front }
    }
}

/// The milky way and faint stars; thin layers of the sky hardly move.
fn galaxy(dunes: &Dunes, random: &mut Random) -> Layer {
    let stage = dunes.stage;
    let (width, height) = (float(stage.width), float(stage.height));
    let margin = 24.0;
    let above = float(index(height * 0.05));
    let size = (stage.width + 48, index(height * (HORIZON + 0.15)));
    let foot = random.range(0.25, 0.75) * width;
    let lean = random.range(0.35, 0.9) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let seed = dunes.seed ^ 0x6a1;
    let length = (1.0 + lean * lean).sqrt();
    let texture = Texture::paint(size.0, size.1, stage.threads, |column, row| {
        let (x, y) = (float(column) - margin, float(row) - above);
        let up = (HORIZON * height - y) / height;
        let off = ((x - foot) / height - up * lean) / length;
        let warp = (cloud(up * 3.0, off * 3.0, 2, seed) - 0.5) * 0.09;
        let across = off + warp;
        let core = fade(across * across * 40.0);
        let wide = fade(across * across * 11.0);
        let (mut light, mut tint) = (0.0, [0.62, 0.74, 1.0]);
        if wide > 0.05 {
            let puff = cloud(across * 9.0, up * 6.0, 4, seed ^ 1);
            let dust = ridge(across * 7.0 + 2.0, up * 3.4, 3, seed ^ 2);
            let lane = smooth(0.34, 0.62, dust) * fade(across * across * 160.0);
            light = (wide - 0.05) * 0.16 + core * (0.18 + 0.72 * smooth(0.30, 0.80, puff));
            light *= 1.0 - 0.72 * lane;
            tint = mix3([0.44, 0.58, 1.0], [0.92, 0.90, 1.0], clamp01(core * puff * 1.4));
        }
        // Faint stars: more of them in the core.
        let spark = unit(hash_at(crate::math::int(x), crate::math::int(y), seed ^ 3));
        let star = smooth(0.9985 - core * 0.008, 1.0, spark) * 0.8;
        let low = smooth(-0.02, 0.20, up);
        let alpha = clamp01((light * 0.82).max(star)) * low;
        (mix3(tint, [0.95, 0.97, 1.0], smooth(0.1, 0.5, star)), alpha)
    });
    Layer { texture, depth: 0.02, left: margin, top: -above, density: 1.0 }
}

/// The sun on the horizon, or a waxing moon.
fn disc(dunes: &Dunes, moon: bool) -> Layer {
    let stage = dunes.stage;
    let (width, height) = (float(stage.width), float(stage.height));
    let radius = height.min(width) * if moon { 0.026 } else { 0.027 };
    let (x, y) = (dunes.sun.place.0 * width, dunes.sun.place.1 * height);
    let (left, top) = (x - radius - 3.0, y - radius - 3.0);
    let palette = &dunes.palette;
    let white = mix3(palette.sun, [1.0; 3], 0.4);
    let side = index(radius * 2.0) + 7;
    let aside = -dunes.sun.towards.0.signum() * 0.5;
    let texture = Texture::paint(side, side, 1, |column, row| {
        let (dx, dy) = ((float(column) - 3.0) / radius - 1.0, (float(row) - 3.0) / radius - 1.0);
        let edge = |dx: f32, dy: f32| (1.0 - (dx * dx + dy * dy).sqrt()) * radius;
        let cover = clamp01(edge(dx, dy) + 0.5);
        if !moon {
            return (mix3(white, palette.sun, smooth(-1.0, 1.0, dy) * 0.6), cover);
        }
        // What another disc leaves of it is a crescent; the seas are darker.
        let dark = clamp01(edge(dx - aside, dy + 0.22) * 0.7 + 0.5);
        let seas = value(dx * 2.2, dy * 2.2, dunes.seed);
        (scale3(white, 0.84 + 0.16 * seas), cover * (1.0 - dark))
    });
    Layer { texture, depth: 0.022, left: -left, top, density: 1.0 }
}

/// Table mountains far away, in strata.
fn mesas(dunes: &Dunes, random: &mut Random) -> Layer {
    let stage = dunes.stage;
    let (width, height) = (float(stage.width), float(stage.height));
    let size = height.min(width);
    let margin = 40.0;
    let rows = index(height * 0.24);
    let top = HORIZON * height + height * 0.03 - float(rows);
    let seed = random.next();
    let middle = random.range(0.2, 0.8) * width;
    let palette = dunes.palette;
    let rock = mix3(mix3(palette.shade, palette.sand, 0.35), [0.50, 0.24, 0.16], 0.30);
    let dim = mix3(palette.shade, rock, 0.3);
    let sunny = dunes.sun.towards.0.signum();
    let texture = Texture::paint(stage.width + 80, rows, stage.threads, |column, row| {
        let (x, y) = ((float(column) - margin) / size, (float(row) + top) / height);
        let near = (x - middle / size) * 1.5;
        let group = fade(near * near * 2.0);
        // Walls are steep: tables are noise with its slopes drawn together.
        let table = |x: f32| {
            let big = value(x * 6.1, 0.5, seed) + 0.16 * value(x * 21.0, 1.5, seed);
            // Away from the middle of the group they are rarer, not lower: their tops stay level.
            let gap = smooth(0.56, 0.66, value(x * 9.7, 4.5, seed));
            let big = big - 0.30 * (1.0 - group) - 0.30 * gap;
            let steps = smooth(0.56, 0.60, big) * 0.62 + smooth(0.80, 0.83, big) * 0.38;
            let scree = smooth(0.34, 0.60, big) * 0.42;
            let worn = (value(x * 70.0, 2.5, seed) - 0.5) * 0.05 * steps;
            steps * 0.58 + scree + worn
        };
        let tall = table(x) * 0.13;
        let up = (HORIZON + 0.01 - y).max(-1.0);
        let cover = clamp01((tall - up) * height + 0.5) * smooth(0.03, 0.08, tall + 0.05);
        if cover <= 0.0 {
            return ([0.0; 3], 0.0);
        }
        let slope = (table(x + 0.012 * sunny) - table(x - 0.012 * sunny)) * 2.2;
        let strata = value(up * 130.0, x * 1.5, seed ^ 7);
        let cracks = value(x * 60.0, up * 9.0, seed ^ 8);
        let lit = clamp01(0.46 - slope + (cracks - 0.5) * 0.4);
        let colour = scale3(mix3(dim, rock, lit), 0.88 + 0.24 * strata);
        let air = smooth(0.12, -0.01, up) * 0.30 + 0.46;
        (mix3(colour, mix3(palette.haze, palette.horizon, 0.3), air), cover)
    });
    Layer { texture, depth: 0.045, left: margin, top, density: 1.0 }
}

/// Broken columns behind a crest, half buried.
fn ruins(dunes: &Dunes, ridge: &Ridge, place: f32, random: &mut Random) -> Layer {
    let stage = dunes.stage;
    let (width, height) = (float(stage.width), float(stage.height));
    let size = height.min(width);
    let depth = ridge.layer.depth - 0.004;
    let mut sheet = Sheet::new(stage, depth, 0.05 * height, 0.8 * height, 1.0);
    let palette = dunes.palette;
    let sunny = dunes.sun.towards.0.signum();
    let stone = mix3(palette.sand, palette.shade, 0.25);
    let dark = mix3(scale3(palette.shade, 0.8), palette.haze, 0.15);
    let ground = |x: f32| {
        let column = index((x + ridge.layer.left).max(0.0)).min(ridge.crest.len() - 1);
        ridge.crest[column]
    };
    let mut lintel: Option<(f32, f32)> = None;
    for number in steps(7) {
        let x = place * width + (number - 3.0) * size * 0.042;
        let whole = random.chance(0.45);
        let tall = size * if whole { 0.15 } else { random.range(0.04, 0.13) };
        let foot = ground(x) + size * 0.02;
        let top = ground(place * width) - tall;
        let radius = size * 0.0085;
        let seed = random.next();
        let chip = random.range(-0.6, 0.6);
        sheet.column(
            top,
            foot,
            |row| (x, radius * (1.0 + smooth(radius * 2.0, 0.0, row - top) * 0.25), ()),
            |across, row, (): &()| {
                let flute = 0.5 + 0.5 * sine(across * 2.6);
                let worn = value(across * 2.0, row / size * 60.0, seed);
                let lit = 0.42 + 0.5 * across * sunny + (flute - 0.5) * 0.22 + (worn - 0.5) * 0.3;
                mix3(mix3(dark, stone, clamp01(lit)), palette.haze, 0.16)
            },
        );
        if whole {
            if let Some((from, level)) = lintel {
                let beam = size * 0.011;
                let (a, b) = ((from - radius, level - beam), (x + radius, top - beam));
                sheet.stroke(a, b, (beam, beam), [mix3(dark, stone, 0.45); 2]);
                let (a, b) = ((from - radius, level - beam * 1.6), (x + radius, top - beam * 1.6));
                sheet.stroke(a, b, (beam * 0.5, beam * 0.5), [mix3(dark, stone, 0.85); 2]);
            }
            lintel = Some((x, top));
        } else {
            let shard = (radius * 1.1, radius * 0.7);
            let turn = (cosine(chip * 0.1), sine(chip * 0.1));
            sheet.dab((x, top), shard, turn, mix3(dark, stone, 0.6), 1.0);
            lintel = None;
        }
    }
    sheet.into_layer()
}

/// Column of the palms, on the side away from the sun.
pub(super) fn palm_middle(dunes: &Dunes) -> f32 {
    (0.5 - dunes.sun.towards.0.signum() * 0.22) * float(dunes.stage.width)
}

/// Date palms at the water.
fn palms(dunes: &Dunes, random: &mut Random) -> Layer {
    let stage = dunes.stage;
    let height = float(stage.height);
    let size = height.min(float(stage.width));
    let shore = dunes.shore(2.0);
    let mut sheet = Sheet::new(stage, SHORE_DEPTH, 0.02 * height, shore + 6.0, 1.0);
    let palette = dunes.palette;
    let level = clamp01(palette.sand[1] * 1.25);
    let level = if dunes.sun.slope < 0.3 { level * 0.62 } else { level };
    // At night sand is blue, and so are leaves.
    let cool = if palette.sand[2] > palette.sand[0] { 0.62 } else { 0.0 };
    let dark = mix3(scale3([0.10, 0.15, 0.08], level), palette.shade, 0.25 + cool * 0.5);
    let bright = mix3(scale3([0.46, 0.56, 0.22], level), palette.sun, 0.10);
    let bright = mix3(bright, scale3(palette.shade, 1.5), cool);
    let bark = mix3(palette.shade, palette.sand, 0.22);
    let middle = palm_middle(dunes);
    // Grass first: palms stand in it.
    for _ in 0..54 {
        let x = middle + random.range(-0.26, 0.30) * size * random.range(0.2, 1.0);
        let tall = size * random.range(0.006, 0.026);
        for _ in 0..9 {
            let root = x + random.range(-0.8, 0.8) * tall;
            let tip =
                (root + random.range(-0.3, 0.3) * tall, shore - tall * random.range(0.4, 1.0));
            let tone = mix3(dark, bright, random.range(0.0, 0.7));
            sheet.stroke((root, shore + 4.0), tip, (tall * 0.07, tall * 0.02), [dark, tone]);
        }
    }
    for number in steps(6) {
        let x = middle + (number - 2.3) * size * 0.085 + random.range(-0.03, 0.03) * size;
        let tall = size * random.range(0.13, 0.27);
        let lean = random.range(-0.22, 0.22);
        let point = |t: f32| (x + lean * tall * t * t, shore + 3.0 - tall * t);
        for step in steps(14) {
            let (a, b) = (step / 14.0, (step + 1.0) / 14.0);
            let girth = |t: f32| size * (0.0062 - 0.0024 * t);
            let tone = mix3(bark, palette.sand, if floor(step) % 2 == 0 { 0.1 } else { 0.25 });
            sheet.stroke(point(a), point(b), (girth(a), girth(b)), [tone; 2]);
        }
        for frond in steps(13) {
            let turn = (frond + random.range(-0.3, 0.3)) / 13.0;
            let reach = tall * random.range(0.36, 0.48);
            let (dx, dy) = (cosine(turn) * reach, sine(turn) * reach * 0.55);
            palm_frond(&mut sheet, point(1.0), (dx, dy), (dark, bright), random);
        }
    }
    sheet.into_layer()
}

fn palm_frond(
    sheet: &mut Sheet,
    root: (f32, f32),
    (dx, dy): (f32, f32),
    (dark, bright): ([f32; 3], [f32; 3]),
    random: &mut Random,
) {
    let reach = (dx * dx + dy * dy).sqrt();
    let point = |t: f32| (root.0 + dx * t, root.1 + dy * t - reach * 0.34 * (t - 1.5 * t * t));
    let lit = random.range(0.1, 0.6) - dy / reach * 0.3;
    for leaf in steps(16) {
        let t = (leaf + 1.0) / 16.0;
        let (from, to) = (point(t - 1.0 / 16.0), point(t));
        let tone = mix3(dark, bright, clamp01(lit));
        sheet.stroke(from, to, (reach * 0.014, reach * 0.012), [tone; 2]);
        let long = reach * 0.26 * (1.0 - 0.6 * t) * smooth(0.0, 0.2, t);
        let tip = (to.0 + dx.signum() * long * 0.35, to.1 + long * 0.85);
        sheet.stroke(to, tip, (reach * 0.016, reach * 0.004), [tone, dark]);
        let tip = (to.0 + dx.signum() * long * 0.75, to.1 - long * 0.10);
        sheet.stroke(to, tip, (reach * 0.014, reach * 0.004), [tone; 2]);
    }
}
