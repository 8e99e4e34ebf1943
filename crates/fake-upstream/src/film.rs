//! The video that every job brings: one second, made by the preview renderer once.

use std::sync::OnceLock;

use bytes::Bytes;
use rushes_render::{Control, RenderSpec, render};

use crate::script::Phase;
use crate::wire::{Answer, Request};
use crate::{Inside, disturb};

/// A small gzip file, for answers that nobody asked to be compressed.
pub(crate) const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xab, 0xae, 0x05, 0x00, 0x43, 0xbf, 0xa6, 0xa3, 0x02,
    0, 0, 0,
];

/// The film's bytes; empty if it cannot be made, which no test would overlook.
pub(crate) fn film() -> Bytes {
    static FILM: OnceLock<Bytes> = OnceLock::new();
    let make = || {
        let spec = RenderSpec {
            prompt: "waves".to_owned(),
            seed: 1,
            width: 320,
            height: 180,
            seconds: 1,
            images: Vec::new(),
            caption: false,
        };
        render(&spec, 1, &Control::new()).map(|film| Bytes::from(film.mp4)).unwrap_or_default()
    };
    FILM.get_or_init(make).clone()
}

/// `/files/{job}.mp4`, needs no key.
pub(crate) fn answer(inside: &Inside, request: &Request) -> Answer {
    let name = request.path.trim_start_matches("/files/").trim_end_matches(".mp4");
    content(inside, name)
}

/// A job's video, or what its script makes of it.
pub(crate) fn content(inside: &Inside, id: &str) -> Answer {
    let mut state = inside.state();
    if state.jobs.find(id).is_none() {
        return Answer::of(404, "text/plain", "no such file");
    }
    let state = &mut *state;
    let behaviour = state.jobs.behaviour(id, Phase::Result, &mut state.script);
    let whole = Answer::of(200, "video/mp4", film());
    match behaviour {
        Some(crate::script::Behaviour::Status(status)) => Answer::of(status, "text/plain", "no"),
        Some(behaviour) => disturb(whole, &behaviour),
        None => whole,
    }
}
