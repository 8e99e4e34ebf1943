//! `fake-upstream`: to try a channel without an account anywhere.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use fake_upstream::{FakeUpstream, Flavour, Options};

/// An upstream for trying channels: xAI, OpenAI Videos and gateway dialects on one port.
///
/// Write into a prompt what a job is to do wrong: `a fox <<poll: 404 x2>>`, `<<submit: lost_reply>>`,
/// `<<result: cut_short>>`, `<<takes: 5s>>`. The crate's README lists all of it.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; loopback only.
    #[arg(long, default_value = "127.0.0.1:8801")]
    listen: SocketAddr,
    /// The key that it asks for.
    #[arg(long, default_value = "fake-key")]
    api_key: String,
    /// How long a job takes, in milliseconds.
    #[arg(long, default_value_t = 3_000)]
    takes_ms: u64,
    /// Which engine `/v1/videos` is.
    #[arg(long, value_enum, default_value_t = Engine::Openai)]
    flavour: Engine,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Openai,
    VllmOmni,
    Sglang,
}

impl Engine {
    /// What a gateway can take it for: presets, and what they have to be told besides. All flavours
    /// speak xAI's and the gateway dialect too; who asks for an engine wants to try that.
    const fn channels(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Openai => &[
                ("xai", ""),
                ("openai-videos", " --model grok-image-video=sora-2"),
                ("gateway", ""),
            ],
            Self::VllmOmni => &[("vllm-omni", " --model grok-image-video=wan2.2")],
            Self::Sglang => &[("sglang", " --model grok-image-video=wan2.2")],
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a tool for the terminal")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    anyhow::ensure!(arguments.listen.ip().is_loopback(), "it listens on loopback alone");
    let options = Options {
        listen: arguments.listen,
        api_key: Some(arguments.api_key.clone()),
        takes: Duration::from_millis(arguments.takes_ms),
        flavour: match arguments.flavour {
            Engine::Openai => Flavour::OpenAi,
            Engine::VllmOmni => Flavour::VllmOmni,
            Engine::Sglang => Flavour::Sglang,
        },
    };
    let upstream = FakeUpstream::start(options).await?;
    let (base_url, key) = (upstream.base_url(), &arguments.api_key);
    println!("listening on {base_url}; as a channel:\n");
    for (name, words) in arguments.flavour.channels() {
        println!(
            "  echo {key} | rushes channels add {name} --provider {name} --base-url {base_url} \
             --api-key-stdin{words}"
        );
    }
    println!("\nstop with Ctrl-C");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
