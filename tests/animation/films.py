"""Animations that tests share."""

import io

import numpy as np
from PIL import Image

HEIGHT, WIDTH, COUNT = 40, 60, 6
BACK, FRONT = (240, 240, 230), (200, 30, 30)


def moving(count=COUNT, height=HEIGHT, width=WIDTH):
    """Frames of a square that moves over a flat ground: uint8, shape (T, H, W, 3)."""
    frames = np.empty((count, height, width, 3), dtype=np.uint8)
    frames[:] = BACK
    for number, frame in enumerate(frames):
        frame[10:20, 5 * number : 5 * number + 10] = FRONT
    return frames


def file_of(frames, kind, **options):
    """The file that Pillow writes of frames."""
    images = [Image.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    images[0].save(file, kind, **more, **options)
    return file.getvalue()


def shown_by_pillow(data):
    """The frames that Pillow shows of a file, as RGBA, and their milliseconds."""
    image = Image.open(io.BytesIO(data))
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        found.append((np.asarray(image.convert("RGBA")), image.info.get("duration", 0)))
    return found
