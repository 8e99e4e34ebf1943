//! Folds of light that flow: the scene for prompts that name none of the others.

use super::{Moment, Scene, Stage, View};
use crate::canvas::Canvas;
use crate::math::{add3, clamp01, float, float_of, floor, linear, mix, mix3, rgb, scale3, sine};
use crate::noise::{Random, random_at};
use crate::prompt::{Direction, Move};

/// Sheets of silk, from back to front.
const SHEETS: usize = 5;
/// Points of dust that catch the light.
const DUST: u32 = 60;

/// Three colours of a sheet as displayed: shade, body, highlight.
const PALETTES: [[u32; 4]; 6] = [
    [0x0a_0a24, 0x3a_2a9c, 0xe0_569c, 0xff_d0a0],
    [0x04_1c2c, 0x0a_6a8a, 0x38_c8b0, 0xf0_ffd8],
    [0x1c_0614, 0x9c_1c48, 0xff_7a3c, 0xff_e8b0],
    [0x0c_1030, 0x2c_50c0, 0x8a_7cf0, 0xff_d8f0],
    [0x06_180f, 0x1a_7a50, 0xb8_d84c, 0xff_f8d0],
    [0x14_101c, 0x6a_5a78, 0xd8_b090, 0xff_f4e4],
];

#[derive(Debug, Clone, Copy)]
struct Sheet {
    middle: f32,
    reach: f32,
    waves: [(f32, f32, f32, f32); 4],
    girth: f32,
    body: [f32; 3],
    shine: [f32; 3],
    threads: f32,
}

/// The scene.
#[derive(Debug)]
pub(super) struct Silk {
    stage: Stage,
    movement: Move,
    sheets: Vec<Sheet>,
    ground: [[f32; 3]; 2],
    seed: u32,
}

impl Silk {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x7369_6c6b);
        let colours = random.pick(&PALETTES).map(rgb);
        let colours = direction.accent.map_or(colours, |accent| {
            [scale3(accent, 0.10), scale3(accent, 0.55), accent, mix3(accent, [1.0; 3], 0.75)]
        });
        let tilt = random.range(-0.16, 0.16);
        let sheets = (0..SHEETS)
            .map(|number| {
                let near = float(number) / float(SHEETS - 1);
                let mut wave = |scale: f32| {
                    (
                        random.range(0.35, 0.9) * scale,
                        random.range(0.0, 1.0),
                        random.range(0.025, 0.06) * if random.chance(0.5) { 1.0 } else { -1.0 },
                        random.range(0.05, 0.12) / scale,
                    )
                };
                let waves = [wave(0.6), wave(1.0), wave(1.7), wave(2.9)];
                let hue = random.range(0.0, 1.0);
                Sheet {
                    middle: mix(0.30, 0.74, near) + random.range(-0.06, 0.06),
                    reach: tilt,
                    waves,
                    girth: random.range(0.12, 0.26) * mix(1.2, 0.8, near),
                    body: linear(mix3(colours[1], colours[2], hue)),
                    shine: linear(mix3(colours[2], colours[3], 0.35 + 0.65 * hue)),
                    threads: random.range(9.0, 22.0),
                }
            })
            .collect();
        let ground = [colours[0], mix3(colours[0], colours[1], 0.42)];
        Self { stage, movement: direction.movement, sheets, ground, seed: random.next() }
    }

    /// The middle line and half width of a sheet over each column, in frame heights.
    fn course(&self, sheet: &Sheet, view: View, seconds: f32, line: &mut Vec<[f32; 3]>) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        line.clear();
        let zoom = 1.0 / (1.0 + view.zoom);
        line.extend((0..=self.stage.width / 2).map(|column| {
            let column = column * 2;
            let x = (float(column) - width * 0.5) / height * zoom + view.x * 3.0;
            let mut y = sheet.middle + sheet.reach * x;
            let mut slope = sheet.reach;
            for (pitch, phase, speed, height) in sheet.waves {
                let turn = x * pitch + phase + seconds * speed;
                y += height * sine(turn);
                slope += height * pitch * std::f32::consts::TAU * sine(turn + 0.25);
            }
            let breath = 0.66 + 0.34 * sine(x * 0.55 + seconds * 0.04 + sheet.waves[0].1);
            [y + view.y, 1.0 / (sheet.girth * breath), slope]
        }));
    }

    fn row(&self, courses: &[Vec<[f32; 3]>], ground: [[f32; 3]; 2], v: f32, out: &mut [[f32; 3]]) {
        let base = mix3(ground[0], ground[1], v * v);
        out.fill(base);
        for (sheet, course) in self.sheets.iter().zip(courses) {
            for (out, [middle, inverse, slope]) in out.iter_mut().zip(course) {
                let across = (v - middle) * inverse;
                // Beyond this there is neither silk nor shadow.
                if across * across < 2.43 {
                    *out = sheet.cover(*out, across, *slope);
                }
            }
        }
    }

    fn dust(&self, moment: Moment, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for mote in 0..DUST {
            let random = |kind| random_at(mote, kind, self.seed);
            let drift = random(1) + moment.seconds * (random(5) - 0.5) * 0.03;
            let rise = random(2) - moment.seconds * mix(0.006, 0.03, random(6));
            let x = (drift - float_of(floor(drift))) * width;
            let y = (rise - float_of(floor(rise))) * height;
            let glint = 0.5 + 0.5 * sine(moment.seconds * (0.1 + 0.3 * random(7)) + random(3));
            let radius = mix(0.8, 7.0, random(4) * random(4) * random(4)) * height / 720.0;
            let sheet = self.sheets[crate::math::index(random(8) * 4.99).min(SHEETS - 1)];
            canvas.add_dot(x, y, radius, scale3(sheet.shine, glint * mix(0.55, 0.10, random(4))));
        }
    }
}

