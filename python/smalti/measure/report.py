"""What a compressed picture costs and how far it is from its original."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from smalti import _core
from smalti.bits import bits_per_index, entropy_bits
from smalti.measure.metrics import psnr_of_mse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smalti.raw_array import RawArray
    from smalti.sources.source_image import Pixels

__all__ = ["Report", "report", "report_of_bits"]


@dataclass(frozen=True)
class Report:
    """The figures of vector quantisation.

    Attributes
    ----------
    original_bits : int
        Bits of the original, uncompressed: 24 a pixel for 8-bit RGB.
    index_bits : int
        Bits of the indices in a fixed-length code, ``N ceil(log2 K)`` for N pixels, or N blocks.
    palette_bits : int
        Bits of the codebook, 8 for each sample of each of the K colours or blocks.
    compressed_bits : int
        `index_bits` and `palette_bits` together.
    ratio : float
        `compressed_bits` over `original_bits`: 0.04 is 4 %.
    entropy_bits : float
        Empirical entropy of all indices together: what an ideal code that looks at one index
        at a time would take instead of `index_bits`.
    mse : float or None
        Mean squared error over all samples, see `smalti.metrics.mse`. None, as are the next three,
        when the original is not at hand (a picture loaded from a file).
    psnr : float or None
        Peak signal-to-noise ratio in decibels, infinite without error.
    ssimulacra2 : float or None
        Perceptual score, see `smalti.metrics.ssimulacra2`.
    worst_local_error : float or None
        Largest difference between local means, see `smalti.metrics.worst_local_error`.
    """

    original_bits: int
    index_bits: int
    palette_bits: int
    compressed_bits: int
    ratio: float
    entropy_bits: float
    mse: float | None
    psnr: float | None
    ssimulacra2: float | None
    worst_local_error: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def report(
    indices: "RawArray | NDArray[np.unsignedinteger[Any]]",
    k: int,
    *,
    codebook_bits: int,
    original_bits: int,
    pictures: "tuple[RawArray | Pixels, RawArray | NDArray[np.uint8]] | None",
    known_score: float | None = None,
) -> Report:
    """Measure a compressed picture.

    Parameters
    ----------
    indices : unsigned array, or raw
        Positions in the codebook, of pixels or blocks.
    k : int
        Entries of the codebook.
    codebook_bits, original_bits : int
        Bits of the codebook, and of the original.
    pictures : (array, array), raw or not, or None
        The original's pixels and the compressed picture's, of one shape, if errors are wanted.
    known_score : float, optional
        Their SSIMULACRA2, if it was measured before.
    """
    errors = None
    if pictures is not None:
        worst_local_error, _ = _core.local_error(*pictures)
        score = _core.ssimulacra2(*pictures) if known_score is None else known_score
        errors = (_core.mse(*pictures), score, worst_local_error)
    return report_of_bits(
        index_bits=math.prod(indices.shape) * bits_per_index(k),
        codebook_bits=codebook_bits,
        original_bits=original_bits,
        entropy=entropy_bits(indices),
        errors=errors,
    )


def report_of_bits(
    *,
    index_bits: int,
    codebook_bits: int,
    original_bits: int,
    entropy: float,
    errors: tuple[float, float, float] | None,
) -> Report:
    """Return the report of bits and errors that are known: MSE, SSIMULACRA2 and the worst local."""
    mse, ssimulacra2, worst_local_error = errors or (None, None, None)
    return Report(
        original_bits=original_bits,
        index_bits=index_bits,
        palette_bits=codebook_bits,
        compressed_bits=index_bits + codebook_bits,
        ratio=(index_bits + codebook_bits) / original_bits,
        entropy_bits=entropy,
        mse=mse,
        psnr=None if mse is None else psnr_of_mse(mse),
        ssimulacra2=ssimulacra2,
        worst_local_error=worst_local_error,
    )
