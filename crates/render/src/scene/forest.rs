//! Inside a wood at any hour: planes of trunks that fade into mist, shafts of light, a path or a
//! stream, motes by day and fireflies at night.

use super::forest_paint::{HORIZON, Kind, Painter, Palette};
use super::water::{Surface, reflect};
use super::{Layer, Moment, Scene, Stage, View, project};
use crate::canvas::{Canvas, VEIL_CELL};
use crate::math::{
    add3, clamp01, fade, float, float_of, floor, index, linear, mix, mix3, scale3, sine, smooth,
};
use crate::noise::{Random, Tile, random_at};
use crate::prompt::{Direction, Hour, Move, Weather};
use crate::texture::Placement;

/// Specks of dust and pollen in the light.
const MOTES: u32 = 110;
/// Fireflies at night.
const FIREFLIES: u32 = 46;

/// The scene.
pub(super) struct Forest {
    stage: Stage,
    movement: Move,
    palette: Palette,
    tile: Tile,
    /// Far to near.
    layers: Vec<Layer>,
    ground: Layer,
    painter: Painter,
    /// The air at rest for every cell of the backdrop, as displayed.
    air: Vec<[f32; 3]>,
    /// Where the light comes from, in frame widths and heights.
    sun: (f32, f32),
    mist: f32,
    wind: f32,
    night: bool,
}

impl Forest {
    pub(super) fn new(direction: &Direction, stage: Stage) -> Self {
        let mut random = Random::new(direction.seed ^ 0x666f_7265);
        let kind = match direction.weather {
            Weather::Petals => *random.pick(&[Kind::Broadleaf, Kind::Birch]),
            Weather::Snow => *random.pick(&[Kind::Conifer, Kind::Conifer, Kind::Birch]),
            _ => *random.pick(&[Kind::Conifer, Kind::Broadleaf, Kind::Birch]),
        };
        let palette = Palette::of(direction, kind, &mut random);
        let opening = random.range(0.32, 0.68);
        let slant = if random.chance(0.5) { 1.0 } else { -1.0 };
        let (aside, above) = match direction.hour {
            Hour::Day => (random.range(0.05, 0.30), -0.75),
            Hour::Night => (random.range(0.10, 0.35), -0.45),
            Hour::Dawn | Hour::Dusk => (random.range(0.30, 0.60), -0.30),
        };
        let painter = Painter {
            palette,
            stage,
            kind,
            seed: random.next(),
            snowy: direction.weather == Weather::Snow,
            foggy: direction.weather == Weather::Fog,
            stream: direction.water,
            opening,
        };
        let (layers, ground) = painter.paint();
        let veil = (stage.width / VEIL_CELL + 2, stage.height / VEIL_CELL + 2);
        let air = (0..veil.0 * veil.1)
            .map(|at| (float(at % veil.0 * VEIL_CELL), float(at / veil.0 * VEIL_CELL)))
            .map(|(x, y)| painter.air(x, y))
            .collect();
        Self {
            stage,
            movement: direction.movement,
            palette,
            tile: Tile::cloud(painter.seed),
            layers,
            ground,
            air,
            sun: (opening + slant * aside, above),
            mist: if painter.foggy { 0.50 } else { 0.24 },
            wind: if direction.weather == Weather::Rain { 2.2 } else { 1.0 },
            night: direction.hour == Hour::Night,
            painter,
        }
    }

    fn backdrop(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let height = float(self.stage.height);
        let drift = moment.seconds * 0.002;
        let columns = canvas.backdrop.width;
        let rows = canvas.backdrop.cells.chunks_exact_mut(columns);
        for (row, (cells, air)) in rows.zip(self.air.chunks_exact(columns)).enumerate() {
            let v = float(row * VEIL_CELL) / height;
            let dark = smooth(0.5, 0.2, v) * 0.16;
            if v > HORIZON + 0.03 {
                cells.copy_from_slice(air);
                continue;
            }
            for (column, (cell, air)) in cells.iter_mut().zip(air).enumerate() {
                // The far wood is no more than a change of tone.
                let u = float(column * VEIL_CELL) / height;
                let trunks = self.tile.at(u * 2.3 + view.x * 0.1, v * 0.06 + 0.4);
                let leaves = self.tile.at(u * 1.3 + drift, v * 1.3);
                let shade = smooth(0.45, 0.75, trunks) * 0.10 + dark * leaves;
                *cell = mix3(*air, self.palette.deep, shade);
            }
        }
    }

