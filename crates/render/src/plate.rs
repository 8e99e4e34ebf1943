//! A picture made ready for the camera: 1.2 × the frame, cropped to cover or set on a blur of
//! itself when the shapes differ too much.

use crate::math::{byte, float, floor, index, position, signed, smooth};
use crate::picture::Picture;
use crate::resample::{self, Part};

/// Plate side for one of the frame: room for the camera to move.
pub(crate) const PLATE_SCALE: f32 = 1.2;
/// Aspect ratios that differ by more than this are not cropped but set on a blurred fill.
const CROP_RATIO_MAX: f32 = 1.6;
/// Cells of the blurred fill along the long side.
const FILL_CELLS: usize = 24;

/// Displayed pixels for the camera, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Plate {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<[u8; 4]>,
}

impl Plate {
    /// Prepares `picture` for a frame of the given size.
    pub(crate) fn new(picture: &Picture, width: usize, height: usize) -> Self {
        let side = |pixels: usize| index(float(pixels) * PLATE_SCALE) & !1;
        let (width, height) = (side(width), side(height));
        let own = |pixels: u32| float(usize::try_from(pixels).unwrap_or(1));
        let (own_width, own_height) = (own(picture.width), own(picture.height));
        let ratio = (own_width / own_height) / (float(width) / float(height));
        if (1.0 / CROP_RATIO_MAX..=CROP_RATIO_MAX).contains(&ratio) {
            let cover = cover(own_width, own_height, ratio);
            let pixels = resample(picture, cover, width, height);
            return Self { width, height, pixels };
        }
        let mut plate = Self { width, height, pixels: fill(picture, ratio, width, height) };
        // The whole picture inside what the camera always shows.
        let frame = (float(width) / PLATE_SCALE * 0.98, float(height) / PLATE_SCALE * 0.98);
        let scale = (frame.0 / own_width).min(frame.1 / own_height);
        let inner = |side: f32| index(side * scale).max(2);
        let (inner_width, inner_height) = (inner(own_width), inner(own_height));
        let whole = Part { x: 0.0, y: 0.0, width: own_width, height: own_height };
        let pixels = resample(picture, whole, inner_width, inner_height);
        plate.set(&pixels, inner_width, inner_height);
        plate
    }

    /// Sets a picture in the middle with a soft shadow around it.
    fn set(&mut self, pixels: &[[u8; 4]], width: usize, height: usize) {
        let (left, top) = ((self.width - width) / 2, (self.height - height) / 2);
        let reach = float(self.height) * 0.05;
        for (y, row) in self.pixels.chunks_exact_mut(self.width).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let inside = |at: usize, from: usize, size: usize| at >= from && at < from + size;
                if inside(x, left, width) && inside(y, top, height) {
                    *pixel = pixels[(y - top) * width + x - left];
                    continue;
                }
                let away = |at: usize, from: usize, size: usize| {
                    (signed(from) - signed(at)).max(signed(at) - signed(from + size)).max(0)
                };
                let (dx, dy) = (away(x, left, width), away(y, top, height));
                let distance = crate::math::float_of(dx * dx + dy * dy).sqrt();
                let shade = 1.0 - 0.5 * smooth(reach, 0.0, distance);
                for channel in pixel.iter_mut().take(3) {
                    *channel = byte(f32::from(*channel) / 255.0 * shade);
                }
            }
        }
    }
}

/// The middle of the picture in the plate's shape; a little above the middle of tall ones.
fn cover(width: f32, height: f32, ratio: f32) -> Part {
    if ratio > 1.0 {
        let part = width / ratio;
        Part { x: (width - part) * 0.5, y: 0.0, width: part, height }
    } else {
        let part = height * ratio;
        Part { x: 0.0, y: (height - part) * 0.42, width, height: part }
    }
}

/// The picture as a dim blur that covers everything.
pub(crate) fn fill(picture: &Picture, ratio: f32, width: usize, height: usize) -> Vec<[u8; 4]> {
    let size = |side: u32| float(usize::try_from(side).unwrap_or(1));
    let part = cover(size(picture.width), size(picture.height), ratio);
    let cell = float(width.max(height)) / float(FILL_CELLS);
    let (columns, rows) = (index(float(width) / cell).max(2), index(float(height) / cell).max(2));
    let cells = resample(picture, part, columns, rows);
    let at = |x: i32, y: i32| {
        let x = position(x.clamp(0, signed(columns) - 1));
        let [red, green, blue, _] = cells[position(y.clamp(0, signed(rows) - 1)) * columns + x];
        [f32::from(red) / 255.0, f32::from(green) / 255.0, f32::from(blue) / 255.0]
    };
    // Cubic B-splines are smooth where linear interpolation would show the cells.
    let spline = |t: f32| {
        let u = 1.0 - t;
        let near = (4.0 + t * t * (3.0 * t - 6.0)) / 6.0;
        let far = (4.0 + u * u * (3.0 * u - 6.0)) / 6.0;
        [u * u * u / 6.0, near, far, t * t * t / 6.0]
    };
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let v = (float(y) + 0.5) / float(height) * float(rows) - 0.5;
        let (top, down) = (floor(v), spline(v - crate::math::float_of(floor(v))));
        let line: Vec<[f32; 3]> = (-2..=signed(columns) + 2)
            .map(|x| {
                let taps = (-1..).zip(down);
                taps.fold([0.0; 3], |sum, (dy, weight)| {
                    crate::math::add3(sum, crate::math::scale3(at(x, top + dy), weight))
                })
            })
            .collect();
        for x in 0..width {
            let u = (float(x) + 0.5) / float(width) * float(columns) - 0.5;
            let left = position(floor(u) + 1);
            let across = spline(u - crate::math::float_of(floor(u)));
            let [red, green, blue] =
                line[left..].iter().zip(across).fold([0.0; 3], |sum, (cell, weight)| {
                    crate::math::add3(sum, crate::math::scale3(*cell, weight))
                });
            pixels.push([byte(red * 0.55), byte(green * 0.55), byte(blue * 0.55), 255]);
        }
    }
    pixels
}

/// Scales a part of the picture; transparency is laid on white.
fn resample(picture: &Picture, part: Part, width: usize, height: usize) -> Vec<[u8; 4]> {
    resample::scale(picture, part, (width, height), on_white, |[red, green, blue]| {
        [byte(red), byte(green), byte(blue), 255]
    })
}

fn on_white(pixel: [u8; 4]) -> [f32; 3] {
    let alpha = f32::from(pixel[3]) / 255.0;
    let channel = |at: usize| f32::from(pixel[at]) / 255.0 * alpha + 1.0 - alpha;
    [channel(0), channel(1), channel(2)]
}
