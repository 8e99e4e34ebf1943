//! The paintings of the city: rows of towers with windows and signs, and a figure in the rain.

use super::city::{GROUND, Palette};
use super::{Layer, PAN_MAX, Stage};
use crate::math::{clamp01, float, float_of, floor, index, mix, mix3, scale3, smooth, unit};
use crate::noise::{Random, cloud, hash_at};
use crate::text::Mask;
use crate::texture::{Texture, premultiplied};

/// Rows of towers, far to near.
const ROWS: usize = 4;
/// Height of a mast, in frame heights.
const MAST: f32 = 0.06;
/// What signs say; the font has every character of it.
const SIGNS: [&str; 14] = [
    "霓虹",
    "未来",
    "咖啡",
    "酒吧",
    "夜市",
    "旅馆",
    "面馆",
    "电影院",
    "24H",
    "BAR",
    "星河",
    "ラーメン",
    "茶",
    "药",
];

/// Something that shines: position and radius in frame heights at rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lamp {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) depth: f32,
    pub(super) radius: f32,
    pub(super) power: f32,
    pub(super) colour: [f32; 3],
}

/// One tower; lengths in frame heights.
#[derive(Debug, Clone, Copy)]
struct Tower {
    left: f32,
    width: f32,
    top: f32,
    step: f32,
    window: (f32, f32),
    lit: f32,
    style: u32,
    colour: [f32; 3],
    seed: u32,
}

/// A sign to be painted; lengths in frame heights.
struct Sign<'a> {
    text: &'a str,
    at: (f32, f32),
    size: f32,
    colour: [f32; 3],
    haze: f32,
}

/// Paints the layers of one film and remembers what shines.
pub(super) struct Painter {
    pub(super) palette: Palette,
    pub(super) stage: Stage,
    pub(super) seed: u32,
    pub(super) lamps: Vec<Lamp>,
    /// Most of the usual height of ordinary towers before those that one knows the city by.
    pub(super) low: f32,
}

/// A row of towers.
struct Row {
    near: f32,
    depth: f32,
    haze: f32,
    seed: u32,
    towers: Vec<Tower>,
}

impl Painter {
    pub(super) const fn new(palette: Palette, stage: Stage, seed: u32) -> Self {
        Self { palette, stage, seed, lamps: Vec::new(), low: 1.0 }
    }

    /// Everything that shines, after the rows are painted.
    pub(super) fn lamps(self) -> Vec<Lamp> {
        self.lamps
    }

    /// All rows, far to near.
    pub(super) fn rows(&mut self) -> Vec<Layer> {
        (0..ROWS).map(|number| self.paint_row(number)).collect()
    }

    fn lay_out(&self, number: usize) -> Row {
        let near = float(number) / float(ROWS - 1);
        let seed = self.seed.wrapping_add(crate::math::low(number as u64) * 7919);
        let mut random = Random::new(u64::from(seed));
        let aspect = float(self.stage.width) / float(self.stage.height);
        let mut towers = Vec::new();
        let mut x = -0.3;
        while x < aspect + 0.3 {
            let width = random.range(0.07, 0.15) * mix(0.62, 1.35, near);
            // The middle stays open, so that the eye has somewhere to go.
            let side = ((x + width * 0.5) / aspect - 0.5).abs() * 2.0;
            let open = mix(1.0, smooth(0.08, 0.75, side), near * 0.9);
            let tall = mix(0.30, 0.52, random.range(0.0, 1.0))
                * mix(1.05, 1.0, near)
                * mix(0.30, 1.0, open)
                * mix(self.low, 1.0, smooth(0.75, 1.0, side));
            let spike = if random.chance(0.16) { 0.13 * open * self.low } else { 0.0 };
            let neon = *random.pick(&self.palette.neon);
            towers.push(Tower {
                left: x,
                width,
                top: GROUND - tall - spike,
                step: if random.chance(0.45) { random.range(0.10, 0.26) } else { 0.0 },
                window: (
                    random.range(0.0085, 0.013) * mix(0.6, 1.3, near),
                    random.range(0.012, 0.018) * mix(0.6, 1.3, near),
                ),
                lit: random.range(0.22, 0.62),
                style: random.next() % 4,
                colour: mix3(neon, [1.0, 0.80, 0.52], random.range(0.35, 1.0)),
                seed: random.next(),
            });
            x += width * random.range(0.84, 1.06);
        }
        Row {
            near,
            depth: [0.06, 0.16, 0.34, 0.60][number.min(ROWS - 1)],
            haze: [0.72, 0.48, 0.24, 0.06][number.min(ROWS - 1)],
            seed,
            towers,
        }
    }

