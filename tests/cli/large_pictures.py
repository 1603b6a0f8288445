"""Pictures that are read by parts: tiled TIFF files and Zarr, and damaged ones."""

import pytest


def tiff(path, samples, **options):
    """Write a TIFF file in tiles."""
    tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
    options = {"tile": (16, 32), "compression": "deflate", "photometric": "rgb", **options}
    tifffile.imwrite(path, samples, metadata=None, **options)
    return path


def put_zarr(path, samples, **options):
    """Write a Zarr array in chunks."""
    zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
    path.parent.mkdir(exist_ok=True)
    array = zarr.create_array(
        path, shape=samples.shape, dtype=samples.dtype, chunks=(16, 32, 3), **options
    )
    array[...] = samples
    return path


def damage(path, *numbers):
    """Write over tiles of a TIFF file."""
    tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        places = [(page.dataoffsets[i], page.databytecounts[i]) for i in numbers]
    data = bytearray(path.read_bytes())
    for at, count in places:
        data[at : at + count] = b"\xff" * count
    path.write_bytes(data)
