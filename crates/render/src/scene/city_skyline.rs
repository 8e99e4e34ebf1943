//! The towers that one knows Shanghai by, seen across the river: the Oriental Pearl with its spheres, Jin Mao with
//! its tiers, the World Financial Center with the opening at its top, and Shanghai Tower, which turns as it rises.
//!
//! Their heights are true to each other: 468, 421, 492 and 632 m.

use super::city::GROUND;
use super::city_paint::{Lamp, Painter};
use super::{Layer, PAN_MAX};
use crate::math::{clamp01, float, float_of, floor, index, mix, mix3, scale3, smooth, unit};
use crate::noise::{cloud, hash_at};
use crate::texture::Texture;

/// Frame heights for a metre.
const METRE: f32 = 0.60 / 632.0;
/// How far away they stand.
const DEPTH: f32 = 0.20;
/// Rosy light of the spheres.
const PEARL: [f32; 3] = [1.0, 0.36, 0.66];
/// The spheres: metres above the ground to the middle, and radius; larger than they are, so that a small frame
/// shows them.
const SPHERES: [(f32, f32); 3] = [(98.0, 31.0), (270.0, 27.0), (342.0, 10.0)];

/// A point of a tower.
struct Spot {
    /// Signed distance from its outline in frame heights, negative inside.
    outside: f32,
    /// −1 at the left edge, 1 at the right one.
    across: f32,
    colour: [f32; 3],
}

impl Painter {
    /// The four towers on a layer of their own.
    pub(super) fn skyline(&mut self) -> Layer {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let aspect = width / height;
        // A tall frame is narrow: they move together.
        let squeeze = (aspect / 1.5).min(1.0);
        let places = [-0.36, 0.06, 0.19, 0.33].map(|at: f32| aspect * 0.5 + at * squeeze);
        let margin = index(width * (PAN_MAX * DEPTH + 0.01)) + 4;
        let (top, bottom) = (index(0.03 * height), index((GROUND + 0.05) * height));
        let columns = self.stage.width + 2 * margin;
        let pixel = 1.0 / height;
        let texture = Texture::paint(columns, bottom - top, self.stage.threads, |column, line| {
            let (x, y) = ((float(column) - float(margin)) / height, float(line + top) / height);
            let up = (GROUND - y) / METRE;
            let mut seen = ([0.0; 3], 0.0);
            for (number, place) in places.into_iter().enumerate() {
                let at = (x - place) / METRE;
                let spot = match number {
                    0 => self.pearl(at, up),
                    1 => self.tiers(at, up),
                    2 => self.opener(at, up),
                    _ => self.turning(at, up),
                };
                let cover = clamp01(0.5 - spot.outside * METRE / pixel);
                if cover > seen.1 {
                    seen = (self.distant(spot.colour, x, y), cover);
                }
            }
            seen
        });
        self.light_up(places);
        Layer { texture, depth: DEPTH, left: float(margin), top: float(top), density: 1.0 }
    }

    fn light_up(&mut self, places: [f32; 4]) {
        let mut shine = |place: f32, metres: f32, radius: f32, power: f32, colour: [f32; 3]| {
            let y = GROUND - metres * METRE;
            self.lamps.push(Lamp { x: place, y, depth: DEPTH, radius, power, colour });
        };
        for (middle, radius) in SPHERES {
            shine(places[0], middle, radius * METRE * 1.6, 0.20, PEARL);
        }
        for (place, metres) in places.into_iter().zip([468.0, 421.0, 492.0, 632.0]) {
            shine(place, metres, 0.006, 0.45, [1.0, 0.25, 0.2]);
        }
        shine(places[3], 610.0, 0.035, 0.22, [0.62, 0.80, 1.0]);
    }

    /// Air between the towers and the eye.
    fn distant(&self, colour: [f32; 3], x: f32, y: f32) -> [f32; 3] {
        let wisp = cloud(x * 2.2, y * 5.0, 2, self.seed ^ 0x5c) - 0.5;
        let low = smooth(0.36, GROUND, y) * (0.50 + 0.5 * wisp);
        let amount = 1.0 - 0.76 * (1.0 - clamp01(low) * 0.70);
        mix3(colour, mix3(self.palette.sky, self.palette.haze, smooth(0.10, GROUND, y)), amount)
    }

