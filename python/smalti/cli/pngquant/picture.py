"""One picture: what pngquant's options mean to smalti, and what becomes of a file's metadata."""

import io
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import smalti
from smalti.cli.pngquant.arguments import Request
from smalti.cli.pngquant.exit_codes import BAD_VALUE, NOT_DECODED, NOT_REACHED, ExitError
from smalti.cli.pngquant.quality import QualityRange, quality_of, score_of
from smalti.cli.silence import silent_libraries
from smalti.contents import read_bytes
from smalti.exceptions import ImageReadError, TargetNotReachedError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.png_chunks import with_chunks
from smalti.images.compressed_image import CompressedImage
from smalti.options import MAX_INDEXED_COLORS, CompressOptions
from smalti.sources.png_metadata import kept_metadata
from smalti.sources.read import decoded
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "EFFORTS",
    "Palette",
    "compressed",
    "decoded_png",
    "encoded",
    "expected_bytes",
    "palette_of",
]

Palette: TypeAlias = "NDArray[np.uint8]"
"""Colours, shape (K, 3) or (K, 4)."""

EFFORTS = (9, 8, 7, 5, 5, 4, 3, 3, 2, 1, 1)
"""smalti's effort for the speeds 1 to 11; both have their usual one at speed 4."""


def decoded_png(data: bytes, name: str) -> SourceImage:
    """Return the image of a PNG file's contents.

    Raises
    ------
    ExitError
        If it is none, or damaged.
    """
    if not PNG.sniff(data):
        raise ExitError(f"{name}: is not a PNG file", NOT_DECODED)
    try:
        with silent_libraries():
            return decoded(data, Reading(name))
    except ImageReadError as error:
        raise ExitError(error.command_line, NOT_DECODED) from None


def palette_of(path: str) -> Palette:
    """Return the palette of a PNG file, or the colours of one that has none.

    Raises
    ------
    ExitError
        If the file cannot be read, or has too many colours.
    """
    try:
        source = decoded_png(read_bytes(path)[0], path)
    except (ExitError, ImageReadError) as error:
        raise ExitError(f"--map: {error}", BAD_VALUE) from None
    palette = source.palette
    if palette is None:
        import numpy as np

        channels = source.shape[2]
        if source.pixels.dtype != np.uint8:
            raise ExitError(f"--map: {path}: has 16 bits a sample; 8 are needed", BAD_VALUE)
        palette = np.unique(source.pixels.reshape(-1, channels), axis=0)
    if len(palette) > MAX_INDEXED_COLORS:
        raise ExitError(
            f"--map: {path}: has {len(palette)} colours, at most {MAX_INDEXED_COLORS} are possible",
            BAD_VALUE,
        )
    return palette


def compressed(source: SourceImage, request: Request, palette: "Palette | None") -> CompressedImage:
    """Return the picture that is asked for.

    Raises
    ------
    ExitError
        If it would be below the lowest quality.
    """
    options = CompressOptions(
        k=request.colors if palette is None else MAX_INDEXED_COLORS,
        palette=palette,
        dither=request.dither,
        effort=EFFORTS[request.speed - 1],
    )
    if request.posterize:
        learned = _picture(source, options).palette if palette is None else palette
        coarse = _posterized(learned, request.posterize)
        # Labels are chosen anew: they make up for what the palette lost.
        options = replace(options, k=MAX_INDEXED_COLORS, palette=coarse)
    if request.quality is None:
        return _picture(source, options)
    return _of_quality(source, options, request.quality)


def _picture(source: SourceImage, options: CompressOptions) -> CompressedImage:
    made = smalti.compress(source, options=options)
    assert isinstance(made, CompressedImage)  # no blocks are asked for
    return made


def _posterized(palette: Palette, lost: int) -> Palette:
    """Return the distinct nearest colours of displays that lack the lowest bits of a sample.

    Such displays repeat the highest bits in place of the lowest, so that white stays white.
    """
    import numpy as np

    bits = 8 - lost
    shown = np.arange(1 << bits) << lost
    shown |= shown >> bits
    nearest = np.abs(shown - np.arange(256)[:, np.newaxis]).argmin(axis=1)
    colors = shown[nearest].astype(np.uint8)[palette]
    _, first = np.unique(colors, axis=0, return_index=True)
    # The learned order suits PNG.
    return np.asarray(colors[np.sort(first)])


def _of_quality(
    source: SourceImage, options: CompressOptions, asked: QualityRange
) -> CompressedImage:
    """Return the smallest picture of the highest quality, or else the first that will do."""
    # Only the image itself is of quality 100. The usual picture is that if there are few colours.
    if asked.most < 100:
        try:
            return _picture(source, replace(options, quality=score_of(asked.most)))
        except TargetNotReachedError:
            pass
    usual = _picture(source, options)
    if asked.least == 0:
        return usual
    scores = []
    # Without counting bits, and also without dither, there are fewer errors.
    free = replace(options, rate_weight=0)
    for others in (None, free, replace(free, dither=0)):
        made = usual if others is None else _picture(source, others)
        scores.append(made.report(source).ssimulacra2 or 0.0)
        if scores[-1] >= score_of(asked.least):
            return made
    raise ExitError(
        f"{source.name}: reaches a quality of {quality_of(max(scores)):.0f}, but the lowest is"
        f" {asked.least}",
        NOT_REACHED,
    )


def encoded(image: CompressedImage, original: bytes, request: Request) -> bytes:
    """Return the file of a picture, with the metadata of the original unless they are stripped."""
    is_ordered = "transbug" in request.switches and image._as_made("palette").shape[1] == 4
    made = _with_clear_last(image) if is_ordered else image.to_bytes("png")
    strip = "all" if "strip" in request.switches else "none"
    return with_chunks(made, kept_metadata(original, strip))


def _with_clear_last(image: CompressedImage) -> bytes:
    """Return a file whose palette ends with the clear colours.

    Pillow writes it: smalti's encoder puts a palette in the order that makes its file small.
    """
    import numpy as np
    from PIL import Image

    order = np.argsort(image.palette[:, 3] == 0, kind="stable")
    places = np.argsort(order).astype(np.uint8)
    palette = image.palette[order]
    made = Image.fromarray(places[image.indices]).convert("P")
    made.putpalette(palette[:, :3].tobytes())
    file = io.BytesIO()
    made.save(file, "PNG", transparency=palette[:, 3].tobytes(), compress_level=9)
    return file.getvalue()


def expected_bytes(image: CompressedImage, source: SourceImage, original_bytes: int) -> int:
    """Return how many bytes are worth it: a picture must save more than it loses in quality.

    One of quality 70 must have less than 70 % of the original's bytes.
    """
    score = image.report(source).ssimulacra2
    return int(original_bytes * quality_of(100.0 if score is None else score) / 100)
