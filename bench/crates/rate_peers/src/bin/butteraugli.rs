//! Prints butteraugli's 3-norm, libjxl's way to sum it up, between two pictures.
//!
//!     butteraugli WIDTH HEIGHT REFERENCE RESULT
//!
//! Both files are raw RGB.

use std::process::ExitCode;
use std::{env, fs};

use butteraugli::{ButteraugliParams, Img, ImgVec, RGB8, butteraugli};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(norm) => {
            println!("{norm}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("butteraugli: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<f64, String> {
    let [width, height, reference, result] = arguments else {
        return Err("expected WIDTH HEIGHT REFERENCE RESULT".to_owned());
    };
    let (width, height) = (number(width)?, number(height)?);
    let (reference, result) = (read(reference, width, height)?, read(result, width, height)?);
    butteraugli(reference.as_ref(), result.as_ref(), &ButteraugliParams::default())
        .map(|difference| difference.pnorm_3)
        .map_err(|error| error.to_string())
}

fn read(path: &str, width: usize, height: usize) -> Result<ImgVec<RGB8>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let (pixels, rest) = bytes.as_chunks::<3>();
    if pixels.len() != width * height || !rest.is_empty() {
        return Err(format!("{path} has {} bytes, not {width} x {height} x 3", bytes.len()));
    }
    let colors = pixels.iter().map(|&[r, g, b]| RGB8 { r, g, b }).collect();
    Ok(Img::new(colors, width, height))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number"))
}
