use std::io::Write;
use std::process::{Command, Stdio};

use image::ImageFormat;
use rushes_render::{Control, RenderError, RenderSpec, SpecError, inspect, probe, render, still};
use sha2::{Digest, Sha256};

use crate::samples::{corners, decode_film, encode, film, photo, spec};

/// One prompt for each scene, and for what else changes all of a picture.
const SCENES: [(&str, &str); 14] = [
    ("city", "霓虹城市的雨夜"),
    ("city by day", "阳光下的城市"),
    ("city in fog", "薄雾里的城市，清晨"),
    ("city by the Bund", "上海外滩的黄昏"),
    ("cosmos", "a ringed planet in a nebula"),
    ("desert", "a caravan in the desert at dusk"),
    ("forest", "a stream in a pine forest at dawn"),
    ("galaxy", "a red and blue spiral galaxy"),
    ("mountains", "snowy mountains and a lake at dawn"),
    ("ocean", "a lighthouse by the sea at dusk"),
    ("silk", "a feeling of joy"),
    ("silk and bokeh", "梦幻的紫色丝绸，光斑"),
    ("silk and glints", "a magic sparkle"),
    ("underwater", "海底的鱼群和水母"),
];

fn pictures(count: u32) -> Vec<Vec<u8>> {
    let sizes = [(300, 200), (120, 400), (640, 360), (90, 90)];
    sizes
        .into_iter()
        .cycle()
        .take(usize::try_from(count).unwrap())
        .enumerate()
        .map(|(number, (w, h))| {
            let format = [ImageFormat::Png, ImageFormat::Jpeg][number % 2];
            encode(photo(w, h), format)
        })
        .collect()
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let first: [u8; 8] = digest[..8].try_into().unwrap();
    format!("{:016x}", u64::from_be_bytes(first))
}

/// First eight bytes of the SHA-256 of one second at 192 × 108. A change of any of them means
/// that films differ: look at frames before you write the new value here.
const GOLDEN: [(&str, &str); 16] = [
    ("city", "709368a55e1ca920"),
    ("city by day", "d1f628c3ed202884"),
    ("city in fog", "417235c3940f9b77"),
    ("city by the Bund", "633846b9237f304d"),
    ("cosmos", "87007e63c7677297"),
    ("desert", "270cd7b9bf40bee7"),
    ("forest", "394424befcc3cae5"),
    ("galaxy", "22d187a784158bab"),
    ("mountains", "b9550a2612df5ff4"),
    ("ocean", "477f889be7a4dda5"),
    ("silk", "0aceb7692389e71e"),
    ("silk and bokeh", "12047b3699c2a19b"),
    ("silk and glints", "309b8cca0116cd87"),
    ("underwater", "94291132abcd3515"),
    ("one picture", "00faf7ae5a05f8bf"),
    ("three pictures", "e3f777c37f08c7c6"),
];

fn golden_specs() -> Vec<(&'static str, RenderSpec)> {
    let mut specs: Vec<_> =
        SCENES.iter().map(|(name, prompt)| (*name, spec(prompt, 192, 108, 1))).collect();
    specs.push(("one picture", RenderSpec { images: pictures(1), ..spec("向右", 192, 108, 1) }));
    specs.push(("three pictures", RenderSpec { images: pictures(3), ..spec("trip", 192, 108, 1) }));
    specs
}

