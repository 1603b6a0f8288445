//! Thresholds for dither without memory: a mask that tiles the picture decides for each place.
//!
//! Ordered dither is Bayer's matrix (B. E. Bayer, "An optimum method for two-level rendition of
//! continuous-tone pictures", 1973): a regular pattern, which compresses best and shows most.
//! Blue noise is a mask by void and cluster (R. A. Ulichney, "The void-and-cluster method for
//! dither array generation", 1993, doi:10.1117/12.152707): dots as far apart as they can be, without
//! a pattern. It is made when it is first needed, in about 20 ms.

use std::sync::LazyLock;

use rand::{RngExt, SeedableRng};

/// Pixels on a side of Bayer's matrix.
const BAYER_SIDE: usize = 8;

/// Pixels on a side of the blue-noise mask.
const BLUE_SIDE: usize = 64;

/// Dots of the pattern that the mask begins with: a tenth of all, as in the paper.
const FIRST_DOTS: usize = BLUE_SIDE * BLUE_SIDE / 10;

/// Standard deviation, in pixels, of the Gaussian that tells how crowded a place is; the paper's.
const SIGMA: f64 = 1.5;

/// Farther than this the Gaussian is 0 in the units of [`UNIT`].
const REACH: usize = 9;

/// What a dot adds to its own place. Whole numbers, so that taking a dot away undoes exactly what
/// it added, and equal places are told apart by their order alone.
const UNIT: f64 = (1 << 24) as f64;

static BAYER: LazyLock<Vec<f32>> = LazyLock::new(|| shares(&bayer()));
static BLUE_NOISE: LazyLock<Vec<f32>> = LazyLock::new(|| shares(&void_and_cluster()));

/// How errors are made up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DitherMethod {
    /// By the pixels that follow: error diffusion.
    #[default]
    Diffusion,
    /// By a mask without a pattern.
    BlueNoise,
    /// By Bayer's 8 x 8 matrix.
    Ordered,
}

/// A mask of thresholds that tiles the picture.
#[derive(Clone, Copy)]
pub struct Thresholds {
    side: usize,
    shares: &'static [f32],
    strength: f32,
}

impl Thresholds {
    /// The method's mask; diffusion has none. With a `strength` of 0 it decides nothing, with 1
    /// everything.
    pub fn of(method: DitherMethod, strength: f32) -> Option<Self> {
        match method {
            DitherMethod::Diffusion => None,
            DitherMethod::BlueNoise => {
                Some(Self { side: BLUE_SIDE, shares: &BLUE_NOISE, strength })
            }
            DitherMethod::Ordered => Some(Self { side: BAYER_SIDE, shares: &BAYER, strength }),
        }
    }

    /// How far from the middle the threshold of a place lies, between -1/2 and 1/2 at full
    /// strength.
    #[inline]
    pub fn offset(&self, x: usize, y: usize) -> f32 {
        (self.shares[y % self.side * self.side + x % self.side] - 0.5) * self.strength
    }
}

/// Ranks 0, 1, 2 ... as shares of their number, in the middles of equal steps.
fn shares(ranks: &[u32]) -> Vec<f32> {
    ranks.iter().map(|&rank| (rank as f32 + 0.5) / ranks.len() as f32).collect()
}

/// Bayer's matrix: the bits of `x ^ y` and `y` in turn, the lowest first.
fn bayer() -> Vec<u32> {
    let rank = |i: usize| {
        let (x, y) = (i % BAYER_SIDE, i / BAYER_SIDE);
        let bits = BAYER_SIDE.ilog2() as usize;
        let digit = |bit: usize| (x ^ y) >> bit & 1 | (y >> bit & 1) << 1;
        // A cell splits into four of the next digit, whose weight is a quarter.
        (0..bits).fold(0, |rank, bit| 4 * rank + [0, 2, 1, 3][digit(bit)])
    };
    (0..BAYER_SIDE * BAYER_SIDE).map(rank).collect()
}

/// The rank of each place, row by row.
fn void_and_cluster() -> Vec<u32> {
    let places = BLUE_SIDE * BLUE_SIDE;
    let mut first = Pattern::new();
    let mut random = rand_pcg::Pcg64::seed_from_u64(0);
    let mut dots = 0;
    while dots < FIRST_DOTS {
        let place = random.random_range(0..places);
        if !first.dots[place] {
            first.toggle(place);
            dots += 1;
        }
    }
    first.spread_out();
    let mut ranks = vec![0; places];
    let mut pattern = first.clone();
    for rank in (0..FIRST_DOTS).rev() {
        let cluster = pattern.tightest_cluster();
        ranks[cluster] = rank as u32;
        pattern.toggle(cluster);
    }
    // Where most places are dots the paper looks for clusters of the others. With a kernel whose
    // sum is the same everywhere these are the largest voids.
    for rank in FIRST_DOTS..places {
        let void = first.largest_void();
        ranks[void] = rank as u32;
        first.toggle(void);
    }
    ranks
}

/// Dots on a square whose sides meet, and how crowded each place is.
#[derive(Clone)]
struct Pattern {
    dots: Vec<bool>,
    crowd: Vec<u32>,
    /// What a dot adds, by rows and columns from it.
    kernel: [[u32; REACH + 1]; REACH + 1],
}

impl Pattern {
    /// No dots.
    fn new() -> Self {
        let places = BLUE_SIDE * BLUE_SIDE;
        let kernel = std::array::from_fn(|dy| {
            std::array::from_fn(|dx| {
                let squared = (dx * dx + dy * dy) as f64;
                (UNIT * libm::exp(-squared / (2.0 * SIGMA * SIGMA))) as u32
            })
        });
        Self { dots: vec![false; places], crowd: vec![0; places], kernel }
    }

