"""Running the program, in a process of its own or in this one."""

import json
import subprocess
import sys
import warnings

from click.testing import CliRunner
from PIL import Image

from smalti.cli.app import app

# The keys of a line of `smalti compress --json`, which other programs rely on.
JSON_KEYS = [
    "input",
    "output",
    "width",
    "height",
    "colors",
    "rate_weight",
    "dither",
    "input_bytes",
    "output_bytes",
    "original_bits",
    "index_bits",
    "palette_bits",
    "compressed_bits",
    "ratio",
    "entropy_bits",
    "mse",
    "psnr",
    "ssimulacra2",
    "worst_local_error",
    "seconds",
]


def run(*arguments, stdin=b"", **options):
    """Run `python -m smalti` to its end; stdout and stderr are bytes."""
    command = [sys.executable, "-m", "smalti", *map(str, arguments)]
    options = {"capture_output": True, "timeout": 60, **options}
    finished = subprocess.run(command, input=stdin, check=False, **options)
    assert b"Traceback" not in (finished.stderr or b""), finished.stderr
    return finished


def invoke(*arguments, stdin=None):
    """Run the program in this process, which is quicker; nothing but an exit may be raised."""
    with warnings.catch_warnings():
        # As the program does when it starts.
        warnings.simplefilter("ignore")
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def names(folder):
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def colors_of(path):
    """How many colours an indexed file shows."""
    with Image.open(path) as image:
        assert image.mode == "P"
        return len(image.getcolors())
