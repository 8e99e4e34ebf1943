//! The colours below the surface and the painted banks of the reef.

use super::reef::{LINE, through};
use super::reef_shapes::Easel;
use super::{Layer, PAN_MAX, Stage};
use crate::math::{clamp01, float, index, mix, mix3, rgb, scale3, smooth};
use crate::noise::{Random, cloud};
use crate::prompt::{Direction, Hour, Weather};

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) surface: [f32; 3],
    pub(super) upper: [f32; 3],
    pub(super) middle: [f32; 3],
    pub(super) deep: [f32; 3],
    pub(super) sand: [f32; 3],
    /// What lives and glows here.
    pub(super) glow: [[f32; 3]; 3],
    /// Light on the reef.
    pub(super) light: f32,
}

const fn palette(colours: [u32; 8], light: f32) -> Palette {
    Palette {
        surface: rgb(colours[0]),
        upper: rgb(colours[1]),
        middle: rgb(colours[2]),
        deep: rgb(colours[3]),
        sand: rgb(colours[4]),
        glow: [rgb(colours[5]), rgb(colours[6]), rgb(colours[7])],
        light,
    }
}

const DAWN: [Palette; 2] = [
    palette(
        [0xff_ecc8, 0x6c_c4bc, 0x1c_7c98, 0x08_3a66, 0x98_b4a0, 0xff_c8b0, 0xff_9cb0, 0xc8_e8ff],
        0.84,
    ),
    palette(
        [0xff_e2d0, 0x84_b4c8, 0x2c_70a0, 0x0c_3068, 0x90_a8b4, 0xff_b8c8, 0xd8_b8ff, 0xc0_f0ff],
        0.84,
    ),
];
const DAY: [Palette; 2] = [
    palette(
        [0xec_fff8, 0x48_cce0, 0x10_84bc, 0x04_4680, 0xb0_d0b0, 0xff_d0d8, 0xe8_d8ff, 0xd0_f4ff],
        1.0,
    ),
    palette(
        [0xf0_fff0, 0x50_d4cc, 0x10_90a4, 0x03_4c70, 0xb4_d4b0, 0xff_d8c8, 0xff_c0e0, 0xd0_fff0],
        1.0,
    ),
];
const DUSK: [Palette; 2] = [
    palette(
        [0xff_c090, 0x80_78a8, 0x30_5490, 0x0c_1c4c, 0x74_7c98, 0xff_a0b8, 0xff_c088, 0xb0_a8ff],
        0.62,
    ),
    palette(
        [0xff_b098, 0x6c_88a8, 0x20_5888, 0x08_2048, 0x6c_8498, 0xff_98a0, 0xf0_b0ff, 0x98_d8ff],
        0.62,
    ),
];
const NIGHT: [Palette; 2] = [
    palette(
        [0x88_b8e8, 0x14_4068, 0x06_2240, 0x02_0a1e, 0x28_5068, 0x38_f0e0, 0xb0_60ff, 0x40_a0ff],
        0.62,
    ),
    palette(
        [0x98_b0f0, 0x20_3870, 0x0c_1c48, 0x04_0820, 0x30_4470, 0x50_c8ff, 0xff_60c0, 0x60_ffb0],
        0.62,
    ),
];

impl Palette {
    /// The palette of an hour; rain and mist make the water murky, a named colour tints it.
    pub(super) fn of(direction: &Direction, random: &mut Random) -> Self {
        let choices = match direction.hour {
            Hour::Dawn => &DAWN,
            Hour::Day => &DAY,
            Hour::Dusk => &DUSK,
            Hour::Night => &NIGHT,
        };
        let mut palette = *random.pick(choices);
        if let Some(accent) = direction.accent {
            palette.upper = mix3(palette.upper, accent, 0.34);
            palette.middle = mix3(palette.middle, scale3(accent, 0.62), 0.34);
            palette.deep = mix3(palette.deep, scale3(accent, 0.30), 0.34);
            palette.glow[0] = mix3(palette.glow[0], accent, 0.85);
            palette.glow[1] = mix3(palette.glow[1], accent, 0.40);
        }
        if matches!(direction.weather, Weather::Rain | Weather::Fog | Weather::Snow) {
            for colour in [&mut palette.surface, &mut palette.upper, &mut palette.middle] {
                let level = colour[0] * 0.25 + colour[1] * 0.5 + colour[2] * 0.25;
                *colour =
                    mix3(scale3(*colour, 0.82), [level * 0.66, level * 0.84, level * 0.80], 0.5);
            }
        }
        palette
    }
}