    /// Mist that drifts low between the trunks and shafts that fall through the crowns.
    fn glow(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let mist = scale3(linear(self.palette.light), self.mist);
        let sun = scale3(linear(self.palette.sun), self.palette.rays);
        let opening = self.painter.opening * width;
        let unit = self.painter.unit();
        let sun_x = self.sun.0 * width - view.x * 0.05 * width;
        let sun_y = self.sun.1 * height;
        let (slow, breath) = (moment.seconds * 0.006, moment.seconds * 0.011);
        let cells = canvas.glow.width;
        // How near a column is to the opening: for mist and for shafts.
        let columns: Vec<(f32, f32)> = (0..cells)
            .map(|column| (float(column * VEIL_CELL) - opening) / unit)
            .map(|from| (0.25 + 0.75 * fade(from * from * 2.2), fade(from * from * 0.9)))
            .collect();
        for (row, line) in canvas.glow.cells.chunks_exact_mut(cells).enumerate() {
            let y = float(row * VEIL_CELL);
            let v = y / height;
            // The higher the sun, the nearer to parallel are its shafts.
            let inverse = (0.7 - self.sun.1 * 1.4) / (y - sun_y);
            let band = smooth(0.36, 0.60, v) * smooth(0.98, 0.62, v);
            let fall = smooth(0.98, 0.30, v) * smooth(-0.5, 0.12, v);
            for ((column, cell), (near, spread)) in line.iter_mut().enumerate().zip(&columns) {
                let x = float(column * VEIL_CELL);
                let mut light = [0.0; 3];
                if fall * spread > 0.02 {
                    let angle = (x - sun_x) * inverse;
                    let shaft = self.tile.at(angle * 0.55 + 0.3 + slow * 0.25, breath * 0.35);
                    let fine = self.tile.at(angle * 1.7 - slow * 0.3, 0.6 + breath * 0.5);
                    let shaft = smooth(0.47, 0.84, shaft * 0.70 + fine * 0.30);
                    light = scale3(sun, shaft * (fall * spread - 0.02));
                }
                if band > 0.0 {
                    let u = x / height;
                    let puff = self.tile.at(u * 0.30 + slow + view.x * 0.04, v * 1.5 - slow * 0.4);
                    let puff = puff + 0.5 * self.tile.at(u * 0.8 - slow * 1.6, v * 3.1);
                    light = add3(light, scale3(mist, band * smooth(0.55, 1.05, puff) * near));
                }
                *cell = light;
            }
        }
    }

    /// Where row `y` of the frame shows the ground: a plane that runs from the horizon to the
    /// viewer, so that every row has a depth of its own.
    fn ground_at(&self, view: View, y: f32) -> Placement {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let (horizon, rows) = self.painter.ground_rows();
        let down = (y - horizon).max(0.0);
        // The row at rest solves down = t · lift · (1 + zoom · t / rows).
        let lift = 1.0 - view.y * height / rows;
        let bend = 4.0 * view.zoom * lift * down / rows;
        let rest = 2.0 * down / (lift + (lift * lift + bend).sqrt());
        let depth = rest / rows;
        let step = 1.0 / (1.0 + view.zoom * depth);
        let x = width * 0.5 * (1.0 - step) + view.x * depth * width;
        Placement { x: x + self.painter.ground_margin(), y: rest - y * step, step }
    }

    /// Crowns and undergrowth sway: more, the farther from the horizon and the nearer.
    fn swayed(&self, mut placement: Placement, layer: &Layer, y: f32, seconds: f32) -> Placement {
        let height = float(self.stage.height);
        let v = y / height;
        let above = smooth(0.45, 0.0, v);
        let below = smooth(0.80, 1.0, v);
        let beat = sine(seconds * 0.16 + layer.depth * 2.3 + v * 0.7)
            + 0.5 * sine(seconds * 0.37 + layer.depth * 5.1 - v * 1.9);
        let push = beat * self.wind * (above * 2.6 + below * 3.4) * layer.depth * height / 720.0;
        placement.x += push * layer.density;
        placement
    }

