"""What an animation tells, and its frames."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from smalti.sources.note import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Animation", "Frame"]


class Frame(NamedTuple):
    """What is shown for a time.

    Attributes
    ----------
    pixels : uint8 array, shape (H, W, 4)
        sRGB with straight alpha: the whole canvas.
    milliseconds : float
        As the file tells it; browsers show frames of 10 and less for 100.
    """

    pixels: "NDArray[np.uint8]"
    milliseconds: float


class Animation(Protocol):
    """An animation, whose frames can be read again and again.

    Attributes
    ----------
    name : str
        What messages call it.
    shape : (int, int)
        Height and width.
    plays : int
        How often it is played; 0 for ever.
    has_gif_delays : bool
        Whether times are those of a GIF file, which another one can hold as they are.
    notes : list of Note
        What there is to tell, when frames have been read.
    """

    name: str
    shape: tuple[int, int]
    plays: int
    has_gif_delays: bool
    notes: list[Note]

    def frames(self) -> Iterator[Frame]:
        """Yield the frames, one at a time.

        Raises
        ------
        ImageReadError
            If one cannot be read.
        """
