"""Read all parts of an image once, on as many threads as there are processors.

python -m bench.scale.reading IMAGE
"""

import sys

from smalti.parallel import PixelBudget, in_order, usable_cpus
from smalti.sources.tiles.tiff_pages import open_tiff
from smalti.sources.tiles.window import Window


def main() -> None:
    """Read."""
    image = open_tiff(sys.argv[1])

    def read(_turn: int, window: Window, _budget: PixelBudget) -> None:
        image.region(window)

    for _ in in_order(image.parts(), read, usable_cpus()):
        pass


if __name__ == "__main__":
    main()
