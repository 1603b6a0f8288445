"""The result of segmenting an image by parts."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from smalti.labelmaps.class_areas import ClassAreas
from smalti.measure.table import as_text
from smalti.segmentation.classifier import PixelClassifier
from smalti.sources.note import Note

__all__ = ["LargeSegmentation"]


@dataclass(frozen=True, eq=False, repr=False)
class LargeSegmentation(ClassAreas):
    """The classes of an image that was segmented by parts.

    Attributes
    ----------
    names, colors, areas, background, pixel_size
        As of `ClassAreas`.
    folder : Path or str
        Where the files are: ``labels.ome.zarr``, ``overlay.png``, ``areas.csv``, ``regions.csv``,
        ``classes.npz``, and what was asked for of ``regions.geojson`` and ``densities.ome.zarr``. A
        URL is a string.
    shape : (int, int)
        Height and width.
    coherence : float
        Share of the pairs of neighbouring pixels that are of one class; 1 without pairs.
    classifier : PixelClassifier
        The classes, for other images.
    regions : int
        Regions that are listed.
    notes : tuple of Note
        What there is to tell: parts that cannot be read, classes of a preset that are lacking.
    """

    folder: Path | str
    shape: tuple[int, int]
    coherence: float
    classifier: PixelClassifier
    regions: int
    notes: tuple[Note, ...]

    def to_csv(self) -> str:
        """Return the classes with their areas and shares as CSV, a row each."""
        of_tissue, areas = self.tissue_shares, self.areas_um2
        columns = {
            "class": self.names,
            "color": [f"#{bytes(color).hex()}" for color in self.colors],
            "area": self.areas.tolist(),
            **({} if areas is None else {"area_um2": areas.tolist()}),
            "share": self.shares.tolist(),
            **({} if of_tissue is None else {"share_of_tissue": of_tissue.tolist()}),
        }
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    def __str__(self) -> str:
        return f"{self.folder}\n{as_text(self.table())}"

    def __repr__(self) -> str:
        height, width = self.shape
        return (
            f"<LargeSegmentation in {self.folder}, {width} x {height}, {len(self.names)} classes>"
        )
