"""Rectangles of an image, and the grids that they form."""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Window", "grid", "pieces_met"]


class Window(NamedTuple):
    """A rectangle: its first row and column, and those after the last."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> "Window":
        """Return the window of a whole image of so many rows and columns."""
        return cls(0, 0, shape[0], shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to take the window out of the whole."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: "Window") -> tuple[slice, slice]:
        """Return rows and columns of this window, to take it out of one that holds it."""
        top, left = other.top, other.left
        return (
            slice(self.top - top, self.bottom - top),
            slice(self.left - left, self.right - left),
        )

    def meeting(self, other: "Window") -> "Window":
        """Return what both windows have; without pixels where they have nothing."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Window(top, left, max(top, bottom), max(left, right))

    def grown(self, by: int, shape: tuple[int, ...]) -> "Window":
        """Return the window with `by` more pixels on each side that lie within an image."""
        larger = Window(self.top - by, self.left - by, self.bottom + by, self.right + by)
        return larger.meeting(Window.whole(shape))

    def shrunk(self, halvings: int) -> "Window":
        """Return the window in a copy of the image with sides halved so often, rounded up."""
        down = 2**halvings
        bottom, right = -(-self.bottom // down), -(-self.right // down)
        return Window(self.top // down, self.left // down, bottom, right)

    def __str__(self) -> str:
        last = f"{self.bottom - 1}, columns {self.left} to {self.right - 1}"
        return f"rows {self.top} to {last}"


def pieces_met(
    window: Window, chunk: tuple[int, int], shape: tuple[int, ...]
) -> Iterator[tuple[int, int, Window]]:
    """Yield the pieces of an image that a window meets, with their row and column among all."""
    rows, columns = chunk
    for row in range(window.top // rows, -(-window.bottom // rows)):
        for column in range(window.left // columns, -(-window.right // columns)):
            top, left = row * rows, column * columns
            piece = Window(top, left, top + rows, left + columns)
            yield row, column, piece.meeting(Window.whole(shape))


def grid(shape: tuple[int, ...], sides: tuple[int, int]) -> Iterator[Window]:
    """Yield the windows of so many rows and columns that an image is made of, row by row.

    Those at the right and at the bottom may be smaller.
    """
    (height, width), (rows, columns) = shape[:2], sides
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield Window(top, left, min(top + rows, height), min(left + columns, width))
