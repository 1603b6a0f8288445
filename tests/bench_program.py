"""Print what the benchmarks' suites are, and which images they get, as test_bench.py asks.

python -m tests.bench_program FOLDER
"""

import inspect
import json
import sys
from pathlib import Path

from bench.__main__ import SUITES
from bench.common.images import PHOTOS, UI, Images, ImagesError, images_from


def main() -> None:
    folder = Path(sys.argv[1])
    shipped = Images(None, 2)
    flat, drawn = images_from(folder / "flat", None), images_from(folder / "drawn", 1)
    told = {
        "suites": {name: list(inspect.signature(run).parameters) for name, run in SUITES.items()},
        "packages": {
            PHOTOS: [shipped.origin(PHOTOS), *shipped.photographs()],
            UI: [shipped.origin(UI), *shipped.drawings()],
        },
        "flat": {PHOTOS: [flat.origin(PHOTOS), *flat.photographs()], UI: [flat.origin(UI)]},
        "drawn": {
            PHOTOS: [drawn.origin(PHOTOS), *drawn.photographs()],
            UI: [drawn.origin(UI), *drawn.drawings()],
        },
        "refused": refusal(folder / "empty"),
    }
    sys.stdout.write(json.dumps(told))


def refusal(folder: Path) -> str:
    try:
        images_from(folder, None)
    except ImagesError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()
