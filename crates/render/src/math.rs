//! Arithmetic that gives the same bits on every machine.
//!
//! Only `+ - * /`, `sqrt` and comparisons of IEEE 754 single precision: no `libm`, no fused
//! multiply-add, no fast-math. Conversions that may lose something live here and say so.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the one home of lossy conversions; each says what it does out of range"
)]

/// A count as a number; exact below 2^24, which every size of a frame is.
pub(crate) const fn float(count: usize) -> f32 {
    count as f32
}

/// A signed whole number as a number; exact below 2^24.
pub(crate) const fn float_of(count: i32) -> f32 {
    count as f32
}

/// An unsigned whole number as a number; exact below 2^24.
pub(crate) const fn float_of_u32(count: u32) -> f32 {
    count as f32
}

/// Towards zero; saturates, and NaN is 0.
pub(crate) const fn int(x: f32) -> i32 {
    x as i32
}

/// Towards minus infinity; saturates.
pub(crate) const fn floor(x: f32) -> i32 {
    let whole = x as i32;
    if whole as f32 > x { whole - 1 } else { whole }
}

/// Towards zero; negative numbers and NaN are 0.
pub(crate) const fn index(x: f32) -> usize {
    x as usize
}

/// A size as a signed number; sizes here are far below 2^31.
pub(crate) const fn signed(size: usize) -> i32 {
    size as i32
}

/// A signed position as an index; negative ones are 0.
pub(crate) const fn position(x: i32) -> usize {
    if x < 0 { 0 } else { x as usize }
}

/// 0 to 1 becomes 0 to 255, rounded and clamped.
pub(crate) fn byte(x: f32) -> u8 {
    (x.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

/// The low 32 bits.
pub(crate) const fn low(x: u64) -> u32 {
    x as u32
}

/// The low 8 bits.
pub(crate) const fn low_byte(x: u64) -> u8 {
    x as u8
}

/// A small unsigned number as an index.
pub(crate) const fn size(x: u32) -> usize {
    x as usize
}

/// The whole part of an unsigned 16.16 number.
pub(crate) const fn whole(x: u32) -> usize {
    (x >> 16) as usize
}

/// 24 high bits of a hash as a number from 0 to below 1.
pub(crate) const fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The bits of a signed number.
pub(crate) const fn bits(x: i32) -> u32 {
    x as u32
}

/// 16.16 fixed point; saturates.
pub(crate) fn fixed(x: f32) -> i32 {
    floor(x * 65_536.0)
}

/// From `a` at 0 to `b` at 1.
pub(crate) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Component-wise [`mix`].
pub(crate) fn mix3(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

/// Component-wise product with a number.
pub(crate) fn scale3(a: [f32; 3], by: f32) -> [f32; 3] {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// Component-wise sum.
pub(crate) fn add3(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// 0 to 1.
pub(crate) fn clamp01(x: f32) -> f32 {
    x.clamp(0.0, 1.0)
}

/// 0 before `from`, 1 after `to`, a smooth cubic between; `from` may be greater than `to`.
pub(crate) fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = clamp01((x - from) / (to - from));
    t * t * (3.0 - 2.0 * t)
}

/// A quintic ease: no jump in speed or acceleration at either end.
pub(crate) fn ease(t: f32) -> f32 {
    let t = clamp01(t);
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// Sine of a full turn times `turns`; error below 0.0011.
pub(crate) fn sine(turns: f32) -> f32 {
    let t = turns - float_of(floor(turns + 0.5));
    let parabola = 8.0 * t * (1.0 - 2.0 * t.abs());
    parabola * (0.775 + 0.225 * parabola.abs())
}

/// Cosine of a full turn times `turns`.
pub(crate) fn cosine(turns: f32) -> f32 {
    sine(turns + 0.25)
}

/// Falls like the exponential of `-x` for `x` ≥ 0 and is exactly 0 from 16 on.
pub(crate) fn fade(x: f32) -> f32 {
    let base = (1.0 - x * (1.0 / 16.0)).max(0.0);
    let square = base * base;
    let fourth = square * square;
    let eighth = fourth * fourth;
    eighth * eighth
}

/// A colour written as 0xRRGGBB, components 0 to 1 as displayed.
pub(crate) const fn rgb(hex: u32) -> [f32; 3] {
    [
        ((hex >> 16) & 255) as f32 / 255.0,
        ((hex >> 8) & 255) as f32 / 255.0,
        (hex & 255) as f32 / 255.0,
    ]
}

/// Displayed to linear light: a square, which is close to sRGB and exact everywhere.
pub(crate) fn linear(colour: [f32; 3]) -> [f32; 3] {
    [colour[0] * colour[0], colour[1] * colour[1], colour[2] * colour[2]]
}
