"""The table of hashes, and which of them hold on this machine."""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
from PIL import features

from tests.golden.cases import ANY_KERNEL, SCORED, digest_of, parts_of
from tests.golden.images import IMAGES

__all__ = ["PATH", "expected_of", "found_of", "kernel", "pixels_of", "read", "renew"]

PATH = Path(__file__).with_name("table.json")

Hashes = dict[str, str]


def kernel() -> str:
    """Return the instruction set that scores are computed with here."""
    machine = platform.machine().lower()
    if machine not in ("x86_64", "amd64"):
        return machine
    has = _cpu_features()
    if has.get("AVX512_SKX") or has.get("X86_V4"):
        return "x86-64-v4"
    return "x86-64-v3" if has.get("AVX2") and has.get("FMA3") else "x86-64"


def _cpu_features() -> dict[str, bool]:
    core = getattr(np, "_core", None) or np.core
    return dict(core._multiarray_umath.__cpu_features__)


def read() -> dict[str, Any]:
    """Return the table: versions, and for every image hashes by kernel."""
    table: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return table


def pixels_of(name: str) -> tuple[Any, str]:
    """Return an image and the hash of its samples."""
    pixels = IMAGES[name]()
    return pixels, digest_of([pixels])


def found_of(name: str, pixels: Any) -> dict[str, Hashes]:
    """Return the hashes of an image: ANY_KERNEL's, and this kernel's."""
    found: dict[str, Hashes] = {ANY_KERNEL: {}, kernel(): {}}
    for kind, part, digest in parts_of(name, pixels):
        found[kernel() if kind == SCORED else ANY_KERNEL][part] = digest
    return found


def expected_of(entry: dict[str, Any], versions: dict[str, str]) -> Hashes:
    """Return those of an image's hashes that hold on this machine."""
    hashes = {**entry[ANY_KERNEL], **entry.get(kernel(), {})}
    if features.version("webp") != versions["webp"]:
        hashes = {part: digest for part, digest in hashes.items() if not part.endswith("/webp")}
    return hashes


def renew() -> list[str]:
    """Write the table anew and return what changed, one line a part.

    Hashes of other instruction sets are kept: renew them there.
    """
    old = read() if PATH.exists() else {"images": {}}
    images: dict[str, Any] = {}
    changes = []
    for name in IMAGES:
        pixels, samples = pixels_of(name)
        before = old["images"].get(name, {})
        found = found_of(name, pixels)
        known = {ANY_KERNEL: {}, **before, **found}
        images[name] = {
            "samples": samples,
            **{key: known[key] for key in known if key != "samples"},
        }
        changes += [
            f"{name} {part}"
            for key, hashes in found.items()
            for part, digest in hashes.items()
            if before.get(key, {}).get(part) != digest
        ]
    table = {"versions": {"webp": features.version("webp")}, "images": images}
    PATH.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return changes
