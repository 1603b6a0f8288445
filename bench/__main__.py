"""Run the suites named, or all, and put their tables into docs/benchmarks.md."""

import argparse
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.common.machine import description
from bench.common.settings import Settings
from bench.engine import effort, large, peers
from bench.process import large_photo, startup
from bench.rate import curves, deflate, time
from bench.segmentation import held_out, potts, segment, superpixels
from bench.vectors import blocks, kmeans

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
# Whole processes come first: Linux counts this process's peak memory into its children's.
SUITES: dict[str, Callable[[Settings], str]] = {
    "startup": lambda _: startup.run(),
    "large_photo": lambda _: large_photo.run(),
    "rate_time": lambda _: time.run(),
    "engine_effort": effort.run,
    "engine_peers": peers.run,
    "engine_large": lambda _: large.run(),
    "deflate": deflate.run,
    "vectors": kmeans.run,
    "blocks": blocks.run,
    "segmentation": segment.run,
    "held_out": held_out.run,
    "potts": lambda _: potts.run(),
    "superpixels": superpixels.run,
    "rate_curves": curves.run,
}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=SUITES, help="default: all")
    parser.add_argument("--dry-run", action="store_true", help="print only, leave docs/ alone")
    parser.add_argument("--photos", type=int, metavar="N", help="N photographs only, for a trial")
    parser.add_argument("--peer", action="append", default=[], help="this peer only, for a trial")
    parser.add_argument("--class", action="append", default=[], dest="classes", help="photos, ui")
    arguments = parser.parse_args()
    images = Path(tempfile.mkdtemp()) if arguments.dry_run else DOCS / "images"
    settings = Settings(arguments.photos, images, tuple(arguments.peer), tuple(arguments.classes))
    page = PAGE.read_text(encoding="utf-8")
    for name in [arguments.suite] if arguments.suite else SUITES:
        table = f"{SUITES[name](settings)}\n\n{description()}\n"
        print(f"## {name}\n\n{table}", flush=True)
        page = _replaced(page, name, table)
    if not arguments.dry_run:
        PAGE.write_text(page, encoding="utf-8")


def _replaced(page: str, name: str, table: str) -> str:
    start, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"docs/benchmarks.md has no place marked {start!r}")
    return pattern.sub(lambda _: f"{start}\n{table}\n{end}", page)


if __name__ == "__main__":
    main()