    fn paint_row(&mut self, number: usize) -> Layer {
        let row = self.lay_out(number);
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = index(width * (PAN_MAX * row.depth + 0.01)) + 4;
        let columns = self.stage.width + 2 * margin;
        let bottom = index((GROUND + 0.05) * height);
        // The tower of each column: the later one stands in front.
        let owner: Vec<Option<Tower>> = (0..columns)
            .map(|column| {
                let x = (float(column) - float(margin)) / height;
                let covers = |tower: &&Tower| x >= tower.left && x < tower.left + tower.width;
                row.towers.iter().rev().find(covers).copied()
            })
            .collect();
        let highest = row.towers.iter().map(|tower| tower.top).fold(1.0, f32::min);
        let top = index(((highest - 0.09) * height).max(0.0));
        let mut texture =
            Texture::paint(columns, bottom - top, self.stage.threads, |column, line| {
                let (x, y) = ((float(column) - float(margin)) / height, float(line + top) / height);
                let Some(tower) = &owner[column] else { return ([0.0; 3], 0.0) };
                let pixel = 1.0 / height;
                let cover = tower.cover(x, y, pixel);
                if cover <= 0.0 {
                    return ([0.0; 3], 0.0);
                }
                (self.air(&row, self.facade(tower, &row, x, y, pixel), x, y), cover)
            });
        let nearer: Vec<Row> = (number + 1..ROWS).map(|number| self.lay_out(number)).collect();
        self.add_signs(&row, &nearer, &mut texture, (float(margin), float(top)));
        Layer { texture, depth: row.depth, left: float(margin), top: float(top), density: 1.0 }
    }

    /// Haze between the tower and the eye, thicker near the ground.
    fn air(&self, row: &Row, colour: [f32; 3], x: f32, y: f32) -> [f32; 3] {
        let wisp = cloud(x * 2.2, y * 5.0, 2, row.seed) - 0.5;
        let low = smooth(0.34, GROUND, y) * (0.55 + 0.5 * wisp) * mix(0.55, 1.0, row.haze);
        let amount = 1.0 - (1.0 - row.haze) * (1.0 - clamp01(low) * 0.72);
        let tint = mix3(self.palette.haze, self.palette.neon[0], 0.16 * smooth(0.4, GROUND, y));
        let tint = mix3(mix3(self.palette.sky, tint, 0.55), tint, smooth(0.15, GROUND, y));
        mix3(colour, tint, amount)
    }

    fn facade(&self, tower: &Tower, row: &Row, x: f32, y: f32, pixel: f32) -> [f32; 3] {
        let across = (x - tower.left) / tower.width;
        // By day one side of a tower is lit and the other is not.
        let sunlit = (1.0 - self.palette.lights) * smooth(0.62, 0.48, across);
        let wall = scale3(self.palette.wall, 1.0 - 0.25 * (1.0 - self.palette.lights));
        let wall = mix3(wall, [1.0, 0.93, 0.82], 0.44 * sunlit);
        let shade = 0.20 * (1.0 - self.palette.lights) * smooth(0.50, 0.62, across);
        let body = scale3(mix3(wall, self.palette.haze, 0.13 + 0.12 * across), 1.0 - shade);
        let edge = smooth(0.05, 0.0, across) + smooth(0.96, 1.0, across) * 0.6;
        let mut colour = mix3(body, self.palette.haze, edge * 0.5);
        if tower.style == 3 {
            // Vertical fins.
            let fin = (x - tower.left) / (tower.window.0 * 2.2);
            let fin = fin - float_of(floor(fin));
            colour = mix3(colour, self.palette.haze, smooth(0.3, 0.0, fin) * 0.35);
        }
        let (u, v) = ((x - tower.left) / tower.window.0, (y - tower.top) / tower.window.1);
        let (column, line) = (floor(u), floor(v));
        let (dx, dy) = (u - float_of(column), v - float_of(line));
        let hash = match tower.style {
            // Whole floors are lit together, or windows one by one.
            1 => hash_at(column / 5, line, tower.seed),
            _ => hash_at(column, line, tower.seed),
        };
        let cluster = cloud(float_of(column) * 0.16, float_of(line) * 0.13, 2, tower.seed);
        let chance = tower.lit * smooth(0.20, 0.66, cluster) * 1.7;
        let on = unit(hash) < chance * self.palette.lights;
        let is_day = self.palette.lights < 0.6;
        if !(on || is_day) || !(0.06..=0.94).contains(&across) || line < 1 {
            return colour;
        }
        let soft = (pixel / tower.window.0, pixel / tower.window.1);
        let frame = |at: f32, gap: f32, soft: f32| {
            clamp01((at - gap) / soft + 0.5).min(clamp01((1.0 - gap - at) / soft + 0.5))
        };
        let gap = if tower.style == 1 { 0.05 } else { 0.20 };
        let inside = frame(dx, gap, soft.0) * frame(dy, 0.24, soft.1);
        let mood = unit(hash.wrapping_mul(0x9e37_79b9));
        if !on {
            // By day panes mirror the sky, some more than others.
            let sky = mix3(self.palette.sky, self.palette.haze, 0.25 + 0.5 * mood);
            return mix3(colour, scale3(sky, 0.82), inside * (0.30 + 0.35 * mood));
        }
        let tint = if mood > 0.86 {
            self.palette.neon[index(mood * 300.0) % 3]
        } else {
            mix3(tower.colour, [0.86, 0.94, 1.0], smooth(0.55, 0.8, mood))
        };
        let bright =
            mix(0.35, 1.0, unit(hash.wrapping_mul(0x85eb_ca6b))) * mix(0.75, 1.0, row.near);
        // Light falls from the ceiling.
        mix3(colour, scale3(tint, bright * (1.05 - 0.35 * dy)), inside)
    }

