//! A deflate encoder (P. Deutsch, RFC 1951, 1996) for rows of PNG's indices: zlib streams that are
//! nearly the smallest.
//!
//! Of a photograph's rows behind PNG's Paeth filter three quarters are zeros, in runs of all
//! lengths. What is cheap then depends on what else is written: single zeros cost a bit each as
//! long as most symbols are zeros, and runs are cheap as long as there are many. An encoder that
//! starts from the frequencies of text and improves on them stays where it first arrives, often
//! 1 to 5 % above the best. This one starts in up to three ways side by side. One of them has long
//! matches only, which ends well where zeros are many (`path`). In every round the stream is split
//! into blocks (`blocks`), their symbols are counted (`symbols`), and the cheapest path at these
//! prices is the next way. These rounds are those of zopfli (L. Vandevenne and J. Alakuijala, 2013);
//! zopfli starts in one way, and splits into blocks outside its rounds instead of in each.
//!
//! **When to use it.** For rows of PNG that are written once and read often. `docs/benchmarks.md`
//! compares it with libdeflate and zopfli on photographs and drawings.
//!
//! **What it costs.** Of a photograph, finding matches (`finder`) takes about 100 ns a byte at a depth of 16, and a
//! round about 80 ns a byte for each way that goes on.
//!
//! **What it promises.** A stream is cut into nearly equal segments, which are coded on all threads
//! of the rayon pool that calls. The result depends on the bytes and the [`Thoroughness`] only. The
//! `libflate` crate builds the codes and writes the bits.
//!
//! ```
//! use std::convert::Infallible;
//! use smalti_deflate::{Thoroughness, zlib};
//!
//! let rows = [0; 10_000];
//! let thoroughness = Thoroughness { depth: 16, rounds: 3, starts: 2, finalists: 1 };
//! let stream = zlib(&rows, thoroughness, || Ok::<(), Infallible>(()))?;
//! assert!(stream.len() < 50);
//! # Ok::<(), Infallible>(())
//! ```

#![forbid(unsafe_code)]

mod blocks;
mod finder;
mod path;
mod symbols;

use std::io::Write;
use std::ops::Range;

use libflate::deflate::{EncodeOptions, Encoder};
use libflate::lz77::{Code, Lz77Encode, Sink};
use rayon::prelude::*;

use blocks::Blocks;
use finder::Matches;

/// Bytes of a segment, about: many, since no match crosses its end and no block either.
const SEGMENT: usize = 3 << 16;

/// A zlib stream's first bytes (RFC 1950): deflate with the largest window, at highest effort.
const HEADER: [u8; 2] = [0x78, 0xda];

/// How long the cheapest way is looked for. A number outside its range counts as the nearest one
/// inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thoroughness {
    /// Earlier places compared for every byte, on each of two chains, until none has a longer match.
    pub depth: usize,
    /// Times that the cheapest path is found, at least 1.
    pub rounds: usize,
    /// Ways to begin with, 1 to 3.
    pub starts: usize,
    /// Ways that go on after the first round, the cheapest ones: 1 to 3.
    pub finalists: usize,
}

/// Compresses `data` into a zlib stream (RFC 1950). Takes memory for the codes, up to 6 bytes for
/// one of `data`, and for the matches of a segment on every thread.
///
/// `go_on` is asked before every round of every segment, from any thread.
///
/// # Errors
/// What `go_on` returns to stop, unchanged.
pub fn zlib<E: Send>(
    data: &[u8],
    thoroughness: Thoroughness,
    go_on: impl Fn() -> Result<(), E> + Sync,
) -> Result<Vec<u8>, E> {
    let coded = segments_of(data.len())
        .into_par_iter()
        .map(|segment| coded(data, segment, thoroughness, &go_on))
        .collect::<Result<Vec<_>, E>>()?;
    let mut stream = HEADER.to_vec();
    written(data, coded.into_iter().flatten().collect(), &mut stream);
    stream.extend(simd_adler32::adler32(&data).to_be_bytes());
    Ok(stream)
}

fn segments_of(len: usize) -> Vec<Range<usize>> {
    let count = (len + SEGMENT / 2) / SEGMENT;
    let count = count.max(1);
    // Where addresses have 32 bits the product has more.
    let start = |i: usize| (i as u64 * len as u64 / count as u64) as usize;
    (0..count).map(|i| start(i)..start(i + 1)).collect()
}

