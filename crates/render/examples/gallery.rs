//! Contact sheets of every scene, shape and mode, to be looked at by eye and shown in the README.
//!
//! `gallery FOLDER` writes `previews.jpg` for the README, `scenes.jpg`, `shapes.jpg` and `modes.jpg`. Every cell is a frame of a film
//! as it would be encoded, its caption too, at a third of its size.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, replace, resize};
use image::{ImageFormat, Rgb, RgbImage};
use rushes_render::{Control, RenderSpec, still};

/// Two prompts for each scene, and the frame that is shown.
const SCENES: [(&str, &str, u32); 11] = [
    ("Snowy mountains and a lake at dawn", "星夜的雪山，松林", 40),
    ("A red sports car in neon rain at night", "清晨的城市街道，薄雾", 60),
    ("A ringed planet in a violet nebula", "宇宙中的蓝色星系", 80),
    ("Ocean swell at sunset, a sailing ship", "暴风雨中的灯塔，巨浪", 60),
    ("Sunbeams in a misty forest, a stream", "秋天的森林，落叶", 60),
    ("A caravan in the desert at dusk", "沙漠里的星空，银河", 60),
    ("Fish over a coral reef, sun rays", "深海夜晚，发光的水母", 60),
    ("A feeling of joy, sparkles", "梦幻的紫色丝绸，光斑", 60),
    ("Cherry blossoms in a spring forest", "雪夜的森林", 60),
    ("Shanghai skyline at dusk", "上海外滩的夜景", 60),
    ("A red and blue spiral galaxy", "阳光下的城市，高楼", 60),
];
/// The scenes of the README, in rows.
const SHOWN: [[usize; 3]; 3] = [[3, 6, 1], [4, 0, 5], [9, 10, 8]];
/// Every shape that models offer, at 720 lines.
const SHAPES: [(u32, u32); 7] =
    [(1280, 720), (720, 1280), (960, 720), (720, 960), (1080, 720), (720, 1080), (720, 720)];
/// Moves of one picture, named by the words that ask for them.
const MOVES: [&str; 5] = ["push in", "pan right", "rise", "orbit around", "pull back, pullback"];
/// Frames of a film of several pictures: in each picture and in each change.
const CHANGES: [u32; 5] = [20, 46, 72, 94, 118];
const FRAME: (u32, u32) = (1280, 720);
const SECONDS: u32 = 6;
const LAST: u32 = SECONDS * 24 - 1;
/// How much smaller a cell is than its frame.
const SHRINK: u32 = 3;
/// Pixels between cells.
const GAP: u32 = 6;
const QUALITY: u8 = 82;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[expect(clippy::print_stderr, reason = "a tool for the terminal")]
fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("gallery FOLDER");
        return ExitCode::from(2);
    };
    match gallery(Path::new(&folder)) {
        Ok(files) => {
            for file in files {
                eprintln!("{}", file.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn gallery(folder: &Path) -> Outcome<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let mut scenes = Vec::new();
    for (one, other, at) in SCENES {
        scenes.push(vec![cell(one, FRAME, &[], at)?, cell(other, FRAME, &[], at)?]);
    }
    let shapes = SHAPES.iter().map(|size| cell("Snowy mountains at dawn, mist", *size, &[], 60));
    let shapes = vec![shapes.collect::<Outcome<Vec<_>>>()?];
    let shown = SHOWN.map(|row| {
        row.iter().filter_map(|scene| scenes.get(*scene)?.first().cloned()).collect::<Vec<_>>()
    });
    Ok(vec![
        save(&folder.join("previews.jpg"), &shown)?,
        save(&folder.join("scenes.jpg"), &scenes)?,
        save(&folder.join("shapes.jpg"), &shapes)?,
        save(&folder.join("modes.jpg"), &modes()?)?,
    ])
}

/// One picture at the start and the end of each move, several pictures on their way.
fn modes() -> Outcome<Vec<Vec<RgbImage>>> {
    let photos = ["mountains and a lake at dawn", "a reef with fish", "a caravan at dusk"];
    let photos = photos.iter().map(|prompt| photo(prompt)).collect::<Outcome<Vec<_>>>()?;
    let one = photos.get(..1).unwrap_or_default();
    let mut rows = vec![Vec::new(), Vec::new(), Vec::new()];
    for words in MOVES {
        rows[0].push(cell(words, FRAME, one, 0)?);
        rows[1].push(cell(words, FRAME, one, LAST)?);
    }
    for at in CHANGES {
        rows[2].push(cell("three places, one journey", FRAME, &photos, at)?);
    }
    Ok(rows)
}

/// A picture as somebody would send it.
fn photo(prompt: &str) -> Outcome<Vec<u8>> {
    let picture = draw(prompt, FRAME, &[], 60, false)?;
    let mut file = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

fn cell(prompt: &str, size: (u32, u32), images: &[Vec<u8>], at: u32) -> Outcome<RgbImage> {
    let frame = draw(prompt, size, images, at, true)?;
    Ok(resize(&frame, size.0 / SHRINK, size.1 / SHRINK, FilterType::CatmullRom))
}

fn draw(
    prompt: &str,
    (width, height): (u32, u32),
    images: &[Vec<u8>],
    at: u32,
    caption: bool,
) -> Outcome<RgbImage> {
    let spec = RenderSpec {
        prompt: prompt.to_owned(),
        seed: 1,
        width,
        height,
        seconds: SECONDS,
        images: images.to_vec(),
        caption,
    };
    let frame = still(&spec, at, 2, &Control::new())?;
    let bytes = frame.rgba.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]);
    RgbImage::from_raw(width, height, bytes.collect())
        .ok_or_else(|| "a frame of another size".into())
}

/// Lays rows of pictures out and writes them.
fn save(path: &Path, rows: &[Vec<RgbImage>]) -> Outcome<PathBuf> {
    let tall = |row: &[RgbImage]| row.iter().map(RgbImage::height).max().unwrap_or(0);
    let wide = |row: &[RgbImage]| row.iter().map(|it| it.width() + GAP).sum::<u32>();
    let width = rows.iter().map(|row| wide(row)).max().unwrap_or(0).saturating_sub(GAP);
    let height: u32 = rows.iter().map(|row| tall(row) + GAP).sum::<u32>().saturating_sub(GAP);
    let mut sheet = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    let mut y = 0;
    for row in rows {
        let mut x = 0;
        for picture in row {
            replace(&mut sheet, picture, i64::from(x), i64::from(y));
            x += picture.width() + GAP;
        }
        y += tall(row) + GAP;
    }
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    sheet.write_with_encoder(JpegEncoder::new_with_quality(file, QUALITY))?;
    Ok(path.to_owned())
}