    /// Puts a dot where there is none and the other way round.
    fn toggle(&mut self, place: usize) {
        let (x, y) = (place % BLUE_SIDE, place / BLUE_SIDE);
        let gone = self.dots[place];
        self.dots[place] = !gone;
        for dy in 0..=2 * REACH {
            let row = (y + BLUE_SIDE + dy - REACH) % BLUE_SIDE * BLUE_SIDE;
            for dx in 0..=2 * REACH {
                let more = self.kernel[dy.abs_diff(REACH)][dx.abs_diff(REACH)];
                let crowd = &mut self.crowd[row + (x + BLUE_SIDE + dx - REACH) % BLUE_SIDE];
                *crowd = if gone { *crowd - more } else { *crowd + more };
            }
        }
    }

    /// The dot that is most crowded.
    fn tightest_cluster(&self) -> usize {
        let crowds = self.crowd.iter().zip(&self.dots);
        position_of_least(
            crowds.map(|(&crowd, &dot)| if dot { u32::MAX - crowd } else { u32::MAX }),
        )
    }

    /// The place without a dot that is least crowded.
    fn largest_void(&self) -> usize {
        let crowds = self.crowd.iter().zip(&self.dots);
        position_of_least(crowds.map(|(&crowd, &dot)| if dot { u32::MAX } else { crowd }))
    }

    /// Moves dots from clusters into voids until the next would go back where it was.
    fn spread_out(&mut self) {
        loop {
            let cluster = self.tightest_cluster();
            self.toggle(cluster);
            let void = self.largest_void();
            self.toggle(void);
            if void == cluster {
                return;
            }
        }
    }
}

/// The first of the least.
fn position_of_least(values: impl Iterator<Item = u32> + Clone) -> usize {
    let least = values.clone().min();
    values.into_iter().position(|value| Some(value) == least).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bayers_matrix_is_the_published_one() {
        // The first two rows and the first column.
        let ranks = bayer();
        assert_eq!(ranks[..8], [0, 32, 8, 40, 2, 34, 10, 42]);
        assert_eq!(ranks[8..16], [48, 16, 56, 24, 50, 18, 58, 26]);
        let column: Vec<u32> = ranks.iter().step_by(8).copied().collect();
        assert_eq!(column, [0, 48, 12, 60, 3, 51, 15, 63]);
    }

    #[test]
    fn every_rank_occurs_once() {
        for mut ranks in [bayer(), void_and_cluster()] {
            ranks.sort_unstable();
            assert!(ranks.iter().copied().eq(0..ranks.len() as u32));
        }
    }

    #[test]
    fn a_dot_that_is_taken_away_leaves_nothing() {
        let mut pattern = Pattern::new();
        for place in [70, 3, 70] {
            pattern.toggle(place);
        }
        let mut expected = Pattern::new();
        expected.toggle(3);
        assert!(pattern.crowd == expected.crowd && pattern.dots == expected.dots);
    }

    #[test]
    fn dots_crowd_their_neighbours_across_the_sides() {
        let mut pattern = Pattern::new();
        pattern.toggle(0);
        let beside = (UNIT * libm::exp(-1.0 / 4.5)) as u32;
        let corner = (UNIT * libm::exp(-2.0 / 4.5)) as u32;
        let last = BLUE_SIDE - 1;
        assert_eq!(pattern.crowd[0], UNIT as u32);
        assert_eq!((pattern.crowd[1], pattern.crowd[last]), (beside, beside));
        assert_eq!(pattern.crowd[last * BLUE_SIDE + last], corner);
        assert_eq!(pattern.crowd[12], 0);
    }

    #[test]
    fn the_first_dots_of_blue_noise_keep_apart() {
        let ranks = void_and_cluster();
        let dots: Vec<usize> = (0..ranks.len()).filter(|&i| ranks[i] < 256).collect();
        let apart = |a: usize, b: usize| {
            let along = |a: usize, b: usize| a.abs_diff(b).min(BLUE_SIDE - a.abs_diff(b));
            let (dx, dy) =
                (along(a % BLUE_SIDE, b % BLUE_SIDE), along(a / BLUE_SIDE, b / BLUE_SIDE));
            dx * dx + dy * dy
        };
        let nearest = dots.iter().map(|&a| {
            let others = dots.iter().filter(|&&b| b != a).map(|&b| apart(a, b));
            others.min().unwrap_or(0)
        });
        // A square grid would have 4 pixels between neighbours; random dots touch.
        let nearest = nearest.min();
        assert!(nearest.is_some_and(|squared| squared >= 7), "{nearest:?}");
    }

    #[test]
    fn masks_tile_the_picture_and_have_no_bias() {
        for method in [DitherMethod::BlueNoise, DitherMethod::Ordered] {
            let thresholds = Thresholds::of(method, 1.0).unwrap();
            let offsets = (0..4096).map(|i| thresholds.offset(i % 64, i / 64));
            assert!(offsets.clone().all(|offset| offset > -0.5 && offset < 0.5));
            assert!(offsets.map(f64::from).sum::<f64>().abs() < 1e-3);
            for (x, y) in [(0, 0), (5, 1), (63, 63)] {
                assert_eq!(thresholds.offset(x, y), thresholds.offset(x + 64, y + 128));
            }
        }
        assert!(Thresholds::of(DitherMethod::Diffusion, 1.0).is_none());
    }
}
