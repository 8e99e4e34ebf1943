//! H.264 by openh264: one encoder per group of pictures, constant quality.
//!
//! Groups share nothing, so that they can be made in parallel and in any order with the same
//! bits. The quality is constant because a rate control that starts anew in every group makes
//! the picture pulse. `openh264` is compiled from source; Cisco's patent cover is for Cisco's own
//! binaries only.

use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Level, QpRange,
    RateControlMode, UsageType, VuiConfig,
};
use openh264::{OpenH264API, Timestamp};

use crate::spec::FRAMES_PER_SECOND;
use crate::yuv::Yuv;

/// Frames of one group of pictures; each group starts with a key frame.
pub(crate) const GROUP_FRAMES: u32 = 24;
/// Bits a second announced to the encoder; with one quantiser it steers nothing (level 4.0).
const BITRATE_CEILING: u32 = 20_000_000;
/// Limit of one encoded frame, in bytes; raw full HD in 4:2:0 is 3.1 MB.
const SAMPLE_BYTES_MAX: usize = 8_000_000;

/// Why encoding failed.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// openh264 reported an error.
    #[error("openh264 failed")]
    Codec(#[from] openh264::Error),
    /// The encoder gave something other than one access unit for one frame.
    #[error("unexpected encoder output: {0}")]
    Output(&'static str),
}

/// One encoded frame: network abstraction layer units, each behind its 4-byte length.
pub(crate) struct Sample {
    /// The bytes as they go into the file.
    pub bytes: Vec<u8>,
    /// Whether decoding can start here.
    pub key: bool,
}

/// Sequence and picture parameter sets, without start codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ParameterSets {
    /// Sequence parameter set.
    pub sequence: Vec<u8>,
    /// Picture parameter set.
    pub picture: Vec<u8>,
}

/// An encoder for one group.
pub(crate) struct GroupEncoder {
    encoder: Encoder,
    parameter_sets: ParameterSets,
}

impl GroupEncoder {
    /// A fresh encoder with the given quantiser (0 best to 51 worst).
    pub(crate) fn new(quantiser: u8) -> Result<Self, EncodeError> {
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .rate_control_mode(RateControlMode::Bufferbased)
            .qp(QpRange::new(quantiser, quantiser))
            .bitrate(BitRate::from_bps(BITRATE_CEILING))
            .max_frame_rate(FrameRate::from_hz(24.0))
            .skip_frames(false)
            .complexity(Complexity::Low)
            .scene_change_detect(false)
            .adaptive_quantization(false)
            .background_detection(false)
            .long_term_reference(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(0))
            .level(Level::Level_4_0)
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        Ok(Self { encoder, parameter_sets: ParameterSets::default() })
    }

    /// Encodes the next frame; `index` counts from the start of the group.
    pub(crate) fn encode(&mut self, yuv: &Yuv, index: u32) -> Result<Sample, EncodeError> {
        let milliseconds = u64::from(index) * 1000 / u64::from(FRAMES_PER_SECOND);
        let stream = self.encoder.encode_at(yuv, Timestamp::from_millis(milliseconds))?.to_vec();
        let mut sample = Sample { bytes: Vec::with_capacity(stream.len()), key: false };
        let mut slices = 0;
        for unit in units(&stream) {
            // ISO/IEC 14496-10 table 7-1: the type is in the low five bits of the first byte.
            match unit.first().map_or(0, |first| first & 0x1f) {
                7 => self.parameter_sets.sequence = unit.to_vec(),
                8 => self.parameter_sets.picture = unit.to_vec(),
                kind => {
                    slices += u32::from(kind == 1 || kind == 5);
                    sample.key |= kind == 5;
                    let length = u32::try_from(unit.len())
                        .map_err(|_| EncodeError::Output("unit too long"))?;
                    sample.bytes.extend_from_slice(&length.to_be_bytes());
                    sample.bytes.extend_from_slice(unit);
                }
            }
        }
        if slices == 0 || sample.bytes.len() > SAMPLE_BYTES_MAX {
            return Err(EncodeError::Output("no slice, or a frame that is too large"));
        }
        if sample.key != (index == 0) {
            return Err(EncodeError::Output("a key frame in the wrong place"));
        }
        Ok(sample)
    }

    /// The parameter sets seen so far.
    pub(crate) fn into_parameter_sets(self) -> ParameterSets {
        self.parameter_sets
    }
}

/// Splits an Annex B byte stream (ISO/IEC 14496-10 annex B) at its start codes.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at] == 0 && stream[at + 1] == 0 && stream[at + 2] == 1 {
            let zero = usize::from(at > 0 && stream[at - 1] == 0);
            starts.push((at - zero, at + 3));
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends: Vec<usize> =
        starts.iter().skip(1).map(|start| start.0).chain([stream.len()]).collect();
    starts.into_iter().zip(ends).map(|((_, from), to)| &stream[from..to])
}
