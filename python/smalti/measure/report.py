"""What a compressed picture costs and how far it is from its original."""

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.bits import bits_per_index, entropy_bits
from smalti.measure.metrics import psnr_of_mse

__all__ = ["Measurable", "Report", "report"]


class Measurable(Protocol):
    """What a picture tells of itself: `CompressedImage` and `BlockImage` do."""

    indices: NDArray[np.unsignedinteger[Any]]
    original_bits: int

    @property
    def k(self) -> int:
        """Number of entries of the codebook."""

    @property
    def codebook_bits(self) -> int:
        """Bits of the codebook."""

    def reconstruct(self) -> NDArray[np.uint8]:
        """Replace every index by what it stands for."""


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


def report(image: Measurable, original: NDArray[np.uint8] | NDArray[np.uint16] | None) -> Report:
    """Measure a compressed picture, against `original` where there is one."""
    index_bits = image.indices.size * bits_per_index(image.k)
    palette_bits = image.codebook_bits
    mse = psnr = ssimulacra2 = worst_local_error = None
    if original is not None:
        reconstructed = image.reconstruct()
        mse = _core.mse(original, reconstructed)
        psnr = psnr_of_mse(mse)
        ssimulacra2 = _core.ssimulacra2(original, reconstructed)
        worst_local_error, _ = _core.local_error(original, reconstructed)
    return Report(
        original_bits=image.original_bits,
        index_bits=index_bits,
        palette_bits=palette_bits,
        compressed_bits=index_bits + palette_bits,
        ratio=(index_bits + palette_bits) / image.original_bits,
        entropy_bits=entropy_bits(image.indices),
        mse=mse,
        psnr=psnr,
        ssimulacra2=ssimulacra2,
        worst_local_error=worst_local_error,
    )
