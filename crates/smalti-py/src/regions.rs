//! Connected regions of label maps, small ones absorbed, and outlines.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use smalti_core::regions::{self, Connectivity, Region, geojson};

use crate::arrays::{self, AnyArray, ImageArray};
use crate::work;

fn connectivity_of(neighbours: u8) -> PyResult<Connectivity> {
    match neighbours {
        4 => Ok(Connectivity::Four),
        8 => Ok(Connectivity::Eight),
        other => Err(PyValueError::new_err(format!("unknown connectivity {other}"))),
    }
}

/// Of each region its class, area, bounds, sums of rows and columns, edges and corners of its outline,
/// and whether it touches the border.
type Columns<'py> =
    (AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, AnyArray<'py>, AnyArray<'py>);

/// Numbers of pixels, and the figures of regions.
#[pyfunction]
pub fn connected_regions<'py>(
    py: Python<'py>,
    labels: PyReadonlyArray2<'py, u8>,
    connectivity: u8,
) -> PyResult<(AnyArray<'py>, Columns<'py>)> {
    let shape = [labels.shape()[0], labels.shape()[1]];
    let (values, connectivity) = (labels.as_slice()?, connectivity_of(connectivity)?);
    let found =
        work::run(py, None, |progress| regions::regions(values, shape[1], connectivity, progress))?;
    Ok((arrays::shaped(py, found.numbers, shape)?, columns(py, &found.figures)?))
}

/// The figures of regions, each a column.
fn columns<'py>(py: Python<'py>, figures: &[Region]) -> PyResult<Columns<'py>> {
    let count = figures.len();
    let all = || figures.iter();
    let pairs = |pair: fn(&Region) -> [u64; 2]| {
        arrays::shaped(py, all().flat_map(pair).map(u64::cast_signed).collect(), [count, 2])
    };
    let bounds = all().flat_map(|region| region.bounds).map(i64::from).collect();
    Ok((
        arrays::flat(py, all().map(|region| region.class).collect()).into_any(),
        arrays::flat(py, all().map(|region| region.area.cast_signed()).collect()).into_any(),
        arrays::shaped(py, bounds, [count, 4])?,
        pairs(|region| [region.row_sum, region.column_sum])?,
        pairs(|region| [region.edges, region.corners])?,
        arrays::flat(py, all().map(|region| region.touches_border).collect()).into_any(),
    ))
}

/// The regions of a label map of which some rows are there at a time.
#[pyclass(module = "smalti._core")]
pub struct RegionStream {
    stream: regions::RegionStream,
    width: usize,
    min_area: u64,
    outlines: bool,
    /// The number of the next region.
    next: u32,
}

#[pymethods]
impl RegionStream {
    #[new]
    #[pyo3(signature = (width, height, *, min_area, outlines))]
    fn new(width: usize, height: usize, min_area: u64, outlines: bool) -> Self {
        let stream = regions::RegionStream::new(width, height, outlines);
        Self { stream, width, min_area, outlines, next: 1 }
    }

    /// Pixels of each label seen so far, pairs of neighbours that belong to regions, and those of them
    /// that belong to one.
    fn totals(&self) -> ([u64; 256], u64, u64) {
        let totals = self.stream.totals();
        (totals.areas, totals.pairs, totals.same)
    }

    /// Takes some more rows. Returns the figures of regions that have ended and are large enough, and
    /// the `GeoJSON` geometry of each if outlines are wanted.
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        labels: PyReadonlyArray2<'py, u8>,
    ) -> PyResult<(Columns<'py>, Vec<String>)> {
        if labels.shape()[1] != self.width {
            return Err(PyValueError::new_err(format!("rows of {} labels", labels.shape()[1])));
        }
        let (values, min_area) = (labels.as_slice()?, self.min_area);
        let (stream, outlines, next) = (&mut self.stream, self.outlines, self.next);
        let (figures, geometries) = work::run(py, None, |progress| {
            let mut ended = stream.push(values, progress)?;
            ended.retain(|ended| ended.figures.area >= min_area);
            let placement = geojson::Placement { scale: 1.0, origin: [0.0; 2] };
            let geometries = if outlines {
                geojson::geometries(&regions::outlines_of(&ended, next), placement)
            } else {
                Vec::new()
            };
            let figures: Vec<Region> = ended.iter().map(|ended| ended.figures).collect();
            Ok((figures, geometries))
        })?;
        self.next += figures.len() as u32;
        Ok((columns(py, &figures)?, geometries.into_iter().map(|(_, text)| text).collect()))
    }
}

#[pyfunction]
pub fn region_colors<'py>(
    py: Python<'py>,
    numbers: PyReadonlyArray2<'py, u32>,
    count: usize,
    pixels: ImageArray<'py>,
) -> PyResult<AnyArray<'py>> {
    let (numbers, pixels) = (numbers.as_slice()?, pixels.pixels(py)?);
    let colors =
        work::run(py, None, |progress| regions::mean_colors(numbers, count, &pixels, progress))?;
    arrays::shaped(py, colors.into_flattened(), [count, 3])
}

#[pyfunction]
pub fn absorb_small_regions<'py>(
    py: Python<'py>,
    labels: PyReadonlyArray2<'py, u8>,
    min_area: u64,
    connectivity: u8,
) -> PyResult<AnyArray<'py>> {
    let shape = [labels.shape()[0], labels.shape()[1]];
    let (values, connectivity) = (labels.as_slice()?, connectivity_of(connectivity)?);
    let absorbed = work::run(py, None, |progress| {
        regions::absorbed(values, shape[1], min_area, connectivity, progress)
    })?;
    arrays::shaped(py, absorbed, shape)
}

/// The numbers of the regions wanted, and the `GeoJSON` geometry of each.
#[pyfunction]
pub fn region_geometries<'py>(
    py: Python<'py>,
    numbers: PyReadonlyArray2<'py, u32>,
    wanted: PyReadonlyArray1<'py, bool>,
    scale: f64,
    origin: [f64; 2],
) -> PyResult<Vec<(u32, String)>> {
    let width = numbers.shape()[1];
    let (numbers, wanted) = (numbers.as_slice()?, wanted.as_slice()?);
    let placement = geojson::Placement { scale, origin };
    work::run(py, None, |progress| {
        let outlines = regions::outlines(numbers, width, wanted, progress)?;
        Ok(geojson::geometries(&outlines, placement))
    })
}
