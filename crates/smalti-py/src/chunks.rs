//! K-Means of points in chunks: what a chunk tells of its points.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use smalti_core::chunks::{self, Draw, Picks, Scale, Tally};

use crate::arrays::{self, AnyArray, RowsArray};
use crate::work;

/// Runs a function that takes values of either precision.
macro_rules! run {
    ($py:expr, $points:expr, $work:expr) => {
        match &$points {
            RowsArray::F64(rows) => {
                let values = rows.as_slice()?;
                work::run($py, None, |progress| $work(values, progress))?
            }
            RowsArray::F32(rows) => {
                let values = rows.as_slice()?;
                work::run($py, None, |progress| $work(values, progress))?
            }
        }
    };
}

/// Rows, keys, labels and copies.
type PickArrays<'py> = (AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, AnyArray<'py>);

#[pyfunction]
pub fn chunk_bounds<'py>(
    py: Python<'py>,
    points: RowsArray<'py>,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>)> {
    let dim = points.dim();
    let (low, high) = run!(py, points, |values, _| Ok(chunks::bounds(values, dim)));
    Ok((arrays::flat(py, low).into_any(), arrays::flat(py, high).into_any()))
}

#[pyfunction]
pub fn chunk_tally<'py>(
    py: Python<'py>,
    points: RowsArray<'py>,
    centroids: PyReadonlyArray2<'py, f64>,
    coordinate_scale: PyReadonlyArray1<'py, f64>,
    distance_scale: f64,
) -> PyResult<(AnyArray<'py>, AnyArray<'py>, AnyArray<'py>)> {
    let (k, dim) = (centroids.shape()[0], centroids.shape()[1]);
    let scale =
        Scale { coordinates: coordinate_scale.as_slice()?.to_vec(), distances: distance_scale };
    let centroids = centroids.as_slice()?;
    let Tally { counts, sums, inertia } =
        run!(py, points, |values, progress| chunks::tally(values, centroids, &scale, progress));
    let sums = sums.into_iter().flat_map(limbs).collect();
    Ok((
        arrays::flat(py, counts).into_any(),
        arrays::shaped(py, sums, [k, dim, 3])?,
        arrays::flat(py, limbs(inertia).to_vec()).into_any(),
    ))
}

#[pyfunction]
#[pyo3(signature = (points, centroids, count, *, seed, round_number, first_row))]
pub fn chunk_draws<'py>(
    py: Python<'py>,
    points: RowsArray<'py>,
    centroids: PyReadonlyArray2<'py, f64>,
    count: usize,
    seed: u64,
    round_number: u64,
    first_row: u64,
) -> PyResult<PickArrays<'py>> {
    let (dim, draw) = (points.dim(), Draw { seed, round: round_number, first_row });
    let centroids = centroids.as_slice()?;
    let picks = run!(py, points, |values, progress| {
        chunks::drawn(values, dim, draw, centroids, count, progress)
    });
    pick_arrays(py, picks, dim)
}

#[pyfunction]
pub fn chunk_costliest<'py>(
    py: Python<'py>,
    points: RowsArray<'py>,
    centroids: PyReadonlyArray2<'py, f64>,
    means: PyReadonlyArray2<'py, f64>,
    count: usize,
) -> PyResult<PickArrays<'py>> {
    let dim = points.dim();
    let means = (centroids.as_slice()?, means.as_slice()?);
    let picks = run!(py, points, |values, progress| {
        chunks::costliest(values, dim, means, count, progress)
    });
    pick_arrays(py, picks, dim)
}

fn pick_arrays(py: Python<'_>, picks: Picks, dim: usize) -> PyResult<PickArrays<'_>> {
    let count = picks.keys.len();
    Ok((
        arrays::shaped(py, picks.rows, [count, dim])?,
        arrays::flat(py, picks.keys).into_any(),
        arrays::flat(py, picks.labels).into_any(),
        arrays::flat(py, picks.copies).into_any(),
    ))
}

/// 32, 32 and the other bits of a sum, the lowest first. Those of up to 2^31 sums can be added up.
fn limbs(sum: i128) -> [i64; 3] {
    let low = |bits: i128| i64::from(bits as u32);
    [low(sum), low(sum >> 32), (sum >> 64) as i64]
}
