"""How long the program takes to start: ``smalti --help``, whole process."""

import sys

from bench.machine import median_run

REPEATS = 15


def run() -> str:
    """Return the table."""
    rows = [
        ("`python -c pass`", [sys.executable, "-c", "pass"]),
        ("`smalti --help`", [sys.executable, "-m", "smalti", "--help"]),
        ("`python -c 'import smalti'`", [sys.executable, "-c", "import smalti"]),
        ("`python -c 'import numpy'`", [sys.executable, "-c", "import numpy"]),
    ]
    lines = ["| command | seconds |", "|---|---|"]
    for label, arguments in rows:
        lines.append(f"| {label} | {median_run(arguments, REPEATS).seconds:.3f} |")
    return "\n".join(lines)
