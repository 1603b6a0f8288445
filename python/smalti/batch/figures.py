"""The figures of a compressed file, by the names that ``--json`` prints."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage
    from smalti.sources.source_image import SourceImage

__all__ = ["figures_of", "original_figures", "quality_figures"]


def figures_of(image: "CompressedImage | BlockImage", source: "SourceImage") -> dict[str, Any]:
    """Return what a picture is, what it was chosen with, and the figures of its report."""
    from smalti.images.compressed_image import CompressedImage

    height, width = image.shape
    chosen: dict[str, Any]
    if isinstance(image, CompressedImage):
        chosen = {"rate_weight": image.rate_weight, "dither": image.dither}
    else:
        # Indices of blocks are those of the nearest entries, without weight and dither.
        chosen = {"rate_weight": 0.0, "dither": 0.0, "block": list(image.block)}
    about = {"width": width, "height": height, "colors": image.k, **chosen}
    return about | image.report(source).to_dict()


def quality_figures(
    image: "CompressedImage | BlockImage | None", source: "SourceImage"
) -> dict[str, Any]:
    """Return the size of a picture and its SSIMULACRA2, which is 100 for the original itself."""
    height, width, _ = source.shape
    score = 100.0 if image is None else image._score_of_original(source)
    return {"width": width, "height": height, "ssimulacra2": score}


def original_figures(source: "SourceImage") -> dict[str, Any]:
    """Return the same of a file whose own bytes were the smallest."""
    from smalti.images.never_larger import kept_report

    height, width, _ = source.shape
    colors, report = kept_report(source)
    chosen = {"rate_weight": 0.0, "dither": 0.0}
    return {"width": width, "height": height, "colors": colors, **chosen} | report.to_dict()
