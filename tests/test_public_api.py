import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti import _core, exceptions, options
from smalti.formats import npz
from smalti.formats.registry import formats


def _subclasses(cls):
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


@pytest.mark.parametrize("name", smalti.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    value = getattr(smalti, name)
    if name == "__version__":
        assert value.count(".") >= 2
    else:
        assert value.__doc__
        assert value.__doc__.strip()
    assert name in dir(smalti)


def test_star_import_gives_the_public_names():
    names = {}
    exec("from smalti import *", names)
    assert set(smalti.__all__) <= set(names)


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        smalti.no_such_name  # noqa: B018 - the access is the test


def test_every_error_is_a_value_error_or_an_os_error():
    found = list(_subclasses(smalti.SmaltiError))
    assert found
    for cls in found:
        assert issubclass(cls, ValueError | OSError), cls


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_exception_is_documented(name):
    assert getattr(exceptions, name).__doc__


_RUN = (
    "import sys\nsys.argv = {arguments}\nfrom smalti.{program} import main\n"
    "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
)
_MODULES = "\nimport sys\nprint([m for m in ('numpy', 'PIL') if m in sys.modules], file=sys.stderr)"


@pytest.mark.parametrize(
    "code",
    [
        "import smalti",
        _RUN.format(program="cli", arguments=["smalti", "--help"]),
        _RUN.format(program="cli", arguments=["smalti", "compress", "--help"]),
        _RUN.format(program="cli", arguments=["smalti", "in.png", "-o", "out.png", "--verbose"]),
        _RUN.format(program="cli", arguments=["smalti", "few.png", "-q", "90", "--json"]),
        _RUN.format(program="cli", arguments=["smalti", "in.webp"]),
        _RUN.format(program="cli", arguments=["smalti", "few.gif"]),
        _RUN.format(program="cli.pngquant", arguments=["smalti-pngquant", "in.png"]),
    ],
    ids=[
        "import",
        "--help",
        "compress --help",
        "compress",
        "compress --json",
        "WebP",
        "GIF",
        "smalti-pngquant",
    ],
)
def test_neither_numpy_nor_pillow_is_imported_before_it_is_needed(code, tmp_path):
    photo = (np.arange(48 * 64 * 3) % 251).astype(np.uint8).reshape(48, 64, 3)
    Image.fromarray(photo).save(tmp_path / "in.png")
    Image.fromarray(photo).save(tmp_path / "in.webp")
    few = Image.fromarray(photo // 64 * 64).quantize(64)
    few.save(tmp_path / "few.png")
    few.save(tmp_path / "few.gif")
    command = [sys.executable, "-c", code + _MODULES]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stderr.splitlines()[-1] == "[]"


def test_threads_may_import_numpy_and_pillow_while_others_do_without(tmp_path):
    for number in range(24):
        Image.new("RGB", (9, 7), (number, 40, 90)).save(tmp_path / f"{number:02}.png")
    Image.fromarray(np.full((9, 7), 4000, np.uint16)).save(tmp_path / "03-deep.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (9, 7)).save(tmp_path / "05-turned.jpg", exif=turned)
    command = [sys.executable, "-m", "smalti", "-r", str(tmp_path), "-o", str(tmp_path / "out")]
    run = subprocess.run([*command, "-j", "4"], capture_output=True, text=True, check=False)
    assert (run.returncode, "Traceback" in run.stderr) == (0, False), run.stderr
    assert len(list((tmp_path / "out").iterdir())) == 26


def test_the_limit_of_pixels_is_pillows_with_pillow_and_without():
    code = (
        "from smalti.validation import PILLOWS_LIMIT, pixel_limit\n"
        "before = pixel_limit(None)\nimport PIL.Image\n"
        "assert PILLOWS_LIMIT == PIL.Image.MAX_IMAGE_PIXELS\nassert before == pixel_limit(None)\n"
        "PIL.Image.MAX_IMAGE_PIXELS = 5\nassert pixel_limit(None) == 10"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_jpeg_is_compressed_without_numpy(tmp_path):
    photo = (np.arange(48 * 64 * 3) % 251).astype(np.uint8).reshape(48, 64, 3)
    Image.fromarray(photo).save(tmp_path / "in.jpg")
    code = _RUN.format(program="cli", arguments=["smalti", "in.jpg"])
    command = [sys.executable, "-c", code + _MODULES]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stderr.splitlines()[-1] == "['PIL']"


def test_options_have_the_limits_of_the_core_and_of_the_formats():
    assert options.MAX_COLORS == _core.MAX_COLORS
    limits = {form.max_colors for form in formats().values() if form.coder}
    assert limits == {options.MAX_INDEXED_COLORS}
    assert npz.MAX_BLOCK_SIDE == options.MAX_BLOCK_SIDE
