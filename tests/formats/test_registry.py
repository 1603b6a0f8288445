"""Formats are records; a module put beside theirs is a format everywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.formats.registry import (
    default_format,
    endings,
    format_named,
    format_of_bytes,
    format_of_path,
    formats,
)

ALL = list(formats().values())

# Text: the size, and every pixel's colour.
_TOY = """
from smalti.formats.format import Format

def _encode(picture, effort, progress):
    height, width = picture.indices.shape
    text = picture.palette[picture.indices].tobytes().hex()
    return b"TOY %d %d %s" % (height, width, text.encode())

def _decode(data, name, max_pixels):
    import numpy as np
    _, height, width, text = data.split(b" ")
    pixels = np.frombuffer(bytes.fromhex(text.decode()), np.uint8).reshape(-1, 3)
    palette, indices = np.unique(pixels, axis=0, return_inverse=True)
    return {
        "indices": indices.reshape(int(height), int(width)).astype(np.uint8),
        "palette": palette,
        "centroids": palette.astype(float),
        "original_bits": 24 * len(pixels),
    }

FORMAT = Format(
    name="toy", title="Toy", file_title="a toy", suffixes=(".toy", ".ty"),
    media_type="image/x-toy", rank=9, sniff=lambda data: data.startswith(b"TOY "),
    encode=_encode, decode=_decode, max_colors=3, max_side=40,
)
"""

_PROGRAM = """
import json, sys
import smalti.formats.pictures
smalti.formats.pictures.__path__.append(sys.argv[1])
import numpy as np
import smalti
from smalti.images.comparison import compare
from smalti.images.inspect import inspect
from tests.cli.program import invoke
from tests.pictures import noise

told = {}
def refused(name, work):
    try:
        work()
    except smalti.SmaltiError as error:
        told[name] = str(error)

picture = smalti.compress(noise(5, 7), 3)
picture.save("one.ty")
data = picture.to_bytes("Toy")
loaded = smalti.load(data)
assert (loaded.reconstruct() == picture.reconstruct()).all()
assert smalti.load("one.ty").k == 3
assert inspect(data).format == "Toy"
assert compare("one.ty", data).mse == 0
smalti.compress(noise(5, 7), 2).save("two.png")
result = invoke("compress", "two.png", "-o", "two.toy", "-k", 2)
assert result.exit_code == 0, result.output
assert smalti.load("two.toy").k == 2
told["help"] = invoke("compress", "--help").output
told["k"] = invoke("compress", "two.png", "-k", 4, "--format", "toy").output
told["ending"] = invoke("compress", "two.png", "-o", "two.bmp").output
refused("colors", lambda: smalti.compress(noise(5, 7), 4).to_bytes("toy"))
refused("side", lambda: smalti.compress(noise(1, 41), 2).to_bytes("toy"))
refused("many", lambda: smalti.compress(noise(20, 20), 257).to_bytes("png"))
refused("name", lambda: picture.to_bytes("gif"))
refused("path", lambda: picture.save("one.gif"))
print(json.dumps(told))
"""


def test_a_module_put_beside_the_others_is_a_format_everywhere(tmp_path):
    (tmp_path / "formats").mkdir()
    (tmp_path / "formats" / "toy.py").write_text(_TOY)
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, *filter(None, sys.path)])
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM, tmp_path / "formats"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    told = json.loads(finished.stdout)
    assert "[png|webp|npz|toy]" in told["help"]
    assert "-k 4: Toy holds at most 3 colours; use --format png" in told["k"]
    assert ".png, .webp, .npz, .toy or .ty" in told["ending"].replace("\n", " ")
    assert told["colors"] == (
        "a toy holds at most 3 colours, this image has 4: ask for fewer colours or save it as "
        ".png, .webp or .npz"
    )
    assert told["side"].endswith("this image is 41 x 1: save it as .png, .webp or .npz")
    assert told["many"].endswith("ask for fewer colours or save it as .npz")
    assert "'png', 'webp', 'npz', 'toy'" in told["name"]
    assert "must end in .png, .webp, .npz, .toy or .ty, got '.gif'" in told["path"]


def test_the_order_is_that_of_ranks():
    assert list(formats()) == ["png", "webp", "npz"]


@pytest.mark.parametrize("form", ALL, ids=list(formats()))
def test_every_format_knows_its_own_files(photo, form):
    data = smalti.compress(photo, 4, effort=1).to_bytes(form.name)
    assert format_of_bytes(data) is form
    for suffix in form.suffixes:
        assert format_of_path(f"picture{suffix.upper()}") is form


@pytest.mark.parametrize("name", [*formats(), "PNG", "Png", "WebP", "NPZ"])
def test_case_does_not_count_in_names(photo, name):
    assert format_named(name).name == name.lower()
    picture = smalti.compress(photo, 4, effort=1)
    assert picture.to_bytes(name) == picture.to_bytes(name.lower())


@pytest.mark.parametrize("name", ["gif", "", "p n g", None, 3])
def test_other_names_are_refused(name):
    with pytest.raises(InvalidParameterError, match="format must be one of 'png', 'webp', 'npz'"):
        format_named(name)


def test_what_nobody_chooses_is_the_first_that_holds_the_picture():
    assert default_format().name == "png"
    assert default_format(colors=256).name == "png"
    assert default_format(colors=257).name == "npz"
    assert default_format(blocks=True).name == "npz"


def test_files_of_other_formats_are_none_of_these():
    for data in (b"", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"\x89PN"):
        assert format_of_bytes(data) is None


def test_endings_are_listed_as_in_a_sentence():
    assert endings(ALL) == ".png, .webp or .npz"
    assert endings(ALL[:1]) == ".png"


@pytest.mark.parametrize("form", [form for form in ALL if form.size], ids=lambda form: form.name)
@pytest.mark.parametrize("effort", [1, 5])
def test_the_size_that_a_format_tells_is_that_of_its_file(photo, form, effort):
    picture = smalti.compress(photo, 20, effort=1)
    told = form.size(picture.indices, picture.palette, effort)
    written = len(picture.to_bytes(form.name, effort=effort))
    # An npz has centroids, too, which are not known before the end.
    assert written <= told <= written + (200 if form.name == "npz" else 0)


def test_records_are_known_without_numpy_and_pillow():
    program = (
        "import sys\n"
        "from smalti.formats.registry import formats\n"
        "assert len(formats()) == 3\n"
        "print([name for name in ('numpy', 'PIL', 'smalti._core') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
