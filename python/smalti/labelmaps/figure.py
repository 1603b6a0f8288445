"""The figure of a label map: image, overlay and classes, and how much each class has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from smalti.measure.plot import Panel, picture_row, require_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from smalti.labelmaps.class_map import ClassMap
    from smalti.sources.source_image import SourceImage

__all__ = ["class_map_figure"]

_LEGEND_COLUMNS = 3
_LEGEND_ROW_INCHES = 0.2


def class_map_figure(found: "ClassMap", texts: Sequence[str], original: "SourceImage") -> "Figure":
    """Return a figure of the image, the overlay and the classes.

    Parameters
    ----------
    found : ClassMap
    texts : sequence of K str
        What the legend says of each class.
    original : SourceImage
        The image.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.patches import Patch

    colors = found.display_colors / np.float64(255)
    handles = [Patch(color=color, label=text) for color, text in zip(colors, texts, strict=True)]
    panels = [
        Panel("image", original.pixels),
        Panel("overlay", found.overlay(original)),
        Panel("classes in their colours", found.reconstruct()),
    ]
    figure = picture_row(panels)
    rows = -(-len(handles) // _LEGEND_COLUMNS)
    figure.set_figheight(figure.get_figheight() + _LEGEND_ROW_INCHES * (rows - 0.5))
    legend = figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=_LEGEND_COLUMNS,
        frameon=False,
        fontsize=9,
    )
    for label in legend.get_texts():
        # A $ in a name is a dollar, not mathematics.
        label.set_parse_math(False)
    return figure
