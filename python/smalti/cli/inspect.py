"""``smalti inspect``."""

from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import Failures, print_json, print_table
from smalti.cli.options import json_option
from smalti.cli.paths import source_of

if TYPE_CHECKING:
    from smalti.images.compressed_image import CompressedImage
    from smalti.measure.table import Table

__all__ = ["inspect"]

_LABELS = {"colors": "colours", "input_bytes": "file bytes", "palette_bits": "codebook bits"}

# Colours listed in a palette table; the rest is counted.
_LISTED_COLORS = 16


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@json_option
def inspect(inputs: tuple[str, ...], json: bool) -> None:
    """Tell what an image file holds: size, colours, bits, palette.

    INPUTs are image files or URLs; - is stdin. The palette's colours are listed with their shares.
    """
    failures = Failures()
    for name in inputs:
        with failures.collected():
            from smalti.images import inspect as images_inspect

            found = images_inspect.inspect(source_of(name))
            if json:
                print_json({"input": name, **found.to_dict()})
                continue
            click.echo(name)
            print_table(_table(found.to_dict()))
            if found.image is not None:
                print_table(_palette_table(found.image))
    failures.exit_if_any()


def _table(facts: dict[str, Any]) -> "Table":
    from smalti.measure.table import Table, percent

    rows = []
    for name, value in facts.items():
        shown = percent(value) if name == "ratio" else value
        if isinstance(shown, int | float):
            shown = f"{shown:,.0f}"
        rows.append((_LABELS.get(name, name.replace("_", " ")), shown))
    return Table(rows)


def _palette_table(image: "CompressedImage") -> "Table":
    import numpy as np

    from smalti.measure.table import Swatch, Table, percent
    from smalti.vectors.bits import index_counts

    counts = index_counts(image.indices, len(image.palette))
    rows = []
    for index in np.argsort(-counts, kind="stable")[:_LISTED_COLORS]:
        code = "#" + image.palette[index].tobytes().hex()
        share = percent(counts[index] / image.indices.size)
        rows.append((str(index), code, Swatch(code[:7]), f"{counts[index]:,}", share))
    rest = len(image.palette) - _LISTED_COLORS
    headings = ("index", "colour", "", "pixels", "share")
    caption = f"and {rest} more colours" if rest > 0 else ""
    return Table(rows, headings, labels=False, caption=caption)