    fn motes(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        let colour = linear(self.palette.sun);
        for mote in 0..MOTES {
            let random = |kind: u32| random_at(mote, kind ^ 0x110, self.painter.seed);
            let near = random(1);
            let along = random(2) + moment.seconds * mix(0.002, 0.008, random(3));
            let rise = random(4) + 0.02 * sine(moment.seconds * 0.11 + random(5));
            let x = (along - float_of(floor(along))) * 1.1 - 0.05;
            let x = x + 0.012 * sine(moment.seconds * 0.13 + random(6));
            let y = mix(0.22, 0.92, rise);
            let (x, y) = project(
                view,
                &self.stage,
                0.6 * height,
                mix(0.3, 1.0, near),
                x * width,
                y * height,
            );
            let glint = 0.55 + 0.45 * sine(moment.seconds * mix(0.15, 0.4, random(7)) + random(8));
            let open = (x - self.painter.opening * width) / self.painter.unit();
            let bright = glint * glint * (0.15 + 0.85 * fade(open * open * 2.0));
            let radius = mix(0.5, 2.2, near * near) * height / 720.0;
            let colour = scale3(colour, bright * mix(0.42, 0.13, near) * self.palette.rays * 2.0);
            canvas.add_dot(x, y, radius, colour);
        }
    }

    /// Each wanders around a place of its own and glows for a while, then not.
    fn fireflies(&self, moment: Moment, view: View, canvas: &mut Canvas) {
        let (width, height) = (float(self.stage.width), float(self.stage.height));
        for fly in 0..FIREFLIES {
            let random = |kind: u32| random_at(fly, kind ^ 0x220, self.painter.seed);
            let near = random(1) * random(1);
            let t = moment.seconds;
            let x = random(2) * 1.1 - 0.05
                + 0.030 * sine(t * mix(0.05, 0.11, random(3)) + random(4))
                + 0.010 * sine(t * 0.23 + random(5));
            let y = mix(0.50, 0.90, random(6))
                + 0.020 * sine(t * mix(0.06, 0.14, random(7)) + random(8))
                + 0.008 * sine(t * 0.31 + random(9));
            let depth = mix(0.3, 1.0, near);
            let (x, y) = project(view, &self.stage, 0.6 * height, depth, x * width, y * height);
            let beat = sine(t * mix(0.14, 0.30, random(10)) + random(11));
            let power = smooth(-0.35, 0.8, beat);
            let size = mix(1.0, 3.0, near) * height / 720.0;
            let colour = scale3([0.95, 1.0, 0.28], power);
            canvas.add_dot(x, y, size, scale3(colour, 1.3));
            canvas.add_dot(x, y, size * 4.5, scale3(colour, 0.22));
            canvas.add_dot(x, y, size * 14.0, scale3(colour, 0.055));
        }
    }
}

impl Scene for Forest {
    fn draw(&self, moment: Moment, canvas: &mut Canvas) {
        let view = View::at(self.movement, moment.progress);
        self.backdrop(moment, view, canvas);
        self.glow(moment, view, canvas);
        let (horizon, _) = self.painter.ground_rows();
        let line = index(horizon).min(self.stage.height);
        let placed: Vec<_> = self
            .layers
            .iter()
            .rev()
            .map(|layer| (layer, layer.place(view, &self.stage, horizon)))
            .collect();
        // The glow lies behind the two nearest planes.
        let front = 2;
        let mut row = Vec::with_capacity(placed.len() + 1);
        for y in 0..self.stage.height {
            if self.painter.stream && y == line {
                self.water(moment, line, canvas);
            }
            let place = |(layer, placement): &(&'_ Layer, Placement)| {
                self.swayed(*placement, layer, float(y), moment.seconds)
            };
            row.clear();
            row.extend(placed.iter().map(|pair| (&pair.0.texture, place(pair))));
            if y >= line {
                row.push((&self.ground.texture, self.ground_at(view, float(y))));
            }
            canvas.compose_lit(y, &row, front, self.painter.stream && y >= line);
        }
        if self.night && !self.painter.snowy {
            self.fireflies(moment, view, canvas);
        } else if !self.night && !self.painter.snowy {
            self.motes(moment, view, canvas);
        }
    }

    fn vignette(&self) -> f32 {
        0.6
    }
}

impl Forest {
    fn water(&self, moment: Moment, line: usize, canvas: &mut Canvas) {
        let tint = mix3(self.palette.deep, self.palette.mist, 0.25);
        let surface = Surface {
            line,
            ripple: 4.5,
            mirror: (0.95, clamp01(0.62)),
            tint: scale3(linear(tint), 0.5),
            blur: 0,
            speed: 0.4,
        };
        reflect(canvas, &surface, &self.tile, moment.seconds);
    }
}
