//! Words of a prompt, Chinese and English, become a scene, weather, hour and camera move.
//!
//! It is a table of words, not understanding: negations and grammar are ignored. English words
//! count only as whole words (with plural endings), Chinese ones anywhere.

mod words;

use self::words::{Effect, WORDS};
use crate::noise::{Random, digest};

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SceneKind {
    /// A neon city on wet ground.
    City,
    /// Nebula, stars and a planet.
    Cosmos,
    /// A sea of dunes.
    Desert,
    /// Inside a wood.
    Forest,
    /// Mountain ranges.
    Mountains,
    /// The open sea.
    Ocean,
    /// Abstract folds of light, for everything else.
    Silk,
    /// A reef below the surface.
    Underwater,
}

/// Something that stands or walks in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Landmark {
    /// A lighthouse on a headland.
    Lighthouse,
    /// A sailing ship in the distance.
    Ship,
    /// Rocks with breaking waves.
    Rocks,
    /// Camels on the crest of a dune.
    Caravan,
    /// A car on the street.
    Car,
    /// A spiral galaxy.
    Galaxy,
    /// The towers across the river from the Bund.
    Shanghai,
}

impl Landmark {
    /// Whether a scene has it; a ship is a small boat on a mountain lake.
    fn is_in(self, scene: SceneKind) -> bool {
        match self {
            Self::Ship => matches!(scene, SceneKind::Ocean | SceneKind::Mountains),
            Self::Lighthouse | Self::Rocks => scene == SceneKind::Ocean,
            Self::Caravan => scene == SceneKind::Desert,
            Self::Car | Self::Shanghai => scene == SceneKind::City,
            Self::Galaxy => scene == SceneKind::Cosmos,
        }
    }
}

/// What is in the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weather {
    /// Nothing was said.
    Clear,
    /// Rain.
    Rain,
    /// Snow.
    Snow,
    /// Blossoms or leaves in the wind.
    Petals,
    /// Sparks of a fire.
    Embers,
    /// Mist.
    Fog,
    /// Lights out of focus.
    Bokeh,
    /// Points of light that come and go.
    Glints,
}

/// Time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hour {
    /// Early morning.
    Dawn,
    /// Full light.
    Day,
    /// Evening.
    Dusk,
    /// Dark.
    Night,
}

/// How the camera goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Forward.
    PushIn,
    /// Backward.
    PullOut,
    /// Sideways to the left.
    TruckLeft,
    /// Sideways to the right.
    TruckRight,
    /// Upward.
    Rise,
    /// Downward.
    Descend,
    /// Around the middle.
    Orbit,
    /// Not at all.
    Still,
}

/// What the words of a prompt ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// The scene.
    pub scene: SceneKind,
    /// The weather.
    pub weather: Weather,
    /// The time of day.
    pub hour: Hour,
    /// The camera move.
    pub movement: Move,
    /// Whether water was named.
    pub water: bool,
    /// What stands or moves in the scene, if it was named.
    pub landmark: Option<Landmark>,
    /// The colour that was named, red, green and blue from 0 to 1 as displayed.
    pub accent: Option<[f32; 3]>,
    /// The second colour that was named.
    pub second_accent: Option<[f32; 3]>,
    /// Seed of everything that is left to chance: request seed and prompt.
    pub seed: u64,
}

impl Direction {
    /// Whether it rains: a city's street at night is wet even if nobody said so, a river is without.
    pub(crate) fn is_rainy(&self) -> bool {
        let wet = self.scene == SceneKind::City
            && self.hour == Hour::Night
            && self.weather == Weather::Clear
            && self.landmark != Some(Landmark::Shanghai);
        self.weather == Weather::Rain || wet
    }
}

/// Words that hold another one of another meaning: nobody means a green desert or a river among the stars, or
/// comes nearer by zooming out.
const COMPOUNDS: [(&str, &str); 14] = [
    ("pull back", " pullback "),
    ("pulls back", " pullback "),
    ("pulling back", " pullback "),
    ("dolly out", " pullback "),
    ("dollies out", " pullback "),
    ("dolly back", " pullback "),
    ("camera still", " static "),
    ("zoom out", " pullback "),
    ("zooms out", " pullback "),
    ("zooming out", " pullback "),
    ("绿洲", " oasis "),
    ("綠洲", " oasis "),
    ("银河", " galactic "),
    ("銀河", " galactic "),
];

