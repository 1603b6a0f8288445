//! Products of bytes, by AVX-512 VNNI.

use super::frame::GROUP;
use super::point_codes::PointCodes;
use super::prototype_codes::PrototypeCodes;

/// Writes a lower bound of the heights in each tile: the least, among its prototypes, of the half
/// norm less the product with its allowance, in units of both.
pub(super) type Kernel = fn(&PointCodes, &PrototypeCodes, &mut [[f32; GROUP]]);

/// The kernel, if the processor has the instructions.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn kernel() -> Option<Kernel> {
    None
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::kernel;

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(unsafe_code, reason = "no crate has these instructions")]
    #![expect(clippy::inline_always)]

    use std::arch::x86_64::{
        _mm512_add_epi32, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_fnmadd_ps, _mm512_min_ps,
        _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps,
    };

    use super::super::super::every_pair::LANES;
    use super::{GROUP, Kernel, PointCodes, PrototypeCodes};

    /// Numbers in a register.
    const WIDTH: usize = 16;

    /// Vectors of points.
    const VECTORS: usize = GROUP / WIDTH;

    pub(in super::super) fn kernel() -> Option<Kernel> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
        found.then_some(bound)
    }

    /// Only [`kernel`] hands it out.
    fn bound(points: &PointCodes, prototypes: &PrototypeCodes, bounds: &mut [[f32; GROUP]]) {
        // SAFETY: `kernel` has found that the processor has these instructions. They read and write
        // values of arrays only.
        unsafe { bound_tiles(points, prototypes, bounds) }
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    fn bound_tiles(points: &PointCodes, prototypes: &PrototypeCodes, bounds: &mut [[f32; GROUP]]) {
        let PrototypeCodes { offsets, units, .. } = prototypes;
        let halves = prototypes.halves(points.near);
        let tiles = prototypes.quads.chunks_exact(points.quads.len());
        let tiles = tiles.zip(offsets).zip(units.iter().zip(halves));
        for (((quads, offsets), (units, halves)), bounds) in tiles.zip(bounds) {
            let mut sums = [[_mm512_set1_epi32(0); VECTORS]; LANES];
            for v in 0..VECTORS {
                let allowances = pulp::cast(register(&points.allowances, v));
                for k in 0..LANES {
                    sums[k][v] = _mm512_add_epi32(_mm512_set1_epi32(offsets[k]), allowances);
                }
            }
            for (points, prototypes) in points.quads.iter().zip(quads) {
                let mut vectors = [_mm512_set1_epi32(0); VECTORS];
                for v in 0..VECTORS {
                    vectors[v] = pulp::cast(register(points, v));
                }
                for k in 0..LANES {
                    let prototype = _mm512_set1_epi32(prototypes[k]);
                    for v in 0..VECTORS {
                        sums[k][v] = _mm512_dpbusd_epi32(sums[k][v], vectors[v], prototype);
                    }
                }
            }
            for v in 0..VECTORS {
                let point_units = pulp::cast(register(&points.units, v));
                let mut least = _mm512_set1_ps(f32::INFINITY);
                for k in 0..LANES {
                    let product = _mm512_cvtepi32_ps(sums[k][v]);
                    let product = _mm512_mul_ps(product, _mm512_set1_ps(units[k]));
                    let half = _mm512_set1_ps(halves[k]);
                    least = _mm512_min_ps(least, _mm512_fnmadd_ps(product, point_units, half));
                }
                bounds.as_chunks_mut::<WIDTH>().0[v] = pulp::cast(least);
            }
        }
    }

    /// Vector `v` of numbers of a group.
    #[inline(always)]
    fn register<T: Copy>(numbers: &[T; GROUP], v: usize) -> [T; WIDTH] {
        numbers.as_chunks().0[v]
    }
}

#[cfg(test)]
pub(super) mod portable {
    use super::super::super::every_pair::LANES;
    use super::super::prototype_codes::QUAD;
    use super::{GROUP, PointCodes, PrototypeCodes};

    /// The kernel without vectors.
    pub(in super::super) fn bound(
        points: &PointCodes,
        prototypes: &PrototypeCodes,
        bounds: &mut [[f32; GROUP]],
    ) {
        for (tile, bounds) in bounds.iter_mut().enumerate() {
            for p in 0..GROUP {
                let heights = (0..LANES).map(|lane| height(points, p, prototypes, (tile, lane)));
                bounds[p] = heights.fold(f32::INFINITY, f32::min);
            }
        }
    }

    fn height(
        points: &PointCodes,
        p: usize,
        prototypes: &PrototypeCodes,
        (tile, lane): (usize, usize),
    ) -> f32 {
        let quads = points.quads.len();
        let mut sum = prototypes.offsets[tile][lane] + points.allowances[p];
        for (point, prototype) in points.quads.iter().zip(&prototypes.quads[tile * quads..]) {
            let (point, prototype) = (point[p].to_le_bytes(), prototype[lane].to_le_bytes());
            for d in 0..QUAD {
                sum += i32::from(point[d]) * i32::from(prototype[d].cast_signed());
            }
        }
        let product = sum as f32 * prototypes.units[tile][lane];
        (-product).mul_add(points.units[p], prototypes.halves(points.near)[tile][lane])
    }
}
