//! Times one peer on one picture in memory, without reading and writing files.
//!
//!     bench-peers PEER WIDTH HEIGHT K REPEATS INPUT OUTPUT
//!
//! INPUT is raw 8-bit RGB. OUTPUT gets the palette, little-endian f32 triples from 0 to 255, and
//! then one byte a pixel. Prints `{"colors": N, "milliseconds": [..]}`, one time a repeat, after
//! a run that is not counted. `RAYON_NUM_THREADS` sets the number of threads of every peer.
//!
//! This program is linked with imagequant and so under the GPL. It is for the benchmarks only;
//! nothing of it is part of smalti.

mod imagequant_peer;
mod quantette_peer;
mod table_lookup;

use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use quantette::dither::FloydSteinberg;

/// A picture of 8-bit RGB.
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// What a peer makes of a picture.
pub struct Quantised {
    palette: Vec<[f32; 3]>,
    indices: Vec<u8>,
}

/// A peer that holds the picture in the form that it takes: only calling it is timed.
type Prepared = Box<dyn Fn() -> Quantised>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("bench-peers: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let [peer, width, height, k, repeats, input, output] = arguments else {
        return Err("expected PEER WIDTH HEIGHT K REPEATS INPUT OUTPUT".to_owned());
    };
    let picture = read(input, number(width)?, number(height)?)?;
    let prepared = prepare(peer, picture, number(k)?)?;
    let mut quantised = prepared();
    let mut milliseconds = Vec::new();
    for _ in 0..number(repeats)? {
        let began = Instant::now();
        quantised = prepared();
        milliseconds.push(format!("{:.3}", 1000.0 * began.elapsed().as_secs_f64()));
    }
    let colors = quantised.palette.len();
    let mut bytes: Vec<u8> =
        quantised.palette.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    bytes.append(&mut quantised.indices);
    fs::write(output, bytes).map_err(|error| format!("{output}: {error}"))?;
    Ok(format!("{{\"colors\": {colors}, \"milliseconds\": [{}]}}", milliseconds.join(", ")))
}

fn prepare(peer: &str, picture: Picture, k: usize) -> Result<Prepared, String> {
    match peer {
        "quantette-wu" => quantette_peer::wu(picture, k),
        "quantette-kmeans" => quantette_peer::kmeans(picture, k, 1),
        "quantette-kmeans-4" => quantette_peer::kmeans(picture, k, 4),
        "quantette-kmeans-16" => quantette_peer::kmeans(picture, k, 16),
        "quantette-oklab-kmeans" => quantette_peer::oklab(picture, k, None),
        "quantette-oklab-kmeans-dithered" => {
            quantette_peer::oklab(picture, k, Some(FloydSteinberg::new()))
        }
        "imagequant" => imagequant_peer::prepare(&picture, k),
        "table-lookup" => Ok(table_lookup::prepare(picture, k)),
        _ => Err(format!("no peer is called {peer}")),
    }
}

fn read(path: &str, width: usize, height: usize) -> Result<Picture, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let (pixels, rest) = bytes.as_chunks::<3>();
    if pixels.len() != width * height || !rest.is_empty() {
        return Err(format!("{path} has {} bytes, not {width} x {height} x 3", bytes.len()));
    }
    Ok(Picture { width, height, pixels: pixels.to_vec() })
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number"))
}
