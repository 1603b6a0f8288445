"""What the tests of images larger than memory share: sources, oracles, runs that are stopped."""

import numpy as np

import smalti
from tests.pictures import noise

HEIGHT, WIDTH = 130, 150
WINDOWS = 9


class Stopped(Exception):  # noqa: N818 - it is no error
    """What stops a run."""


class Chunked:
    """An array that knows chunks, and remembers what was taken out of it.

    It has the name of its contents, as dask's arrays have.
    """

    def __init__(self, samples, chunks=(16, 32), name="a picture"):
        self.samples, self.shape, self.dtype = samples, samples.shape, samples.dtype
        self.ndim, self.chunks, self.taken, self.name = samples.ndim, chunks, [], name

    def __dask_graph__(self):
        return None

    def __getitem__(self, places):
        self.taken.append(places)
        return self.samples[places]


def blots(height=HEIGHT, width=WIDTH, *, seed=0, channels=3, step=16):
    """A picture of smooth blots with a little noise, of few enough colours."""
    coarse = noise(height // 25 + 2, width // 25 + 2, channels, seed=seed).astype(float)
    rows, columns = np.linspace(0, 1, height), np.linspace(0, 1, width)
    down = rows * (coarse.shape[0] - 1.001)
    across = columns * (coarse.shape[1] - 1.001)
    top, left = down.astype(int)[:, None], across.astype(int)[None, :]
    f, g = (down % 1)[:, None, None], (across % 1)[None, :, None]
    smooth = (coarse[top, left] * (1 - f) + coarse[top + 1, left] * f) * (1 - g) + (
        coarse[top, left + 1] * (1 - f) + coarse[top + 1, left + 1] * f
    ) * g
    noisy = smooth + np.random.default_rng(seed).normal(0, 6, smooth.shape)
    samples = (noisy.clip(0, 255) // step * step).astype(np.uint8)
    if channels == 4:
        samples[..., 3] = np.where(samples[..., 3] < 100, 0, 255)
    return samples


def files_in(path):
    """The bytes of all files of an output."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    files = (file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def mapped(image, palette):
    """Indices of the nearest colours, as the whole image has them."""
    whole = smalti.compress(image, palette=palette, rate_weight=0, dither=0)
    np.testing.assert_array_equal(whole.palette, palette.colors)
    return whole.indices


def slowly_halved(labels):
    """The label that most of four have, the first of them in ties; written down a second time."""
    height, width = labels.shape
    found = np.zeros((-(-height // 2), -(-width // 2)), dtype=labels.dtype)
    for row in range(found.shape[0]):
        for column in range(found.shape[1]):
            four = [
                labels[min(2 * row + down, height - 1), min(2 * column + across, width - 1)]
                for down in (0, 1)
                for across in (0, 1)
            ]
            found[row, column] = max(four, key=four.count)
    return found


def quickly_halved(labels):
    """The same, by counting for each of four how many are like it."""
    height, width = labels.shape
    padded = np.pad(labels, [(0, height % 2), (0, width % 2)], mode="edge")
    four = np.stack([padded[down::2, across::2] for down in (0, 1) for across in (0, 1)])
    alike = (four[:, np.newaxis] == four).sum(axis=0)
    return np.take_along_axis(four, alike.argmax(axis=0)[np.newaxis], axis=0)[0]


def pyramid(labels, smallest=32):
    """A label map and what is made of it until both sides are short."""
    levels = [labels]
    while max(levels[-1].shape) > smallest:
        levels.append(quickly_halved(levels[-1]))
    return levels


def levels_in(path):
    """The levels of an OME-Zarr label map."""
    import zarr

    group = zarr.open_group(path, mode="r")
    attributes = group.attrs.get("ome", group.attrs)
    listed = attributes["multiscales"][0]["datasets"]
    return [np.asarray(group[dataset["path"]]) for dataset in listed]


def check_levels(found, labels):
    """The levels are these labels, and what they are when they are halved."""
    expected = pyramid(labels)
    assert [level.shape for level in found] == [level.shape for level in expected]
    for level, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(level, wanted)


def stopping(stage, after, error=Stopped):
    """Return a `progress` that raises at so manieth call of a stage."""
    calls = []

    def progress(name, _fraction):
        if name == stage:
            calls.append(name)
            if len(calls) == after:
                raise error

    return progress


def litter(folder):
    """What runs have left."""
    return sorted(path.name for path in folder.rglob("*.smalti-*"))


SOURCES = ["numpy", "dask", "one chunk", "columns", "mapped", "zarr", "zarr2", "tiff"]


def source_of(kind, samples, folder):
    """A source of samples, and the options that go with it."""
    chunks = {"dask": (32, 48), "one chunk": samples.shape[:2], "columns": (samples.shape[0], 7)}
    if kind in chunks:
        import dask.array as da

        return da.from_array(samples, chunks=(*chunks[kind], *samples.shape[2:])), {}
    path = folder / f"in.{kind}"
    if kind in ("zarr", "zarr2"):
        import zarr

        array = zarr.create_array(
            str(folder / f"in-{kind}.zarr"),
            shape=samples.shape,
            dtype=samples.dtype,
            chunks=(40, 24, *samples.shape[2:]),
            zarr_format=2 if kind == "zarr2" else 3,
            overwrite=True,
        )
        array[...] = samples
        return folder / f"in-{kind}.zarr", {}
    if kind == "tiff":
        import tifffile

        extra = ["unassalpha"] * (samples.shape[2] == 4)
        tifffile.imwrite(
            path,
            samples,
            photometric="rgb",
            tile=(48, 32),
            compression="zlib",
            extrasamples=extra,
        )
        return path, {"max_pixels": 1}
    if kind == "mapped":
        np.save(folder / "in.npy", samples)
        return np.load(folder / "in.npy", mmap_mode="r"), {"max_pixels": 1}
    return samples, {}
