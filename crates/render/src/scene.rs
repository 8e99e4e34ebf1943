//! Scenes drawn from nothing but a direction and a seed.
//!
//! A scene paints its layers once and then draws any frame, in any order and on any thread, as a
//! pure function of the frame's index.

mod brush;
mod city;
mod city_car;
mod city_paint;
mod city_skyline;
mod cosmos;
mod desert;
mod desert_caravan;
mod desert_life;
mod desert_paint;
mod desert_palette;
mod forest;
mod forest_floor;
mod forest_growth;
mod forest_paint;
mod galaxy;
mod mountains;
mod mountains_boat;
mod mountains_front;
mod mountains_paint;
mod mountains_palette;
mod ocean;
mod ocean_brush;
mod ocean_mirror;
mod ocean_paint;
mod ocean_sea;
mod ocean_things;
mod ocean_waves;
mod patch;
mod planet;
mod reef;
mod reef_fish;
mod reef_floor;
mod reef_jelly;
mod reef_life;
mod reef_paint;
mod reef_shapes;
mod silk;
mod water;

use crate::canvas::Canvas;
use crate::math::{ease, float, mix, mix3, scale3};
use crate::prompt::{Direction, Move, SceneKind};
use crate::texture::{Placement, Texture};

/// What a scene needs to know of the film.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// Threads that may paint.
    pub(crate) threads: usize,
}

/// A moment of the film.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Seconds from the start.
    pub(crate) seconds: f32,
    /// 0 at the first frame, 1 at the last.
    pub(crate) progress: f32,
}

/// Where the camera is: each is 0 at rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Enlargement of the nearest layer minus one; never negative.
    pub(crate) zoom: f32,
    /// Sideways, in frame widths at the nearest layer.
    pub(crate) x: f32,
    /// Downward, in frame heights at the nearest layer.
    pub(crate) y: f32,
}

/// Something that draws linear light into a canvas.
pub(crate) trait Scene: Sync + Send {
    /// Writes every pixel of `canvas`.
    fn draw(&self, moment: Moment, canvas: &mut Canvas);
    /// Strength of the vignette, 0 to 1.
    fn vignette(&self) -> f32 {
        0.5
    }
}

/// Paints the scene that the direction names.
pub(crate) fn build(direction: &Direction, stage: Stage) -> Box<dyn Scene> {
    match direction.scene {
        SceneKind::City => Box::new(city::City::new(direction, stage)),
        SceneKind::Cosmos => Box::new(cosmos::Cosmos::new(direction, stage)),
        SceneKind::Desert => Box::new(desert::Desert::new(direction, stage)),
        SceneKind::Forest => Box::new(forest::Forest::new(direction, stage)),
        SceneKind::Mountains => Box::new(mountains::Mountains::new(direction, stage)),
        SceneKind::Ocean => Box::new(ocean::Ocean::new(direction, stage)),
        SceneKind::Silk => Box::new(silk::Silk::new(direction, stage)),
        SceneKind::Underwater => Box::new(reef::Reef::new(direction, stage)),
    }
}

/// Largest sideways move of the nearest layer to either side, in frame widths.
pub(crate) const PAN_MAX: f32 = 0.07;

impl View {
    /// The camera of `movement` at `progress`: mostly eased, but never at rest at the ends.
    pub(crate) fn at(movement: Move, progress: f32) -> Self {
        let t = mix(ease(progress), progress, 0.35);
        let swing = t * 2.0 - 1.0;
        let (zoom, x, y) = match movement {
            Move::Still => (0.0, 0.0, 0.0),
            Move::PushIn => (0.24 * t, 0.012 * swing, 0.0),
            Move::PullOut => (0.24 * (1.0 - t), 0.0, 0.0),
            Move::TruckLeft => (0.05, -PAN_MAX * swing, 0.0),
            Move::TruckRight => (0.05, PAN_MAX * swing, 0.0),
            Move::Rise => (0.10 - 0.05 * t, 0.01 * swing, -0.045 * swing),
            Move::Descend => (0.05 + 0.05 * t, 0.01 * swing, 0.045 * swing),
            Move::Orbit => (0.04 + 0.14 * t, 0.05 * swing, -0.012 * swing),
        };
        Self { zoom, x, y }
    }
}

/// A painted layer and how far away it is.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The picture.
    pub(crate) texture: Texture,
    /// 0 is at infinity, 1 the nearest.
    pub(crate) depth: f32,
    /// Column of the texture that is at the left edge of the frame at rest.
    pub(crate) left: f32,
    /// Row of the frame where the texture starts at rest; may be negative.
    pub(crate) top: f32,
    /// Texels for one pixel at rest.
    pub(crate) density: f32,
}

impl Layer {
    /// Where the layer lies for a view; `pivot` is the row of the vanishing point in pixels.
    pub(crate) fn place(&self, view: View, stage: &Stage, pivot: f32) -> Placement {
        let zoom = 1.0 / (1.0 + view.zoom * self.depth);
        let middle = float(stage.width) * 0.5;
        let x = middle - middle * zoom + view.x * self.depth * float(stage.width);
        let y = pivot - pivot * zoom + view.y * self.depth * float(stage.height) - self.top;
        Placement {
            x: x * self.density + self.left,
            y: y * self.density,
            step: zoom * self.density,
        }
    }
}

/// A colour as bad weather shows it: `grey` of it, 0 to 1, is its own brightness times `dark` in the colour of
/// `cast`.
pub(crate) fn dulled(colour: [f32; 3], grey: f32, dark: f32, cast: [f32; 3]) -> [f32; 3] {
    let level = (colour[0] * 0.3 + colour[1] * 0.5 + colour[2] * 0.2) * dark;
    mix3(colour, scale3(cast, level), grey)
}

/// Where a point of the world that is at (`x`, `y`) pixels at rest is seen.
pub(crate) fn project(
    view: View,
    stage: &Stage,
    pivot: f32,
    depth: f32,
    x: f32,
    y: f32,
) -> (f32, f32) {
    let zoom = 1.0 + view.zoom * depth;
    let middle = float(stage.width) * 0.5;
    let x = x - view.x * depth * float(stage.width);
    let y = y - view.y * depth * float(stage.height);
    (middle + (x - middle) * zoom, pivot + (y - pivot) * zoom)
}
