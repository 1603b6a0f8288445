"""The engine on a photograph of 24 megapixels, and on a quarter of its pixels.

Fitting and mapping in memory, beside the least that any quantiser does; and the memory that
smalti needs meanwhile.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from bench.common.images import LARGE, rgb
from bench.common.measure import Picture, Run, picture_error
from bench.common.settings import Settings
from bench.engine.python_tools import smalti_tool
from bench.engine.rust_tools import BASELINE, PEERS, rust_tools

EFFORTS = (1, 3, 5)
K = 256


def run(settings: Settings) -> str:
    """Return the table."""
    baseline, _ = rust_tools(BASELINE)
    peers, left_out = rust_tools(PEERS)
    with tempfile.TemporaryDirectory() as folder:
        path = settings.images.large_photograph(Path(folder))
        large = rgb(path)
        memory = _memory_of_efforts(large, Path(folder))
    small = np.asarray(Image.fromarray(large).reduce(2))
    tools = [*baseline, *map(smalti_tool, EFFORTS), *peers]
    runs = {tool.name: (tool.run(small, K), tool.run(large, K)) for tool in tools}
    least = runs[baseline[0].name][1].milliseconds if baseline else None
    lines = [
        f"{path.name} from {settings.images.origin(LARGE)}, {_size(large)}, K = {K}; halved, it has"
        f" {_size(small)}. Look-ups are times that of one table look-up a pixel. Memory is the peak"
        " above input and indices.",
        "",
        "| tool | halved: ms | ms | growth | look-ups | MSE | memory |",
        "|---|---|---|---|---|---|---|",
    ]
    unfitted = [tool.name for tool in baseline]
    for name, (quarter, whole) in runs.items():
        mse = "" if name in unfitted else f"{picture_error(large, whole.quantised):.2f}"
        cells = [*_times(quarter, whole, least), mse, memory.get(name, "")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, *(f"\nLeft out, {reason}." for reason in left_out)])


def _times(quarter: Run, whole: Run, least: float | None) -> list[str]:
    return [
        f"{quarter.milliseconds:,.0f}",
        f"{whole.milliseconds:,.0f}",
        f"{whole.milliseconds / quarter.milliseconds:.2f}",
        f"{whole.milliseconds / least:,.1f}" if least else "",
    ]


def _memory_of_efforts(photo: Picture, folder: Path) -> dict[str, str]:
    """Return what smalti needs at its peak, each effort in a process of its own."""
    raw = folder / "photo.rgb"
    photo.tofile(raw)
    height, width, _ = photo.shape
    memory = {}
    for effort in EFFORTS:
        numbers = [str(number) for number in (height, width, K, effort)]
        command = [sys.executable, "-m", "bench.engine.memory", str(raw), *numbers]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        memory[smalti_tool(effort).name] = f"{int(output) / 2**20:,.0f} MiB"
    return memory


def _size(photo: Picture) -> str:
    height, width, _ = photo.shape
    return f"{width} x {height}"
