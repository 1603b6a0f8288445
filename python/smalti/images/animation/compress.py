"""Compressing an animation: the one call."""

from typing import TYPE_CHECKING, Any

from smalti.images.animation.compressed_animation import CompressedAnimation
from smalti.images.animation.encode import Mapping
from smalti.images.animation.search import Search
from smalti.images.animation.survey import surveyed
from smalti.images.animation.wishes import AnimationWishes, Timing
from smalti.inputs import warn_of
from smalti.progress import Progress
from smalti.sources.animations.animation import Animation
from smalti.sources.animations.open import open_animation

if TYPE_CHECKING:
    from smalti.colors import PaletteLike
    from smalti.sources.animations.open import AnimationSource

__all__ = ["compress_animation", "compress_opened"]

# What costs hardly a point of SSIMULACRA2, and how much error is made up for.
_WEIGHT, _DITHER = 0.1, 0.3


def compress_animation(
    frames: "AnimationSource",
    k: int = 256,
    *,
    durations: Any = None,
    fps: float | None = None,
    loop: int | None = None,
    quality: float | None = None,
    max_bytes: int | None = None,
    rate_weight: float | None = None,
    dither: float | None = None,
    palette: "PaletteLike | None" = None,
    effort: int = 5,
    strict: bool = False,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> CompressedAnimation:
    """Compress an animation to a GIF of few bytes.

    Pixels keep what is on the screen wherever the source does not change, and where it changes by
    less than the eye sees, if that saves bytes. The others get a colour whose error is worth its
    bits, as LZW codes them. All frames share a palette, fitted to what changes; a frame has one of
    its own where that is worth its bytes.

    Parameters
    ----------
    frames : path, URL, bytes, binary file object, Pillow image, or iterable of images
        GIF, APNG, animated WebP, or images of one size: anything that `smalti.compress` takes, such
        as an array of shape (T, H, W, 3). A still image is one frame. Pixels of an alpha below 128
        are clear.
    k : int, default: 256
        Number of colours, 1 to 256; one of 256 keeps what is on the screen.
    durations : float, or sequence of float, optional
        Milliseconds for which all frames, or each, are shown, 0 to 655,350. GIF holds hundredths of
        a second. Default: what the file tells, else 50. Times that no GIF file has told become 20
        milliseconds at least, for browsers show shorter frames for 100.
    fps : float, optional
        Frames a second, 0.01 to 1000, in place of `durations`.
    loop : int, optional
        How often it is played, 0 to 65,536; 0 for ever. Default: what the file tells, else 0.
    quality : float, optional
        Return a small file whose SSIMULACRA2 is at least this on average, and at most 5 points less
        for the worst frame. Of more than 24 frames some are scored.
    max_bytes : int, optional
        Return a good animation whose file has at most this many bytes.
    rate_weight : float, optional
        What one bit is worth in squared error, as of `smalti.compress`. Default: 0.1. At most one
        of `quality`, `max_bytes` and `rate_weight` can be given.
    dither : float, optional
        How much of every pixel's error is made up for, 0 to 1. Default: 0.3.
    palette : Palette, path, or colours, optional
        At most 255 opaque colours to use instead of learned ones, by all frames.
    effort : int, default: 5
        1 (fast) to 9: how long to search for palettes.
    strict : bool, default: False
        Whether a damaged file is refused though its first frames can be read.
    max_pixels : int, optional
        Pixels that a frame may have.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    CompressedAnimation

    Raises
    ------
    ImageReadError
        If the frames cannot be read.
    InvalidParameterError
        If an argument is outside its range, or frames differ in size.
    TargetNotReachedError
        If there is no animation of the quality, or of as few bytes.

    Warns
    -----
    ImageReadWarning
        If a file is damaged after its first frames.

    Notes
    -----
    Memory is that of some 30 frames and of the file, however many frames there are: 24 are looked
    ahead, for an error counts in every frame that shows it.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> frames = np.full((10, 40, 60, 3), 240, dtype=np.uint8)
    >>> for i, frame in enumerate(frames):
    ...     frame[10:20, 5 * i : 5 * i + 10] = 200, 30, 30
    >>> animation = smalti.compress_animation(frames, fps=20)
    >>> animation.shape, len(animation), animation.durations[0], animation.loop
    ((40, 60), 10, 50.0, 0)
    >>> shown = np.stack(list(animation.frames()))
    >>> bool((shown[..., :3] == frames).all())
    True
    """
    wishes = AnimationWishes(
        k,
        Timing(durations, fps),
        loop,
        quality,
        max_bytes,
        rate_weight,
        dither,
        palette,
        effort,
    )
    opened = open_animation(frames, max_pixels=max_pixels, is_strict=strict)
    found = compress_opened(opened, wishes, progress)
    warn_of(opened.notes)
    return found


def compress_opened(
    animation: Animation, wishes: AnimationWishes, progress: Progress | None
) -> CompressedAnimation:
    """Compress an animation that has been opened: see `compress_animation`."""
    given = wishes.given_colors()
    survey = surveyed(wishes.timing.timed(animation), progress)
    palette = survey.palette(wishes.k, wishes.effort, progress) if given is None else given
    mapping = Mapping(
        palette,
        _WEIGHT if wishes.rate_weight is None else wishes.rate_weight,
        _DITHER if wishes.dither is None else wishes.dither,
        wishes.effort,
        # Where pixels are cleared, their neighbours are written again, as they were.
        has_own_palettes=given is None and not survey.clears,
    )
    search = Search(animation, wishes, survey, progress)
    if wishes.quality is not None:
        mapping, made = search.of_quality(mapping, wishes.quality)
    elif wishes.max_bytes is not None:
        mapping, made = search.of_size(mapping, wishes.max_bytes)
    else:
        made = search.encoded(mapping)
    return CompressedAnimation(made, animation, rate_weight=mapping.weight, dither=mapping.dither)
