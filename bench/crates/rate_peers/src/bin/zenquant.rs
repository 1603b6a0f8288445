//! Quantises one picture with zenquant.
//!
//!     zenquant MODE K WIDTH HEIGHT INPUT OUTPUT
//!
//! MODE is `png`, `joint` or `smallest`, zenquant's three ways to PNG at its best quality,
//! `fast` or `balanced`, its other qualities, or `target-N`, which aims at an SSIMULACRA2 of N.
//! INPUT is raw RGBA. OUTPUT gets the palette, RGBA, and then one byte a pixel; the number of
//! colours is printed.

use std::process::ExitCode;
use std::{env, fs};

use zenquant::{OutputFormat, Quality, QuantizeConfig, QuantizeResult, RGB, RGBA};

const OPAQUE: u8 = 255;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(colors) => {
            println!("{colors}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("zenquant: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<usize, String> {
    let [mode, k, width, height, input, output] = arguments else {
        return Err("expected MODE K WIDTH HEIGHT INPUT OUTPUT".to_owned());
    };
    let bytes = fs::read(input).map_err(|error| format!("{input}: {error}"))?;
    let (pixels, _) = bytes.as_chunks::<4>();
    let config = configured(mode)?.with_max_colors(number(k)?);
    let (width, height) = (number(width)? as usize, number(height)? as usize);
    let result =
        quantised(pixels, width, height, &config).map_err(|error| format!("{mode}: {error}"))?;
    let mut written = result.palette_rgba().as_flattened().to_vec();
    written.extend_from_slice(result.indices());
    fs::write(output, written).map_err(|error| format!("{output}: {error}"))?;
    Ok(result.palette_len())
}

fn configured(mode: &str) -> Result<QuantizeConfig, String> {
    let png = QuantizeConfig::new(OutputFormat::Png);
    Ok(match mode {
        "png" => png,
        "joint" => QuantizeConfig::new(OutputFormat::PngJoint),
        "smallest" => QuantizeConfig::new(OutputFormat::PngMinSize),
        "fast" => png.with_quality(Quality::Fast),
        "balanced" => png.with_quality(Quality::Balanced),
        _ => match mode.strip_prefix("target-").map(str::parse) {
            Some(Ok(score)) => png.with_target_ssim2(score),
            _ => return Err(format!("no mode is called {mode}")),
        },
    })
}

fn quantised(
    pixels: &[[u8; 4]],
    width: usize,
    height: usize,
    config: &QuantizeConfig,
) -> Result<QuantizeResult, zenquant::QuantizeError> {
    if pixels.iter().all(|pixel| pixel[3] == OPAQUE) {
        let colors: Vec<RGB<u8>> = pixels.iter().map(|&[r, g, b, _]| RGB { r, g, b }).collect();
        return zenquant::quantize(&colors, width, height, config);
    }
    let colors: Vec<RGBA<u8>> = pixels.iter().map(|&[r, g, b, a]| RGBA { r, g, b, a }).collect();
    zenquant::quantize_rgba(&colors, width, height, config)
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number"))
}
