//! Masses of points of any dimension.

#![expect(clippy::inline_always)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::cumulative::Cumulative;
use super::masses::Masses;
use crate::nearest::{LANES, Prototypes, squared_distance};
use crate::points::WeightedPoints;
use crate::real::Real;

/// Points handed to a thread at a time.
const CHUNK: usize = 2048;

/// Points whose distances are summed together.
const TOGETHER: usize = 4;

/// For the first so many candidates each point remembers whether they are nearer.
const REMEMBERED: usize = u16::BITS as usize;

/// Points of any dimension with their masses.
///
/// Let c be the chosen point nearest to a point p. A candidate at least twice as far from c as p is
/// cannot be nearer to p (the triangle inequality), so p is not compared with it.
pub struct RowMasses<'a, T> {
    points: &'a WeightedPoints<T>,
    nearest: Vec<Nearest>,
    /// Sums of the masses of every `CHUNK` points.
    masses: Vec<f64>,
    chosen: Vec<f64>,
    candidates: Vec<usize>,
}

/// A point's nearest chosen point and nearer candidates.
#[derive(Clone, Copy)]
struct Nearest {
    /// The squared distance to the nearest chosen point.
    distance: f64,
    /// Its position among those chosen.
    chosen: u32,
    /// A bit for each of the first candidates: whether it is nearer.
    nearer: u16,
}

impl<'a, T: Real> RowMasses<'a, T> {
    /// Masses before anything is chosen.
    #[must_use]
    pub fn new(points: &'a WeightedPoints<T>) -> Self {
        let unknown = Nearest { distance: f64::INFINITY, chosen: 0, nearer: 0 };
        Self {
            points,
            nearest: vec![unknown; points.len()],
            masses: vec![f64::INFINITY; points.len().div_ceil(CHUNK)],
            chosen: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// For every chosen point a quarter of its least squared distance to a candidate. Before any is
    /// chosen, a 0 that leaves no point out.
    fn quarters(&self, candidates: &[Vec<f64>]) -> Vec<f64> {
        let quarter = |chosen: &[f64]| {
            let distances = candidates.iter().map(|c| squared_distance::<f64>(c, chosen));
            distances.fold(f64::INFINITY, f64::min) / 4.0
        };
        if self.chosen.is_empty() {
            return vec![0.0];
        }
        self.chosen.par_chunks(self.points.dim()).map(quarter).collect()
    }

    /// Totals with up to `LANES` candidates, which are those from number `first` on.
    fn totals_of(&mut self, first: usize, candidates: &[Vec<f64>]) -> [f64; LANES] {
        let (arch, dim) = (Arch::new(), self.points.dim());
        let prototypes = Prototypes::new(&candidates.concat(), dim);
        let quarters = self.quarters(candidates);
        let chunks = self
            .points
            .values()
            .par_chunks(CHUNK * dim)
            .zip(self.points.weights().par_chunks(CHUNK))
            .zip(self.nearest.par_chunks_mut(CHUNK));
        let totals: Vec<[f64; LANES]> = chunks
            .map(|((rows, weights), nearest)| {
                let (prototypes, quarters) = (&prototypes, &quarters);
                arch.dispatch(Totals { rows, weights, nearest, prototypes, quarters, first })
            })
            .collect();
        std::array::from_fn(|lane| totals.iter().map(|totals| totals[lane]).sum())
    }

    /// Lowers the masses of the points for which `bit` says that the candidate is nearer. Without a
    /// bit it looks at all points.
    fn lower_to(&mut self, coordinates: &[f64], bit: Option<usize>) {
        let (points, dim) = (self.points, self.points.dim());
        let number = (self.chosen.len() / dim) as u32;
        let may_be_nearer =
            |nearest: &Nearest| bit.is_none_or(|bit| nearest.nearer >> bit & 1 == 1);
        let lower = |((rows, weights), nearest): ((&[T], &[f64]), &mut [Nearest])| {
            let mut mass = 0.0;
            for ((row, weight), nearest) in rows.chunks_exact(dim).zip(weights).zip(nearest) {
                if may_be_nearer(nearest) {
                    let distance = squared_distance(row, coordinates);
                    if distance < nearest.distance {
                        (nearest.distance, nearest.chosen) = (distance, number);
                    }
                }
                mass += weight * nearest.distance;
            }
            mass
        };
        self.masses = points
            .values()
            .par_chunks(CHUNK * dim)
            .zip(points.weights().par_chunks(CHUNK))
            .zip(self.nearest.par_chunks_mut(CHUNK))
            .map(lower)
            .collect();
        self.chosen.extend(coordinates);
        self.candidates.clear();
    }

    #[cfg(test)]
    pub(super) fn distances(&self) -> Vec<f64> {
        self.nearest.iter().map(|nearest| nearest.distance).collect()
    }
}

impl<T: Real> Masses for RowMasses<'_, T> {
    fn draw_by_weight(&self, rng: &mut dyn rand::Rng) -> usize {
        Cumulative::new(self.points.weights().iter().copied()).draw(rng)
    }

    fn draw(&self, count: usize, rng: &mut dyn rand::Rng) -> Vec<usize> {
        let chunks = Cumulative::new(self.masses.iter().copied());
        let drawn = |_| {
            let first = chunks.draw(rng) * CHUNK;
            let last = self.points.len().min(first + CHUNK);
            let mass = |i: usize| self.points.weights()[i] * self.nearest[i].distance;
            first + Cumulative::new((first..last).map(mass)).draw(rng)
        };
        (0..count).map(drawn).collect()
    }

    fn totals_with(&mut self, candidates: &[usize]) -> Vec<f64> {
        self.candidates = candidates.to_vec();
        let rows: Vec<Vec<f64>> = candidates.iter().map(|&i| self.coordinates(i)).collect();
        let mut totals = Vec::with_capacity(candidates.len());
        for (tile, rows) in rows.chunks(LANES).enumerate() {
            totals.extend_from_slice(&self.totals_of(tile * LANES, rows)[..rows.len()]);
        }
        totals
    }

    fn choose(&mut self, chosen: usize) {
        // Look only at points to which it is nearer, if that is known.
        let known = self.candidates.iter().position(|&candidate| candidate == chosen);
        let bit = known.filter(|&bit| bit < REMEMBERED);
        self.lower_to(&self.coordinates(chosen), bit);
    }

    fn choose_centroid(&mut self, centroid: &[f64]) {
        self.lower_to(centroid, None);
    }

    fn coordinates(&self, i: usize) -> Vec<f64> {
        self.points.row(i).iter().map(|&value| value.into()).collect()
    }
}

/// Sums the masses of a chunk as if each of some candidates were chosen.
struct Totals<'a, T> {
    rows: &'a [T],
    weights: &'a [f64],
    nearest: &'a mut [Nearest],
    prototypes: &'a Prototypes,
    quarters: &'a [f64],
    /// The first candidate's number.
    first: usize,
}

