//! What grows in the forest scene: trunks, limbs, crowns, ferns and grass.

use super::brush::{Sheet, steps};
use super::forest_paint::{Kind, Painter, Plane};
use crate::math::{clamp01, cosine, fade, float, mix, mix3, scale3, sine, smooth};
use crate::noise::{Random, cloud, value};

/// A trunk; lengths in pixels.
#[derive(Debug, Clone, Copy)]
struct Trunk {
    x: f32,
    foot: f32,
    radius: f32,
    /// Sideways for each pixel up.
    lean: f32,
    seed: u32,
}

impl Trunk {
    fn middle(&self, y: f32, unit: f32) -> f32 {
        let up = self.foot - y;
        let sway = value(up / unit * 2.2, 0.5, self.seed) - 0.5;
        self.x + up * self.lean + sway * self.radius * 1.6 * smooth(0.0, 0.3 * unit, up)
    }

    fn half(&self, y: f32, unit: f32) -> f32 {
        let up = (self.foot - y).max(0.0);
        let taper = 1.0 - 0.22 * (up / unit).min(2.0);
        let flare = fade(up / (self.radius * 0.9)) * 0.75;
        let knots = value(up / self.radius * 0.5, 3.5, self.seed) * 0.12;
        self.radius * (taper + flare + knots)
    }
}

impl Painter {
    fn hazed(&self, plane: &Plane, colour: [f32; 3], x: f32, y: f32) -> [f32; 3] {
        // Mist lies low: more of it at the feet of far trees.
        let low = smooth(0.30, 0.0, (plane.foot - y) / self.unit()) * (1.0 - plane.depth) * 0.45;
        let amount = 1.0 - (1.0 - plane.haze) * (1.0 - low);
        mix3(colour, self.air(x, y), amount)
    }

    pub(super) fn trunks(&self, sheet: &mut Sheet, plane: &Plane, random: &mut Random) {
        let unit = self.unit();
        let slim = match self.kind {
            Kind::Conifer => 0.8,
            Kind::Broadleaf => 1.0,
            Kind::Birch => 0.62,
        };
        let spacing = unit * mix(0.042, 0.46, plane.depth) * mix(slim, 1.0, 0.4);
        let (left, right) = sheet.reach();
        let open = self.path(plane.depth);
        let mut x = left - spacing * random.range(0.0, 1.0);
        while x < right + spacing {
            let radius = unit * 0.062 * (plane.depth + 0.02) * slim * random.range(0.6, 1.25);
            let spot = x + random.range(-0.3, 0.3) * spacing;
            let clear = unit * mix(0.03, 0.34, plane.depth) * if self.stream { 1.35 } else { 1.0 };
            x += spacing * random.range(0.6, 1.5);
            let trunk = Trunk {
                x: spot,
                foot: plane.foot + random.range(-0.02, 0.03) * unit * plane.depth,
                radius,
                lean: random.range(-0.05, 0.05),
                seed: random.next(),
            };
            if (spot - open).abs() > clear || plane.number < 2 && random.chance(0.7) {
                self.limbs(sheet, plane, &trunk, random);
                self.trunk(sheet, plane, &trunk);
                self.roots(sheet, plane, &trunk, random);
            }
        }
    }

    /// Grass and moss around a foot, so that it stands in the ground and not on it.
    fn roots(&self, sheet: &mut Sheet, plane: &Plane, trunk: &Trunk, random: &mut Random) {
        let shade = mix3(self.palette.leaf_dark, self.palette.ground, 0.6);
        let shade = if self.snowy { self.palette.ground } else { scale3(shade, 0.8) };
        for step in steps(7) {
            let x = trunk.x + (step / 3.0 - 1.0) * trunk.radius * 1.9;
            let y = trunk.foot + trunk.radius * random.range(0.15, 0.32);
            let tone = self.hazed(plane, shade, x, y);
            let size = trunk.radius * random.range(0.5, 0.9);
            sheet.dab((x, y), (size, size * 0.30), (1.0, 0.0), tone, 0.45);
        }
        let count = if plane.depth < 0.12 { 2 } else { 7 };
        for step in steps(count) {
            let across = (step + random.range(0.0, 1.0)) / float(count) * 2.0 - 1.0;
            let spot = (trunk.x + across * trunk.radius * 2.1, trunk.foot + trunk.radius * 0.35);
            self.tuft(sheet, plane, spot, trunk.radius * random.range(0.6, 1.4), random);
        }
    }