#[test]
fn films_have_not_changed() {
    let found: Vec<_> =
        golden_specs().iter().map(|(name, spec)| (*name, hash(&film(spec).mp4))).collect();
    let expected: Vec<_> = GOLDEN.iter().map(|(name, hash)| (*name, (*hash).to_owned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    for (name, mut spec) in golden_specs() {
        spec.seconds = 3;
        (spec.width, spec.height) = (96, 64);
        let one = render(&spec, 1, &Control::new()).unwrap();
        for threads in [2, 3] {
            let more = render(&spec, threads, &Control::new()).unwrap();
            assert_eq!(one.mp4, more.mp4, "{name} on {threads} threads");
            assert_eq!(one.poster_jpeg, more.poster_jpeg);
        }
    }
}

#[test]
fn prompt_and_seed_make_the_film() {
    let base = spec("mountains", 96, 64, 1);
    let first = film(&base).mp4;
    assert_eq!(first, film(&base).mp4);
    assert_ne!(first, film(&RenderSpec { seed: 8, ..base.clone() }).mp4);
    assert_ne!(first, film(&RenderSpec { prompt: "mountain".into(), ..base.clone() }).mp4);
    assert_ne!(first, film(&RenderSpec { caption: false, ..base }).mp4);
}

#[test]
fn what_is_decoded_is_what_was_drawn() {
    for (name, spec) in golden_specs() {
        let spec = RenderSpec { width: 320, height: 180, ..spec };
        let video = film(&spec);
        let frames = decode_film(&video.mp4);
        assert_eq!(frames.len(), 24, "{name}");
        for index in [0_u32, 11, 23] {
            let source = still(&spec, index, 2, &Control::new()).unwrap();
            let (width, height, luma) = &frames[usize::try_from(index).unwrap()];
            assert_eq!((*width, *height), (320, 180));
            let error: f64 = source
                .rgba
                .iter()
                .zip(luma)
                .map(|(pixel, decoded)| {
                    let [red, green, blue] =
                        [0, 1, 2].map(|channel| f64::from(pixel[channel]) / 255.0);
                    let expected = 16.0 + 219.0 * (0.2126 * red + 0.7152 * green + 0.0722 * blue);
                    (expected - f64::from(*decoded)).powi(2)
                })
                .sum::<f64>()
                / f64::from(320 * 180);
            let ratio = 10.0 * (255.0 * 255.0 / error).log10();
            assert!(ratio > 34.0, "{name}, frame {index}: {ratio:.1} dB");
        }
    }
}

/// The one test that needs a tool of the machine: it says so where there is none.
#[test]
fn ffprobe_sees_what_the_file_says() {
    let version = Command::new("ffprobe").arg("-version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        eprintln!("ffprobe is not installed: files are checked by our own reader alone");
        return;
    }
    for (name, wanted) in golden_specs() {
        let mut probe = Command::new("ffprobe")
            .args(["-v", "warning", "-count_frames", "-of", "csv=p=0", "-show_entries"])
            .arg("stream=codec_name,width,height,pix_fmt,color_space,duration,nb_read_frames")
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut input, film) = (probe.stdin.take().unwrap(), film(&wanted).mp4);
        // Whoever reads and whoever writes must not wait for each other; what it says of a broken pipe is below.
        let writer = std::thread::spawn(move || drop(input.write_all(&film)));
        let output = probe.wait_with_output().unwrap();
        writer.join().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.trim(), "h264,192,108,yuv420p,bt709,1.000000,24", "{name}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{name}");
    }
}

fn check_size(width: u32, height: u32, seconds: u32, images: u32) {
    let wanted = RenderSpec { images: pictures(images), ..spec("silk", width, height, seconds) };
    let video = film(&wanted);
    assert_eq!((video.width, video.height, video.frames), (width, height, seconds * 24));
    assert_eq!(video.duration_ms, u64::from(seconds) * 1000);
    let info = inspect(&video.mp4).unwrap();
    assert_eq!((info.width, info.height), (width, height));
    assert_eq!((info.duration_ms, info.frames), (video.duration_ms, Some(video.frames)));
    let poster = probe(&video.poster_jpeg).unwrap();
    assert_eq!((poster.width, poster.height), (width, height));
    let (decoded_width, decoded_height, _) = decode_film(&video.mp4)[0];
    assert_eq!(
        (decoded_width, decoded_height),
        (usize::try_from(width).unwrap(), usize::try_from(height).unwrap())
    );
}

#[test]
fn size_and_length_are_exact() {
    for (width, height, seconds) in [(64, 64, 5), (66, 98, 2)] {
        check_size(width, height, seconds, 0);
    }
    for seconds in [1, 4, 10, 15] {
        for images in [0, 1, 3] {
            check_size(96, 64, seconds, images);
        }
    }
}

