"""Which names are those of images."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from smalti.formats.registry import format_of_suffix

if TYPE_CHECKING:
    from mimetypes import MimeTypes

__all__ = ["is_image_name"]


def is_image_name(name: str) -> bool:
    """Whether a file's name ends as those of images do."""
    suffix = Path(name).suffix
    kind, _ = _media_types().guess_type(f"x{suffix}", strict=False)
    return format_of_suffix(suffix) is not None or (kind or "").startswith("image/")


@cache
def _media_types() -> "MimeTypes":
    """Return a table of its own: that of the process depends on the system."""
    from mimetypes import MimeTypes

    return MimeTypes()
