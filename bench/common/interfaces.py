"""Interfaces, text and icons as programs draw them, for a clone without drawings of its own.

Each function returns one as RGB, or as RGBA where parts of it are see-through. Shapes are drawn
`_FINE` times as large and reduced, which gives them the soft edges that screens show.
"""

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.common.measure import Picture

_FINE = 4
_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_TEXT = (
    "a palette of few colours holds a picture that has many because most of them lie close together"
    " and the eye forgives the rest where something moves or where the texture is coarse"
)
_WORDS = _TEXT.split()

_Box = tuple[float, float, float, float]


class _Font(NamedTuple):
    """A typeface that matplotlib ships, and its height in pixels."""

    size: float
    name: str = "DejaVuSans"


class _Canvas:
    """A picture that is drawn in units of its final pixels."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.size = (width, height)
        self.image = Image.new("RGBA", (_FINE * width, _FINE * height), ground)
        self.draw = ImageDraw.Draw(self.image)

    def box(self, box: _Box, color: str, radius: float = 0) -> None:
        self.draw.rounded_rectangle([_FINE * side for side in box], _FINE * radius, fill=color)

    def disc(self, x: float, y: float, radius: float, color: str) -> None:
        sides = (x - radius, y - radius, x + radius, y + radius)
        self.draw.ellipse([_FINE * side for side in sides], fill=color)

    def line(self, points: list[tuple[float, float]], color: str, width: float) -> None:
        places = [(_FINE * x, _FINE * y) for x, y in points]
        self.draw.line(places, fill=color, width=round(_FINE * width), joint="curve")

    def text(self, place: tuple[float, float], text: str, color: str, font: _Font) -> None:
        x, y = place
        typeface = ImageFont.truetype(str(_FONTS / f"{font.name}.ttf"), _FINE * font.size)
        self.draw.text((_FINE * x, _FINE * y), text, fill=color, font=typeface)

    def pixels(self) -> Picture:
        return np.asarray(self.image.resize(self.size, Image.Resampling.BOX))


def window() -> Picture:
    """Draw a window of settings with a soft shadow on nothing."""
    shadow = _Canvas(640, 440, "#00000000")
    shadow.box((28, 34, 612, 412), "#00000090", 10)
    blurred = shadow.image.filter(ImageFilter.GaussianBlur(_FINE * 9))
    canvas = _Canvas(640, 440, "#00000000")
    canvas.box((28, 24, 612, 404), "#f6f6f7", 10)
    canvas.box((28, 24, 612, 60), "#e3e3e6", 10)
    for x, color in ((46, "#ff5f57"), (64, "#febc2e"), (82, "#28c840")):
        canvas.disc(x, 42, 6, color)
    canvas.text((280, 34), "Preferences", "#3c3c43", _Font(13))
    for row, name in enumerate(("Colours", "Shadows", "Sounds", "Updates", "Language")):
        y = 84 + 60 * row
        canvas.text((60, y), name, "#1c1c1e", _Font(15))
        canvas.text((60, y + 20), f"What {name.lower()} do when nobody looks", "#8e8e93", _Font(11))
        is_on = row % 2 == 0
        canvas.box((540, y, 580, y + 22), "#34c759" if is_on else "#d1d1d6", 11)
        canvas.disc(569 if is_on else 551, y + 11, 9, "#ffffff")
        canvas.box((60, y + 44, 580, y + 45), "#dcdce0")
    canvas.image = Image.alpha_composite(blurred, canvas.image)
    return canvas.pixels()


def phone() -> Picture:
    """Draw a dark screen of cards with round pictures, lines of text and a bar of buttons."""
    canvas = _Canvas(360, 640, "#101418")
    canvas.text((20, 24), "Messages", "#e1e2e8", _Font(24, "DejaVuSans-Bold"))
    colors = ("#a8c7fa", "#f2b8b5", "#c4eed0", "#ffdf99", "#d7bee4", "#9fe7f5")
    for row, color in enumerate(colors):
        y = 76 + 82 * row
        canvas.box((12, y, 348, y + 72), "#1d2024", 16)
        canvas.disc(48, y + 36, 22, color)
        canvas.text((41, y + 25), "ABCDEF"[row], "#101418", _Font(18, "DejaVuSans-Bold"))
        canvas.text((84, y + 14), " ".join(_WORDS[2 * row : 2 * row + 3]), "#e1e2e8", _Font(14))
        canvas.text((84, y + 38), " ".join(_WORDS[row + 6 : row + 11]), "#8d9199", _Font(11))
    canvas.box((0, 580, 360, 640), "#1d2024")
    for x, color in ((60, "#a8c7fa"), (180, "#8d9199"), (300, "#8d9199")):
        canvas.box((x - 14, 598, x + 14, 622), color, 6)
    return canvas.pixels()[..., :3]


def terminal() -> Picture:
    """Draw coloured text of one width on a dark ground."""
    canvas = _Canvas(720, 420, "#282a36")
    colors = ("#f8f8f2", "#ff79c6", "#8be9fd", "#50fa7b", "#f1fa8c", "#bd93f9")
    random = np.random.default_rng(3)
    for row in range(24):
        x = 14.0 + 24 * int(random.integers(0, 3))
        canvas.text((14, 10 + 17 * row), f"{row + 1:2}", "#6272a4", _Font(12, "DejaVuSansMono"))
        for word in random.permutation(_WORDS)[: int(random.integers(0, 7))]:
            color = colors[int(random.integers(len(colors)))]
            canvas.text((x + 28, 10 + 17 * row), str(word), color, _Font(12, "DejaVuSansMono"))
            x += 7.22 * (len(word) + 1)
    return canvas.pixels()[..., :3]


def page() -> Picture:
    """Draw black text with serifs on white, under a heading."""
    canvas = _Canvas(480, 600, "#ffffff")
    canvas.text((40, 36), "On few colours", "#000000", _Font(26, "DejaVuSerif-Bold"))
    random = np.random.default_rng(4)
    for row in range(26):
        words = " ".join(map(str, random.permutation(_WORDS)[:9]))
        canvas.text((40, 90 + 18 * row), words[:56], "#000000", _Font(12, "DejaVuSerif"))
    return canvas.pixels()[..., :3]


def app_icon() -> Picture:
    """Draw a round square with a gradient, a gloss and a sign on it, see-through outside."""
    side = 256
    fine = _FINE * side
    y, x = np.mgrid[:fine, :fine][..., np.newaxis] / fine
    corners = np.array([[255, 94, 98], [255, 153, 102], [106, 17, 203], [37, 117, 252]], float)
    top = (1 - x) * corners[0] + x * corners[1]
    bottom = (1 - x) * corners[2] + x * corners[3]
    canvas = _Canvas(side, side, "#00000000")
    canvas.box((12, 12, 244, 244), "#ffffff", 56)
    alpha = np.asarray(canvas.image)[..., 3:]
    gradient = np.rint((1 - y) * top + y * bottom).astype(np.uint8)
    canvas.image = Image.fromarray(np.concatenate([gradient, alpha], axis=2))
    gloss = _Canvas(side, side, "#00000000")
    gloss.disc(128, 20, 150, "#ffffff38")
    gloss.image.putalpha(
        Image.fromarray(np.minimum(np.asarray(gloss.image)[..., 3], alpha[..., 0]))
    )
    canvas.image = Image.alpha_composite(canvas.image, gloss.image)
    canvas.draw = ImageDraw.Draw(canvas.image)
    canvas.line([(72, 176), (72, 84), (128, 150), (184, 84), (184, 176)], "#ffffff", 20)
    return canvas.pixels()


def buttons() -> Picture:
    """Draw a row of flat buttons with signs, see-through between them."""
    canvas = _Canvas(384, 72, "#00000000")
    colors = ("#1a73e8", "#d93025", "#188038", "#f9ab00", "#9334e6")
    for place, color in enumerate(colors):
        x = 12 + 74 * place
        canvas.box((x, 8, x + 62, 64), color, 12)
        if place == 0:
            canvas.line([(x + 31, 22), (x + 31, 50)], "#ffffff", 5)
            canvas.line([(x + 17, 36), (x + 45, 36)], "#ffffff", 5)
        elif place == 1:
            canvas.line([(x + 20, 25), (x + 42, 47)], "#ffffff", 5)
            canvas.line([(x + 42, 25), (x + 20, 47)], "#ffffff", 5)
        elif place == 2:
            canvas.line([(x + 17, 37), (x + 27, 47), (x + 46, 25)], "#ffffff", 5)
        elif place == 3:
            canvas.disc(x + 31, 36, 15, "#ffffff")
            canvas.disc(x + 31, 36, 8, color)
        else:
            canvas.box((x + 18, 24, x + 44, 48), "#ffffffb0", 4)
    return canvas.pixels()


def banner() -> Picture:
    """Draw large words over a gradient of many close colours."""
    width, height = 720, 180
    across = np.linspace(0, 1, width)[np.newaxis, :, np.newaxis]
    down = np.linspace(0, 1, height)[:, np.newaxis, np.newaxis]
    blend = (across + down) / 2
    left, right = np.array([15, 32, 39], float), np.array([44, 130, 160], float)
    gradient = np.rint((1 - blend) * left + blend * right).astype(np.uint8)
    words = _Canvas(width, height, "#00000000")
    words.text((36, 40), "Few colours,", "#ffffff", _Font(44, "DejaVuSans-Bold"))
    words.text((38, 100), "many pictures", "#ffd166", _Font(36))
    over = Image.fromarray(words.pixels())
    ground = Image.fromarray(gradient).convert("RGBA")
    return np.asarray(Image.alpha_composite(ground, over))[..., :3]


def sprites() -> Picture:
    """Draw mirrored figures of 12 x 12 large pixels in four colours each, on nothing."""
    random = np.random.default_rng(5)
    sheet = np.zeros((4 * 16, 6 * 16, 4), np.uint8)
    for row in range(4):
        for column in range(6):
            palette = np.full((4, 4), 255, np.uint8)
            palette[:, :3] = random.integers(30, 256, (4, 3))
            half = random.integers(0, 7, (12, 6))
            figure = np.concatenate([half, half[:, ::-1]], axis=1)
            colors = np.where((figure < 4)[..., np.newaxis], palette[figure % 4], np.uint8(0))
            top, left = 16 * row + 2, 16 * column + 2
            sheet[top : top + 12, left : left + 12] = colors
    return sheet.repeat(6, axis=0).repeat(6, axis=1)
