//! The colours of the mountain scene at each hour and in each weather.

use super::dulled;
use crate::math::{mix3, rgb};
use crate::noise::Random;
use crate::prompt::{Direction, Hour, Weather};

/// Colours as displayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) zenith: [f32; 3],
    pub(super) middle: [f32; 3],
    pub(super) horizon: [f32; 3],
    pub(super) sun: [f32; 3],
    pub(super) cloud_light: [f32; 3],
    pub(super) cloud_shade: [f32; 3],
    pub(super) haze: [f32; 3],
    pub(super) rock: [f32; 3],
    pub(super) snow: [f32; 3],
    pub(super) forest: [f32; 3],
    pub(super) water: [f32; 3],
    /// Strength of mist, linear.
    pub(super) mist: f32,
    /// Share of fog before what is farthest.
    pub(super) fog: f32,
}

const fn palette(colours: [u32; 11], mist: f32) -> Palette {
    Palette {
        zenith: rgb(colours[0]),
        middle: rgb(colours[1]),
        horizon: rgb(colours[2]),
        sun: rgb(colours[3]),
        cloud_light: rgb(colours[4]),
        cloud_shade: rgb(colours[5]),
        haze: rgb(colours[6]),
        rock: rgb(colours[7]),
        snow: rgb(colours[8]),
        forest: rgb(colours[9]),
        water: rgb(colours[10]),
        mist,
        fog: 0.0,
    }
}

const DAWN: [Palette; 2] = [
    palette(
        [
            0x2c_4a86, 0xb8_86a8, 0xff_c890, 0xff_e4b4, 0xff_d8b8, 0x9a_7fa8, 0xe6_a59c, 0x3c_3150,
            0xff_e6dc, 0x1a_2233, 0x3d_4a72,
        ],
        0.26,
    ),
    palette(
        [
            0x1f_5a8a, 0x86_b0c0, 0xff_dca8, 0xff_f0c8, 0xff_e6c8, 0x7f_9db4, 0xdc_c0a8, 0x3a_4456,
            0xff_f2e4, 0x18_2a2c, 0x3a_5a70,
        ],
        0.26,
    ),
];
const DAY: [Palette; 2] = [
    palette(
        [
            0x1f_5fae, 0x6a_a8dc, 0xd4_e8f4, 0xff_f8e4, 0xff_ffff, 0xa4_bad0, 0xa9_c8e0, 0x46_505f,
            0xfb_fdff, 0x16_302a, 0x2a_5a78,
        ],
        0.16,
    ),
    palette(
        [
            0x2a_6aa0, 0x86_bcd4, 0xe8_f0e4, 0xff_f4d4, 0xff_fdf4, 0xb0_c0c8, 0xb8_d0d4, 0x4e_5250,
            0xfa_ffff, 0x1e_3424, 0x2c_6670,
        ],
        0.16,
    ),
];
const DUSK: [Palette; 2] = [
    palette(
        [
            0x1a_2252, 0x84_487e, 0xff_8f54, 0xff_b868, 0xff_9a78, 0x58_366e, 0xc4_5f74, 0x2c_2146,
            0xff_c4b4, 0x0f_1024, 0x3a_2a58,
        ],
        0.22,
    ),
    palette(
        [
            0x14_2a4e, 0x7a_5a80, 0xff_ac5c, 0xff_d080, 0xff_b878, 0x54_486e, 0xd0_8a6a, 0x2a_2a44,
            0xff_dcb8, 0x10_1a22, 0x34_4058,
        ],
        0.22,
    ),
];
const NIGHT: [Palette; 2] = [
    palette(
        [
            0x05_0a1e, 0x0e_2248, 0x2a_5878, 0xd8_e8ff, 0x3a_5a80, 0x0e_1c38, 0x28_507a, 0x0c_1628,
            0x9a_b8e0, 0x04_080f, 0x0c_2038,
        ],
        0.10,
    ),
    palette(
        [
            0x07_0820, 0x1c_1e50, 0x4a_4c88, 0xe8_e4ff, 0x4c_4a80, 0x14_1434, 0x3c_3c78, 0x10_1028,
            0xac_aee0, 0x05_060f, 0x14_1838,
        ],
        0.10,
    ),
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
            palette.middle = mix3(palette.middle, accent, 0.38);
            palette.haze = mix3(palette.haze, accent, 0.28);
            palette.horizon = mix3(palette.horizon, accent, 0.15);
        }
        let grey = match direction.weather {
            Weather::Rain => 0.55,
            Weather::Fog => 0.35,
            Weather::Snow => 0.22,
            _ => 0.0,
        };
        for colour in [
            &mut palette.zenith,
            &mut palette.middle,
            &mut palette.horizon,
            &mut palette.sun,
            &mut palette.haze,
            &mut palette.cloud_light,
        ] {
            *colour = dulled(*colour, grey, 1.0 - grey * 0.3, [0.94, 0.98, 1.04]);
        }
        if matches!(direction.weather, Weather::Fog | Weather::Snow) {
            palette.mist *= 1.7;
        }
        if direction.weather == Weather::Fog {
            palette.fog = 0.78;
        }
        // Leaves in the air without a colour of their own are those of autumn.
        if direction.weather == Weather::Petals && direction.accent.is_none() {
            palette.forest = mix3(palette.forest, rgb(0x9a_4c1c), 0.50);
        }
        palette
    }
}
