"""Clips that are rendered from stills, the same each time, and real ones."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from bench.common.measure import Picture
from bench.common.settings import Settings
from smalti.sources.animations.open import open_animation

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["clips"]

HEIGHT, WIDTH, COUNT = 240, 320, 20
REAL = ("anim/iss634.apng", "anim/newtonscradle.gif", "anim/thefuck-example.gif")

Film = list[Picture]


def clips(settings: Settings) -> dict[str, Film]:
    """Return frames by the names of clips, all opaque RGB."""
    stills = [_enlarged(picture) for picture in settings.images.photographs().values()]
    rendered: dict[str, Callable[[Picture], Film]] = {"pan": _pan, "zoom": _zoom, "fade": _fade}
    rendered |= {"noise": _noise}
    made = {name: film(stills[i % len(stills)]) for i, (name, film) in enumerate(rendered.items())}
    made["screencast"] = _screencast()
    for name in REAL:
        path = settings.images.file(name)
        if path is not None:
            frames = [frame.pixels[..., :3] for frame in open_animation(path).frames()]
            made[path.name] = frames[: 2 * COUNT]
    return dict(list(made.items())[: settings.images.limit])


def _enlarged(picture: Picture) -> Picture:
    """Return a still that is large enough to move in."""
    image = Image.fromarray(picture[..., :3])
    scale = max((HEIGHT + 80) / image.height, (WIDTH + 100) / image.width)
    size = round(image.width * scale) + 1, round(image.height * scale) + 1
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _pan(still: Picture) -> Film:
    return [still[i : i + HEIGHT, 4 * i : 4 * i + WIDTH] for i in range(COUNT)]


def _zoom(still: Picture) -> Film:
    image, found = Image.fromarray(still), []
    for i in range(COUNT):
        box = (2.0 * i, 1.5 * i, 2.0 * i + WIDTH - 4 * i, 1.5 * i + HEIGHT - 3 * i)
        found.append(np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box)))
    return found


def _fade(still: Picture) -> Film:
    part = still[:HEIGHT, :WIDTH].astype(np.float64)
    return [np.rint(part * (i + 1) / COUNT).astype(np.uint8) for i in range(COUNT)]


def _noise(still: Picture) -> Film:
    random, part = np.random.default_rng(0), still[:HEIGHT, :WIDTH].astype(np.float64)
    noisy = (part + random.normal(0.0, 4.0, part.shape) for _ in range(COUNT))
    return [np.rint(frame).clip(0, 255).astype(np.uint8) for frame in noisy]


def _screencast() -> Film:
    """Return lines of text that are typed, and scroll."""
    found = []
    for i in range(2 * COUNT):
        image = Image.new("RGB", (WIDTH, HEIGHT), (30, 32, 40))
        draw = ImageDraw.Draw(image)
        first = max(0, i // 2 - 12)
        for line in range(first, i // 2 + 1):
            text = f"$ step {line:02}: {'done ' * (line % 5 + 1)}"
            shown = text if line < i // 2 else text[: len(text) * (i % 2 + 1) // 2]
            color = (120 + 9 * (line % 12), 220 - 7 * (line % 9), 160)
            draw.text((8, 6 + 17 * (line - first)), shown, fill=color)
        found.append(np.asarray(image))
    return found
