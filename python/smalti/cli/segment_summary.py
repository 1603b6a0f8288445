"""``summary.csv``: the areas of the same classes in many images, a row each."""

import csv
import io
from typing import TYPE_CHECKING, Any

from smalti.batch.paths import FilesRead
from smalti.batch.result_folder import ResultFolder

if TYPE_CHECKING:
    from smalti import LargeSegmentation, Segmentation

__all__ = ["Summary"]

_NAME = "summary.csv"


class Summary:
    """Collects the areas of images, and writes them.

    Parameters
    ----------
    folder : str
        Where the results are.
    read : FilesRead
        What must stay.
    overwrite : bool
        Whether an earlier summary is replaced.

    Raises
    ------
    ImageWriteError
        If there is one that is not.
    """

    def __init__(self, folder: str, read: FilesRead, *, overwrite: bool) -> None:
        self._folder = ResultFolder(folder)
        self._rows: list[dict[str, Any]] = []
        read.refuse(self._folder.of(_NAME))
        self._folder.check_files([_NAME], overwrite=overwrite)

    def add(
        self, name: str, folder: str, found: "Segmentation | LargeSegmentation", regions: int
    ) -> None:
        """Add what was found in an image, where it is, and how many regions are listed."""
        height, width = found.shape
        areas, of_tissue = found.areas_um2, found.tissue_shares
        row: dict[str, Any] = {"input": name, "output": folder}
        row |= {"width": width, "height": height, "regions": regions}
        row |= {"coherence": found.coherence}
        for i, each in enumerate(found.names):
            row[f"area {each}"] = int(found.areas[i])
            if areas is not None:
                row[f"area_um2 {each}"] = float(areas[i])
            row[f"share {each}"] = float(found.shares[i])
            if of_tissue is not None:
                row[f"share_of_tissue {each}"] = float(of_tissue[i])
        self._rows.append(row)

    def write(self) -> None:
        """Write the table, if there is anything in it; what an image lacks is empty."""
        if not self._rows:
            return
        columns = dict.fromkeys(name for row in self._rows for name in row)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        self._folder.write({_NAME: text.getvalue().encode()}, overwrite=True)
