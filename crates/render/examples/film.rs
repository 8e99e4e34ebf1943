//! Makes one film and a few of its frames, to be looked at by eye and measured.
//!
//! `film OUT.mp4 WIDTH HEIGHT SECONDS THREADS PROMPT [PICTURE…]`; prints the most memory that it took, in
//! MiB, where the system tells (Linux).

use std::process::ExitCode;
use std::time::Instant;

use rushes_render::{Control, RenderSpec, inspect, render};

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "a tool for the terminal")]
fn main() -> ExitCode {
    match film() {
        Ok(line) => {
            eprintln!("{line}");
            println!("{}", peak_mebibytes().unwrap_or(0));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `VmHWM` of proc(5).
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

fn film() -> Result<String, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, width, height, seconds, threads, prompt, pictures @ ..] = arguments.as_slice() else {
        return Err("film OUT.mp4 WIDTH HEIGHT SECONDS THREADS PROMPT [PICTURE…]".into());
    };
    let spec = RenderSpec {
        prompt: prompt.clone(),
        seed: 1,
        width: width.parse()?,
        height: height.parse()?,
        seconds: seconds.parse()?,
        images: pictures.iter().map(std::fs::read).collect::<Result<_, _>>()?,
        caption: true,
    };
    let start = Instant::now();
    let video = render(&spec, threads.parse()?, &Control::new())?;
    let took = start.elapsed().as_secs_f64();
    std::fs::write(out, &video.mp4)?;
    std::fs::write(format!("{out}.jpg"), &video.poster_jpeg)?;
    let speed = f64::from(spec.seconds) / took;
    let size = video.mp4.len();
    Ok(format!("{took:.2} s, {speed:.2} × real time, {size} bytes, {:?}", inspect(&video.mp4)?))
}