/// Every shape of a resolution that models offer.
#[test]
fn films_of_720_lines_have_their_exact_size() {
    let sizes = [(1280, 720), (960, 720), (1080, 720), (720, 720)];
    for (number, (wide, high)) in (0..).zip(sizes) {
        check_size(wide, high, 1, [0, 1, 3][number % 3]);
        check_size(high, wide, 1, [1, 3, 0][number % 3]);
    }
}

#[test]
fn films_of_480_lines_have_their_exact_size() {
    for (wide, high) in [(854, 480), (640, 480), (720, 480), (480, 480)] {
        for images in [0, 1, 3] {
            check_size(wide, high, 1, images);
            check_size(high, wide, 1, images);
        }
    }
}

#[test]
fn every_scene_draws_at_any_shape() {
    for (_, prompt) in SCENES {
        for (width, height) in [(64, 64), (64, 640), (640, 64), (128, 226)] {
            let frame = still(&spec(prompt, width, height, 2), 30, 2, &Control::new()).unwrap();
            let mean = frame.rgba.iter().map(|pixel| u64::from(pixel[1])).sum::<u64>()
                / u64::try_from(frame.rgba.len()).unwrap();
            assert!((3..250).contains(&mean), "{prompt} {width}x{height}: {mean}");
        }
    }
}

#[test]
fn limits_are_said_clearly() {
    let refused = |spec: RenderSpec| match render(&spec, 1, &Control::new()) {
        Err(RenderError::Spec(error)) => error,
        other => panic!("{:?}", other.map(|video| video.frames)),
    };
    for (width, height) in [(63, 64), (64, 65), (62, 64), (0, 0), (1922, 64), (u32::MAX, 2)] {
        let error = refused(spec("x", width, height, 1));
        assert_eq!(error, SpecError::Size { width, height });
        assert!(error.to_string().contains("even"), "{error}");
    }
    assert_eq!(refused(spec("x", 64, 64, 0)), SpecError::Seconds(0));
    assert_eq!(refused(spec("x", 64, 64, 61)), SpecError::Seconds(61));
    let images = vec![Vec::new(); 17];
    assert_eq!(refused(RenderSpec { images, ..spec("x", 64, 64, 1) }), SpecError::Images(17));
    assert_eq!(refused(spec(&"x".repeat(9000), 64, 64, 1)), SpecError::Prompt);
}

#[test]
fn a_bad_picture_is_named() {
    let images = vec![pictures(1).remove(0), b"<html>".to_vec()];
    let result = render(&RenderSpec { images, ..spec("x", 64, 64, 1) }, 1, &Control::new());
    assert!(matches!(result, Err(RenderError::Image { index: 1, .. })));
}

#[test]
fn a_static_shot_shows_all_of_a_picture_and_nothing_moves() {
    let images = vec![encode(corners(192, 128), ImageFormat::Png)];
    let wanted = RenderSpec { images, caption: false, ..spec("static shot", 96, 64, 1) };
    let frame = |prompt: &str, index| {
        let prompt = prompt.to_owned();
        still(&RenderSpec { prompt, ..wanted.clone() }, index, 1, &Control::new()).unwrap()
    };
    let first = frame("static shot", 0);
    assert_eq!(first, frame("固定镜头", 23));
    // Red, green, blue and white stand in their corners.
    let brightest = |at: usize| (0..3).max_by_key(|channel| first.rgba[at][*channel]).unwrap();
    assert_eq!([0, 95, 63 * 96].map(brightest), [0, 1, 2]);
    assert!(first.rgba[63 * 96 + 95].iter().all(|channel| *channel > 200));
    let (inward, outward) = (frame("slow dolly in", 23), frame("dolly out", 23));
    assert!(inward != outward && inward != first && frame("slow dolly in", 0) != inward);
}

#[test]
fn hostile_prompts_make_films() {
    for prompt in ["\u{202e}\u{0}\u{200b}", "😀😀", "\n\n\n", &"的".repeat(4096), &"W".repeat(4096)]
    {
        assert_eq!(film(&spec(prompt, 64, 64, 1)).frames, 24);
    }
}

#[test]
fn sixteen_pictures_fit_into_one_second() {
    let video = film(&RenderSpec { images: pictures(16), ..spec("", 64, 64, 1) });
    assert_eq!(video.frames, 24);
}
