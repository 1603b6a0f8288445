"""Write the parts of the documentation that are made from the program itself.

    python docs/generate.py

``docs/cli.md`` from ``--help``, the README's picture from ``smalti demo``, the curve of
docs/vectors.md from its own data, and the figures of docs/segmentation.md.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import skimage.data
from matplotlib.figure import Figure
from PIL import Image

import smalti
from smalti.cli.app import COMMANDS, app
from smalti.measure.plot import Panel, figure_bytes, picture_row
from smalti.segmentation.histology.sample_slide import sample_slide

DOCS = Path(__file__).resolve().parent
README_PIXELS = 1600
HELP_WIDTH = 88  # characters
HEADER = """# Command line

Made from `--help` by `make docs`.
"""


def main() -> None:
    """Write all of them."""
    elbow_curve(DOCS / "images" / "elbow.svg")
    segmented_slide(DOCS / "images" / "segmentation-slide.png")
    spatial_weights(DOCS / "images" / "segmentation-spatial.png")
    (DOCS / "cli.md").write_text(command_line_page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "smalti", "demo", "-o", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with Image.open(Path(folder) / "comparison.png") as figure:
            figure.thumbnail((README_PIXELS, README_PIXELS))
            smalti.compress(figure, k=256, effort=8).save(DOCS / "images" / "demo.png")


def elbow_curve(path: Path) -> None:
    """Draw the distortion curve of the five groups in docs/vectors.md."""
    import matplotlib as mpl

    random = np.random.default_rng(3)
    centers = np.array([[0, 0], [8, 0], [0, 8], [8, 8], [4, 4]])
    points = np.repeat(centers, 200, axis=0) + random.normal(size=(1000, 2))
    # Fixed names of the parts, and no date: the same curve gives the same file.
    with mpl.rc_context({"svg.hashsalt": "smalti"}):
        smalti.elbow(points, k=range(1, 9)).figure().savefig(path, metadata={"Date": None})


def segmented_slide(path: Path) -> None:
    """Draw the made slide of docs/segmentation.md and its classes."""
    found = smalti.segment(sample_slide().image, preset="he", spatial_weight=0.2)
    save_figure(found.figure(), path)


def spatial_weights(path: Path) -> None:
    """Draw stained tissue that scikit-image ships, segmented with more and more weight."""
    tissue = skimage.data.immunohistochemistry()[:300, :300]
    panels = [Panel("image", tissue)]
    for weight in (0.0, 0.4, 1.6):
        found = smalti.segment(tissue, 3, spatial_weight=weight)
        regions = len(found.regions())
        panels.append(Panel(f"weight {weight:g}, {regions:,} regions", found.reconstruct()))
    save_figure(picture_row(panels), path)


def save_figure(figure: Figure, path: Path) -> None:
    """Save a figure as a small PNG."""
    with Image.open(io.BytesIO(figure_bytes(figure))) as picture:
        smalti.compress(picture.convert("RGB"), k=256, effort=8).save(path)


def command_line_page() -> str:
    """Return the help of the program and of each of its commands."""
    with app.make_context("smalti", [], resilient_parsing=True, terminal_width=HELP_WIDTH) as main:
        sections = [section(main)]
        for name in COMMANDS:
            command = app.get_command(main, name)
            assert command is not None, name
            with command.make_context(name, [], parent=main, resilient_parsing=True) as context:
                sections.append(section(context))
    return "\n".join([HEADER, *sections])


def section(context: click.Context) -> str:
    """Return a heading and the help text below it."""
    lines = [line.rstrip() for line in context.get_help().splitlines()]
    text = "\n".join(lines).strip("\n")
    return f"## {context.command_path}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    main()
