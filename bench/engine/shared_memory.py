"""Print the bytes that `smalti.fit_palette` needs at its peak above one image of many.

    python -m bench.engine.shared_memory KIND IMAGES

KIND is a key of `KINDS`. A process of its own each time.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import smalti
from bench.common.memory import peak_bytes

# Channels and type of samples; None for an image of all opaque colours of 8 bits.
KINDS: dict[str, tuple[int, type[np.unsignedinteger[Any]]] | None] = {
    "all colours of 8 bits": None,
    "noise of 8 bits with alpha": (4, np.uint8),
    "noise of 16 bits": (3, np.uint16),
}

_SIDE = 4096


def main() -> None:
    """Measure and print."""
    kind, count = sys.argv[1], int(sys.argv[2])
    before = 0

    def images() -> Iterator[NDArray[Any]]:
        nonlocal before
        for seed in range(count):
            image = _image(kind, seed)
            before = before or peak_bytes()
            yield image

    smalti.fit_palette(images())
    print(peak_bytes() - before)


def _image(kind: str, seed: int) -> NDArray[Any]:
    noise = KINDS[kind]
    if noise is None:
        numbers = np.arange(_SIDE**2, dtype=np.uint32).reshape(_SIDE, _SIDE, 1)
        return numbers.view(np.uint8)[..., :3].copy()
    channels, dtype = noise
    random = np.random.default_rng(seed)
    high = np.iinfo(dtype).max
    return random.integers(0, high, (_SIDE, _SIDE, channels), dtype=dtype, endpoint=True)


if __name__ == "__main__":
    main()
