"""The compressed picture: palette, centroids and indices."""

import os
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.registry import encoded, format_named, format_of_path
from smalti.images.picture_base import PictureBase, check_arrays
from smalti.progress import Progress
from smalti.raw_array import RawArray
from smalti.validation import whole_number
from smalti.values import same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["CompressedImage"]


@dataclass(frozen=True, eq=False, repr=False)
class CompressedImage(PictureBase):
    """A picture as a palette and an index into it for every pixel.

    Made by `smalti.compress` and `smalti.load`. ``np.asarray(image)`` is its picture, and pictures
    are equal when they show the same pixels, whatever the order of their palettes. Attributes
    cannot be set, nor arrays written to.

    Parameters
    ----------
    indices, palette, centroids, original_bits, effort, rate_weight, dither, coder, provenance
        The attributes. Arrays are kept, not copied, and seen through read-only views; every index
        must lie in the palette.

    Attributes
    ----------
    indices : unsigned array, shape (H, W)
        Positions in the palette, in the smallest type that holds them.
    palette : uint8 array, shape (K, 3) or (K, 4)
        The colours, straight sRGB. Learned ones are all different and in use: see-through ones
        first, then from dark to light; in the order that makes PNG small if `coder` is ``"png"``.
        A given palette is as it was given.
    centroids : float64 array, shape (K, 3) or (K, 4)
        The colours before rounding, sRGB 0..255.
    original_bits : int
        Bits of the original, uncompressed; at least 1.
    effort : int
        1 to 9, how hard `to_bytes` and `save` try unless told otherwise. Default: 5.
    rate_weight, dither : float or None
        What the indices were chosen with, see `smalti.compress`; 0, the default, for
        nearest colours, None if that is not known: an image file does not tell.
    coder : str or None
        By whose prices of bits the indices were chosen: ``"png"``, or None, the default, if bits
        did not count or that is not known.
    provenance : Provenance or None
        Where the original is, to be read again; None, as of pictures loaded from files, if that is
        not known.

    Raises
    ------
    InvalidParameterError
        If an array has another shape or type, or the parts do not fit together.
    """

    palette: "NDArray[np.uint8]"
    centroids: "NDArray[np.float64]"
    _: KW_ONLY
    effort: int = 5
    rate_weight: float | None = 0.0
    dither: float | None = 0.0
    coder: str | None = None

    def __post_init__(self) -> None:
        arrays = self.indices, self.palette, self.centroids
        # The core makes what fits together.
        if not all(isinstance(array, RawArray) for array in arrays):
            _check(*arrays)
        super().__post_init__()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels: the shape of the indices."""
        height, width = self._as_made("indices").shape
        return height, width

    @property
    def k(self) -> int:
        """Number of colours of the palette."""
        return int(self._as_made("palette").shape[0])

    @property
    def palette_hex(self) -> list[str]:
        """The palette as web pages write colours: ``"#ff8000"``, with alpha ``"#ff800080"``.

        `smalti.compress` takes such a list as its `palette` and `keep_colors`.
        """
        return ["#" + color.tobytes().hex() for color in self.palette]

    @property
    def codebook_bits(self) -> int:
        """Bits of the palette: 24 a colour, or 32 with alpha."""
        colors, channels = self._as_made("palette").shape
        return int(8 * colors * channels)

    def _is_stored_as(self, other: "CompressedImage") -> bool:
        return same(self.palette, other.palette) and same(self.indices, other.indices)

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<CompressedImage {width} x {height}, {self.k} colours>"

    def _repr_png_(self) -> bytes:
        """Show the picture in notebooks, indexed where PNG holds its colours."""
        if not PNG.holds_colors(self.k):
            return super()._repr_png_()
        return self.to_bytes("png", effort=1)

    def reconstruct(self) -> "NDArray[np.uint8]":
        """Return every index as its colour: uint8, shape (H, W, 3) or (H, W, 4)."""
        picture: NDArray[np.uint8] = self.palette[self.indices]
        return picture

    def _shown(self) -> "RawArray | NDArray[np.uint8]":
        indices, palette = self._as_made("indices"), self._as_made("palette")
        if indices.dtype == "uint8" and isinstance(indices, RawArray):
            return RawArray(*_core.looked_up(indices, palette))
        return self.reconstruct()

    def to_pillow(self) -> "Image.Image":
        """Return a Pillow image: mode P up to 256 opaque colours, else RGB or RGBA."""
        from PIL import Image

        channels = self.palette.shape[1]
        if not PNG.holds_colors(self.k) or channels == 4:
            return super().to_pillow()
        image = Image.fromarray(self.indices.astype("uint8")).convert("P")
        image.putpalette(self.palette.tobytes())
        return image

    def to_bytes(
        self,
        format: str = "png",  # noqa: A002 - Pillow's and the API's name for it
        *,
        effort: int | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        """Encode the picture.

        Parameters
        ----------
        format : {"png", "webp", "npz"}, default: "png"
            PNG and lossless WebP hold at most 256 colours; npz any number, and the unrounded
            centroids. Case does not count.
        effort : int, optional
            1 (fast) to 9 (small), for PNG and WebP; npz has one level. Default: the picture's
            own.
        progress : callable, optional
            Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

        Returns
        -------
        bytes
            The file.

        Raises
        ------
        InvalidParameterError
            For an unknown format or effort, or more colours or pixels than the format holds.
        MissingExtraError
            For WebP, if Pillow was built without it.
        """
        form = format_named(format)
        level = self.effort if effort is None else whole_number("effort", effort, 1, 9)
        if "_file" in vars(self):
            kept_for, file = vars(self)["_file"]
            if kept_for == (form.name, level):
                return bytes(file)
        return encoded(self, form, level, progress)

    def _keep_file(self, form: str, file: bytes) -> None:
        """Keep the file that the search for labels has written at this picture's effort."""
        vars(self)["_file"] = ((form, self.effort), file)

    def _keep_score(self, score: float) -> None:
        """Keep the SSIMULACRA2 that the search for labels has found."""
        vars(self)["_score"] = score

    @staticmethod
    def _format_of(path: str | os.PathLike[str]) -> str:
        return format_of_path(path).name


def _check(
    indices: "NDArray[np.unsignedinteger[Any]]",
    palette: "NDArray[np.uint8]",
    centroids: "NDArray[np.float64]",
) -> None:
    check_arrays(indices=indices, palette=palette, centroids=centroids)
    if indices.ndim != 2 or indices.size == 0 or indices.dtype.kind != "u":
        raise InvalidParameterError(
            "indices must be an unsigned array of shape (H, W) with at least one pixel, "
            f"got {indices.dtype} of shape {indices.shape}"
        )
    if palette.ndim != 2 or palette.shape[1] not in (3, 4) or palette.dtype != "uint8":
        raise InvalidParameterError(
            "palette must be a uint8 array of shape (K, 3) or (K, 4), "
            f"got {palette.dtype} of shape {palette.shape}"
        )
    if centroids.shape != palette.shape:
        raise InvalidParameterError(
            f"centroids must have the palette's shape {palette.shape}, got {centroids.shape}"
        )
    largest = int(indices.max())
    if largest >= len(palette):
        raise InvalidParameterError(
            f"indices go up to {largest}, but the palette has {len(palette)} colours"
        )
