"""A palette: colours, and how many pixels have each."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from smalti.colors import Color, Colors, colors_of
from smalti.exceptions import InvalidParameterError
from smalti.files import Target, is_file_object, write
from smalti.formats.palette_format import Swatches
from smalti.formats.palette_registry import (
    encoded_palette,
    loaded_palette,
    palette_format_named,
    palette_format_of_path,
)
from smalti.images.picture_base import check_arrays
from smalti.options import MAX_COLORS
from smalti.raw_array import RawArray
from smalti.validation import one_of
from smalti.values import Value, counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SORTS", "Palette"]

SORTS = ("lightness", "hue", "weight")
"""What palettes can be sorted by."""

# Chroma, in OKLab, below which a colour is grey and its hue means nothing.
_GREY = 0.02

# Colours in a row of a notebook, and what shows one.
_IN_A_ROW = 32
_SQUARE = (
    '<span title="{0}" style="display:inline-block;width:1.5em;height:1.5em;background:{0}"></span>'
)


@dataclass(frozen=True, eq=False, repr=False)
class Palette(Value):
    """Colours, and how many pixels have each.

    Made by `smalti.fit_palette`, `Palette.load` and `Palette.of`. Iterating gives the colours as
    (red, green, blue, alpha). Palettes are equal when their colours and weights are, in order.

    Parameters
    ----------
    colors, weights, centroids
        The attributes. Arrays are kept, not copied, and seen through read-only views.

    Raises
    ------
    InvalidParameterError
        If arrays are of other types or shapes.

    Attributes
    ----------
    colors : uint8 array, shape (K, 3) or (K, 4)
        Straight sRGB, with alpha where any colour is see-through; K is 1 to 65,536.
    weights : float64 array, shape (K,), or None
        Pixels to which each colour, before rounding, is the nearest; None if that is not known, as
        of most files.
    centroids : float64 array, shape (K, 3) or (K, 4), or None
        The colours before rounding, sRGB 0 to 255; None if they are the colours themselves.

    Examples
    --------
    >>> import smalti
    >>> palette = smalti.Palette.of(["#000000", "#FF8000"])
    >>> palette.hex
    ['#000000', '#ff8000']
    >>> palette.save("brand.gpl")
    77
    >>> smalti.Palette.load("brand.gpl") == palette
    True
    """

    colors: "NDArray[np.uint8]"
    # A plain default would be an attribute of the class and hide the array that is made later.
    weights: "NDArray[np.float64] | None" = field(default_factory=lambda: None)
    centroids: "NDArray[np.float64] | None" = field(default_factory=lambda: None, compare=False)

    @classmethod
    def of(cls, colors: Colors, weights: "ArrayLike | None" = None) -> "Palette":
        """Return the palette of colours as people write them.

        Parameters
        ----------
        colors : sequence of str, or array-like of shape (K, 3) or (K, 4)
            Hexadecimal digits such as ``"#FF8000"``, or whole numbers of 0 to 255: 1 to 65,536
            colours.
        weights : array-like of shape (K,), optional
            Pixels of each colour, at least 0.

        Returns
        -------
        Palette

        Raises
        ------
        InvalidParameterError
            If they are no colours, none or too many, or there are not as many weights.
        """
        return cls._of_swatches(colors_of("colors", colors), weights)

    @classmethod
    def _of_swatches(cls, colors: tuple[Color, ...], weights: Any) -> "Palette":
        import numpy as np

        if not 1 <= len(colors) <= MAX_COLORS:
            raise InvalidParameterError(
                f"a palette has between 1 and {MAX_COLORS} colours, got {len(colors)}"
            )
        channels = 3 if all(color.alpha == 255 for color in colors) else 4
        samples = np.array(colors, dtype=np.uint8)[:, :channels]
        if weights is None:
            return cls(samples)
        try:
            numbers = np.array(weights, dtype=np.float64)
        except (TypeError, ValueError):
            numbers = np.array(np.nan)
        if numbers.shape != (len(colors),) or not (np.isfinite(numbers) & (numbers >= 0)).all():
            raise InvalidParameterError(
                f"weights must be numbers of at least 0, one for each of {len(colors)} colours, "
                f"got {weights!r}"
            )
        return cls(samples, numbers)

    def __post_init__(self) -> None:
        if not isinstance(self.colors, RawArray):
            check_arrays(colors=self.colors)
            rows, channels = self.colors.shape if self.colors.ndim == 2 else (0, 0)
            is_fit = self.colors.dtype == "uint8" and channels in (3, 4)
            if not (is_fit and 1 <= rows <= MAX_COLORS):
                raise InvalidParameterError(
                    f"colors must be uint8 of shape (K, 3) or (K, 4), K up to {MAX_COLORS}, got "
                    f"{self.colors.dtype} of shape {self.colors.shape}"
                )
            _check_numbers("weights", self.weights, (rows,))
            _check_numbers("centroids", self.centroids, (rows, channels))
        super().__post_init__()

    def __len__(self) -> int:
        number: int = self._as_made("colors").shape[0]
        return number

    def __iter__(self) -> Iterator[Color]:
        made = self._as_made("colors")
        if isinstance(made, RawArray):
            data, channels = made.data, made.shape[1]
            return (Color(*data[i : i + channels]) for i in range(0, len(data), channels))
        return (Color(*row) for row in made.tolist())

    def __repr__(self) -> str:
        return f"<Palette of {counted(len(self), 'colour')}>"

    @property
    def hex(self) -> list[str]:
        """The colours as ``#rrggbb``, or ``#rrggbbaa`` where they have alpha."""
        channels = self._as_made("colors").shape[1]
        return ["#" + bytes(color[:channels]).hex() for color in self]

    @property
    def shares(self) -> "NDArray[np.float64] | None":
        """The share of the pixels that each colour has, 0 to 1; None if that is not known."""
        if self.weights is None:
            return None
        total = self.weights.sum()
        return self.weights / total if total else self.weights

    def sorted(self, by: str = "lightness") -> "Palette":
        """Return the palette in another order, which is the same whatever the order was before.

        Parameters
        ----------
        by : {"lightness", "hue", "weight"}, default: "lightness"
            From dark to light; greys from dark to light and then colours around the circle of hues;
            or from the most frequent to the rarest. See-through colours come first, but by weight.

        Returns
        -------
        Palette

        Raises
        ------
        InvalidParameterError
            If `by` is something else, or the weights are not known.
        """
        import numpy as np

        from smalti import _core

        one_of("by", by, SORTS)
        if by == "weight" and self.weights is None:
            raise InvalidParameterError("the palette tells no weights that it could be sorted by")
        colors = self.colors
        lab = _core.color_coordinates(colors[np.newaxis, :, :3].copy(), "oklab")[0]
        chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1])
        is_grey = chroma < _GREY
        # The last key counts first. The colours themselves decide where all others are equal.
        keys = [] if self.weights is None else [self.weights]
        keys += [*colors.T[::-1], lab[:, 0]]
        if by == "hue":
            keys += [np.where(is_grey, 0, hue), ~is_grey]
        if by == "weight":
            keys.append(-np.asarray(self.weights))
        elif colors.shape[1] == 4:
            keys.append(colors[:, 3] == 255)
        order = np.lexsort(keys)
        weights, centroids = self.weights, self.centroids
        return Palette(
            colors[order],
            None if weights is None else weights[order],
            None if centroids is None else centroids[order],
        )

    def to_bytes(self, format: str = "gpl") -> bytes:  # noqa: A002 - as everywhere
        """Return the contents of a palette file.

        Parameters
        ----------
        format : {"gpl", "ase", "act", "pal", "css", "json", "hex", "png"}, default: "gpl"

        Returns
        -------
        bytes

        Raises
        ------
        InvalidParameterError
            If there is no such format, or it does not hold so many colours or their alpha.
        """
        return encoded_palette(self._swatches(), palette_format_named(format))

    def save(
        self,
        path: Target,
        format: str | None = None,  # noqa: A002 - as above
        *,
        overwrite: bool = True,
    ) -> int:
        """Write the palette to a file.

        Parameters
        ----------
        path : path, URL or binary file object
            A name that ends in .gpl, .ase, .act, .pal, .css, .json, .hex or .png, unless `format`
            says what it is to be.
        format : str, optional
            As in `to_bytes`. Default: as the name says, and ``"gpl"`` for a file object.
        overwrite : bool, default: True
            Replace an existing file.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        InvalidParameterError
            As in `to_bytes`, or if the name says no format.
        ImageWriteError
            If the file cannot be written.
        """
        if format is None and not is_file_object(path):
            form = palette_format_of_path(path)  # type: ignore[arg-type]
        else:
            form = palette_format_named(format or "gpl")
        return write(path, encoded_palette(self._swatches(), form), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | bytes | IO[bytes]) -> "Palette":
        """Read a palette file.

        Parameters
        ----------
        path : path, URL, bytes or binary file object
            GIMP's .gpl, Adobe's .ase and .act, .pal of JASC or of Microsoft, .css, .json, .hex, or
            a PNG of at most 65,536 distinct colours: its palette, or its colours from left to right
            and top to bottom.

        Returns
        -------
        Palette
            In the order of the file; equal colours stay as often as they are there.

        Raises
        ------
        ImageReadError
            If it cannot be read, or is no palette.
        """
        swatches = loaded_palette(path)
        return cls._of_swatches(swatches.colors, swatches.weights)

    def _swatches(self) -> Swatches:
        weights = None if self.weights is None else tuple(self.weights.tolist())
        return Swatches(tuple(self), weights)

    def _repr_html_(self) -> str:
        """Return the colours as squares, for notebooks."""
        codes = self.hex
        rows = [codes[i : i + _IN_A_ROW] for i in range(0, len(codes), _IN_A_ROW)]
        return "<br>".join("".join(_SQUARE.format(code) for code in row) for row in rows)


def _check_numbers(name: str, array: "NDArray[Any] | None", shape: tuple[int, ...]) -> None:
    """Refuse an array, if there is one, that is not of so many numbers."""
    if array is None:
        return
    check_arrays(**{name: array})
    if array.dtype != "float64" or array.shape != shape:
        raise InvalidParameterError(
            f"{name} must be float64 of shape {shape}, got {array.dtype} of {array.shape}"
        )
