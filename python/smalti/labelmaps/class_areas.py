"""How much of an image each class has."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smalti.measure.table import percent
from smalti.values import Value

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["ClassAreas"]

# Pixels of this side and more, in micrometres, are measured in metres: they are of the ground.
_METRES_FROM = 10_000.0


@dataclass(frozen=True, eq=False, repr=False)
class ClassAreas(Value):
    """How much of an image each class has.

    Attributes
    ----------
    names : tuple of K str
        What the classes are called.
    colors : uint8 array, shape (K, 3)
        Colours of the classes, sRGB.
    areas : int64 array, shape (K,)
        Pixels of each class.
    background : int or None
        The class of everything that is no tissue, if the classes are of tissue.
    pixel_size : float or None
        Side of a pixel in micrometres, if that is known.
    """

    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    areas: NDArray[np.int64]
    background: int | None
    pixel_size: float | None

    @property
    def shares(self) -> NDArray[np.float64]:
        """Areas in shares of the pixels that belong to classes, float64, shape (K,)."""
        return self.areas / max(int(self.areas.sum()), 1)

    @property
    def areas_um2(self) -> NDArray[np.float64] | None:
        """Areas in square micrometres, float64, shape (K,); None without a `pixel_size`."""
        return None if self.pixel_size is None else self.areas * np.float64(self.pixel_size**2)

    @property
    def tissue_shares(self) -> NDArray[np.float64] | None:
        """Areas in shares of all classes but the background, float64, shape (K,).

        The background itself has 0; None where no class is background.
        """
        if self.background is None:
            return None
        tissue = self.areas.copy()
        tissue[self.background] = 0
        return tissue / max(int(tissue.sum()), 1)

    def table(self) -> "Table":
        """Return the classes with their areas and shares, for a rich console."""
        from rich.table import Table
        from rich.text import Text

        table = Table(header_style="bold")
        table.add_column("class")
        table.add_column("colour")
        table.add_column("pixels", justify="right")
        area = self._area_texts()
        if area is not None:
            table.add_column(area[0], justify="right")
        table.add_column("share", justify="right")
        of_tissue = self.tissue_shares
        if of_tissue is not None:
            table.add_column("of tissue", justify="right")
        for i, (name, color) in enumerate(zip(self.names, self.colors, strict=True)):
            shares = [percent(self.shares[i])]
            if of_tissue is not None:
                shares.append("" if i == self.background else percent(of_tissue[i]))
            areas = [f"{self.areas[i]:,}", *([] if area is None else [area[1][i]])]
            table.add_row(Text(name), f"#{bytes(color).hex()}", *areas, *shares)
        return table

    def _area_texts(self) -> tuple[str, list[str]] | None:
        """Return a unit of areas and the areas in it, if the size of a pixel is known."""
        if self.areas_um2 is None or self.pixel_size is None:
            return None
        is_small = self.pixel_size < _METRES_FROM
        unit, factor = ("µm²", 1.0) if is_small else ("m²", 1e-12)
        return unit, [f"{round(area * factor):,}" for area in self.areas_um2.tolist()]
