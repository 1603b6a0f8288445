"""Which bytes to write: those of the compressed picture, or those that came in if they are fewer.

A file that was optimised before, or that another coder suits better, would grow. Then its own bytes
are the better result: they are fewer, and they show the original. That holds for files of the
format that is asked for, and for still pictures.
"""

from dataclasses import dataclass

from smalti import _core
from smalti.bits import bits_per_index, entropy_of_counts
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.registry import format_named, format_of_bytes
from smalti.measure.report import Report, report_of_bits
from smalti.sources.note import FRAMES
from smalti.sources.png_metadata import without_metadata
from smalti.sources.source_image import SourceImage

__all__ = ["Smallest", "kept_report", "smallest"]


@dataclass(frozen=True)
class Smallest:
    """What to write.

    Attributes
    ----------
    data : bytes
        The smaller file.
    is_original : bool
        Whether it shows the original's pixels: the bytes that came in, without what is removed.
    """

    data: bytes
    is_original: bool


def smallest(
    original: bytes,
    source: SourceImage,
    compressed: bytes,
    format_name: str,
    strip: str = "all",
) -> Smallest:
    """Choose between a compressed picture and the file that it was made from.

    Parameters
    ----------
    original : bytes
        The file that was read.
    source : SourceImage
        What it holds.
    compressed : bytes
        The picture, encoded.
    format_name : str
        The format that it is encoded in. Files of other formats are never chosen.
    strip : {"none", "safe", "all"}, default: "all"
        What is removed from the original: see `without_metadata`.

    Returns
    -------
    Smallest
        The compressed picture if it has the fewest bytes, or if the original is of another format
        or has several frames.
    """
    form = format_named(format_name)
    has_frames = any(note.kind == FRAMES for note in source.notes)
    if has_frames or format_of_bytes(original) is not form:
        return Smallest(compressed, is_original=False)
    plain = without_metadata(original, strip) if form is PNG else original
    if len(compressed) < len(plain):
        return Smallest(compressed, is_original=False)
    return Smallest(plain, is_original=True)


def kept_report(source: SourceImage) -> tuple[int, Report]:
    """Return the number of distinct colours of an original, and its report as a picture of them.

    There are no errors in it: mean squared error 0, SSIMULACRA2 100.
    """
    pixels = source._as_made("pixels")
    counts = _core.color_counts(pixels)
    k, samples = len(counts), pixels.shape[2]
    bits_per_sample = 16 if pixels.dtype == "uint16" else 8
    report = report_of_bits(
        index_bits=sum(counts) * bits_per_index(k),
        codebook_bits=k * samples * bits_per_sample,
        original_bits=source.original_bits,
        entropy=entropy_of_counts(counts),
        errors=(0.0, 100.0, 0.0),
    )
    return k, report