    /// Whether a tower of a nearer row stands, or will stand when the camera has moved, before a sign.
    fn is_hidden(
        nearer: &[Row],
        (left, right): (f32, f32),
        bottom: f32,
        depth: f32,
        aspect: f32,
    ) -> bool {
        nearer.iter().any(|row| {
            // The camera goes sideways by so much at most, the nearer rows farther.
            let slip = PAN_MAX * (row.depth - depth).abs() * aspect + 0.006;
            row.towers.iter().any(|tower| {
                let covers = tower.left - slip < right && tower.left + tower.width + slip > left;
                covers && tower.top < bottom
            })
        })
    }

    /// Neon signs and roof lights on the towers of a row.
    fn add_signs(&mut self, row: &Row, nearer: &[Row], texture: &mut Texture, origin: (f32, f32)) {
        let mut random = Random::new(u64::from(row.seed ^ 0x5151));
        let aspect = float(self.stage.width) / float(self.stage.height);
        for tower in &row.towers {
            let middle = tower.left + tower.width * 0.5;
            if middle < -0.1 || middle > aspect + 0.1 {
                continue;
            }
            // A light at the tip of the mast or the edge of the roof, if one can see it.
            let tip = tower.top - if tower.style.is_multiple_of(2) { MAST } else { 0.0 };
            let sides = (middle - 0.004, middle + 0.004);
            if random.chance(0.4) && !Self::is_hidden(nearer, sides, tip, row.depth, aspect) {
                let colour = [1.0, 0.20, 0.16];
                self.lamps.push(Lamp {
                    x: middle,
                    y: tip,
                    depth: row.depth,
                    radius: 0.0045,
                    power: 0.55,
                    colour,
                });
            }
            if row.near < 0.3 || !random.chance(mix(0.35, 0.85, row.near)) {
                continue;
            }
            let text = *random.pick(&SIGNS);
            let size = mix(0.026, 0.048, row.near) * random.range(0.85, 1.2);
            let colour = *random.pick(&self.palette.neon);
            // All of a sign hangs on its tower, whose right edge the next one may cover.
            let room = tower.width * 0.84 - size * 1.3;
            let x = tower.left + tower.width * 0.04 + random.range(0.1, 0.9) * room;
            let space = GROUND - tower.top;
            let y = tower.top + random.range(0.12, 0.42) * space;
            let tall = float(text.chars().count()) * size * 1.12;
            let sides = (x, x + size * 1.3);
            if room < 0.0
                || y + tall > GROUND - 0.03
                || Self::is_hidden(nearer, sides, y + tall, row.depth, aspect)
            {
                continue;
            }
            let sign = Sign { text, at: (x, y), size, colour, haze: row.haze * 0.4 };
            self.paint_sign(texture, &sign, origin);
            self.lamps.push(Lamp {
                x: x + size * 0.55,
                y: y + tall * 0.5,
                depth: row.depth,
                radius: size * 0.7 + tall * 0.36,
                power: 0.24 * (1.0 - row.haze),
                colour,
            });
        }
    }