/// The codes of a segment, block by block.
fn coded<E>(
    data: &[u8],
    segment: Range<usize>,
    thoroughness: Thoroughness,
    go_on: &impl Fn() -> Result<(), E>,
) -> Result<Vec<Vec<Code>>, E> {
    let matches = Matches::find(data, segment.clone(), thoroughness.depth);
    let bytes = &data[segment];
    let way_of = |codes: Vec<Code>| (Blocks::of(&codes, bytes.len()), codes);
    let starts = [path::of_long_matches, path::of_all_matches, path::of_literals];
    let starts = starts.iter().take(thoroughness.starts.max(1));
    let mut ways: Vec<(Blocks, Vec<Code>)> =
        starts.map(|start| way_of(start(bytes, &matches))).collect();
    for _ in 0..thoroughness.rounds.max(1) {
        go_on()?;
        let round = |(blocks, _)| way_of(path::cheapest(bytes, &matches, &blocks));
        ways = ways.into_iter().map(round).collect();
        ways.sort_by_key(|(blocks, _)| blocks.bits());
        ways.truncate(thoroughness.finalists.max(1));
    }
    let (blocks, codes) = ways.swap_remove(0);
    Ok(blocks.split(codes))
}

/// How many bytes a code stands for.
fn length(code: Code) -> usize {
    match code {
        Code::Literal(_) => 1,
        Code::Pointer { length, .. } => usize::from(length),
    }
}

fn written(data: &[u8], blocks: Vec<Vec<Code>>, stream: &mut Vec<u8>) {
    let lengths: Vec<usize> =
        blocks.iter().map(|codes| codes.iter().copied().map(length).sum()).collect();
    let codes = Given(blocks.into_iter().flatten());
    let options = EncodeOptions::with_lz77(codes).block_size(usize::MAX);
    let mut encoder = Encoder::with_options(stream, options);
    let mut left = data;
    let last = lengths.len() - 1;
    for (block, length) in lengths.into_iter().enumerate() {
        let (bytes, rest) = left.split_at(length);
        left = rest;
        let ended = encoder
            .write_all(bytes)
            .and_then(|()| if block < last { encoder.flush() } else { Ok(()) });
        ended.unwrap_or_else(|_| unreachable!("vectors take all that is written"));
    }
    encoder.finish().into_result().unwrap_or_else(|_| unreachable!("vectors take all"));
}

/// Hands out codes that were chosen before.
struct Given<I>(I);

impl<I: Iterator<Item = Code>> Lz77Encode for Given<I> {
    fn encode<S: Sink>(&mut self, bytes: &[u8], mut sink: S) {
        let mut left = bytes.len();
        while left > 0 {
            let Some(code) = self.0.next() else { unreachable!("all bytes are coded") };
            left -= length(code);
            sink.consume(code);
        }
    }

    fn flush<S: Sink>(&mut self, _sink: S) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    use miniz_oxide::deflate::compress_to_vec_zlib;
    use miniz_oxide::inflate::decompress_to_vec_zlib;
    use proptest::prelude::*;

    const QUICK: Thoroughness = Thoroughness { depth: 4, rounds: 2, starts: 2, finalists: 1 };

    fn stream_of(bytes: &[u8], thoroughness: Thoroughness) -> Vec<u8> {
        zlib(bytes, thoroughness, || Ok::<(), Infallible>(())).unwrap()
    }

