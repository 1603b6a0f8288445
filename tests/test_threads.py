import os
import subprocess
import sys

LARGE = """
import hashlib

import numpy as np
import smalti

# Large enough for the table of 2^24 bins, for a fit on gathered colours, and for scoring in
# strips, each of which has a way of its own to spread over threads.
y, x = np.mgrid[:2100, :2100]
grain = np.random.default_rng(1).integers(0, 40, (2100, 2100, 3))
picture = (np.stack([x // 10, y // 10, (x + y) // 20], axis=-1) + grain).clip(0, 255)
compressed = smalti.compress(picture.astype(np.uint8), 64, effort=1)
digest = hashlib.sha256(compressed.to_bytes("png"))
digest.update(compressed.centroids.tobytes())
digest.update(repr(compressed.report()).encode())
print(digest.hexdigest())
"""


def test_large_pictures_give_the_same_bytes_on_any_number_of_threads():
    digests = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "RAYON_NUM_THREADS": threads}
        command = [sys.executable, "-c", LARGE]
        digests.add(
            subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        )
    assert len(digests) == 1
