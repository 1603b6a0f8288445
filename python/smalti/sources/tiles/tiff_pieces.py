"""Reading the tiles or strips of TIFF pages."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import MissingExtraError
from smalti.sources.tiles.tiff_colors import Meaning, name_of
from smalti.sources.tiles.tiff_log import silent_tifffile
from smalti.sources.tiles.tiled_image import Failures, Samples
from smalti.sources.tiles.window import Window, pieces_met

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

__all__ = ["Pieces", "StoredPage", "check_decoder"]

_SEPARATE = 2


class StoredPage(NamedTuple):
    """A page, and an offset in bytes: its samples lie that far behind the places that it names."""

    page: "TiffPage"
    shift: int = 0


def check_decoder(name: str, page: "TiffPage") -> None:
    """Refuse a compression that nothing decodes. Otherwise every piece would be called damaged.

    Raises
    ------
    MissingExtraError
        If imagecodecs is needed, and not installed.
    ValueError, NotImplementedError
        If nothing decodes it.
    """
    try:
        page.decode(None, 0)
    except ValueError as error:
        if "imagecodecs" in str(error):
            raise _needs_imagecodecs(name, page) from None
        raise


def _needs_imagecodecs(name: str, page: "TiffPage") -> MissingExtraError:
    return MissingExtraError(
        f"{name}: its {name_of(page.compression)} tiles need imagecodecs, which is not installed: "
        "pip install 'smalti[large]'"
    )


class Pieces:
    """Reads the tiles or strips of pages, which have one size; several threads may.

    Parameters
    ----------
    name : str
    file : TiffFile
    pages : sequence of StoredPage
        One, or one for each channel.
    meaning : Meaning
    chunk : (int, int)
        Rows and columns of a piece.
    """

    def __init__(
        self,
        name: str,
        file: "TiffFile",
        pages: Sequence[StoredPage],
        meaning: Meaning,
        chunk: tuple[int, int],
    ) -> None:
        self._name = name
        self._file = file
        self._pages = pages
        self._meaning = meaning
        self._chunk = chunk
        self._lock = threading.Lock()
        page = pages[0].page
        self._shape = (page.imagelength, page.imagewidth)
        is_separate = page.planarconfig == _SEPARATE and page.samplesperpixel > 1
        self._planes = meaning.taken if is_separate else 1

    def read(self, window: Window, failures: Failures) -> Samples:
        """Return samples, and where there are none: see `Store`."""
        page = self._pages[0].page
        samples = np.zeros((*window.shape, self._meaning.taken), dtype=page.dtype)
        missing = np.zeros(window.shape, dtype=bool)
        with silent_tifffile():
            for row, column, piece in pieces_met(window, self._chunk, self._shape):
                common = piece.meeting(window)
                target = common.within(window)
                try:
                    decoded = self._decoded(row, column)
                    if decoded is not None:
                        samples[target] = decoded[common.within(piece)]
                except MemoryError:
                    raise
                except ImportError:
                    raise _needs_imagecodecs(self._name, page) from None
                except Exception as error:  # decoders raise whatever they stumble over
                    failures.add(piece, error)
                    decoded = None
                if decoded is None:
                    missing[target] = True
        bands, gaps = self._meaning.of(samples)
        missing = missing if gaps is None else missing | gaps
        return bands, missing if missing.any() else None

    def _decoded(self, row: int, column: int) -> NDArray[Any] | None:
        """Return a piece, shape (h, w, taken); None if the file does not have it."""
        down = -(-self._shape[0] // self._chunk[0])
        across = -(-self._shape[1] // self._chunk[1])
        number = row * across + column
        parts = []
        for stored in self._pages:
            for plane in range(self._planes):
                part = self._segment(stored, plane * down * across + number)
                if part is None:
                    return None
                parts.append(part)
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
        return whole[..., : self._meaning.taken]

    def _segment(self, stored: StoredPage, index: int) -> NDArray[Any] | None:
        page = stored.page
        length = page.databytecounts[index]
        if not length:
            return None
        start = page.dataoffsets[index] + stored.shift
        with self._lock:
            handle = self._file.filehandle
            if start + length > handle.size:
                raise ValueError("the file ends before it")
            handle.seek(start)
            data = handle.read(length)
        if len(data) < length:
            raise ValueError("the file ends before it")
        tables: Any = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
        decoded: Any = page.decode(data, index, **tables)
        if decoded[0] is None:
            return None
        # Depth, rows, columns, samples.
        samples: NDArray[Any] = np.asarray(decoded[0])[0]
        if page.dtype is None or samples.dtype.itemsize > page.dtype.itemsize:
            raise ValueError(f"it has samples of {samples.dtype}")
        return samples
