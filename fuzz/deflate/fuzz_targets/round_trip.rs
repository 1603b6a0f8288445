//! Whatever is compressed, however thoroughly, comes back through two decoders that know nothing
//! of the encoder, and is not much larger than it was.
//!
//! libdeflate refuses incomplete codes and a wrong checksum; `miniz_oxide` is what smalti reads its
//! own files with. A finding is saved in fuzz/deflate/artifacts and ends the run.

#![no_main]

use std::convert::Infallible;

use libdeflater::Decompressor;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use rayon::ThreadPoolBuilder;
use smalti_deflate::{Thoroughness, zlib};

/// Bytes of the longest stream: three segments, so that their borders are met.
const LONGEST: usize = 1 << 19;

/// Rounds take time and differ little after some.
const ROUNDS: u8 = 4;

/// A part has up to this many bytes, or so many times as many in a long stream.
const PART: u16 = 1 << 10;
const LONG_PARTS: usize = 64;

#[derive(Debug, Arbitrary)]
struct Input {
    depth: u8,
    rounds: u8,
    starts: u8,
    finalists: u8,
    is_long: bool,
    parts: Vec<Part>,
}

/// What streams are made of: a few bytes of the fuzzer's become many.
#[derive(Debug, Arbitrary)]
enum Part {
    Bytes(Vec<u8>),
    Run {
        byte: u8,
        length: u16,
    },
    /// Bytes from `distance` back on, as often as it takes.
    Copy {
        distance: u16,
        length: u16,
    },
    /// Without a pattern, of so many different bytes (xorshift: G. Marsaglia, 2003).
    Noise {
        seed: u32,
        bytes: u8,
        length: u16,
    },
}

impl Part {
    fn append(&self, is_long: bool, data: &mut Vec<u8>) {
        let bytes_of = |length| usize::from(length % PART) * if is_long { LONG_PARTS } else { 1 };
        match *self {
            Self::Bytes(ref bytes) => data.extend(bytes),
            Self::Run { byte, length } => data.resize(data.len() + bytes_of(length), byte),
            Self::Copy { distance, length } => {
                let distance = usize::from(distance) + 1;
                for _ in 0..bytes_of(length) {
                    data.push(data.len().checked_sub(distance).map_or(0, |from| data[from]));
                }
            }
            Self::Noise { seed, bytes, length } => {
                let mut state = seed | 1;
                for _ in 0..bytes_of(length) {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    data.push((state.to_be_bytes()[0]) % bytes.max(1));
                }
            }
        }
    }
}

/// Codes on the fuzzer's own thread: handing over takes longer than most streams.
fn stay_on_this_thread() {
    let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("there is no pool yet");
}

fuzz_target!(init: stay_on_this_thread(), |input: Input| {
    let mut data = Vec::new();
    for part in &input.parts {
        part.append(input.is_long, &mut data);
        data.truncate(LONGEST);
    }
    let thoroughness = Thoroughness {
        depth: input.depth.into(),
        rounds: (input.rounds % ROUNDS).into(),
        starts: (input.starts % 5).into(),
        finalists: (input.finalists % 5).into(),
    };
    let Ok(stream) = zlib(&data, thoroughness, || Ok::<(), Infallible>(()));
    assert!(stream.len() <= most(data.len()), "{} bytes of {}", stream.len(), data.len());
    let mut inflated = vec![0; data.len()];
    let written = Decompressor::new().zlib_decompress(&stream, &mut inflated);
    assert_eq!(written, Ok(data.len()));
    assert!(inflated == data, "libdeflate reads other bytes");
    let inflated = decompress_to_vec_zlib(&stream).expect("miniz_oxide reads the stream");
    assert!(inflated == data, "miniz_oxide reads other bytes");
});

/// The largest stream: what is written of `len` bytes without a pattern, in blocks of a kilobyte.
fn most(len: usize) -> usize {
    // Headers take 290 bytes at most.
    300 + len + len / 8
}
