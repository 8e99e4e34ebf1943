//! Makes a film of every shape of both resolutions, of 1, 4, 10 and 15 s, from a text, from one picture and from
//! three, and looks whether size, length and number of frames are exactly what was asked for.
//!
//! 21 minutes of film, so no test of every run: `cargo run --release -p rushes-render --example sizes`.

use std::error::Error;
use std::process::ExitCode;

use image::{ImageFormat, Rgb, RgbImage};
use rushes_render::{Control, RenderSpec, inspect, render};

/// Width and height of every ratio that models offer, at 720 and 480 lines.
const SIZES: [(u32, u32); 14] = [
    (1280, 720),
    (720, 1280),
    (960, 720),
    (720, 960),
    (1080, 720),
    (720, 1080),
    (720, 720),
    (854, 480),
    (480, 854),
    (640, 480),
    (480, 640),
    (720, 480),
    (480, 720),
    (480, 480),
];
const SECONDS: [u32; 4] = [1, 4, 10, 15];
/// Pictures of a film: a text alone, one, several.
const PICTURES: [usize; 3] = [0, 1, 3];

#[expect(clippy::print_stderr, reason = "a tool for the terminal")]
fn main() -> ExitCode {
    let mut wrong = 0;
    for (width, height) in SIZES {
        for seconds in SECONDS {
            for pictures in PICTURES {
                let name = format!("{width}x{height}, {seconds} s, {pictures} pictures");
                match check(width, height, seconds, pictures) {
                    Ok(()) => eprintln!("ok     {name}"),
                    Err(error) => {
                        wrong += 1;
                        eprintln!("WRONG  {name}: {error}");
                    }
                }
            }
        }
    }
    let all = SIZES.len() * SECONDS.len() * PICTURES.len();
    eprintln!("{} of {all} films are exact", all - wrong);
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(width: u32, height: u32, seconds: u32, pictures: usize) -> Result<(), Box<dyn Error>> {
    let spec = RenderSpec {
        prompt: "a feeling of joy".to_owned(),
        seed: 1,
        width,
        height,
        seconds,
        images: (0..pictures).map(|_| picture()).collect::<Result<_, _>>()?,
        caption: true,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let video = render(&spec, threads, &Control::new())?;
    let info = inspect(&video.mp4)?;
    let found = (info.width, info.height, info.duration_ms, info.frames);
    let wanted = (width, height, u64::from(seconds) * 1000, Some(seconds * 24));
    if found == wanted { Ok(()) } else { Err(format!("{found:?}").into()) }
}

/// A picture of a shape that no film has.
fn picture() -> Result<Vec<u8>, image::ImageError> {
    let picture = RgbImage::from_fn(500, 300, |x, y| {
        let level = |value: u32| u8::try_from(value % 256).unwrap_or(0);
        Rgb([level(x / 2), level(y), level(x + y)])
    });
    let mut file = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}
