"""``summary.csv``: the areas of the same classes in many images, a row each."""

import csv
import io
from typing import TYPE_CHECKING, Any

from smalti.batch.paths import FilesRead
from smalti.batch.result_folder import ResultFolder

if TYPE_CHECKING:
    from smalti.cli.segment_done import Done

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

    def add(self, done: "Done") -> None:
        """Add what was found in an image."""
        self._rows.append(done.summary())

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
