"""The tools that the curves compare: pngquant, zenquant and quantette, each before oxipng.

pngquant and oxipng are taken from the path where they are recent enough, otherwise cargo
installs them into bench/crates/target.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.common.cargo import (
    PEERS_CRATE,
    RATE_CRATE,
    TARGET,
    crate_versions,
    executable,
    program,
)
from bench.rate.images import RateImage, indexed_png, png
from bench.rate.points import RateTool

OXIPNG_LEVEL = "-o4"
PNGQUANT_COLORS = (16, 32, 48, 64, 96, 128, 160, 192, 256)
PNGQUANT_DITHERS = ("--floyd=1", "--nofs")
# zenquant's names for its plain PNG, its PNG with joint optimisation and its smallest PNG.
ZENQUANT_MODES = ("png", "joint", "smallest")
ZENQUANT_COLORS = (16, 32, 64, 128, 256)
# Its other settings at 256 colours: two lower qualities, and targets that reach its other tiers.
ZENQUANT_OTHERS = ("fast 256", "balanced 256", "target-78 256", "target-70 256", "target-50 256")
QUANTETTE_SETTINGS = ("kmeans 256", "kmeans-dithered 256")
_MAJOR_VERSIONS = {"pngquant": 3, "oxipng": 10}
_TOOLS = TARGET / "tools"


def rate_tools() -> tuple[list[RateTool], list[str]]:
    """Return the peers that can be built, and what to say of the others."""
    tools, left_out = [], []
    for make in (pngquant, zenquant, quantette):
        try:
            tools.append(make())
        except (OSError, subprocess.CalledProcessError) as error:
            left_out.append(f"{make.__name__}: {error}")
    return tools, left_out


def pngquant() -> RateTool:
    """Return pngquant at its slowest and best, dithering and not, then oxipng."""
    path, version = installed("pngquant")
    settings = [f"{dither} {k}" for k in PNGQUANT_COLORS for dither in PNGQUANT_DITHERS]

    def encode(image: RateImage, setting: str) -> bytes:
        return _piped([path, "--speed", "1", *setting.split(), "-"], png(image.pixels))

    return _before_oxipng("pngquant", f"pngquant {version} --speed 1", settings, encode)


def zenquant() -> RateTool:
    """Return zenquant's ways to PNG, then oxipng."""
    path = program(RATE_CRATE, "zenquant")
    settings = [f"{mode} {k}" for k in ZENQUANT_COLORS for mode in ZENQUANT_MODES]
    (version,) = crate_versions(RATE_CRATE / "Cargo.lock", ["zenquant"])

    def encode(image: RateImage, setting: str) -> bytes:
        height, width = image.pixels.shape[:2]
        opaque = np.full((height, width, 1), 255, np.uint8)
        rgba = np.dstack([image.pixels, opaque])[..., :4]
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder) / "source.rgba", Path(folder) / "result"
            np.ascontiguousarray(rgba).tofile(source)
            command = [path, *setting.split(), width, height, source, result]
            colors = int(_piped(list(map(str, command)), b""))
            found = np.fromfile(result, np.uint8)
        palette, indices = np.split(found, [4 * colors])
        return indexed_png(palette.reshape(-1, 4), indices.reshape(height, width))

    return _before_oxipng("zenquant", version, [*settings, *ZENQUANT_OTHERS], encode)


def quantette() -> RateTool:
    """Return quantette's K-Means in Oklab, its default, then oxipng; it has no alpha."""
    path = program(PEERS_CRATE, "bench-peers")
    (version,) = crate_versions(PEERS_CRATE / "Cargo.lock", ["quantette"])

    def encode(image: RateImage, setting: str) -> bytes:
        height, width = image.pixels.shape[:2]
        way, k = setting.split()
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder) / "source.rgb", Path(folder) / "result"
            np.ascontiguousarray(image.reference).tofile(source)
            command = [path, f"quantette-oklab-{way}", width, height, k, 0, source, result]
            _piped(list(map(str, command)), b"")
            found = result.read_bytes()
        pixels = height * width
        palette = np.frombuffer(found[:-pixels], "<f4").reshape(-1, 3)
        indices = np.frombuffer(found[-pixels:], np.uint8).reshape(height, width)
        return indexed_png(np.rint(palette).astype(np.uint8), indices)

    tool = _before_oxipng("quantette", version, QUANTETTE_SETTINGS, encode)
    return replace(tool, has_alpha=False)


def installed(name: str) -> tuple[str, str]:
    """Return a program's path and version, from the path or by cargo."""
    for folder in (None, str(_TOOLS / "bin")):
        found = shutil.which(name, path=folder)
        if found and _version(found).split(".")[0] == str(_MAJOR_VERSIONS[name]):
            return found, _version(found)
    wanted = [name, "--version", f"^{_MAJOR_VERSIONS[name]}", "--locked"]
    places = ["--root", str(_TOOLS), "--target-dir", str(_TOOLS / "build")]
    subprocess.run(["cargo", "install", *wanted, *places], check=True)
    path = str(_TOOLS / "bin" / executable(name))
    return path, _version(path)


def _version(path: str) -> str:
    output = _piped([path, "--version"], b"").decode()
    found = re.search(r"\d+(\.\d+)+", output)
    return found[0] if found else output.strip()


def _before_oxipng(
    name: str, version: str, settings: Sequence[str], encode: Callable[[RateImage, str], bytes]
) -> RateTool:
    path, oxipng_version = installed("oxipng")
    optimise = [path, OXIPNG_LEVEL, "--strip", "safe", "--quiet", "--stdout", "-"]
    version = f"{version}, oxipng {oxipng_version} {OXIPNG_LEVEL}"
    return RateTool(
        name, version, settings, lambda image, setting: _piped(optimise, encode(image, setting))
    )


def _piped(command: Sequence[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE).stdout