/// Reads a prompt. The same prompt and seed always give the same direction.
pub fn direct(prompt: &str, seed: u64) -> Direction {
    let seed = digest(prompt.as_bytes(), seed);
    let mut lower = name_shanghai(&prompt.to_lowercase());
    for (word, meaning) in COMPOUNDS {
        lower = lower.replace(word, meaning);
    }
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let mut scores = [
        (SceneKind::City, 0),
        (SceneKind::Desert, 0),
        (SceneKind::Forest, 0),
        (SceneKind::Cosmos, 0),
        (SceneKind::Mountains, 0),
        (SceneKind::Ocean, 0),
        (SceneKind::Underwater, 0),
        (SceneKind::Silk, 0),
    ];
    let mut direction = drawn(seed);
    // Later rows lose: the first weather, hour and move that is found stays.
    let (mut weather, mut hour, mut movement) = (false, false, false);
    let mut landmarks = Vec::new();
    for (list, effect) in WORDS {
        let hits =
            list.split_ascii_whitespace().filter(|word| occurs(word, &lower, &words)).count();
        let hits = u32::try_from(hits).unwrap_or(u32::MAX);
        if hits == 0 {
            continue;
        }
        match *effect {
            Effect::Scene(kind, weight) => {
                for score in scores.iter_mut().filter(|score| score.0 == kind) {
                    score.1 += hits * weight;
                }
            }
            Effect::Weather(kind) if !weather => (direction.weather, weather) = (kind, true),
            Effect::Hour(kind) if !hour => (direction.hour, hour) = (kind, true),
            Effect::Move(kind) if !movement => (direction.movement, movement) = (kind, true),
            Effect::Accent(hex) if direction.accent.is_none() => {
                direction.accent = Some(crate::math::rgb(hex));
            }
            Effect::Accent(hex) if direction.second_accent.is_none() => {
                direction.second_accent = Some(crate::math::rgb(hex));
            }
            Effect::Water => direction.water = true,
            Effect::Landmark(kind) => landmarks.push(kind),
            _ => {}
        }
    }
    let best = scores.iter().rev().max_by_key(|score| score.1);
    // Who asks for fog wants to see it: not in the dark, unless that is asked for too.
    if direction.weather == Weather::Fog && !hour && direction.hour != Hour::Dawn {
        direction.hour = Hour::Day;
    }
    if let Some((kind, 1..)) = best {
        direction.scene = *kind;
    }
    // A ship that leaves Shanghai is still a ship where the sea is shown.
    let shown = landmarks.iter().find(|landmark| landmark.is_in(direction.scene));
    direction.landmark = shown.or(landmarks.first()).copied();
    direction
}

/// What is left to chance where the prompt names nothing.
fn drawn(seed: u64) -> Direction {
    let mut random = Random::new(seed);
    let moves =
        [Move::PushIn, Move::PullOut, Move::TruckLeft, Move::TruckRight, Move::Rise, Move::Orbit];
    let movement = *random.pick(&moves);
    Direction {
        scene: SceneKind::Silk,
        weather: Weather::Clear,
        hour: *random.pick(&[Hour::Dawn, Hour::Dusk, Hour::Day, Hour::Night]),
        movement,
        water: false,
        landmark: None,
        accent: None,
        second_accent: None,
        seed,
    }
}

/// The city's name, which holds the sign for the sea, in Latin letters. In 早上海边 or 海上海鸥 the two signs belong to
/// two words.
fn name_shanghai(text: &str) -> String {
    const BEFORE: &str = "早晚海冰天山岸陆陸路船水晨";
    const AFTER: &str = "边邊面鸥鷗浪豹拔岸洋水底风風";
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("上海") {
        let (before, from) = rest.split_at(at);
        let after = &from["上海".len()..];
        let previous = before.chars().next_back().or(named.chars().next_back());
        let apart = previous.is_some_and(|sign| BEFORE.contains(sign))
            || after.chars().next().is_some_and(|sign| AFTER.contains(sign));
        named.push_str(before);
        named.push_str(if apart { "上海" } else { " shanghai " });
        rest = after;
    }
    named.push_str(rest);
    named
}

fn occurs(word: &str, lower: &str, words: &[&str]) -> bool {
    if word.is_ascii() {
        words.iter().any(|found| {
            *found == word
                || found.strip_suffix('s') == Some(word)
                || found.strip_suffix("es") == Some(word)
        })
    } else {
        lower.contains(word)
    }
}
