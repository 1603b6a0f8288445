"""``smalti inspect``."""

from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import Failures, print_json, print_notes, print_table
from smalti.cli.help import SectionedCommand
from smalti.cli.options import inputs_argument, json_option, max_pixels_option
from smalti.cli.reading import read_file
from smalti.cli.silence import silent_libraries
from smalti.cli.swatches import Swatch, swatch_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage

__all__ = ["inspect"]

_LABELS = {"colors": "colours", "input_bytes": "file bytes", "palette_bits": "codebook bits"}


_EXAMPLES = (
    ("smalti inspect small.png", "bits, palette, share of each colour"),
    ("smalti inspect *.png --json", "one line of JSON each"),
)


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@inputs_argument
@max_pixels_option
@json_option
def inspect(inputs: tuple[str, ...], max_pixels: int | None, json: bool) -> None:
    """Tell what an image file holds: size, colours, bits, palette.

    INPUTs are image files or URLs; - is stdin. A table lists the most frequent colours of the
    palette with their shares; of blocks it lists the mean colours. --json lists all colours and
    shares in the order of the palette.
    """
    failures = Failures()
    for name in inputs:
        with failures.collected({"input": name} if json else None):
            from smalti.images import inspect as images_inspect

            data, reading = read_file(name, max_pixels)
            with silent_libraries():
                found = images_inspect.from_bytes(data, reading)
            print_notes(reading.notes)
            if json:
                palette = {} if found.image is None else _palette_fields(found.image)
                print_json({"input": name, **found.to_dict(), **palette})
                continue
            click.echo(name)
            print_table(_table(found.to_dict()))
            if found.image is not None:
                print_table(_palette_table(found.image))
    failures.exit_if_any()


def _table(facts: dict[str, Any]) -> Any:
    from rich.table import Table

    from smalti.measure.table import percent

    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in facts.items():
        shown = percent(value) if name == "ratio" else value
        if name == "block":
            shown = "{} x {}".format(*value)
        if isinstance(shown, int | float):
            shown = f"{shown:,.0f}"
        label = _LABELS.get(name, name.replace("_", " "))
        table.add_row("blocks" if name == "colors" and "block" in facts else label, shown)
    return table


def _palette_of(image: "CompressedImage | BlockImage") -> "tuple[list[str], NDArray[np.int64]]":
    """Return colours as hexadecimal digits, and how often each occurs."""
    import numpy as np

    from smalti.bits import index_counts
    from smalti.images.blocks.block_image import BlockImage

    if isinstance(image, BlockImage):
        means = np.rint(image.codebook.mean(axis=(1, 2))).astype(np.uint8)
        codes = ["#" + color.tobytes().hex() for color in means]
    else:
        codes = image.palette_hex
    return codes, index_counts(image.indices, image.k)


def _palette_fields(image: "CompressedImage | BlockImage") -> dict[str, Any]:
    codes, counts = _palette_of(image)
    return {"palette": codes, "shares": (counts / image.indices.size).tolist()}


def _palette_table(image: "CompressedImage | BlockImage") -> Any:
    import numpy as np

    from smalti.images.blocks.block_image import BlockImage

    codes, counts = _palette_of(image)
    order = np.argsort(-counts, kind="stable").tolist()
    swatches = (Swatch(index, codes[index], int(counts[index])) for index in order)
    if isinstance(image, BlockImage):
        return swatch_table(swatches, image.indices.size, ("mean colour", "blocks"), "blocks")
    return swatch_table(swatches, image.indices.size)