    /// A lit wall: floors of `floor` metres, windows of `wide`, `warm` of the light; `across` from −1 to 1.
    fn wall(&self, across: f32, at: f32, up: f32, size: (f32, f32), tint: [f32; 3]) -> [f32; 3] {
        let day = 1.0 - self.palette.lights;
        let sunlit = smooth(0.5, -0.3, across) * day;
        let wall = mix3(self.palette.wall, [0.86, 0.90, 0.96], 0.30 * day);
        let wall = mix3(wall, [1.0, 0.93, 0.82], 0.34 * sunlit);
        let wall = mix3(wall, self.palette.haze, 0.20 - 0.12 * day + 0.10 * across);
        let (u, v) = (at / size.0, up / size.1);
        let (column, line) = (floor(u), floor(v));
        let (dx, dy) = (u - float_of(column), v - float_of(line));
        let inside = smooth(0.04, 0.2, dx.min(1.0 - dx)) * smooth(0.10, 0.3, dy.min(1.0 - dy));
        let hash = hash_at(column, line, self.seed ^ 0x9e1);
        let cluster = cloud(float_of(column) * 0.2, float_of(line) * 0.11, 2, self.seed ^ 0x91);
        // The lowest floors are dark, or their lights would end in the air above the nearer roofs.
        let chance = smooth(0.28, 0.62, cluster) * 0.80 * smooth(110.0, 260.0, up);
        let lit = unit(hash) < chance * self.palette.lights;
        let bright = mix(0.45, 1.0, unit(hash.wrapping_mul(0x85eb_ca6b)));
        let pane = mix3(self.palette.sky, self.palette.haze, 0.4);
        let pane = scale3(pane, mix(0.55, 0.95, unit(hash.wrapping_mul(0x9e37_79b9))));
        mix3(
            wall,
            if lit { scale3(tint, bright) } else { pane },
            inside * if lit { 1.0 } else { 0.34 * smooth(110.0, 240.0, up) },
        )
    }

    /// The Oriental Pearl: legs, columns, three spheres and a mast.
    fn pearl(&self, at: f32, up: f32) -> Spot {
        let post = |x: f32, half: f32, from: f32, to: f32| {
            ((at - x).abs() - half).max(from - up).max(up - to)
        };
        let columns = post(-11.0, 4.6, 0.0, 262.0)
            .min(post(0.0, 4.6, 0.0, 340.0))
            .min(post(11.0, 4.6, 0.0, 262.0));
        let lean = 46.0 * clamp01(1.0 - up / 92.0) + 8.0;
        let legs = ((at.abs() - lean).abs() - 4.2).max(up - 92.0).max(-up);
        let mast = (at.abs() - mix(3.4, 1.0, clamp01((up - 342.0) / 126.0)))
            .max(342.0 - up)
            .max(up - 468.0);
        let frame = columns.min(legs).min(mast);
        let (mut outside, mut glow, mut across) = (frame, 0.16, at / 16.0);
        for (middle, radius) in SPHERES {
            let (dx, dy) = (at / radius, (up - middle) / radius);
            let distance = (dx * dx + dy * dy).sqrt();
            let away = (distance - 1.0) * radius;
            if away < outside {
                outside = away;
                // Facets catch the light from above; a belt of windows runs around the middle.
                let round = clamp01(1.0 - distance * distance).sqrt();
                let facets =
                    unit(hash_at(floor(dx * 6.0 / (0.35 + round)), floor(dy * 7.0), self.seed));
                let belt = smooth(0.16, 0.06, dy.abs());
                glow = 0.40 + 0.25 * dy + 0.22 * round + 0.22 * facets + 0.5 * belt;
                across = dx;
            }
        }
        let stone = mix3(self.palette.wall, self.palette.haze, 0.42 + 0.12 * across);
        let day = 1.0 - self.palette.lights;
        let rosy = scale3(mix3(PEARL, [1.0, 0.80, 0.90], smooth(0.75, 1.25, glow)), glow.min(1.05));
        let lit = mix3(stone, rosy, clamp01(glow * 1.6) * self.palette.lights);
        let colour = mix3(
            lit,
            scale3([0.88, 0.62, 0.70], 0.55 + 0.5 * glow),
            0.7 * day * smooth(0.2, 0.5, glow),
        );
        Spot { outside, across, colour }.shaded()
    }