    /// Runs of few symbols, as filtered indices have, copies of what came before, and noise.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            (0u8..4, 1usize..400).prop_map(|(byte, length)| vec![byte; length]),
            prop::collection::vec(any::<u8>(), 1..60),
            (1usize..40, 1usize..300)
                .prop_map(|(period, length)| (0..length).map(|i| (i % period) as u8).collect()),
        ];
        prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
    }

    fn thoroughness() -> impl Strategy<Value = Thoroughness> {
        (0usize..20, 1usize..4, 1usize..=3, 1usize..=3).prop_map(
            |(depth, rounds, starts, finalists)| Thoroughness { depth, rounds, starts, finalists },
        )
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(bytes in stream(), thoroughness in thoroughness()) {
            let inflated = decompress_to_vec_zlib(&stream_of(&bytes, thoroughness));
            prop_assert_eq!(inflated.unwrap(), bytes);
        }

        #[test]
        fn what_blocks_are_said_to_need_they_need(bytes in stream(), thoroughness in thoroughness()) {
            let matches = Matches::find(&bytes, 0..bytes.len(), thoroughness.depth);
            let codes = path::of_long_matches(&bytes, &matches);
            let blocks = Blocks::of(&codes, bytes.len());
            let said = blocks.bits();
            let parts = blocks.split(codes);
            let count = parts.len() as u64;
            let mut stream = Vec::new();
            written(&bytes, parts, &mut stream);
            let bits = 8 * stream.len() as u64;
            // What stands before a block is estimated, and the last byte is filled up.
            prop_assert!(bits.abs_diff(said) <= 8 + 64 * count, "{} {}", bits, said);
        }

        #[test]
        fn a_further_round_never_finds_a_dearer_way_at_the_same_prices(bytes in stream()) {
            let matches = Matches::find(&bytes, 0..bytes.len(), 8);
            let first = path::of_long_matches(&bytes, &matches);
            let blocks = Blocks::of(&first, bytes.len());
            let prices = blocks.prices();
            let price = |codes: &[Code]| {
                let mut at = 0;
                codes.iter().fold(0, |sum, &code| {
                    let prices = &prices[blocks.at(at)];
                    at += length(code);
                    sum + match code {
                        Code::Literal(byte) => prices.literals[usize::from(byte)],
                        Code::Pointer { length, backward_distance } => {
                            prices.lengths[usize::from(length)] + prices.distance(backward_distance)
                        }
                    }
                })
            };
            let cheapest = path::cheapest(&bytes, &matches, &blocks);
            prop_assert!(price(&cheapest) <= price(&first));
        }
    }

    /// Pseudo-random runs, longer than two segments.
    fn long_stream() -> Vec<u8> {
        let noise = |i: u32| i.wrapping_mul(2_654_435_761) >> 16;
        let run =
            |i| vec![(noise(i) % 7 / 4 * (noise(i) % 5)) as u8; 1 + noise(i + 1) as usize % 40];
        (0..25_000).flat_map(run).collect()
    }

    #[test]
    fn streams_of_several_segments_are_the_same_on_any_number_of_threads() {
        let bytes = long_stream();
        assert!(bytes.len() > 2 * SEGMENT);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| stream_of(&bytes, QUICK))
        };
        let stream = on(1);
        assert!(stream == on(3));
        assert!(decompress_to_vec_zlib(&stream).unwrap() == bytes);
    }

    #[test]
    fn segments_are_nearly_equal_and_cover_everything() {
        for len in [0, 1, SEGMENT, SEGMENT * 3 / 2, 10 * SEGMENT + 7] {
            let segments = segments_of(len);
            assert_eq!((segments[0].start, segments[segments.len() - 1].end), (0, len));
            assert!(segments.windows(2).all(|pair| pair[0].end == pair[1].start));
            let lengths = || segments.iter().map(ExactSizeIterator::len);
            assert!(lengths().max().unwrap() - lengths().min().unwrap() <= 1);
            assert!(lengths().max().unwrap() <= SEGMENT * 3 / 2);
        }
    }

    #[test]
    fn a_plain_picture_takes_next_to_nothing() {
        let plain = stream_of(&vec![0; 100_000], QUICK);
        // 388 matches of the longest length, one bit each for length and distance.
        assert!(plain.len() < 130, "{}", plain.len());
    }

    #[test]
    fn zeros_in_runs_of_all_lengths_take_less_than_by_an_encoder_for_text() {
        let bytes = long_stream();
        let (ours, miniz) =
            (stream_of(&bytes, QUICK).len(), compress_to_vec_zlib(&bytes, 10).len());
        assert!(ours as f64 <= 0.97 * miniz as f64, "{ours} {miniz}");
    }

    #[test]
    fn halves_that_are_unlike_become_blocks_of_their_own() {
        let noise = |i: u32| i.wrapping_mul(2_654_435_761) >> 20;
        let half = |first: u8| (0..40_000).map(move |i| first + (noise(i) % 16) as u8);
        let bytes: Vec<u8> = half(0).chain(half(100)).collect();
        let codes: Vec<Code> = bytes.iter().map(|&byte| Code::Literal(byte)).collect();
        let parts = Blocks::of(&codes, bytes.len()).split(codes);
        // 40,000 is no multiple of a grain.
        assert!(parts.len() == 2 && parts[0].len().abs_diff(40_000) < 2000);
    }

    #[test]
    fn numbers_outside_their_ranges_count_as_the_nearest_inside() {
        let bytes = long_stream();
        let least = Thoroughness { depth: 0, rounds: 1, starts: 1, finalists: 1 };
        let below = Thoroughness { depth: 0, rounds: 0, starts: 0, finalists: 0 };
        assert!(stream_of(&bytes, below) == stream_of(&bytes, least));
        let most = Thoroughness { starts: 3, finalists: 3, ..QUICK };
        let above = Thoroughness { starts: usize::MAX, finalists: usize::MAX, ..QUICK };
        assert!(stream_of(&bytes, above) == stream_of(&bytes, most));
    }

    #[test]
    fn it_stops_with_the_reason_that_it_was_given() {
        assert_eq!(zlib(&[1, 2, 3], QUICK, || Err("enough")), Err("enough"));
    }
}
