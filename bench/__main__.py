"""Run the suites named, or all, and put their tables into docs/benchmarks.md."""

import argparse
import re
from pathlib import Path

from bench import kmeans_photos, large_photo, startup
from bench.machine import description

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
SUITES = {
    "startup": startup.run,
    "kmeans_photos": kmeans_photos.run,
    "large_photo": large_photo.run,
}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=SUITES, help="default: all")
    parser.add_argument("--dry-run", action="store_true", help="print only, leave the page alone")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    for name in [arguments.suite] if arguments.suite else SUITES:
        table = f"{SUITES[name]()}\n\n{description()}\n"
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
