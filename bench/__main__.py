"""Run the suites named, or all, and put their tables into docs/benchmarks.md."""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.common.images import KINDS, ImagesError, images_from
from bench.common.machine import description
from bench.common.settings import Settings
from bench.dask import cluster, same_bytes, slides, small_files
from bench.dask import kmeans as dask_kmeans
from bench.engine import effort, large, peers, shared
from bench.process import large_photo, startup
from bench.rate import curves, deflate, everyday, folder, many_files, pngquant_quality, time
from bench.rate.animations import curves as animation_curves
from bench.scale import gigapixel, reach
from bench.segmentation import held_out, potts, segment, superpixels
from bench.vectors import blocks, kmeans

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
_IMAGES_HELP = (
    "a folder of photographs, or one with folders of pictures by kind: "
    f"{', '.join(KINDS)}; default: the shared collection beside the clone, if it is there; what is"
    " missing comes from packages"
)
# Whole processes come first: Linux counts this process's peak memory into its children's.
SUITES: dict[str, Callable[[Settings], str]] = {
    "startup": startup.run,
    "folder": folder.run,
    "many_files": many_files.run,
    "large_photo": large_photo.run,
    "rate_time": time.run,
    "engine_effort": effort.run,
    "engine_peers": peers.run,
    "engine_large": large.run,
    "gigapixel": gigapixel.run,
    "cluster": cluster.run,
    "cluster_files": small_files.run,
    "cluster_slides": slides.run,
    "cluster_bytes": same_bytes.run,
    "shared_palette": shared.run,
    "animation": animation_curves.run,
    "deflate": deflate.run,
    "everyday": everyday.run,
    "pngquant_quality": pngquant_quality.run,
    "vectors": kmeans.run,
    "dask_vectors": dask_kmeans.run,
    "blocks": blocks.run,
    "segmentation": segment.run,
    "held_out": held_out.run,
    "potts": potts.run,
    "superpixels": superpixels.run,
    "tiled_labels": reach.run,
    "rate_curves": curves.run,
}


def main() -> None:
    """Parse the command line and run."""
    parser = _parser()
    arguments = parser.parse_args()
    figures = Path(tempfile.mkdtemp()) if arguments.dry_run else DOCS / "images"
    try:
        images = images_from(arguments.images, arguments.photos)
        settings = Settings(images, figures, tuple(arguments.peer), tuple(arguments.classes))
        suites = [arguments.suite] if arguments.suite else list(SUITES)
        left_out = [name for name in suites if not _is_run(name, settings, arguments.dry_run)]
    except ImagesError as error:
        parser.error(str(error))
    if left_out:
        raise SystemExit(f"left out: {', '.join(left_out)}")


def _is_run(name: str, settings: Settings, dry_run: bool) -> bool:
    """Run a suite and put its table in its place, unless it lacks what it cannot do without."""
    try:
        table = f"{SUITES[name](settings)}\n\n{description()}\n"
    except ImportError as error:
        print(f"{name} is left out: {error}; the extra bench installs it", file=sys.stderr)
        return False
    print(f"## {name}\n\n{table}", flush=True)
    page = _replaced(PAGE.read_text(encoding="utf-8"), name, table)
    if not dry_run:
        PAGE.write_text(page, encoding="utf-8")
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=SUITES, help="default: all")
    parser.add_argument("--dry-run", action="store_true", help="print only, leave docs/ alone")
    parser.add_argument("--images", type=Path, metavar="DIR", help=_IMAGES_HELP)
    parser.add_argument("--photos", type=count, metavar="N", help="N pictures only, for a trial")
    parser.add_argument("--peer", action="append", default=[], help="this peer only, for a trial")
    parser.add_argument("--class", action="append", default=[], dest="classes", help="photos, ui")
    return parser


def count(text: str) -> int:
    """Return how many pictures a trial has."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number


def _replaced(page: str, name: str, table: str) -> str:
    start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"docs/benchmarks.md has no place marked {start!r}")
    return pattern.sub(lambda _: f"{start}\n{table}\n{end}", page)


if __name__ == "__main__":
    main()
