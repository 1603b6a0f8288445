"""No number of threads changes a byte. Threads are counted once a process, hence the scripts."""

import os
import subprocess
import sys

import pytest

BEGINNING = """
import hashlib

import numpy as np
import smalti

def show(*parts):
    for part in parts:
        print(hashlib.sha256(part if isinstance(part, bytes) else part.tobytes()).hexdigest())

random = np.random.default_rng(0)
"""

LARGE = """
# Large enough to be counted in parts, for a fit on gathered colours, and for scoring in strips,
# each of which has a way of its own to spread over threads.
y, x = np.mgrid[:2100, :2100]
grain = random.integers(0, 40, (2100, 2100, 3))
picture = (np.stack([x // 10, y // 10, (x + y) // 20], axis=-1) + grain).clip(0, 255)
compressed = smalti.compress(picture.astype(np.uint8), 64, effort=1)
show(compressed.to_bytes("png"), compressed.centroids, repr(compressed.report()).encode())

# 2^24 pixels, which are counted in tables.
tile = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
tiles = np.tile(tile, (64, 64, 1))
compressed = smalti.compress(tiles, 16, rate_weight=0, dither=0, effort=1)
show(compressed.indices, compressed.centroids)
"""

EFFORTS = """
# Just above and below the 65,536 pixels from which on labels are looked up in a table.
for shape in [(257, 256), (180, 180)]:
    opaque = random.integers(0, 256, (*shape, 3), dtype=np.uint8)
    clear = np.dstack([opaque, np.clip(opaque[..., 0] * 3.0 - 200, 0, 255).astype(np.uint8)])
    for picture in (opaque, clear):
        for effort in (3, 5, 7):
            image = smalti.compress(picture, 32, effort=effort)
            show(image.indices, image.palette, image.centroids)
"""

GOALS = """
# More rows than two bands have, which are searched side by side.
y, x = np.mgrid[:300, :60]
grain = random.integers(0, 30, (300, 60, 3))
opaque = (np.stack([x * 3, y // 2, x + y // 3], axis=-1) + grain).astype(np.uint8)
clear = np.dstack([opaque, np.clip(x * 9 - 100, 0, 255).astype(np.uint8)])
for picture in (opaque, clear):
    for goal in (
        {"rate_weight": 0},
        {"rate_weight": 0.4, "dither": 1},
        {"rate_weight": 0.1, "dither_method": "blue-noise"},
        {"rate_weight": 0, "dither_method": "ordered"},
        {"quality": 20},
        {"max_bytes": 6000},
    ):
        image = smalti.compress(picture, 48, **goal)
        show(image.indices, image.palette, image.centroids)
"""

BLOCKS = """
# More blocks than one chunk of the core holds, and three kinds of alpha.
opaque = random.integers(0, 256, (400, 300, 3), dtype=np.uint8)
alpha = np.clip(np.arange(400) * 3 - 300, 0, 255).astype(np.uint8)[:, np.newaxis]
clear = np.dstack([opaque, np.broadcast_to(alpha, (400, 300))])
for picture in (opaque, clear):
    image = smalti.compress(picture, 30, block=(2, 3), effort=2)
    show(image.indices, image.codebook, image.centroids)
"""

REGIONS = """
from smalti.labelmaps.export import geojson
from smalti.labelmaps.regions import absorb_small_regions, regions_of

# More rows than a few bands have, and regions that reach across all of them.
labels = random.integers(0, 3, (500, 200), dtype=np.uint8) * np.uint8(2)
labels[:, ::17] = 1
regions = regions_of(labels, pixels=random.integers(0, 256, (500, 200, 3), dtype=np.uint8))
show(regions.labels, regions.to_csv().encode(), geojson.encode(regions))
show(absorb_small_regions(labels, 9))
"""

SEGMENTS = """
from smalti.segmentation.histology.sample_slide import sample_slide

# More blocks and strips of lines than there are threads, and every kind of feature.
slide = sample_slide(300, 420).image
mask = np.hypot(*np.mgrid[-1:1:300j, -1:1:420j]) < 1
for options in (
    {},
    {"spatial_weight": 0.6},
    {"spatial_weight": 2.0, "mask": mask, "min_region": 20},
    {"spatial_weight": 0.4, "normalize": "local"},
    {"spatial_weight": 0.5, "spatial_method": "position"},
    {"texture": 1.0},
    {"space": "he", "stains": "estimate", "spatial_weight": 0.2},
    {"init_colors": ["ffffff"], "locked": True},
):
    found = smalti.segment(slide, 4, **options)
    show(found.labels, found.codebook.centroids)
show(smalti.segment(slide, preset="he", spatial_weight=0.2).labels)
"""

VECTORS = """
# More distinct points than one chunk of the core holds.
for dim in (3, 4, 5):
    points = random.normal(size=(20_000, dim))
    weights = random.uniform(1, 2, len(points))
    for init in ("k-means++", "random", "wu" if dim < 5 else points[:9]):
        result = smalti.kmeans(points, 9, init=init, max_iter=12, sample_weight=weights)
        show(result.labels, result.centroids, result.history)

# Two tiles of candidates for k-means++, and bounds that hold from one iteration to the next.
groups = random.normal(size=(900, 32))[random.integers(0, 900, 9000)] * 9
single = (groups + random.normal(size=groups.shape)).astype(np.float32)
result = smalti.kmeans(single, 900, max_iter=6)
show(result.labels, result.centroids, result.history)
"""


SUPERPIXELS = """
# Several strips and batches of them, cells cut into strips, and cells of a single pixel.
y, x = np.mgrid[:333, :421]
grain = random.integers(0, 60, (333, 421, 3))
picture = (np.stack([x // 3, y // 2, (x + y) // 5], axis=-1) + grain).clip(0, 255)
for n in (2, 300, 9000, 10**6):
    for mask in (None, (x - 200) ** 2 + (y - 150) ** 2 < 140**2):
        show(smalti.superpixels(picture.astype(np.uint8), n, mask=mask))
"""


@pytest.mark.parametrize(
    ("script", "digests"),
    [
        (LARGE, 5),
        (EFFORTS, 2 * 2 * 3 * 3),
        (GOALS, 2 * 6 * 3),
        (BLOCKS, 2 * 3),
        (REGIONS, 4),
        (SEGMENTS, 8 * 2 + 1),
        (VECTORS, 3 * 3 * 3 + 3),
        (SUPERPIXELS, 4 * 2),
    ],
    ids=[
        "large pictures",
        "efforts",
        "goals",
        "blocks",
        "regions",
        "segments",
        "vectors",
        "superpixels",
    ],
)
def test_the_number_of_threads_changes_no_byte(script, digests):
    def output(threads):
        environment = {**os.environ, "RAYON_NUM_THREADS": threads}
        command = [sys.executable, "-c", BEGINNING + script]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return run.stdout.split()

    first = output("1")
    assert len(first) == digests
    assert output("2") == first
    assert output("16") == first