impl Scene for Silk {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        let (width, height) = (self.stage.width, float(self.stage.height));
        let ground = self.ground.map(linear);
        let mut courses = Vec::new();
        for sheet in &self.sheets {
            let mut line = Vec::with_capacity(width);
            self.course(sheet, view, moment.seconds, &mut line);
            courses.push(line);
        }
        // Silk is soft: every second pixel of every second row is computed, the rest is between.
        let half = width / 2 + 1;
        let (mut upper, mut lower) = (vec![[0.0; 3]; half], vec![[0.0; 3]; half]);
        self.row(&courses, ground, 0.0, &mut lower);
        for (pair, rows) in canvas.light.chunks_mut(width * 6).enumerate() {
            std::mem::swap(&mut upper, &mut lower);
            self.row(&courses, ground, float(pair * 2 + 2) / height, &mut lower);
            for (row, out) in rows.chunks_exact_mut(width * 3).enumerate() {
                spread(&upper, &lower, float(row) * 0.5, width, out);
            }
        }
        self.dust(moment, canvas);
    }

    fn vignette(&self) -> f32 {
        0.7
    }
}

/// Writes one row of the frame between two computed rows.
fn spread(upper: &[[f32; 3]], lower: &[[f32; 3]], share: f32, width: usize, out: &mut [f32]) {
    for (channel, out) in out.chunks_exact_mut(width).enumerate() {
        let pairs = upper.windows(2).zip(lower.windows(2));
        for ((upper, lower), out) in pairs.zip(out.chunks_exact_mut(2)) {
            let left = mix(upper[0][channel], lower[0][channel], share);
            let right = mix(upper[1][channel], lower[1][channel], share);
            out[0] = left;
            out[1] = (left + right) * 0.5;
        }
    }
}

impl Sheet {
    /// Lays the sheet over `below`; `across` is 0 in its middle and ±1 at its edges.
    fn cover(&self, below: [f32; 3], across: f32, slope: f32) -> [f32; 3] {
        let inside = 1.0 - across * across;
        if inside <= 0.0 {
            // Its shadow and its light fall a little beyond the edge.
            let beyond = clamp01(1.0 + inside * 0.7);
            let shadow = if across > 0.0 { 0.55 * beyond * beyond } else { 0.0 };
            let light = if across < 0.0 { 0.10 * beyond * beyond * beyond } else { 0.0 };
            return add3(scale3(below, 1.0 - shadow), scale3(self.body, light));
        }
        let fold = across + slope * 0.35;
        let wave = 1.0 - (fold * 1.6 - crate::math::float_of(floor(fold * 1.6 + 0.5))).abs() * 2.0;
        let gloss = wave * wave;
        let gloss = gloss * gloss;
        let thread = 0.92 + 0.08 * sine(across * self.threads);
        let body = scale3(self.body, (0.20 + 0.55 * wave) * thread);
        let lit = add3(body, scale3(self.shine, gloss * 0.62 * thread));
        // The upper hem catches the light.
        let hem = clamp01(1.0 - inside * 9.0);
        let hem = if across < 0.0 { hem * hem * 0.7 } else { 0.0 };
        let lit = add3(lit, scale3(self.shine, hem));
        mix3(below, lit, clamp01(inside * 5.0) * 0.86)
    }
}
