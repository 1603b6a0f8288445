"""Folders of small pictures for the tests."""

import numpy as np

import smalti
from tests.pictures import encoded

OPTIONS = smalti.CompressOptions(k=8, effort=1)
"""Quick ones, that make files of `picture` smaller."""


def picture(seed=0, side=24):
    """A smooth picture with a little noise: a palette makes its file smaller."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    waves = [np.sin(x / (3 + seed % 5)), np.cos(y / (2 + seed % 7)), np.sin((x + y) / 9)]
    pixels = 128 + 90 * np.stack(waves, axis=2) + random.normal(0, 6, (side, side, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def put(path, seed=0, kind="PNG", side=24, **options):
    """Write a picture, and make the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(picture(seed, side), kind, **options))
    return path


def state(folder):
    """The contents of all files below a folder, by their places in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(*arguments, **options):
    """All results of a run with quick options."""
    return list(smalti.compress_files(*arguments, **{"options": OPTIONS, **options}))
