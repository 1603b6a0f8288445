//! Lloyd's steps, taken longer.
//!
//! Each centroid moves `factor` times as far as to the mean of its members. By moving it wins
//! members whose mean lies farther on in the same direction. The inertia falls in fewer steps, but
//! not in every step; the last step is a plain one. R. Salakhutdinov and S. Roweis,
//! "Adaptive overrelaxed bound optimization methods", ICML 2003.

use crate::error::Result;
use crate::nearest::{Cloud, Clusters};
use crate::progress::Progress;

/// How much longer than Lloyd's the steps on coarse points are. 1.5 to 1.8 are equally good;
/// from 2 on they may run away.
pub(super) const FACTOR: f64 = 1.7;

/// The centroids after `steps` steps; those without members stay where they are.
///
/// # Errors
/// What `progress` returns to stop.
pub fn overrelaxed<const D: usize>(
    points: &dyn Cloud,
    mut centroids: Vec<[f64; D]>,
    steps: usize,
    factor: f64,
    progress: &dyn Progress,
) -> Result<Vec<[f64; D]>> {
    for step in 1..=steps {
        let clusters = points.assign(centroids.as_flattened(), progress)?;
        move_centroids(&mut centroids, &clusters, if step < steps { factor } else { 1.0 });
    }
    Ok(centroids)
}

/// Moves every centroid `factor` times as far as to the mean of its members.
pub(super) fn move_centroids<const D: usize>(
    centroids: &mut [[f64; D]],
    clusters: &Clusters,
    factor: f64,
) {
    let (sums, _) = clusters.sums.as_chunks::<D>();
    for ((centroid, sum), &weight) in centroids.iter_mut().zip(sums).zip(&clusters.weights) {
        if weight > 0.0 {
            for d in 0..D {
                centroid[d] += factor * (sum[d] / weight - centroid[d]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nearest::assign_blocks;
    use crate::point_blocks::PointBlocks;
    use crate::progress::Silent;

    #[test]
    fn steps_are_longer_save_the_last() {
        let points = PointBlocks::new(&[[0.0], [2.0], [10.0], [12.0]], &[1.0; 4]);
        let run = |steps| overrelaxed(&points, vec![[0.0], [11.0]], steps, 1.5, &Silent).unwrap();
        assert_eq!(run(1), [[1.0], [11.0]]);
        // 0 moves 1.5 times towards 1, then back to it.
        assert_eq!(run(2), [[1.0], [11.0]]);
        let once = assign_blocks(&points, &[[0.0], [11.0]], &Silent).unwrap();
        let mut centroids = [[0.0], [11.0]];
        move_centroids(&mut centroids, &once, 1.5);
        assert_eq!(centroids, [[1.5], [11.0]]);
    }

    #[test]
    fn a_centroid_without_members_stays() {
        let points = PointBlocks::new(&[[0.0], [2.0]], &[1.0; 2]);
        let found = overrelaxed(&points, vec![[0.5], [99.0]], 3, 1.7, &Silent).unwrap();
        assert_eq!(found, [[1.0], [99.0]]);
    }
}
