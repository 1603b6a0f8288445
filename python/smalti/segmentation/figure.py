"""The figure of a segmentation: image, overlay and classes, and how much each class has."""

from typing import TYPE_CHECKING

import numpy as np

from smalti.measure.plot import Panel, picture_row, require_matplotlib
from smalti.measure.table import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from smalti.segmentation.segmentation import Segmentation

__all__ = ["segmentation_figure"]


def segmentation_figure(segmentation: "Segmentation") -> "Figure":
    """Return the figure; `Segmentation.figure` tells what it shows."""
    require_matplotlib()
    from matplotlib.patches import Patch

    of_tissue = segmentation.tissue_shares
    background = segmentation.classifier.background
    handles = []
    for i, name in enumerate(segmentation.names):
        text = f"{name}: {percent(segmentation.shares[i])}"
        if of_tissue is not None and i != background:
            text += f", {percent(of_tissue[i])} of tissue"
        handles.append(Patch(color=segmentation.display_colors[i] / np.float64(255), label=text))
    panels = [
        Panel("image", segmentation.source.pixels),
        Panel("overlay", segmentation.overlay()),
        Panel("classes in their colours", segmentation.reconstruct()),
    ]
    figure = picture_row(panels)
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9
    )
    for label in legend.get_texts():
        # A $ in a name is a dollar, not mathematics.
        label.set_parse_math(False)
    return figure
