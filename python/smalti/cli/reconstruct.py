"""``smalti reconstruct``."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smalti.batch.paths import STANDARD
from smalti.cli.console import Failures, print_notes
from smalti.cli.help import SectionedCommand
from smalti.cli.options import (
    FILE_NAME,
    destination_for,
    force_option,
    inputs_argument,
    max_pixels_option,
    quiet_option,
)
from smalti.cli.reading import read_file
from smalti.cli.silence import silent_libraries

if TYPE_CHECKING:
    from smalti import BlockImage, CompressedImage

__all__ = ["reconstruct"]


_EXAMPLES = (("smalti reconstruct photo.npz -o photo.png", "every index as its colour"),)


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@inputs_argument
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    metavar="OUT",
    help="Output file of any format Pillow writes; or a folder, which is made; - is "
    "stdout (PNG). Default: beside the input.",
)
@force_option
@max_pixels_option
@quiet_option
def reconstruct(
    inputs: tuple[str, ...], out: str | None, force: bool, max_pixels: int | None, quiet: bool
) -> None:
    """Write compressed pictures as true-colour images.

    Every index becomes its colour. INPUTs are compressed pictures (.npz, indexed PNG, WebP); - is
    stdin.
    """
    destination = destination_for(out, "-reconstructed.png", inputs)
    failures = Failures()
    for name in inputs:
        with failures.collected():
            from smalti.images import load

            output = destination.claim(name, overwrite=force)
            data, reading = read_file(name, max_pixels)
            with silent_libraries():
                image = load.from_bytes(data, reading)
            print_notes(reading.notes)
            encoded = _encoded(image, output)
            destination.write(output, encoded, overwrite=force)
            if output != STANDARD and not quiet:
                click.echo(_told(image, output, len(encoded)))
    failures.exit_if_any()


def _told(image: "CompressedImage | BlockImage", output: str, size: int) -> str:
    from smalti import BlockImage

    height, width = image.shape
    entries = f"{image.k} {'blocks' if isinstance(image, BlockImage) else 'colours'}"
    return f"{output}: {width} x {height}, {entries}, {size:,} bytes"


def _encoded(image: "CompressedImage | BlockImage", output: str) -> bytes:
    from PIL import Image

    from smalti.exceptions import ImageWriteError

    Image.init()
    suffix = ".png" if output == STANDARD else Path(output).suffix.lower()
    format_name = Image.EXTENSION.get(suffix)
    if format_name not in Image.SAVE:
        raise ImageWriteError(f"{output}: pictures cannot be written with the ending {suffix!r}")
    buffer = io.BytesIO()
    try:
        Image.fromarray(image.reconstruct()).save(buffer, format_name)
    except (OSError, ValueError) as error:  # JPEG has no alpha, and the like
        raise ImageWriteError(f"{output}: cannot be written as {format_name}: {error}") from None
    return buffer.getvalue()
