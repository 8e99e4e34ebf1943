//! The pictures of what stands in the sea: rock, lighthouse, ship.

use super::Stage;
use super::ocean_paint::Palette;
use super::ocean_things::Thing;
use crate::math::{clamp01, fade, float, index, linear, mix, mix3, rgb, scale3, smooth};
use crate::noise::{cloud, ridge};
use crate::prompt::{Hour, Landmark};
use crate::texture::Texture;

/// What the painters share.
pub(super) struct Brush<'a> {
    pub(super) palette: &'a Palette,
    pub(super) stage: &'a Stage,
    /// 1 if the light comes from the right.
    pub(super) side: f32,
    pub(super) seed: u32,
    /// Share of the air before the thing.
    pub(super) air: f32,
    pub(super) night: bool,
}

impl Brush<'_> {
    fn thing(
        &self,
        texture: Texture,
        landmark: Landmark,
        foot: (f32, f32),
        x: f32,
        away: f32,
        half: f32,
    ) -> Thing {
        let white = mix3(linear(self.palette.cloud_light), linear(self.palette.horizon), 0.4);
        Thing {
            texture,
            landmark,
            foot,
            x,
            away,
            half,
            lamp: None,
            spray: scale3(white, if self.night { 0.7 } else { 0.9 }),
            seed: self.seed,
            height: float(self.stage.height),
        }
    }

    fn aired(&self, colour: [f32; 3]) -> [f32; 3] {
        mix3(colour, mix3(self.palette.horizon, self.palette.middle, 0.3), self.air)
    }

    /// Colour and coverage of a rock `half` wide and `tall` high; `x` to the right, `y` up.
    fn stone(&self, x: f32, y: f32, half: f32, tall: f32) -> ([f32; 3], f32) {
        let height = float(self.stage.height);
        // Below the water the rock goes on, wider.
        let u = x / (half + (-y).max(0.0) * 0.4);
        let bulk = clamp01(1.0 - u * u);
        let jag = ridge(x / tall * 1.3 + 5.0, 2.3, 4, self.seed);
        let notch = cloud(x / tall * 7.0, 9.1, 3, self.seed ^ 3) - 0.5;
        let crest = tall * bulk * (0.42 + jag * 0.70 + notch * 0.20);
        let crest = if u.abs() < 1.0 { crest } else { -1.0 };
        let cover = clamp01((crest - y) * height + 0.5);
        if cover <= 0.0 {
            return ([0.0; 3], 0.0);
        }
        // Strata lean, cracks run down: relief by the difference towards the light.
        let face = |x: f32, y: f32| {
            let bend = cloud(x * 9.0, y * 9.0, 2, self.seed ^ 5) - 0.5;
            ridge(x / tall * 2.2 + bend, y / tall * 1.1 + x / tall * 0.5, 5, self.seed ^ 7)
        };
        let slope = face(x, y) - face(x + 0.006 * self.side, y + 0.005);
        let lit = clamp01(0.34 + slope * 2.4 + u * self.side * 0.30);
        let rim = fade((crest - y) / tall * 14.0) * 0.35;
        let rock =
            mix3(mix3(self.palette.deep, rgb(0x2e_2a2a), 0.55), self.palette.cloud_shade, 0.16);
        let dark = scale3(rock, 0.50);
        let bright = mix3(rock, self.palette.sun, if self.night { 0.14 } else { 0.36 });
        let mut colour = mix3(dark, bright, clamp01(lit + rim * lit));
        let wet = smooth(0.045, 0.0, y + (slope * 0.05));
        colour = mix3(colour, scale3(dark, 0.6), wet * 0.7);
        (self.aired(colour), cover)
    }

    /// Paints a rock `away` units from the eye.
    pub(super) fn rock(&self, x: f32, away: f32, half: f32, tall: f32) -> Thing {
        let height = float(self.stage.height);
        let columns = index((half + 0.012 + 0.18 / away) * 2.0 * height) + 6;
        let (above, below) = (tall * 1.30 * height, (0.03 + 0.45 / away) * height);
        let foot = (float(columns) * 0.5, above);
        let texture =
            Texture::paint(columns, index(above + below) + 2, self.stage.threads, |column, row| {
                let x = (float(column) - foot.0) / height;
                self.stone(x, (above - float(row)) / height, half, tall)
            });
        self.thing(texture, Landmark::Rocks, foot, x, away, half * 0.95)
    }

    /// Paints a lighthouse `away` units from the eye.
    pub(super) fn lighthouse(&self, x: f32, away: f32, hour: Hour) -> Thing {
        let height = float(self.stage.height);
        let (half, tall) = (0.26, 0.105);
        let columns = index((half + 0.03) * 2.0 * height) + 6;
        let (above, below) = (0.40 * height, 0.07 * height);
        let foot = (float(columns) * 0.5, above);
        let texture =
            Texture::paint(columns, index(above + below) + 2, self.stage.threads, |column, row| {
                let (x, y) = ((float(column) - foot.0) / height, (above - float(row)) / height);
                let (tower, cover) = self.tower(x, y);
                let (rock, ground) = self.stone(x, y, half, tall);
                // The rock stands before the foot of the tower.
                let alpha = cover + ground - cover * ground;
                let share = if alpha > 0.0 { ground / alpha } else { 0.0 };
                (mix3(tower, rock, share), alpha)
            });
        let mut thing = self.thing(texture, Landmark::Lighthouse, foot, x, away, half * 0.95);
        let light = scale3(
            linear([1.0, 0.90, 0.62]),
            match hour {
                Hour::Night => 1.0,
                Hour::Dusk | Hour::Dawn => 0.7,
                Hour::Day => 0.12,
            },
        );
        thing.lamp = Some((LAMP, light));
        thing
    }

    /// The tower: a tapering shaft with two bands, a gallery, a lantern and its dome.
    fn tower(&self, x: f32, y: f32) -> ([f32; 3], f32) {
        let pixel = 1.0 / float(self.stage.height);
        let part = |half: f32| clamp01((half - x.abs()) / pixel + 0.5);
        let within = |from: f32, to: f32| {
            clamp01((y - from) / pixel + 0.5) * clamp01((to - y) / pixel + 0.5)
        };
        let shaft_top = LAMP - 0.017;
        let up = y / shaft_top;
        let half = mix(0.0235, 0.0140, clamp01(up).sqrt());
        let shaft = part(half) * within(0.0, shaft_top);
        let round = clamp01(0.5 + x / half * 0.5 * self.side);
        let light = mix3(self.palette.cloud_light, self.palette.sun, 0.35);
        let dark = mix3(self.palette.cloud_shade, self.palette.deep, 0.45);
        let level = if self.night { 0.42 } else { 1.0 };
        let white = scale3(mix3(dark, light, round * round * 0.9), level);
        let red = scale3(mix3([0.30, 0.05, 0.06], [0.80, 0.20, 0.15], round), level);
        let band =
            within(shaft_top * 0.52, shaft_top * 0.66) + within(shaft_top * 0.82, shaft_top * 0.95);
        let mut colour = mix3(white, red, clamp01(band));
        let door = clamp01((0.003 - (x - 0.001).abs()) / pixel + 0.5)
            * (within(shaft_top * 0.70, shaft_top * 0.725)
                + within(shaft_top * 0.44, shaft_top * 0.465));
        colour = mix3(colour, scale3(dark, 0.4), clamp01(door));
        let gallery = part(0.0205) * within(shaft_top - 0.001, shaft_top + 0.004);
        let rail = part(0.0200) * within(shaft_top + 0.010, shaft_top + 0.0115);
        let lantern = part(0.0095) * within(shaft_top + 0.004, LAMP + 0.014);
        let cap = clamp01((y - LAMP - 0.014) / 0.014);
        let dome =
            part(0.0125 * clamp01(1.0 - cap * cap).sqrt()) * within(LAMP + 0.013, LAMP + 0.028);
        let spike = part(0.0008) * within(LAMP + 0.02, LAMP + 0.042);
        let metal = scale3(mix3(dark, [0.0; 3], 0.6), level);
        let glass = mix3(metal, [1.0, 0.88, 0.60], 0.65);
        colour = mix3(colour, glass, lantern);
        colour = mix3(colour, metal, gallery.max(rail).max(dome).max(spike));
        let cover = shaft.max(gallery).max(rail).max(lantern).max(dome).max(spike);
        (self.aired(colour), cover)
    }

    /// Paints a ship `away` units from the eye.
    pub(super) fn ship(&self, x: f32, away: f32) -> Thing {
        let height = float(self.stage.height);
        let columns = index(0.24 * height) + 4;
        let (above, below) = (0.19 * height, 0.012 * height);
        let foot = (float(columns) * 0.5, above);
        let texture =
            Texture::paint(columns, index(above + below) + 2, self.stage.threads, |column, row| {
                let (x, y) = ((float(column) - foot.0) / height, (above - float(row)) / height);
                self.rig(x, y)
            });
        self.thing(texture, Landmark::Ship, foot, x, away, 0.09)
    }

    /// Hull, three masts and their sails; the bow is to the right.
    fn rig(&self, x: f32, y: f32) -> ([f32; 3], f32) {
        let pixel = 1.0 / float(self.stage.height);
        let inside = |distance: f32| clamp01(distance / pixel + 0.5);
        let sheer = 0.016 + x * x * 2.2 + if x < -0.055 { 0.007 } else { 0.0 };
        let hull = inside(sheer - y)
            * inside(y + 0.011)
            * inside(0.074 + y * 0.35 - x)
            * inside(x + 0.072 + y * 0.08);
        let wood = scale3(mix3(self.palette.deep, [0.16, 0.09, 0.06], 0.5), 0.8);
        let stripe = inside(0.0014 - (y - sheer * 0.62).abs()) * 0.35;
        let mut colour = mix3(wood, self.palette.cloud_light, stripe);
        let mut cover = hull;
        let light = mix3(self.palette.cloud_light, self.palette.sun, 0.4);
        let shade = mix3(self.palette.cloud_shade, self.palette.deep, 0.35);
        let level = if self.night { 0.55 } else { 1.0 };
        for (mast, tall, wide) in
            [(-0.046, 0.122, 0.021), (-0.004, 0.152, 0.026), (0.038, 0.128, 0.022)]
        {
            let pole = inside(0.0011 - (x - mast).abs()) * inside(tall - y) * inside(y - 0.01);
            colour = mix3(colour, wood, pole);
            cover = cover.max(pole);
            let mut foot = 0.026;
            for number in 0..4_u8 {
                let step = f32::from(number);
                let rise = (tall - 0.034) * [0.30, 0.29, 0.22, 0.16][usize::from(number)];
                let t = (y - foot) / rise;
                // A sail is filled by the wind: its edges curve, its belly catches light.
                let half = wide * (1.0 - 0.17 * step) * (1.0 - 0.13 * t);
                let belly = 4.0 * t * (1.0 - t);
                let from = (x - mast - belly * 0.0045) / half;
                let sag = (1.0 - from * from) * 0.005;
                let sail = inside((1.0 - from.abs()) * half)
                    * inside(y - foot - sag)
                    * inside(foot + rise * 0.93 - y);
                let round =
                    clamp01(0.52 + from * 0.34 * self.side + belly * 0.16 - (1.0 - t) * 0.16);
                let cloth = scale3(mix3(shade, light, round), level);
                colour = mix3(colour, cloth, sail);
                cover = cover.max(sail);
                foot += rise;
            }
        }
        let sprit = inside(0.0010 - (y - 0.022 - (x - 0.07) * 0.36).abs())
            * inside(x - 0.06)
            * inside(0.112 - x);
        let along = (x - 0.050) / 0.058;
        let jib = inside((1.0 - along) * 0.098 - (y - 0.034) - 0.0)
            * inside(y - 0.026 - (x - 0.06) * 0.42)
            * inside(x - 0.052);
        let jib = if (0.0..1.0).contains(&along) { jib } else { 0.0 };
        colour = mix3(colour, scale3(mix3(shade, light, 0.55), level), jib);
        colour = mix3(colour, wood, sprit * (1.0 - jib));
        (self.aired(colour), cover.max(jib).max(sprit))
    }
}

/// Height of the lamp over the water, in frame heights.
const LAMP: f32 = 0.315;