    /// Jin Mao: tiers that step back faster and faster, and a spire.
    fn tiers(&self, at: f32, up: f32) -> Spot {
        let tops = [150.0, 215.0, 262.0, 300.0, 330.0, 352.0, 370.0];
        let tier = tops.iter().filter(|top| up > **top).count();
        let half = 30.0 - 2.6 * float(tier) - if tier > 4 { 3.0 * float(tier - 4) } else { 0.0 };
        // Each tier flares a little at its top, as a pagoda does.
        let rest = tops.get(tier).map_or(0.0, |top| smooth(12.0, 0.0, top - up) * 1.8);
        let body = (at.abs() - half - rest).max(up - 370.0).max(-up);
        let spire = (at.abs() - mix(5.0, 0.8, clamp01((up - 370.0) / 51.0)))
            .max(368.0 - up)
            .max(up - 421.0);
        let across = at / half.max(1.0);
        let ribs = smooth(0.5, 0.0, (at / 4.4 - float_of(floor(at / 4.4)) - 0.5).abs());
        let gold = mix3(self.palette.neon[2], [1.0, 0.84, 0.56], 0.65);
        let wall = self.wall(across, at, up, (4.4, 7.0), gold);
        let crown = clamp01(rest / 1.8 + smooth(352.0, 372.0, up)) * self.palette.lights;
        let colour = mix3(mix3(wall, self.palette.haze, ribs * 0.10), gold, crown * 0.75);
        Spot { outside: body.min(spire), across, colour }
    }

    /// The World Financial Center: a blade with a trapezoid cut out near its top.
    fn opener(&self, at: f32, up: f32) -> Spot {
        let half = mix(31.0, 17.0, smooth(60.0, 500.0, up));
        let body = (at.abs() - half).max(up - 492.0).max(-up);
        let hole_half = mix(8.0, 12.5, clamp01((up - 432.0) / 46.0));
        let hole = (at.abs() - hole_half).max(432.0 - up).max(up - 478.0);
        let across = at / half;
        let wall = self.wall(across, at, up, (5.2, 8.4), [0.72, 0.88, 1.0]);
        let rim = smooth(
            3.0,
            0.5,
            hole.abs().min((half - at.abs()).abs() + smooth(420.0, 380.0, up) * 9.0),
        );
        let colour = mix3(wall, [0.80, 0.92, 1.0], rim * 0.65 * self.palette.lights);
        Spot { outside: body.max(-hole), across, colour }
    }

    /// Shanghai Tower: it narrows and turns, a seam winds around it, and its top is cut aslant.
    fn turning(&self, at: f32, up: f32) -> Spot {
        let rise = clamp01(up / 632.0);
        let half = mix(42.0, 21.0, rise * rise * 0.35 + rise * 0.65);
        let shift = 2.0 * crate::math::sine(rise * 0.5 + 0.1);
        let across = (at - shift) / half;
        let body = ((at - shift).abs() - half)
            .max(up - 632.0 + 26.0 * clamp01(0.5 - across * 0.5))
            .max(-up);
        let turn = rise * 0.95 + across * 0.22;
        let seam = turn * 2.0 - float_of(floor(turn * 2.0)) - 0.5;
        let line = smooth(0.07, 0.0, seam.abs()) * smooth(120.0, 300.0, up);
        let wall = self.wall(across, at + up * 0.16, up, (6.0, 6.6), [0.86, 0.92, 1.0]);
        let crown = smooth(560.0, 632.0, up) * self.palette.lights;
        let glass = mix3(wall, scale3(self.palette.haze, 0.6), smooth(0.0, 0.5, seam) * 0.30);
        let colour = mix3(
            glass,
            [0.74, 0.88, 1.0],
            clamp01(line * (0.35 + 0.5 * self.palette.lights) + crown * 0.4),
        );
        Spot { outside: body, across, colour }
    }
}

impl Spot {
    /// Darker to the right, as round things are.
    fn shaded(self) -> Self {
        let shade = 1.0 - 0.22 * clamp01(self.across);
        Self { colour: scale3(self.colour, shade), ..self }
    }
}
