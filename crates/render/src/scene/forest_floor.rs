//! The undergrowth of the forest scene and the frame of near plants around the view.

use super::brush::{Sheet, steps};
use super::forest_paint::{Kind, Painter, Plane};
use crate::math::{clamp01, cosine, float, mix, mix3, scale3, sine, smooth};
use crate::noise::{Random, value};

impl Painter {
    /// Ferns and grass at the feet of a plane's trees, open where the path is.
    pub(super) fn undergrowth(&self, sheet: &mut Sheet, plane: &Plane, random: &mut Random) {
        let unit = self.unit();
        let (left, right) = sheet.reach();
        let size = unit * (plane.depth + 0.03);
        let open = self.path(plane.depth);
        let clear = unit * plane.depth * if self.stream { 0.33 } else { 0.20 };
        let spacing = size * if plane.depth < 0.3 { 0.10 } else { 0.055 };
        let mut x = left;
        while x < right {
            x += spacing * random.range(0.5, 1.5);
            let thick = value(x / size * 0.8, 1.5, plane.seed ^ 0x61);
            let away = (x - open).abs();
            if away < clear {
                continue;
            }
            let y = plane.foot + random.range(-0.02, 0.05) * size;
            let grown = smooth(clear, clear + size * 0.5, away) * 0.65 + 0.35;
            if thick > 0.46 && !self.snowy && random.chance(0.45) {
                let reach = size * 0.19 * grown * random.range(0.6, 1.25);
                self.fern(sheet, plane, (x, y), reach, random);
            } else {
                self.tuft(sheet, plane, (x, y), size * 0.085 * grown * (0.5 + thick), random);
            }
        }
    }

    fn green(&self, plane: &Plane, lit: f32, x: f32, y: f32) -> [f32; 3] {
        let palette = &self.palette;
        let (dark, bright) = if self.snowy {
            (mix3(palette.bark, palette.ground, 0.25), palette.ground_lit)
        } else {
            (palette.fern_dark, palette.fern)
        };
        let colour = mix3(scale3(dark, 0.85), bright, clamp01(lit));
        mix3(colour, self.air(x, y), clamp01(plane.haze * 1.08))
    }

    /// A blade of grass is a curve of three pieces.
    pub(super) fn tuft(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        (x, y): (f32, f32),
        tall: f32,
        random: &mut Random,
    ) {
        for _ in 0..if self.snowy { 3 } else { 7 } {
            let lean = random.range(-0.55, 0.55);
            let tall = tall * random.range(0.5, 1.2);
            let girth = tall * 0.045;
            let from = (x + random.range(-0.3, 0.3) * tall, y + tall * 0.12);
            let knee = (from.0 + lean * tall * 0.35, from.1 - tall * 0.62);
            let tip = (knee.0 + lean * tall * 0.55, knee.1 - tall * 0.36 * (1.0 - lean.abs()));
            let lit = random.range(0.0, 0.5);
            let low = self.green(plane, lit * 0.3, x, y);
            let high = self.green(plane, 0.22 + lit, x, y);
            let middle = mix3(low, high, 0.6);
            sheet.stroke(from, knee, (girth, girth * 0.8), [low, middle]);
            sheet.stroke(knee, tip, (girth * 0.8, girth * 0.2), [middle, high]);
        }
    }

    /// Arching fronds from one root.
    pub(super) fn fern(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        (x, y): (f32, f32),
        reach: f32,
        random: &mut Random,
    ) {
        let fronds = if plane.depth < 0.3 { 5 } else { 8 };
        for frond in steps(fronds) {
            let spread = (frond + random.range(0.1, 0.9)) / float(fronds) * 2.0 - 1.0;
            let long = reach * random.range(0.75, 1.15);
            let bend = random.range(0.35, 0.6);
            let point = |t: f32| {
                let across = spread * long * (t * 0.75 + 0.25 * t * t);
                let up = long * (1.0 - spread.abs() * 0.45) * (t - bend * t * t);
                (x + across, y - up)
            };
            let lit = random.range(0.06, 0.34) + 0.16 * (1.0 - spread.abs());
            self.frond(sheet, plane, long, lit, &point);
        }
    }

    fn frond(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        long: f32,
        lit: f32,
        point: &dyn Fn(f32) -> (f32, f32),
    ) {
        let pairs = if plane.depth < 0.3 { 7 } else { 15 };
        let (x, y) = point(0.0);
        let stem = self.green(plane, lit * 0.6, x, y);
        for pair in steps(pairs) {
            let t = 0.12 + 0.88 * (pair + 0.5) / float(pairs);
            let (here, next) = (point(t), point(t + 0.04));
            let (dx, dy) = (next.0 - here.0, next.1 - here.1);
            let length = (dx * dx + dy * dy).sqrt().max(0.001);
            let (dx, dy) = (dx / length, dy / length);
            sheet.stroke(
                point(t - 0.9 / float(pairs)),
                here,
                (long * 0.012, long * 0.010),
                [stem; 2],
            );
            let leaf = long * 0.24 * (1.0 - t * 0.86) * smooth(0.0, 0.3, t);
            for side in [-1.0_f32, 1.0] {
                let to = (
                    here.0 + (dx * 0.55 - dy * side) * leaf,
                    here.1 + (dy * 0.55 + dx * side) * leaf + leaf * 0.18,
                );
                // The side of a frond that faces the sky is the lighter one.
                let facing = if (dx * side) < 0.0 { 0.18 } else { -0.05 };
                let tone = self.green(plane, lit + facing + t * 0.22, here.0, here.1);
                let dark = self.green(plane, lit * 0.7 + facing, here.0, here.1);
                let girth = (long * 0.5 / float(pairs)).min(long * 0.034);
                sheet.stroke(here, to, (girth, girth * 0.25), [dark, tone]);
            }
        }
    }