    fn trunk(&self, sheet: &mut Sheet, plane: &Plane, trunk: &Trunk) {
        let unit = self.unit();
        let palette = &self.palette;
        let light = self.opening * float(self.stage.width);
        let side = if light > trunk.x { 1.0 } else { -1.0 };
        let away = ((light - trunk.x) / unit).abs();
        // A trunk before the light is a silhouette; beside it, its flank shines.
        let rim = smooth(0.0, 0.25, away) * fade(away * 0.7);
        let scale = 1.0 / trunk.radius;
        let shape = |y: f32| (trunk.middle(y, unit), trunk.half(y, unit), trunk.middle(y, unit));
        let colour = |across: f32, y: f32, middle: &f32| {
            let up = (trunk.foot - y) * scale;
            let bend = across * (1.0 + 0.4 * across * across);
            let bark = if self.kind == Kind::Birch {
                let ring = value(bend * 0.7, up * 2.6, trunk.seed);
                let patch = value(bend * 1.3 + 9.0, up * 0.45, trunk.seed);
                1.0 - 0.85 * smooth(0.72, 0.80, ring + patch * 0.22)
            } else {
                smooth(0.25, 0.75, cloud(bend * 3.2, up * 0.55, 2, trunk.seed))
            };
            let facing = across * side;
            let lit = 0.16 + 0.34 * bark * (0.55 + 0.45 * facing);
            let lit = lit + rim * smooth(0.15, 1.0, facing) * (0.35 + 0.55 * bark);
            let mut tone = mix3(scale3(palette.bark, 0.55), palette.bark_lit, clamp01(lit));
            let low = smooth(5.0, 0.0, up) * 0.75 + smooth(0.3, 1.0, -facing) * 0.35;
            let moss =
                smooth(0.52, 0.75, value(bend * 2.0, up * 0.8, trunk.seed ^ 5) * 0.6 + low * 0.5);
            if self.snowy {
                let drift = smooth(0.35, 0.8, -across + (bark - 0.5) * 0.7);
                tone = mix3(tone, palette.ground_lit, drift * 0.8);
            } else {
                let green = mix3(palette.fern_dark, palette.fern, clamp01(lit * 0.9));
                tone = mix3(tone, green, moss * 0.55);
            }
            self.hazed(plane, tone, *middle, y)
        };
        sheet.column(
            -0.03 * float(self.stage.height),
            trunk.foot + trunk.radius * 0.3,
            shape,
            colour,
        );
    }

    /// Dead stubs of conifers, forks of the others.
    fn limbs(&self, sheet: &mut Sheet, plane: &Plane, trunk: &Trunk, random: &mut Random) {
        if plane.number < 1 {
            return;
        }
        let unit = self.unit();
        let size = unit * (plane.depth + 0.05);
        let conifer = self.kind == Kind::Conifer;
        let (count, low, high) = if conifer { (10, 0.14, 0.85) } else { (5, 0.42, 1.0) };
        for step in steps(count) {
            let up = mix(low, high, (step + random.range(0.0, 1.0)) / float(count)) * unit;
            let y = trunk.foot - up;
            let hand = if random.chance(0.5) { 1.0 } else { -1.0 };
            let (reach, rise, girth) = match self.kind {
                Kind::Conifer => (random.range(0.05, 0.16), random.range(-0.02, 0.03), 0.07),
                Kind::Broadleaf => (random.range(0.18, 0.36), random.range(0.16, 0.34), 0.22),
                Kind::Birch => (random.range(0.10, 0.24), random.range(0.12, 0.28), 0.16),
            };
            let from = (trunk.middle(y, unit), y);
            let grow = (hand * (reach * size + trunk.radius), -rise * size);
            self.limb(sheet, plane, from, grow, trunk.radius * girth, random);
        }
    }

