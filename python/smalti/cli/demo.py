"""``smalti demo``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smalti.batch.paths import FilesRead
from smalti.cli.console import Failures, print_table
from smalti.cli.help import SectionedCommand
from smalti.cli.options import FILE_NAME, max_pixels_option
from smalti.cli.reading import read_image
from smalti.cli.reporter import Reporter
from smalti.cli.terminal import folded, table_width

if TYPE_CHECKING:
    from smalti.images.sweep import Sweep

__all__ = ["demo"]

# K of the tutorial, and the default.
_COLORS = (2, 3, 6, 16, 256)

_FIGURE = "comparison.png"

# Photographs that scikit-image ships: a cat, a cup of coffee, stained tissue.
_PHOTOS = ("chelsea", "coffee", "immunohistochemistry")


_EXAMPLES = (
    ("smalti demo", "three photographs"),
    ("smalti demo photo.jpg -o results/", "a photograph of your own"),
)


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("input_", metavar="[INPUT]", required=False, type=FILE_NAME)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    default="demo-output",
    help="Folder for the results; made if needed.",
)
@max_pixels_option
def demo(input_: str | None, out: Path, max_pixels: int | None) -> None:
    """Compress real photographs at K = 2, 3, 6, 16 and 256.

    INPUT is your own image. Default: three photographs that scikit-image ships.

    It is plain K-Means, as of sweep: nearest colours, no dots.

    Writes every result and one figure that compares them; earlier results of the demo are
    overwritten.
    """
    failures = Failures()
    with Reporter(enabled=True) as reporter, failures.collected():
        import smalti
        from smalti.exceptions import ImageWriteError
        from smalti.files import write_atomically
        from smalti.measure.plot import comparison_figure, figure_bytes, require_matplotlib

        require_matplotlib()
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageWriteError(f"{out}: cannot be made: {error.strerror}") from None
        read = FilesRead([] if input_ is None else [(input_, "the input")])
        read.refuse(out / _FIGURE)
        sweeps, rows = {}, []
        for name, image in _images(input_, max_pixels):
            reporter.start(name)
            for k in _COLORS:
                read.refuse(out / _file_name(name, k))
            sweeps[name] = smalti.sweep(image, _COLORS, progress=reporter.update)
            rows.append(sweeps[name].panels(original=image))
            _save_results(sweeps[name], name, out)
        figure = comparison_figure(rows)
        write_atomically(out / _FIGURE, figure_bytes(figure))
        reporter.finish()
        for name, result in sweeps.items():
            click.echo(name)
            for table in folded(result.table(), table_width()):
                print_table(table)
        click.echo(f"The pictures are in {out}/, side by side in {out / 'comparison.png'}")
    failures.exit_if_any()


def _images(input_: str | None, max_pixels: int | None) -> Iterator[tuple[str, Any]]:
    if input_ is not None:
        yield Path(input_).stem, read_image(input_, max_pixels)
        return
    try:
        import skimage.data
    except ImportError:
        from smalti.exceptions import MissingExtraError

        raise MissingExtraError(
            "the demo's photographs come with scikit-image, which is not installed: "
            "pip install 'smalti[demo]', or name an image of your own"
        ) from None
    for name in _PHOTOS:
        yield name, getattr(skimage.data, name)()


def _file_name(name: str, k: int) -> str:
    return f"{name}-k{k}.png"


def _save_results(result: "Sweep", name: str, out: Path) -> None:
    from smalti.files import write_atomically

    for k, data in zip(_COLORS, result.files, strict=True):
        write_atomically(out / _file_name(name, k), data)
