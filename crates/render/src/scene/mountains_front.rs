//! The front of the mountain scene: a dark slope with tall trees, open towards the view.

use super::mountains_paint::{Line, Painter};
use super::{Layer, PAN_MAX};
use crate::math::{add3, clamp01, float, float_of, floor, index, mix3, scale3, smooth, unit};
use crate::noise::{cloud, hash_at};
use crate::texture::Texture;

impl Painter {
    /// Tall dark trees and a slope at the very front, left open where the view is.
    pub(super) fn foreground(&self) -> Layer {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = index(width * (PAN_MAX + 0.01)) + 4;
        let columns = self.stage.width + 2 * margin;
        let top = index(height * 0.42);
        let aspect = width / height;
        let seed = self.seed ^ 0xf00d;
        let open = if self.sun.0 > 0.5 { 0.62 } else { 0.38 };
        let slope = |x: f32| {
            let away = ((x / aspect) - open).abs();
            let rise = smooth(0.18, 0.62, away) * 0.17;
            1.0 - rise - 0.05 + (cloud(x * 4.0, 0.5, 3, seed) - 0.5) * 0.05
        };
        let crest =
            (0..columns).map(|column| slope((float(column) - float(margin)) / height)).collect();
        let line = Line { crest, margin: float(margin), height };
        let dark = scale3(self.palette.forest, 0.55);
        let rim = mix3(self.palette.forest, self.palette.haze, 0.16);
        let texture = Texture::paint(
            columns,
            self.stage.height + 40 - top,
            self.stage.threads,
            |column, row| {
                let x = (float(column) - float(margin)) / height;
                let y = float(row + top) / height;
                let ground = line.crest[column];
                let mut cover = clamp01((y - ground) * height + 0.5);
                let mut tone = smooth(0.05, 0.0, y - ground);
                for layer in 0..3_u32 {
                    let tall = self.tall_tree(x, y, &line, seed ^ (layer * 131), layer);
                    if tall > cover {
                        cover = tall;
                        tone = 0.25 + 0.3 * (2.0 - crate::math::float_of_u32(layer));
                    }
                }
                let colour = add3(scale3(dark, 1.0 - tone * 0.5), scale3(rim, tone * 0.5));
                (colour, cover)
            },
        );
        Layer { texture, depth: 1.0, left: float(margin), top: float(top), density: 1.0 }
    }

    fn tall_tree(&self, x: f32, y: f32, line: &Line, seed: u32, layer: u32) -> f32 {
        let spacing = 0.075 + 0.02 * crate::math::float_of_u32(layer);
        let cell = floor(x / spacing);
        let pixel = 1.0 / float(self.stage.height);
        let aspect = float(self.stage.width) * pixel;
        let open = if self.sun.0 > 0.5 { 0.62 } else { 0.38 };
        let mut cover = 0.0_f32;
        for neighbour in -1..=1 {
            let hash = hash_at(cell + neighbour, 3, seed);
            let chance = unit(hash.wrapping_mul(0x85eb_ca6b));
            let middle = (float_of(cell + neighbour) + 0.15 + 0.7 * unit(hash)) * spacing;
            let away = (middle / aspect - open).abs();
            let tall = (0.10 + 0.26 * chance) * smooth(0.12, 0.5, away);
            let foot = line.at(middle) + 0.03;
            let t = (y - (foot - tall)) / tall.max(0.001);
            if tall < 0.03 || !(0.0..=1.0).contains(&t) {
                continue;
            }
            let tiers = 9.0 + 5.0 * chance;
            let tier = t * tiers + chance * 3.0;
            let notch = tier - float_of(floor(tier));
            let reach = tall * 0.19 * (t * 0.95 + 0.02) * (0.42 + 0.58 * notch);
            if (x - middle).abs() > reach * 1.3 + 0.01 {
                continue;
            }
            let half = reach * (cloud(x * 90.0, y * 60.0, 2, seed) * 0.5 + 0.72);
            let trunk = tall * 0.010 * smooth(0.05, 0.45, t);
            cover = cover.max(clamp01((half.max(trunk) - (x - middle).abs()) / pixel + 0.5));
        }
        cover
    }
}
