"""Feed damaged files to the readers: anything but a picture or a SmaltiError is a finding.

    python fuzz/readers.py --seconds 60

Starts from small valid files of many formats, damages them at random (bytes flipped,
removed, repeated, cut off) and reads each. A finding is saved beside this file and ends the
run with exit code 1; the seed printed at the start repeats it.
"""

import argparse
import contextlib
import io
import logging
import secrets
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

import smalti
from smalti.formats.registry import formats
from smalti.sources.read import read

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "TGA", "ICO")
# Larger pictures than a damaged header of these files could honestly claim are refused.
MAX_IMAGE_PIXELS = 1_000_000


def main() -> None:
    """Parse the command line and run."""
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    rng = np.random.default_rng(arguments.seed)
    Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS
    corpus = valid_files(rng)
    until = time.monotonic() + arguments.seconds
    counts = {"read": 0, "refused": 0}
    while time.monotonic() < until:
        data = damaged(corpus[rng.integers(len(corpus))], rng)
        counts[outcome(data)] += 1
    print(f"{counts['read']} read, {counts['refused']} refused with a sentence, none crashed")


def valid_files(rng: np.random.Generator) -> list[bytes]:
    """Return small files of every format, and compressed pictures."""
    picture = rng.integers(0, 256, size=(24, 32, 3), dtype=np.uint8)
    deep = rng.integers(0, 65536, size=(24, 32), dtype=np.uint16)
    files = []
    for name in FORMATS:
        files.append(encoded(Image.fromarray(picture), name))
    for mode in ("L", "P", "RGBA", "1", "LA"):
        files.append(encoded(Image.fromarray(picture).convert(mode), "PNG"))
    files.append(encoded(Image.fromarray(deep), "PNG"))
    files.append(encoded(Image.fromarray(deep), "TIFF"))
    files.append(b"P6 32 24 65535\n" + rng.bytes(32 * 24 * 6))
    compressed = smalti.compress(picture, k=16)
    blocks = smalti.compress(picture, k=9, block=(3, 5)).to_bytes("npz")
    return [*files, blocks, *(compressed.to_bytes(name) for name in formats())]


def encoded(image: Image.Image, name: str) -> bytes:
    """Return the file that Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, name)
    return buffer.getvalue()


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` with a few random damages."""
    spoilt = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at, length = int(rng.integers(len(spoilt))), int(rng.integers(1, 9))
        match rng.integers(4):
            case 0:
                spoilt[at] = rng.integers(256)
            case 1:
                del spoilt[at : at + length]
            case 2:
                spoilt[at:at] = spoilt[at : at + length]
            case _:
                del spoilt[max(at, 8) :]
        if not spoilt:
            return b"\0"
    return bytes(spoilt)


def outcome(data: bytes) -> str:
    """Read a file every way there is; save it if that ends in anything unforeseen."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(smalti.SmaltiError):
                smalti.load(data)
            smalti.compress(read(data), k=4, effort=1)
        return "read"
    except smalti.SmaltiError:
        return "refused"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        path = Path(__file__).with_name(f"finding-{secrets.token_hex(4)}.bin")
        path.write_bytes(data)
        traceback.print_exc()
        raise SystemExit(f"a finding: {path}") from None


if __name__ == "__main__":
    main()
