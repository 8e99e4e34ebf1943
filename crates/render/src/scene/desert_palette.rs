//! The colours of the desert scene at every hour and in every weather.

use super::dulled;
use crate::math::{mix3, rgb, scale3};
use crate::noise::Random;
use crate::prompt::{Direction, Hour, Weather};

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) zenith: [f32; 3],
    pub(super) middle: [f32; 3],
    pub(super) horizon: [f32; 3],
    pub(super) sun: [f32; 3],
    pub(super) sand: [f32; 3],
    pub(super) shade: [f32; 3],
    pub(super) haze: [f32; 3],
    /// Distance after which most of the light comes from the air.
    pub(super) clear: f32,
}

const fn palette(colours: [u32; 7], clear: f32) -> Palette {
    Palette {
        zenith: rgb(colours[0]),
        middle: rgb(colours[1]),
        horizon: rgb(colours[2]),
        sun: rgb(colours[3]),
        sand: rgb(colours[4]),
        shade: rgb(colours[5]),
        haze: rgb(colours[6]),
        clear,
    }
}

const DAWN: [Palette; 2] = [
    palette([0x34_5a9c, 0xbc_a0b8, 0xff_cca0, 0xff_dc9c, 0xff_c088, 0x50_4068, 0xee_b89c], 48.0),
    palette([0x2c_6a94, 0x98_b4b8, 0xff_dcac, 0xff_e4a8, 0xfc_cc90, 0x4c_4864, 0xe8_c4a8], 48.0),
];
const DAY: [Palette; 2] = [
    palette([0x1c_62b4, 0x6c_acdc, 0xe4_ece4, 0xff_fae4, 0xf8_c480, 0x84_4c38, 0xe2_d6c0], 48.0),
    palette([0x20_6ca8, 0x7c_b8d0, 0xf0_ecd8, 0xff_f6d8, 0xf6_b068, 0x7c_4030, 0xe6_ceb0], 60.0),
];
const DUSK: [Palette; 2] = [
    palette([0x1e_1a50, 0x92_4470, 0xff_9450, 0xff_cc80, 0xff_9048, 0x36_1c3c, 0xd4_6c54], 52.0),
    palette([0x1a_2c58, 0x84_5c88, 0xff_b064, 0xff_d88c, 0xfc_a050, 0x38_2444, 0xd0_8468], 52.0),
];
const NIGHT: [Palette; 2] = [
    palette([0x03_0714, 0x0a_1a38, 0x24_4466, 0xdc_e8ff, 0x70_88ac, 0x10_1a32, 0x20_3c5c], 30.0),
    palette([0x06_0618, 0x14_163c, 0x38_3c68, 0xe4_e4ff, 0x74_7aa8, 0x12_1430, 0x2c_3058], 30.0),
];

impl Palette {
    /// The palette of an hour; weather dulls it, a named colour tints it.
    pub(super) fn of(direction: &Direction, random: &mut Random) -> Self {
        let choices = match direction.hour {
            Hour::Dawn => &DAWN,
            Hour::Day => &DAY,
            Hour::Dusk => &DUSK,
            Hour::Night => &NIGHT,
        };
        let mut palette = *random.pick(choices);
        if let Some(accent) = direction.accent {
            let level = if direction.hour == Hour::Night { 0.55 } else { 1.0 };
            // Coloured sand keeps its own shades: the colour filters it.
            let filter = |colour: [f32; 3]| {
                [0, 1, 2].map(|at: usize| colour[at] * (0.30 + 0.75 * accent[at]))
            };
            palette.sand = mix3(palette.sand, filter(palette.sand), 0.85);
            palette.shade = mix3(palette.shade, filter(palette.shade), 0.6);
            palette.haze = mix3(palette.haze, scale3(accent, level), 0.25);
            palette.middle = mix3(palette.middle, scale3(accent, level), 0.22);
        }
        if direction.weather == Weather::Snow {
            palette.sand = dulled(palette.sand, 0.7, 1.0, [0.96, 0.98, 1.0]);
            palette.shade = mix3(palette.shade, palette.zenith, 0.35);
        }
        if direction.weather == Weather::Rain {
            palette.sand = mix3(palette.sand, palette.shade, 0.42);
            palette.clear *= 0.6;
        }
        let grey = match direction.weather {
            Weather::Rain => 0.75,
            Weather::Snow => 0.35,
            _ => 0.0,
        };
        for colour in [
            &mut palette.zenith,
            &mut palette.middle,
            &mut palette.horizon,
            &mut palette.sun,
            &mut palette.haze,
        ] {
            *colour = dulled(*colour, grey, 1.0 - grey * 0.3, [0.97, 0.99, 1.03]);
        }
        if direction.weather == Weather::Fog {
            // Mist of a desert is dust.
            palette.clear *= 0.28;
            let dust = mix3(palette.haze, palette.sand, 0.4);
            palette.haze = dust;
            palette.horizon = mix3(palette.horizon, dust, 0.7);
            palette.middle = mix3(palette.middle, dust, 0.6);
            palette.zenith = mix3(palette.zenith, dust, 0.35);
        }
        palette
    }
}