    /// A limb that grows outward first and then up, with twigs.
    fn limb(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        mut from: (f32, f32),
        grow: (f32, f32),
        mut girth: f32,
        random: &mut Random,
    ) {
        let tone = mix3(scale3(self.palette.bark, 0.6), self.palette.bark_lit, 0.14);
        let colour = self.hazed(plane, tone, from.0, from.1);
        let white = self.hazed(plane, self.palette.ground_lit, from.0, from.1);
        let pieces = 7;
        for piece in steps(pieces) {
            let t = piece / float(pieces);
            let kink = random.range(-0.05, 0.05) * grow.0;
            let to = (
                from.0 + grow.0 / float(pieces) * (1.35 - 0.7 * t),
                from.1 + grow.1 / float(pieces) * (0.45 + 1.1 * t) + kink,
            );
            sheet.stroke(from, to, (girth, girth * 0.8), [colour; 2]);
            if self.snowy {
                let raise = girth * 0.7;
                let (a, b) = ((from.0, from.1 - raise), (to.0, to.1 - raise));
                sheet.stroke(a, b, (girth * 0.6, girth * 0.5), [white; 2]);
            }
            if t > 0.3 && random.chance(0.7) {
                let tip = (
                    to.0 + grow.0 * random.range(0.02, 0.16),
                    to.1 - grow.0.abs() * random.range(-0.04, 0.20),
                );
                sheet.stroke(to, tip, (girth * 0.45, girth * 0.15), [colour; 2]);
            }
            if piece > 1.0 && !self.snowy && self.kind != Kind::Conifer && random.chance(0.55) {
                self.spray(sheet, plane, to, random);
            }
            (from, girth) = (to, girth * 0.8);
        }
    }

    /// A few leaves on a limb.
    fn spray(&self, sheet: &mut Sheet, plane: &Plane, (x, y): (f32, f32), random: &mut Random) {
        let unit = self.unit();
        let leaf = unit * mix(0.0034, 0.0105, plane.depth);
        let reach = unit * mix(0.014, 0.07, plane.depth);
        for _ in 0..9 {
            let spot = (x + random.range(-1.0, 1.0) * reach, y + random.range(-0.6, 0.5) * reach);
            let tone = self.leaf_tone(plane, random.range(0.1, 0.8), spot.0, spot.1);
            let spin = random.range(-0.3, 0.3);
            let size = leaf * random.range(0.6, 1.2);
            sheet.leaf(spot, (size * 1.15, size * 0.6), (cosine(spin), sine(spin)), tone);
        }
    }

    /// The leaves overhead; `before` the trunks there are fewer of them.
    pub(super) fn crowns(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        random: &mut Random,
        before: bool,
    ) {
        let (unit, height) = (self.unit(), float(self.stage.height));
        let (left, right) = sheet.reach();
        let conifer = self.kind == Kind::Conifer;
        let spacing = unit * mix(0.05, 0.22, plane.depth) * if conifer { 0.62 } else { 1.0 };
        let light = self.opening * float(self.stage.width);
        let mut x = left;
        while x < right {
            x += spacing * random.range(0.5, 1.2) * if before { 2.2 } else { 1.0 };
            let lower = cloud(x / unit * 1.9, plane.depth * 9.0, 2, self.seed ^ 0xc0);
            let gap = fade(((x - light) / unit) * ((x - light) / unit) * 9.0) * 0.16;
            let lowest = (mix(0.40, 0.16, plane.depth) * (0.35 + 1.25 * lower) - gap) * height;
            let mut y = lowest * random.range(0.75, 1.0);
            while y > -0.06 * height {
                let spot = (x + random.range(-0.7, 0.7) * spacing, y);
                if conifer {
                    self.bough(sheet, plane, spot, random);
                } else {
                    self.cluster(sheet, plane, spot, random);
                }
                y -= spacing * random.range(0.5, 1.0) * if before { 1.8 } else { 1.0 };
            }
        }
    }

