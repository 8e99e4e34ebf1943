//! A camera over a plate: pan, zoom and parallax by depth, bilinear in integers.
//!
//! The frame is a mesh of 16-pixel squares whose corners are placed in floating point; within a
//! square positions and colours are integers. Corners are clamped to the plate, so that no move
//! ever shows its edge.

use crate::depth::{DepthGrid, DepthSource, Heuristic};
use crate::frame::Frame;
use crate::math::{bits, ease, fixed, float, mix, signed, size, whole};
use crate::plate::{PLATE_SCALE, Plate};
use crate::prompt::Move;
use crate::texture::{bilinear, gather};

/// Pixels of the frame for one square of the mesh.
const MESH: usize = 16;

/// One picture that the camera can look at.
#[derive(Debug)]
pub(crate) struct Shot {
    plate: Plate,
    depth: DepthGrid,
    movement: Move,
    width: usize,
    height: usize,
}

/// What a move does at one moment, relative to the frame's size.
struct Pose {
    zoom: f32,
    x: f32,
    y: f32,
    /// Extra shift of the nearest parts against the farthest.
    parallax_x: f32,
    parallax_y: f32,
    /// Extra enlargement of the nearest parts.
    parallax_zoom: f32,
}

impl Shot {
    pub(crate) fn new(plate: Plate, movement: Move, width: usize, height: usize) -> Self {
        let depth = Heuristic.nearness(&plate);
        Self { plate, depth, movement, width, height }
    }

    fn pose(&self, progress: f32) -> Pose {
        let t = mix(ease(progress), progress, 0.35);
        let swing = t * 2.0 - 1.0;
        let still = Pose {
            zoom: 1.04,
            x: 0.0,
            y: 0.0,
            parallax_x: 0.0,
            parallax_y: 0.0,
            parallax_zoom: 0.0,
        };
        match self.movement {
            // All of the plate, which is larger than the frame for the sake of the moves.
            Move::Still => Pose { zoom: 1.0 / PLATE_SCALE, ..still },
            Move::PushIn => {
                Pose { zoom: 1.0 + 0.16 * t, y: -0.012 * swing, parallax_zoom: 0.055 * t, ..still }
            }
            Move::PullOut => Pose {
                zoom: 1.16 - 0.16 * t,
                y: 0.012 * swing,
                parallax_zoom: 0.055 * (1.0 - t),
                ..still
            },
            Move::TruckLeft => Pose { x: -0.052 * swing, parallax_x: -0.022 * swing, ..still },
            Move::TruckRight => Pose { x: 0.052 * swing, parallax_x: 0.022 * swing, ..still },
            Move::Rise => Pose { y: -0.055 * swing, parallax_y: -0.022 * swing, ..still },
            Move::Descend => Pose { y: 0.055 * swing, parallax_y: 0.022 * swing, ..still },
            Move::Orbit => Pose {
                zoom: 1.03 + 0.07 * t,
                x: -0.030 * swing,
                y: -0.010 * swing,
                parallax_x: 0.040 * swing,
                parallax_zoom: 0.03 * t,
                ..still
            },
        }
    }

    /// Corner positions on the plate in 16.16 fixed point, row by row.
    fn mesh(&self, progress: f32, extra_zoom: f32) -> Vec<(i32, i32)> {
        let pose = self.pose(progress);
        let (width, height) = (float(self.width), float(self.height));
        let (plate_width, plate_height) = (float(self.plate.width), float(self.plate.height));
        let step = 1.0 / (pose.zoom * extra_zoom);
        let (middle_x, middle_y) = (plate_width * 0.5, plate_height * 0.5);
        let (columns, rows) = (self.width.div_ceil(MESH) + 1, self.height.div_ceil(MESH) + 1);
        let mut corners = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let dx = (float(column * MESH) - width * 0.5) * step;
                let dy = (float(row * MESH) - height * 0.5) * step;
                let x = middle_x + dx + pose.x * width;
                let y = middle_y + dy + pose.y * height;
                let near = self.depth.at(x, y) - 0.5;
                let x = x + pose.parallax_x * width * near - dx * pose.parallax_zoom * near;
                let y = y + pose.parallax_y * height * near - dy * pose.parallax_zoom * near;
                corners.push((
                    fixed(x.clamp(0.0, plate_width - 2.0)),
                    fixed(y.clamp(0.0, plate_height - 2.0)),
                ));
            }
        }
        corners
    }

    /// Draws the picture at `progress` of its move; `extra_zoom` 1 is none.
    pub(crate) fn draw(&self, progress: f32, extra_zoom: f32, frame: &mut Frame) {
        let corners = self.mesh(progress, extra_zoom.max(1.0 / PLATE_SCALE));
        let columns = self.width.div_ceil(MESH) + 1;
        let side = signed(MESH);
        let plate = Rows::of(&self.plate);
        for (y, out) in frame.rgba.chunks_exact_mut(self.width).enumerate() {
            let upper = &corners[y / MESH * columns..][..columns];
            let lower = &corners[(y / MESH + 1) * columns..][..columns];
            let share = signed(y % MESH);
            let between = |a: i32, b: i32| a + (b - a) / side * share;
            let mut left = (between(upper[0].0, lower[0].0), between(upper[0].1, lower[0].1));
            for (square, out) in out.chunks_mut(MESH).enumerate() {
                let (above, below) = (upper[square + 1], lower[square + 1]);
                let right = (between(above.0, below.0), between(above.1, below.1));
                let step = (bits((right.0 - left.0) / side), bits((right.1 - left.1) / side));
                let (mut u, mut v) = (bits(left.0), bits(left.1));
                for pixel in out {
                    *pixel = plate.sample(u, v);
                    u = u.wrapping_add(step.0);
                    v = v.wrapping_add(step.1);
                }
                left = right;
            }
        }
    }
}

/// A plate as the sampler wants it.
struct Rows<'a> {
    all: &'a [[u8; 4]],
    /// All but the first row: what lies below each pixel has the same index.
    below: &'a [[u8; 4]],
    /// 32 bits, so that the compiler knows that no index overflows.
    width: u32,
}

impl<'a> Rows<'a> {
    fn of(plate: &'a Plate) -> Self {
        let below = plate.pixels.get(plate.width..).unwrap_or_default();
        Self { all: &plate.pixels, below, width: bits(signed(plate.width)) }
    }

    /// Bilinear sample at a 16.16 position, which must be on the plate and before its last column and
    /// row; black elsewhere.
    #[inline]
    fn sample(&self, u: u32, v: u32) -> [u8; 4] {
        let at = whole(v) * size(self.width) + whole(u);
        let (Some(upper), Some(lower)) = (self.all.get(at..at + 2), self.below.get(at..at + 2))
        else {
            return [0, 0, 0, 255];
        };
        let four = [upper[0], upper[1], lower[0], lower[1]];
        let share = |position: u32| u64::from(position >> 8 & 255);
        let [red, green, blue, _] = gather(bilinear(four, share(u), share(v)));
        [red, green, blue, 255]
    }
}
