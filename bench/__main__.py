"""Run the suites named, or all, and put their tables into docs/benchmarks.md."""

import argparse
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    blocks,
    deflate,
    engine_effort,
    engine_large,
    engine_peers,
    held_out,
    large_photo,
    potts,
    rate_curves,
    rate_time,
    segmentation,
    startup,
    superpixels,
    vectors,
)
from bench.machine import description
from bench.settings import Settings

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
# Whole processes come first: Linux counts this process's peak memory into its children's.
SUITES: dict[str, Callable[[Settings], str]] = {
    "startup": lambda _: startup.run(),
    "large_photo": lambda _: large_photo.run(),
    "rate_time": lambda _: rate_time.run(),
    "engine_effort": engine_effort.run,
    "engine_peers": engine_peers.run,
    "engine_large": lambda _: engine_large.run(),
    "deflate": deflate.run,
    "vectors": vectors.run,
    "blocks": blocks.run,
    "segmentation": segmentation.run,
    "held_out": held_out.run,
    "potts": lambda _: potts.run(),
    "superpixels": superpixels.run,
    "rate_curves": rate_curves.run,
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
