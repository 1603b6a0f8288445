//! A photograph made by arithmetic: smooth gradients, soft blobs, a little noise.
//!
//! Only additions, multiplications, divisions and integers are used, so that every machine
//! makes the same samples. The scene is described in fractions of the picture: a larger
//! picture shows the same, with more distinct colours. At the usual size there are 108,788
//! distinct colours, and 152,060 in the cut-out, where colours differ in alpha too.

use smalti_core::pixels::{Pixels, Samples};

/// The usual size: pixels in a row, and rows.
pub const SIZE: (usize, usize) = (768, 512);

/// Most that noise takes a sample up or down; chosen for the number of distinct colours.
const NOISE: f64 = 2.0;

/// Where the sky ends and the ground begins, as a fraction of the height.
const HORIZON: f64 = 0.55;

/// Colours at the top and at the bottom of the sky, then of the ground.
const SKY: [Color; 2] = [[48.0, 92.0, 170.0], [226.0, 204.0, 178.0]];
const GROUND: [Color; 2] = [[92.0, 110.0, 58.0], [38.0, 46.0, 24.0]];

const BLOBS: [Blob; 8] = [
    Blob { centre: [0.20, 0.70], radius: 0.16, color: [196.0, 42.0, 36.0] },
    Blob { centre: [0.43, 0.82], radius: 0.12, color: [236.0, 190.0, 52.0] },
    Blob { centre: [0.66, 0.66], radius: 0.18, color: [92.0, 60.0, 40.0] },
    Blob { centre: [0.86, 0.84], radius: 0.13, color: [120.0, 52.0, 140.0] },
    Blob { centre: [0.72, 0.20], radius: 0.14, color: [250.0, 246.0, 238.0] },
    Blob { centre: [0.30, 0.30], radius: 0.20, color: [214.0, 150.0, 132.0] },
    Blob { centre: [0.52, 0.46], radius: 0.09, color: [24.0, 120.0, 112.0] },
    Blob { centre: [0.08, 0.12], radius: 0.10, color: [18.0, 22.0, 40.0] },
];

/// Distances from the middle at which a cut-out stops being opaque and becomes transparent.
const RIM: [f64; 2] = [0.42, 0.50];

/// Red, green and blue, 0..=255.
type Color = [f64; 3];

/// A soft disc: half of the colour is its own at `radius` from its centre.
struct Blob {
    centre: [f64; 2],
    radius: f64,
    color: Color,
}

/// 8-bit samples of a picture.
pub struct Photograph {
    samples: Vec<u8>,
    size: (usize, usize),
    channels: usize,
}

impl Photograph {
    /// Opaque, without alpha.
    pub fn opaque(size: (usize, usize)) -> Self {
        let (width, height) = size;
        let mut samples = Vec::with_capacity(width * height * 3);
        let mut noise = Noise(1);
        for_each_place(size, |at| samples.extend(color(at).map(|value| noise.on(value))));
        Self { samples, size, channels: 3 }
    }

    /// The same with alpha: opaque in the middle, transparent in the corners, translucent
    /// where they meet.
    pub fn cut_out(size: (usize, usize)) -> Self {
        let opaque = Self::opaque(size);
        let mut colors = opaque.samples.chunks_exact(3);
        let mut samples = Vec::with_capacity(opaque.samples.len() / 3 * 4);
        for_each_place(size, |at| {
            samples.extend(colors.next().expect("as many places as colours"));
            samples.push(alpha(at));
        });
        Self { samples, size, channels: 4 }
    }

    /// The picture as the engine takes it.
    pub fn pixels(&self) -> Pixels<'_> {
        let (width, height) = self.size;
        Pixels::new(Samples::U8(&self.samples), width, height, self.channels)
            .expect("the samples fill the picture")
    }
}

/// Calls `visit` with the place of every pixel as fractions of width and height, row by row.
fn for_each_place((width, height): (usize, usize), mut visit: impl FnMut([f64; 2])) {
    for y in 0..height {
        for x in 0..width {
            visit([x as f64 / width as f64, y as f64 / height as f64]);
        }
    }
}

fn color(at: [f64; 2]) -> Color {
    let [_, y] = at;
    let background = if y < HORIZON {
        mixed(SKY[0], SKY[1], y / HORIZON)
    } else {
        mixed(GROUND[0], GROUND[1], (y - HORIZON) / (1.0 - HORIZON))
    };
    BLOBS.iter().fold(background, |color, blob| {
        let squared = squared_distance(at, blob.centre) / (blob.radius * blob.radius);
        // The eighth power of the distance: an edge, but a soft one.
        let distance = squared * squared * squared * squared;
        mixed(color, blob.color, 1.0 / (1.0 + distance))
    })
}

fn alpha(at: [f64; 2]) -> u8 {
    let [opaque, transparent] = RIM.map(|distance| distance * distance);
    let share = (transparent - squared_distance(at, [0.5, 0.5])) / (transparent - opaque);
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn mixed(from: Color, to: Color, share: f64) -> Color {
    std::array::from_fn(|c| from[c] + (to[c] - from[c]) * share)
}

fn squared_distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])
}

/// Random numbers by Marsaglia's xorshift, "Xorshift RNGs", 2003, doi:10.18637/jss.v008.i14.
struct Noise(u64);

impl Noise {
    /// A sample near `value`: two uniform numbers make small deviations likelier.
    fn on(&mut self, value: f64) -> u8 {
        let deviation = (self.uniform() + self.uniform() - 1.0) * NOISE;
        (value + deviation).round().clamp(0.0, 255.0) as u8
    }

    /// In 0..1.
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as f64 / 2f64.powi(32)
    }
}
