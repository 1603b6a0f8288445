"""Make a photograph of 24 megapixels for a clone on its own.

    python -m bench.common.large FILE

It is scikit-image's retina, enlarged and with grain added, so that it has as many distinct colours
as a camera's picture. It is made in a process of its own: Linux counts the peak memory of a process
into that of its children, whose memory the suites measure.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

SIDE = 4900


def enlarged(folder: Path) -> Path:
    """Make the photograph in a folder, and return its file."""
    path = folder / f"retina_{SIDE}x{SIDE}.png"
    subprocess.run([sys.executable, "-m", "bench.common.large", str(path)], check=True)
    return path


def main() -> None:
    """Write the photograph to the file that the command line names."""
    retina = Image.fromarray(skimage.data.retina())
    pixels = np.asarray(retina.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(0).integers(-3, 4, size=pixels.shape)
    grainy = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    Image.fromarray(grainy).save(sys.argv[1], compress_level=1)


if __name__ == "__main__":
    main()
