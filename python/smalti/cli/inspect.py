"""``smalti inspect``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from smalti.cli.console import Failures, print_json, print_table
from smalti.cli.options import Json
from smalti.cli.paths import read_standard_input

if TYPE_CHECKING:
    from smalti.images.compressed_image import CompressedImage

__all__ = ["inspect"]

# Colours listed in a palette table; the rest is counted.
_LISTED_COLORS = 16


def inspect(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Image files or URLs; - is stdin.")
    ],
    json: Json = False,
) -> None:
    """Tell what an image file holds: size, colours, bits, and the palette's shares."""
    failures = Failures()
    for name in inputs:
        with failures.collected():
            data, fields, image = _inspected(name)
            if json:
                print_json(fields)
                continue
            print_table(_table(fields))
            if image is not None:
                print_table(_palette_table(image))
            del data
    failures.exit_if_any()


def _inspected(name: str) -> tuple[bytes, dict[str, Any], "CompressedImage | None"]:
    import smalti
    from smalti import _core
    from smalti.images.decode import opened
    from smalti.images.read import read, read_bytes

    data, _ = read_bytes(read_standard_input(name))
    fields: dict[str, Any] = {"input": name, "input_bytes": len(data)}
    if data.startswith(b"PK"):
        image: CompressedImage | None = smalti.load(data)
        fields |= {"format": "NPZ", "mode": "indexed"}
    else:
        pillow = opened(data, name)
        fields |= {"format": pillow.format, "mode": pillow.mode}
        image = smalti.load(data) if pillow.mode == "P" else None
    if image is None:
        source = read(data)
        height, width = source.pixels.shape[:2]
        original_bits, colors = source.original_bits, _core.count_colors(source.pixels)
    else:
        height, width = image.indices.shape
        original_bits, colors = image.original_bits, len(image.palette)
    fields |= {"width": width, "height": height, "colors": colors, "original_bits": original_bits}
    if image is not None:
        report = image.report()
        fields |= {
            "index_bits": report.index_bits,
            "palette_bits": report.palette_bits,
            "compressed_bits": report.compressed_bits,
            "ratio": report.ratio,
            "entropy_bits": report.entropy_bits,
        }
    return data, fields, image


def _table(fields: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(title=fields["input"], title_justify="left", show_header=False)
    for name, value in fields.items():
        if name != "input":
            shown = f"{value:,.4g}" if isinstance(value, float) and value < 100 else value
            shown = f"{value:,.0f}" if isinstance(value, int | float) and value >= 100 else shown
            table.add_row(name.replace("_", " "), str(shown))
    return table


def _palette_table(image: "CompressedImage") -> Any:
    import numpy as np
    from rich.table import Table
    from rich.text import Text

    from smalti.measure.table import percent

    counts = np.bincount(image.indices.ravel(), minlength=len(image.palette))
    table = Table(header_style="bold")
    for heading in ("index", "colour", "", "pixels", "share"):
        table.add_column(heading, justify="right")
    for index in np.argsort(-counts, kind="stable")[:_LISTED_COLORS]:
        code = "#" + image.palette[index].tobytes().hex()
        swatch = Text("      ", style=f"on {code[:7]}")
        share = percent(counts[index] / image.indices.size)
        table.add_row(str(index), code, swatch, f"{counts[index]:,}", share)
    rest = len(image.palette) - _LISTED_COLORS
    if rest > 0:
        table.caption = f"and {rest} more colours"
    return table