    fn paint_sign(&self, texture: &mut Texture, sign: &Sign<'_>, origin: (f32, f32)) {
        let Sign { text, at, size, colour, haze } = *sign;
        let height = float(self.stage.height);
        let letter = size * height;
        let (wide, tall) =
            (letter * 1.3, letter * 1.12 * float(text.chars().count()) + letter * 0.25);
        let mut mask = Mask::new(index(wide) + 2, index(tall) + 2);
        for (number, character) in text.chars().enumerate() {
            let character = character.to_string();
            let x = (wide - crate::text::measure(&character, letter)) * 0.5;
            let y = letter * (1.0 + 1.12 * float(number));
            mask.write(&character, letter, x, y);
        }
        let halo = mask.blurred(crate::text::whole(letter * 0.06));
        let left = index((at.0 * height + origin.0).max(0.0));
        let top = index((at.1 * height - origin.1).max(0.0));
        let border = (letter * 0.035).max(1.0);
        texture.edit(left, top, mask.width, mask.height, |x, y, old| {
            let (fx, fy) = (float(x), float(y));
            let edge = fx.min(fy).min(float(mask.width - 1) - fx).min(float(mask.height - 1) - fy);
            let line = smooth(border * 0.6, 0.0, (edge - border).abs());
            let letter = f32::from(mask.cover[y * mask.width + x]) / 255.0;
            let halo = f32::from(halo.cover[y * mask.width + x]) / 255.0;
            let back = scale3(colour, 0.16 + 0.55 * halo);
            let tube = mix3(colour, [1.0; 3], 0.62);
            let shown = mix3(mix3(back, tube, letter), mix3(colour, [1.0; 3], 0.3), line);
            let shown = mix3(shown, self.palette.haze, haze);
            if old[3] == 0 { old } else { premultiplied(shown, 1.0) }
        });
    }

    /// Someone under an umbrella, seen from behind, and the posts of a railing.
    pub(super) fn figure(&self) -> Layer {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = index(width * (PAN_MAX + 0.01)) + 4;
        let columns = self.stage.width + 2 * margin;
        let top = index(height * 0.50);
        let aspect = width / height;
        let mut random = Random::new(u64::from(self.seed ^ 0x00f1));
        let middle = aspect
            * if random.chance(0.5) { random.range(0.34, 0.42) } else { random.range(0.58, 0.66) };
        let foot = 0.862;
        let rim = mix3(self.palette.neon[0], self.palette.haze, 0.35);
        let dark = scale3(self.palette.wall, 0.61);
        let texture = Texture::paint(
            columns,
            self.stage.height + 20 - top,
            self.stage.threads,
            |column, row| {
                let (x, y) = (
                    (float(column) - float(margin)) / height - middle,
                    float(row + top) / height - foot,
                );
                let soft = 1.0 / height;
                let standing = person(x, y, soft);
                if standing > 0.0 {
                    let lit = clamp01(person(x, y, soft) - person(x + 0.0032, y + 0.0022, soft));
                    return (mix3(dark, rim, lit * 0.9), standing);
                }
                // A faint reflection at the feet.
                let mirrored = person(x + 0.002 * crate::math::sine(y * 60.0), -y * 1.02, soft);
                (dark, mirrored * 0.42 * smooth(0.16, 0.0, y))
            },
        );
        Layer { texture, depth: 0.85, left: float(margin), top: float(top), density: 1.0 }
    }
}

/// Coverage by a standing person with an umbrella; feet at the origin, 0.17 tall.
fn person(x: f32, y: f32, soft: f32) -> f32 {
    if !(-0.225..0.004).contains(&y) || x.abs() > 0.09 {
        return 0.0;
    }
    let inside = |distance: f32| clamp01(-distance / soft + 0.5);
    let oval = |cx: f32, cy: f32, rx: f32, ry: f32| {
        let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
        ((dx * dx + dy * dy).sqrt() - 1.0) * rx.min(ry)
    };
    let limb = |top: f32, bottom: f32, at: f32, wide_top: f32, wide_bottom: f32| {
        let t = clamp01((y - top) / (bottom - top));
        ((x - at).abs() - mix(wide_top, wide_bottom, t)).max(top - y).max(y - bottom)
    };
    let coat = limb(-0.124, -0.052, 0.0, 0.0155, 0.0225);
    let legs =
        limb(-0.055, 0.0, -0.0085, 0.0080, 0.0052).min(limb(-0.055, 0.0, 0.0085, 0.0080, 0.0052));
    let head = oval(0.0, -0.139, 0.0098, 0.0125);
    let pole = limb(-0.205, -0.09, 0.012, 0.0011, 0.0011);
    // The umbrella: a cap with a scalloped hem.
    let hem = -0.168 + 0.004 * (crate::math::sine((x - 0.012) * 14.0 + 0.25)).abs();
    let cap = oval(0.012, -0.166, 0.062, 0.042).max(y - hem);
    inside(coat.min(legs).min(head).min(pole).min(cap))
}

impl Tower {
    /// Coverage of a point: setback, roof and mast.
    fn cover(&self, x: f32, y: f32, pixel: f32) -> f32 {
        let across = (x - self.left) / self.width;
        let inner = (across - 0.5).abs();
        let shoulder = if self.step > 0.0 && inner > 0.5 - self.step { 0.055 } else { 0.0 };
        let roof = self.top + shoulder;
        let mast = if self.style.is_multiple_of(2) && inner * self.width < pixel * 0.9 {
            MAST
        } else {
            0.0
        };
        clamp01((y - roof + mast) / pixel + 0.5)
    }
}