/// Colours of corals.
const CORALS: [u32; 9] = [
    0xff_6a5c, 0xff_8c38, 0xe8_4c8c, 0xa8_54d8, 0xf4_c848, 0x58_a8e8, 0xff_a8b8, 0x88_d068,
    0xe8_7048,
];

/// Paints the banks of one film.
pub(super) struct Painter {
    palette: Palette,
    stage: Stage,
    seed: u32,
    /// Side of the larger bank: −1 is the left.
    side: f32,
    night: bool,
}

/// One bank.
struct Bank {
    depth: f32,
    air: f32,
    /// Bottom row and height of the rise towards the sides, in frame heights.
    base: f32,
    rise: f32,
    /// Number and size of corals.
    corals: f32,
    size: f32,
    seed: u32,
}

impl Painter {
    pub(super) const fn new(
        palette: Palette,
        stage: Stage,
        seed: u32,
        side: f32,
        night: bool,
    ) -> Self {
        Self { palette, stage, seed, side, night }
    }

    /// Banks behind the fish, far to near, painted side by side on all threads.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let banks = [
            Bank {
                depth: 0.14,
                air: 0.86,
                base: LINE + 0.05,
                rise: 0.36,
                corals: 0.0,
                size: 0.05,
                seed: 1,
            },
            Bank {
                depth: 0.28,
                air: 0.60,
                base: LINE + 0.09,
                rise: 0.27,
                corals: 22.0,
                size: 0.05,
                seed: 2,
            },
            Bank {
                depth: 0.50,
                air: 0.26,
                base: LINE + 0.16,
                rise: 0.25,
                corals: 22.0,
                size: 0.085,
                seed: 3,
            },
        ];
        if self.stage.threads > 1 {
            std::thread::scope(|scope| {
                let painted = banks.map(|bank| scope.spawn(move || self.bank(&bank)));
                painted.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
            })
        } else {
            banks.iter().flat_map(|bank| self.bank(bank)).collect()
        }
    }

    /// The nearest bank in two halves, for little of it is in the middle: dark, it frames the
    /// picture.
    pub(super) fn front(&self) -> Vec<Layer> {
        let bank =
            Bank { depth: 1.0, air: 0.0, base: 1.10, rise: 0.30, corals: 9.0, size: 0.13, seed: 4 };
        self.bank(&bank)
    }

    /// Top of a bank at `x` frame heights right of the middle.
    fn crest(&self, bank: &Bank, x: f32) -> f32 {
        let half = float(self.stage.width) / float(self.stage.height) * 0.5;
        let seed = self.seed ^ (bank.seed * 0x1f35);
        // High on one side, lower on the other, a clearing between.
        let along = x / half * self.side * if bank.seed.is_multiple_of(2) { -1.0 } else { 1.0 };
        let swell = smooth(0.12, 1.0, along) + 0.55 * smooth(-0.35, -1.0, along);
        let lumps = cloud(x * 3.1 + 7.0, 1.5, 3, seed) - 0.42;
        let knobs = cloud(x * 13.0, 4.5, 2, seed ^ 1) - 0.5;
        bank.base + 0.11 * (1.0 - smooth(0.0, 0.4, swell))
            - bank.rise * (swell * (0.84 + lumps * 1.1) + lumps * 0.12)
            - knobs * 0.035 * swell
    }

    fn bank(&self, bank: &Bank) -> Vec<Layer> {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let margin = width * (PAN_MAX * bank.depth + 0.01) + 4.0;
        let columns = index(width + 2.0 * margin);
        let half = float(columns) / height * 0.5;
        let top = (bank.base - bank.rise * 1.45 - bank.size * 2.4).max(0.0);
        let bottom = (bank.base + 0.06).min(1.08);
        let rows = index((bottom - top) * height) + 2;
        let origin = (float(columns) * 0.5, -top * height);
        let mut easel = Easel::new(columns, rows, height, origin);
        easel.light = if bank.depth > 0.9 { 0.30 } else { 0.96 };
        let seed = self.seed ^ (bank.seed * 0x9e5);
        let mut random = Random::new(u64::from(seed));
        let count = index(bank.corals * (0.35 + half * 0.75));
        // Those at the back are painted before the stone, so that they stand behind its crest.
        for number in 0..count {
            if number == count / 3 {
                self.stone(&mut easel, bank, half, bottom);
            }
            self.coral(&mut easel, bank, &mut random, half, number >= count / 3);
        }
        if count == 0 {
            self.stone(&mut easel, bank, half, bottom);
        }
        let light = self.palette.light;
        let water = mix3(self.palette.middle, self.palette.deep, 0.72);
        let air = |colour: [f32; 3], y: f32| {
            // Less light the deeper it is.
            let dim = light * mix(1.0, 0.66, smooth(0.45, 1.0, y));
            let lit = [colour[0] * dim * 0.92, colour[1] * dim, colour[2] * mix(dim, 1.0, 0.12)];
            let haze = clamp01(bank.air + 0.10 * smooth(bank.base - 0.10, bank.base + 0.03, y));
            (through(lit, water, haze), smooth(bottom, bottom - 0.05, y))
        };
        let split = if bank.depth > 0.9 { columns / 2 } else { columns };
        [0..split, split..columns]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| {
                let left = margin - float(part.start);
                let texture = easel.finish(part, air);
                Layer { texture, depth: bank.depth, left, top: top * height, density: 1.0 }
            })
            .collect()
    }

    fn stone(&self, easel: &mut Easel, bank: &Bank, half: f32, bottom: f32) {
        let stone = if self.night { [0.34, 0.42, 0.52] } else { [0.50, 0.46, 0.44] };
        let seed = self.seed ^ (bank.seed * 0x71);
        let detail = if bank.air > 0.7 { 2 } else { 3 };
        easel.stone((-half, half), bottom, |x| self.crest(bank, x), (stone, detail), seed);
    }

    fn coral(&self, easel: &mut Easel, bank: &Bank, random: &mut Random, half: f32, before: bool) {
        let edge = random.range(0.16, 1.02);
        let x = half * if random.chance(0.55) { edge } else { -edge };
        let crest = self.crest(bank, x);
        // Where there is no stone there is sand, on which little grows.
        let bare = crest > bank.base - bank.rise * 0.06;
        let size = bank.size * random.range(0.55, 1.25) * if bare { 0.6 } else { 1.0 };
        let y = crest + if before { random.range(0.2, 1.4) * bank.size } else { bank.size * 0.12 };
        let mut colour = rgb(*random.pick(&CORALS));
        if self.night {
            colour = mix3(colour, self.palette.glow[0], 0.5);
        }
        let seed = random.next();
        match index(random.range(0.0, 5.99)) {
            0 | 1 => {
                let turns = [-0.07, 0.0, 0.07];
                for turn in turns {
                    let turn = turn + random.range(-0.03, 0.03);
                    easel.branches(random, (x, y), (size * 0.40, size * 0.075, turn), 4, colour);
                }
            }
            2 => easel.fan(x, y, size * 1.25, colour, seed),
            3 => easel.tubes(random, x, y, size * 1.15, colour),
            4 => easel.brain(x, y, size * 0.75, mix3(colour, [0.7, 0.75, 0.5], 0.35), seed),
            _ => {
                for _ in 0..26 {
                    let (dx, dy) = (random.range(-1.0, 1.0), random.range(0.0, 1.0));
                    let lift = (1.0 - dx * dx) * dy;
                    let radius = size * random.range(0.10, 0.17);
                    easel.ball(x + dx * size * 0.7, y - lift * size * 0.6, radius, colour);
                }
            }
        }
    }
}
