//! Positions drawn in proportion to masses.

use rand::RngExt;

/// Running sums of non-negative masses, to draw positions in proportion to them.
pub(super) struct Cumulative(Vec<f64>);

impl Cumulative {
    pub fn new(masses: impl Iterator<Item = f64>) -> Self {
        let add = |sum: &mut f64, mass: f64| {
            *sum += mass;
            Some(*sum)
        };
        Self(masses.scan(0.0, add).collect())
    }

    /// A position with positive mass, drawn with probability proportional to it.
    pub fn draw(&self, rng: &mut (impl rand::Rng + ?Sized)) -> usize {
        let total = self.0.last().copied().unwrap_or(0.0);
        let target = rng.random::<f64>() * total;
        let position = self.0.partition_point(|&sum| sum <= target);
        // Rounding can lift the target to the total; then the last position with mass is drawn.
        position.min(self.0.partition_point(|&sum| sum < total))
    }
}
