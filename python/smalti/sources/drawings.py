"""Files of drawings, which have no pixels until another program makes some: SVG and PDF."""

import re

from smalti.exceptions import ImageReadError

__all__ = ["refuse_drawing"]

# Bytes at the beginning that tell what a file is.
_HEAD_BYTES = 4096

_PDF = re.compile(rb"\s*%PDF-")

# The root element, after what XML allows before it.
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*"
    rb"<(?:\w+:)?svg[\s/>]",
    re.DOTALL,
)


def refuse_drawing(data: bytes, name: str) -> None:
    """Raise `ImageReadError` if a file is a drawing, and say what makes pixels of it."""
    head = data[:_HEAD_BYTES]
    if _SVG.match(head):
        raise ImageReadError(
            f"{name}: is an SVG drawing, not an image of pixels; make one of it first, such as by "
            "rsvg-convert -o drawing.png drawing.svg"
        )
    if _PDF.match(head):
        raise ImageReadError(
            f"{name}: is a PDF, not an image of pixels; make one of each page first, such as by "
            "pdftoppm -png pages.pdf page"
        )
