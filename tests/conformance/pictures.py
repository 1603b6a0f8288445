"""Pictures of every PNG colour type and depth, and the pixels that their files must give."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.conformance.png_writer import (
    CHANNELS,
    GREY,
    GREY_ALPHA,
    INDEXED,
    NONE,
    RGBA,
    Chunk,
    file_of,
    header,
    image_data,
)

TYPE_NAMES = {0: "grey", 2: "rgb", 3: "indexed", 4: "grey-alpha", 6: "rgba"}


@dataclass(frozen=True)
class Picture:
    """What a PNG file holds.

    `palette` is an (N, 3) array. `transparent` is the payload of tRNS as numbers: alphas of the
    first palette entries, or the samples of the transparent colour.
    """

    samples: np.ndarray
    depth: int
    color_type: int
    palette: np.ndarray | None = None
    transparent: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        height, width = self.samples.shape[:2]
        return f"{TYPE_NAMES[self.color_type]}-{self.depth}-bit-{width}x{height}"

    def chunks(
        self,
        *,
        interlaced: bool = False,
        filters: Sequence[int] = (NONE,),
        before: Sequence[Chunk] = (),
        between: Sequence[Chunk] = (),
        after: Sequence[Chunk] = (),
    ) -> list[Chunk]:
        """The file's chunks; others can be put before PLTE, between it and IDAT, and after."""
        height, width = self.samples.shape[:2]
        data = image_data(self.samples, self.depth, interlaced=interlaced, filters=filters)
        found = [header(width, height, self.depth, self.color_type, interlaced), *before]
        if self.palette is not None:
            found.append((b"PLTE", self.palette.astype(np.uint8).tobytes()))
        if self.transparent is not None:
            code = "B" if self.color_type == INDEXED else "H"
            payload = struct.pack(f">{len(self.transparent)}{code}", *self.transparent)
            found.append((b"tRNS", payload))
        return [*found, *between, (b"IDAT", zlib.compress(data)), *after, (b"IEND", b"")]

    def file(self, **layout) -> bytes:
        """The bytes of the file; the options are those of `chunks`."""
        return file_of(self.chunks(**layout))

    @property
    def pixels(self) -> np.ndarray:
        """The pixels that a reader must give: (H, W, 3 or 4), 16 bits a sample if the file has."""
        if self.color_type == INDEXED:
            return self._looked_up()
        highest = 2**self.depth - 1
        dtype, full = (np.uint16, 65535) if self.depth == 16 else (np.uint8, 255)
        scaled = (self.samples * (full // highest)).astype(dtype)
        if self.color_type == GREY:
            colors = np.repeat(scaled, 3, axis=2)
        elif self.color_type == GREY_ALPHA:
            colors = scaled[..., [0, 0, 0, 1]]
        else:
            colors = scaled
        if self.transparent is None:
            return colors
        matches = (self.samples == self.transparent).all(axis=2)
        return np.dstack([colors, np.where(matches, 0, full).astype(dtype)])

    def _looked_up(self) -> np.ndarray:
        colors = self.palette.astype(np.uint8)
        if self.transparent is not None:
            alpha = np.full(len(colors), 255, np.uint8)
            alpha[: len(self.transparent)] = self.transparent
            colors = np.column_stack([colors, alpha])
        return colors[self.samples[..., 0]]


def picture(color_type: int, depth: int, width: int, height: int) -> Picture:
    """Random samples of a colour type; an indexed picture has as many colours as fit."""
    random = np.random.default_rng([color_type, depth, width, height])
    samples = random.integers(0, 2**depth, (height, width, CHANNELS[color_type]))
    if color_type in (GREY_ALPHA, RGBA):
        # Noise hardly ever has the alphas that matter most.
        ends = random.integers(0, 3, (height, width))
        samples[..., -1] = np.select([ends == 0, ends == 1], [0, 2**depth - 1], samples[..., -1])
    palette = random.integers(0, 256, (2**depth, 3)) if color_type == INDEXED else None
    return Picture(samples, depth, color_type, palette)


def in_8_bits(pixels: np.ndarray) -> np.ndarray:
    """The colours as 8-bit RGBA, black where nothing can be seen: two pictures that look alike."""
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if pixels.shape[2] == 3:
        return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.where(pixels[..., 3:] == 0, 0, pixels).astype(np.uint8)