impl<T: Real> WithSimd for Totals<'_, T> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; LANES] {
        let Self { rows, weights, nearest, prototypes, quarters, first } = self;
        let dim = rows.len() / weights.len();
        let mut totals = Sum { with_each: [0.0; LANES], with_any: 0.0 };
        let mut open = Vec::with_capacity(weights.len());
        for (i, (nearest, weight)) in nearest.iter_mut().zip(weights).enumerate() {
            if first == 0 {
                nearest.nearer = 0;
            }
            if quarters[nearest.chosen as usize] >= nearest.distance {
                totals.with_any += weight * nearest.distance;
            } else {
                open.push(i);
            }
        }
        let row = |i: usize| &rows[i * dim..][..dim];
        let mut wide = vec![0.0; TOGETHER * dim];
        let (some, rest) = open.as_chunks::<TOGETHER>();
        for positions in some {
            let found = prototypes.distances(simd, positions.map(row), [0; TOGETHER], &mut wide);
            for (&i, distances) in positions.iter().zip(&found) {
                totals.add(&mut nearest[i], weights[i], distances, first);
            }
        }
        for &i in rest {
            let [distances] = prototypes.distances(simd, [row(i)], [0], &mut wide);
            totals.add(&mut nearest[i], weights[i], &distances, first);
        }
        totals.with_each.map(|total| total + totals.with_any)
    }
}

/// Sums of masses that depend on the candidate, and of those that do not.
struct Sum {
    with_each: [f64; LANES],
    with_any: f64,
}

impl Sum {
    /// Adds a point and notes which candidates are nearer to it.
    #[inline(always)]
    fn add(&mut self, nearest: &mut Nearest, weight: f64, distances: &[f64; LANES], first: usize) {
        let mut nearer = 0u32;
        for (lane, (total, &distance)) in self.with_each.iter_mut().zip(distances).enumerate() {
            let less = distance < nearest.distance;
            nearer |= u32::from(less) << lane;
            *total += weight * if less { distance } else { nearest.distance };
        }
        // Candidates beyond those remembered leave no bits.
        nearest.nearer |= (nearer << first.min(REMEMBERED)) as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn masses_are_those_of_the_definition(
            dim in 1usize..30,
            values in prop::collection::vec(-1.0..1.0f32, 60..2000),
            chosen in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
            candidates in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        ) {
            let count = values.len() / dim;
            let weights: Vec<f64> = (0..count).map(|i| (i % 3 + 1) as f64).collect();
            let values = values[..count * dim].to_vec();
            let points = WeightedPoints::new(values, dim, weights.clone()).unwrap();
            let mut rows = RowMasses::new(&points);
            let mut distances = vec![f64::INFINITY; count];
            let candidates: Vec<usize> = candidates.iter().map(|i| i.index(count)).collect();
            let lowered = |distances: &[f64], chosen: usize| -> Vec<f64> {
                let chosen: Vec<f64> = points.row(chosen).iter().map(|&v| v.into()).collect();
                let distance = |i: usize| squared_distance(points.row(i), &chosen);
                (0..count).map(|i| distances[i].min(distance(i))).collect()
            };
            let mass = |distances: &[f64]| -> f64 {
                distances.iter().zip(&weights).map(|(d, w)| d * w).sum()
            };
            // First points that were no candidates, then each of the candidates.
            for chosen in chosen.iter().map(|i| i.index(count)).chain(candidates.clone()) {
                rows.choose(chosen);
                distances = lowered(&distances, chosen);
                prop_assert_eq!(rows.distances(), distances.clone());
                let before = mass(&distances);
                for (&candidate, total) in candidates.iter().zip(rows.totals_with(&candidates)) {
                    let expected = mass(&lowered(&distances, candidate));
                    prop_assert!((total - expected).abs() <= 1e-12 * before);
                }
            }
        }
    }
}