    /// The nearest plants: dark, soft, at the edges of the view only.
    pub(super) fn frame(&self, sheet: &mut Sheet, plane: &Plane, random: &mut Random) {
        let (unit, height) = (self.unit(), float(self.stage.height));
        let width = float(self.stage.width);
        let dark = Painter { palette: self.shaded(), seed: self.seed, ..*self };
        let heavy = if self.opening > 0.5 { 0.0 } else { width };
        let inward = if self.opening > 0.5 { 1.0 } else { -1.0 };
        let near = Plane { haze: 0.0, ..*plane };
        dark.near_trunk(sheet, &near, heavy + inward * random.range(-0.02, 0.05) * unit, random);
        for corner in [heavy, width - heavy] {
            let share = if (corner - heavy).abs() < 1.0 { 1.0 } else { 0.55 };
            let inward = if corner > 1.0 { -1.0 } else { 1.0 };
            for number in steps(9) {
                let t = number / 8.0;
                let x = corner + inward * (t * 0.62 * share - 0.08) * unit;
                let y = (mix(0.17, -0.05, t * t) * share - 0.03) * height;
                let y = y + random.range(-0.05, 0.03) * height;
                if self.kind == Kind::Conifer {
                    for _ in 0..3 {
                        dark.bough(sheet, &near, (x, y + random.range(-0.06, 0.0) * unit), random);
                    }
                } else {
                    dark.cluster(sheet, &near, (x, y), random);
                    dark.cluster(sheet, &near, (x, y - 0.06 * unit), random);
                }
            }
            for number in steps(6) {
                let t = number / 5.0;
                let x = corner + inward * (t * 0.46 * share - 0.05) * unit;
                let y = height * (0.99 + 0.06 * t) + random.range(0.0, 0.02) * height;
                let reach = unit * mix(0.30, 0.14, t) * (0.6 + 0.4 * share);
                if self.snowy {
                    dark.tuft(sheet, &near, (x, y), reach * 0.8, random);
                } else {
                    dark.fern(sheet, &near, (x, y), reach, random);
                }
            }
        }
    }

    fn shaded(&self) -> super::forest_paint::Palette {
        let mut palette = self.palette;
        let by = if self.snowy { 0.62 } else { 0.42 };
        for colour in [
            &mut palette.leaf_lit,
            &mut palette.leaf_dark,
            &mut palette.fern,
            &mut palette.fern_dark,
            &mut palette.bark,
            &mut palette.bark_lit,
            &mut palette.ground,
            &mut palette.ground_lit,
        ] {
            *colour = mix3(scale3(*colour, by), scale3(palette.deep, 0.5), 0.25);
        }
        palette
    }

    fn near_trunk(&self, sheet: &mut Sheet, plane: &Plane, x: f32, random: &mut Random) {
        let (unit, height) = (self.unit(), float(self.stage.height));
        let radius = unit * random.range(0.07, 0.11);
        let seed = random.next();
        let side = if x < float(self.stage.width) * 0.5 { 1.0 } else { -1.0 };
        let shape = |y: f32| {
            let up = (1.04 * height - y) / unit;
            let sway = (value(up * 1.7, 0.5, seed) - 0.5) * radius * 0.5;
            let flare = smooth(0.28, 0.0, up) * 0.6 + cosine(up * 0.8) * 0.04;
            (x + sway, radius * (1.0 + flare), ())
        };
        let colour = |across: f32, y: f32, (): &()| {
            let bend = across * (1.0 + 0.5 * across * across);
            let furrow = value(bend * 5.0, y / unit * 6.0, seed);
            let furrow = furrow * 0.6 + 0.4 * value(bend * 11.0, y / unit * 22.0, seed ^ 3);
            let rim = smooth(0.45, 0.98, across * side);
            let rim = rim * (0.55 + 0.45 * sine(y / unit * 0.7 + 0.2).abs());
            let lit = 0.05 + 0.20 * furrow + rim * (0.25 + 0.6 * furrow);
            let tone = mix3(scale3(self.palette.bark, 0.45), self.palette.bark_lit, clamp01(lit));
            mix3(tone, self.palette.light, rim * 0.10 * (1.0 - plane.haze))
        };
        sheet.column(-0.03 * height, 1.05 * height, shape, colour);
    }
}
