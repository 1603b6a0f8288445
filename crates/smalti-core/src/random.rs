//! Uniform random numbers that stay the same: one stream for each seed, or one number for each place.
//!
//! The generator of streams is PCG XSL RR 128/64 (M. E. O'Neill, "PCG: A family of simple fast
//! space-efficient statistically good algorithms for random number generation", 2014,
//! <https://www.pcg-random.org>), seeded by the mixing of `NumPy`'s `SeedSequence`. The numbers are
//! those of `numpy.random.default_rng(seed).random(count)` of `NumPy` 2, which promises nothing
//! about later versions; these numbers do not change.
//!
//! The number of a place is the mixing of `SplitMix64` (G. L. Steele, D. Lea and C. H. Flood, "Fast
//! splittable pseudorandom number generators", 2014, doi:10.1145/2660193.2660195).

use rand::Rng;
use rand_pcg::Lcg128Xsl64;

/// Words of the pool that entropy is mixed into.
const POOL: usize = 4;

/// Constants of `SeedSequence`: what words are multiplied by and mixed with.
const INIT_A: u32 = 0x43b0_d7e5;
const MULTIPLIER_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULTIPLIER_B: u32 = 0x58f3_8ded;
const MIX_LEFT: u32 = 0xca01_f9dd;
const MIX_RIGHT: u32 = 0x4973_f715;
const SHIFT: u32 = 16;

/// What the counter of `SplitMix64` is increased by: the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// `count` numbers from 0 on and below 1, each a multiple of 2^-53.
#[must_use]
pub fn uniform(count: usize, seed: u64) -> Vec<f64> {
    let mut random = generator(seed);
    let unit = 1.0 / (1u64 << 53) as f64;
    (0..count).map(|_| (random.next_u64() >> 11) as f64 * unit).collect()
}

/// The number of a row in a round, above 0 and up to 1, a multiple of 2^-53. No other row is needed.
#[must_use]
pub fn uniform_at(seed: u64, round: u64, row: u64) -> f64 {
    let stream = mixed(mixed(seed).wrapping_add(round));
    let unit = 1.0 / (1u64 << 53) as f64;
    ((mixed(stream.wrapping_add(row)) >> 11) + 1) as f64 * unit
}

/// The number of `SplitMix64` with this counter.
fn mixed(counter: u64) -> u64 {
    let mut word = counter.wrapping_add(1).wrapping_mul(GOLDEN);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

fn generator(seed: u64) -> Lcg128Xsl64 {
    let words = state_of(pool_of(seed));
    let joined = |i: usize| u128::from(words[i]) << 64 | u128::from(words[i + 1]);
    Lcg128Xsl64::new(joined(0), joined(2))
}

/// The pool that the seed is mixed into.
fn pool_of(seed: u64) -> [u32; POOL] {
    let mut constant = INIT_A;
    let mut hashed = |word: u32| {
        let word = word ^ constant;
        constant = constant.wrapping_mul(MULTIPLIER_A);
        let word = word.wrapping_mul(constant);
        word ^ word >> SHIFT
    };
    let mut pool = [seed as u32, (seed >> u32::BITS) as u32, 0, 0].map(&mut hashed);
    for source in 0..POOL {
        for target in (0..POOL).filter(|&target| target != source) {
            let (left, right) = (pool[target], hashed(pool[source]));
            let mixed = left.wrapping_mul(MIX_LEFT).wrapping_sub(right.wrapping_mul(MIX_RIGHT));
            pool[target] = mixed ^ mixed >> SHIFT;
        }
    }
    pool
}

/// Four words of the generator's state and stream.
fn state_of(pool: [u32; POOL]) -> [u64; 4] {
    let mut constant = INIT_B;
    let mut word = |i: usize| {
        let word = pool[i % POOL] ^ constant;
        constant = constant.wrapping_mul(MULTIPLIER_B);
        let word = word.wrapping_mul(constant);
        u64::from(word ^ word >> SHIFT)
    };
    std::array::from_fn(|i| word(2 * i) | word(2 * i + 1) << u32::BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `default_rng(seed).random(2)` for the seeds below.
    const SEEDED: [[f64; 2]; 3] = [
        [0.636_961_687_321_454_3, 0.269_786_713_763_870_3],
        [0.511_821_624_700_256_7, 0.950_463_696_325_935_3],
        [0.770_140_951_003_474_1, 0.111_927_244_317_684_3],
    ];

    #[test]
    fn the_numbers_are_those_of_numpy_2() {
        for (seed, expected) in [0, 1, u64::from(u32::MAX) + 8].into_iter().zip(SEEDED) {
            assert_eq!(uniform(2, seed), expected, "{seed}");
        }
    }

    #[test]
    fn mixing_is_that_of_splitmix64() {
        // The first numbers of Vigna's splitmix64.c from a state of 0.
        assert_eq!(mixed(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mixed(1), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(mixed(2), 0x06c4_5d18_8009_454f);
    }

    #[test]
    fn numbers_of_rows_are_spread_evenly_in_every_round() {
        for round in 0..20 {
            let numbers: Vec<f64> = (0..10_000).map(|row| uniform_at(5, round, row)).collect();
            let mean = numbers.iter().sum::<f64>() / 10_000.0;
            assert!((mean - 0.5).abs() < 0.012, "{mean}");
            assert!(numbers.iter().all(|&number| number > 0.0 && number <= 1.0));
        }
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let numbers = uniform(10_000, 3);
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
    }
}
