//! What a film shows: chosen once from the request, then drawn frame by frame.
//!
//! A frame is a pure function of its index, so that any thread may draw any frame.

use crate::camera::Shot;
use crate::canvas::Canvas;
use crate::caption::Caption;
use crate::control::Control;
use crate::frame::Frame;
use crate::math::float_of_u32;
use crate::overlay::Overlay;
use crate::picture;
use crate::plate::Plate;
use crate::prompt::{Direction, Move, SceneKind, Weather, direct};
use crate::scene::{Moment, Scene, Stage};
use crate::sequence::Sequence;
use crate::spec::{FRAMES_PER_SECOND, RenderError, RenderSpec};

/// Quantiser of ordinary films (0 best, 51 worst).
const QUANTISER: u8 = 22;
/// Quantiser of films with heavy rain, which hides what is lost.
const QUANTISER_RAIN: u8 = 24;

/// A film that is ready to be drawn.
pub(crate) struct Reel {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) frames: u32,
    pub(crate) quantiser: u8,
    body: Body,
    caption: Option<Caption>,
}

enum Body {
    Scene { scene: Box<dyn Scene>, overlay: Overlay },
    Pictures(Sequence),
}

/// Reads pictures, paints layers and sets the caption.
pub(crate) fn prepare(
    spec: &RenderSpec,
    threads: usize,
    control: &Control,
) -> Result<Reel, RenderError> {
    let direction = direct(&spec.prompt, spec.seed);
    let size = |side: u32| usize::try_from(side).unwrap_or(0);
    let (width, height, frames) = (size(spec.width), size(spec.height), spec.frames());
    let stage = Stage { width, height, threads };
    if control.is_cancelled() {
        return Err(RenderError::Cancelled);
    }
    let rain = direction.weather == Weather::Rain || direction.scene == SceneKind::City;
    let mut quantiser = QUANTISER;
    let body = if spec.images.is_empty() {
        if rain {
            quantiser = QUANTISER_RAIN;
        }
        let scene = crate::scene::build(&direction, stage);
        Body::Scene { scene, overlay: Overlay::new(&direction, stage) }
    } else {
        let shots = shots(spec, &direction, stage, control)?;
        Body::Pictures(Sequence::new(shots, frames, direction.seed))
    };
    let caption =
        if spec.caption { Caption::new(&spec.prompt, width, height, frames) } else { None };
    Ok(Reel { width, height, frames, quantiser, body, caption })
}

/// Decodes one picture after the other, so that only one is in memory at full size.
fn shots(
    spec: &RenderSpec,
    direction: &Direction,
    stage: Stage,
    control: &Control,
) -> Result<Vec<Shot>, RenderError> {
    let mut shots = Vec::with_capacity(spec.images.len());
    for (index, bytes) in spec.images.iter().enumerate() {
        if control.is_cancelled() {
            return Err(RenderError::Cancelled);
        }
        let picture =
            picture::decode(bytes).map_err(|source| RenderError::Image { index, source })?;
        let plate = Plate::new(&picture, stage.width, stage.height);
        drop(picture);
        // The first picture moves as the words say, the others vary; where nothing is to move, none does.
        let movement = MOVES.iter().position(|movement| *movement == direction.movement);
        let movement = movement.map_or(Move::Still, |at| MOVES[(at + index * 3) % MOVES.len()]);
        shots.push(Shot::new(plate, movement, stage.width, stage.height));
    }
    Ok(shots)
}

/// The moves in the order in which the pictures of one film take them.
const MOVES: [Move; 7] = [
    Move::PushIn,
    Move::TruckLeft,
    Move::Rise,
    Move::PullOut,
    Move::TruckRight,
    Move::Orbit,
    Move::Descend,
];

impl Reel {
    /// Draws frame `index` into `frame`; `canvas` is scratch of the same size.
    pub(crate) fn draw(&self, index: u32, canvas: &mut Canvas, frame: &mut Frame) {
        let moment = Moment {
            seconds: float_of_u32(index) / float_of_u32(FRAMES_PER_SECOND),
            progress: float_of_u32(index) / float_of_u32(self.frames.max(2) - 1),
        };
        match &self.body {
            Body::Scene { scene, overlay } => {
                scene.draw(moment, canvas);
                overlay.draw(moment, canvas);
                canvas.finish(frame, scene.vignette());
            }
            Body::Pictures(sequence) => sequence.draw(index, frame, canvas.spare()),
        }
        if let Some(caption) = &self.caption {
            caption.draw(index, frame);
        }
    }
}