    fn leaf_tone(&self, plane: &Plane, lit: f32, x: f32, y: f32) -> [f32; 3] {
        let colour = mix3(self.palette.leaf_dark, self.palette.leaf_lit, clamp01(lit));
        // Leaves before the opening let its light through.
        let away = (x - self.opening * float(self.stage.width)) / self.unit();
        let through = fade(away * away * 3.0) * 0.30 * (1.0 - plane.haze);
        let bright = mix3(self.palette.leaf_lit, self.palette.light, 0.25);
        self.hazed(plane, mix3(colour, bright, through), x, y)
    }

    /// A bunch of leaves.
    pub(super) fn cluster(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        (x, y): (f32, f32),
        random: &mut Random,
    ) {
        let unit = self.unit();
        let radius = unit * mix(0.05, 0.13, plane.depth) * random.range(0.7, 1.2);
        let leaf = unit * mix(0.0034, 0.0105, plane.depth);
        let bare = self.snowy;
        let count = if bare { 14 } else { 66 };
        for _ in 0..count {
            let (turn, far) = (random.range(0.0, 1.0), random.range(0.0, 1.0).sqrt());
            let (dx, dy) = (cosine(turn) * far, sine(turn) * far * 0.62);
            let (px, py) = (x + dx * radius, y + dy * radius);
            let lit = 0.30 - dy * 0.42 + random.range(-0.22, 0.30);
            let tone = self.leaf_tone(plane, lit, px, py);
            let spin = random.range(0.0, 1.0);
            let size = leaf * random.range(0.7, 1.5);
            if bare {
                // Twigs in winter, white on top.
                let to = (px + cosine(spin) * size * 5.0, py - sine(spin).abs() * size * 4.0);
                let twig = self.hazed(plane, self.palette.bark, px, py);
                sheet.stroke((px, py), to, (size * 0.22, size * 0.1), [twig; 2]);
                let white = self.hazed(plane, self.palette.ground_lit, px, py);
                let raise = size * 0.2;
                let (a, b) = ((px, py - raise), (to.0, to.1 - raise));
                sheet.stroke(a, b, (size * 0.2, size * 0.12), [white; 2]);
            } else {
                let turn = (cosine(spin), sine(spin));
                sheet.leaf((px, py), (size * 1.15, size * 0.62), turn, tone);
            }
        }
    }

    /// A drooping bough with needles.
    pub(super) fn bough(
        &self,
        sheet: &mut Sheet,
        plane: &Plane,
        (x, y): (f32, f32),
        random: &mut Random,
    ) {
        let unit = self.unit();
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let reach = unit * mix(0.045, 0.20, plane.depth) * random.range(0.7, 1.25);
        let needle = unit * mix(0.008, 0.034, plane.depth);
        let droop = random.range(0.15, 0.45);
        let count = 17;
        for step in steps(count) {
            let t = (step + 1.0) / float(count);
            let (px, py) = (x + side * reach * t, y + reach * droop * t * t * 1.4);
            let long = needle * (1.15 - 0.75 * t) * random.range(0.7, 1.2);
            for hang in 0..3_u8 {
                let along = side * (0.25 + 0.4 * random.range(0.0, 1.0));
                let to = (
                    px + along * long,
                    py + long * mix(0.1, 0.95, f32::from(hang) * 0.5) * random.range(0.7, 1.1),
                );
                let lit = 0.46 - f32::from(hang) * 0.19 + random.range(-0.10, 0.16);
                let tone = self.leaf_tone(plane, lit, px, py);
                let dark = self.leaf_tone(plane, lit - 0.3, px, py);
                sheet.stroke((px, py), to, (long * 0.14, long * 0.06), [tone, dark]);
            }
            if self.snowy {
                let white = self.leaf_snow(plane, px, py);
                let patch = (long * 0.55, long * 0.17);
                sheet.dab((px, py - long * 0.05), patch, (0.96, side * 0.28), white, 0.9);
            }
        }
    }

    fn leaf_snow(&self, plane: &Plane, x: f32, y: f32) -> [f32; 3] {
        self.hazed(plane, mix3(self.palette.ground_lit, self.palette.ground, 0.12), x, y)
    }
}
