import subprocess
import sys

import pytest

import smalti
from smalti import _core, exceptions
from smalti.cli import options
from smalti.cli.compress import FORMATS
from smalti.formats import ENCODERS, npz, png, webp
from smalti.labelmaps import classes
from smalti.labelmaps.regions import PIXEL_SIZES
from smalti.options import SPACES
from smalti.segmentation.features import feature_space as features
from smalti.segmentation.segment import SPATIAL_METHODS


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


@pytest.mark.parametrize(
    "name",
    [
        "BlockImage",
        "Codebook",
        "CompressedImage",
        "Elbow",
        "OnlineKMeans",
        "PixelClassifier",
        "Report",
        "Segmentation",
        "Sweep",
    ],
)
def test_every_public_method_is_documented(name):
    cls = getattr(smalti, name)
    for method, value in vars(cls).items():
        if not method.startswith("_") and callable(value):
            assert value.__doc__, f"{name}.{method}"


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


_MODULES = "\nimport sys\nprint([m for m in ('numpy', 'PIL') if m in sys.modules], file=sys.stderr)"


@pytest.mark.parametrize(
    "code",
    [
        "import smalti",
        "import sys\nsys.argv = ['smalti', '--help']\nfrom smalti.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code",
        "import sys\nsys.argv = ['smalti', 'compress', '--help']\nfrom smalti.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code",
    ],
    ids=["import", "--help", "compress --help"],
)
def test_neither_numpy_nor_pillow_is_imported_before_it_is_needed(code):
    command = [sys.executable, "-c", code + _MODULES]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"


def test_the_command_line_names_what_the_api_takes():
    # It has copies of its own, because importing the API would slow down its start.
    assert options.MAX_COLORS == _core.MAX_COLORS
    assert {png.MAX_COLORS, webp.MAX_COLORS} == {options.MAX_INDEXED_COLORS}
    assert npz.MAX_BLOCK_SIDE == options.MAX_BLOCK_SIDE
    assert options.SPACES == SPACES
    assert options.MAX_CLASSES == classes.MAX_CLASSES
    assert options.SEGMENT_SPACES == features.SPACES
    assert options.SPATIAL_METHODS == SPATIAL_METHODS
    assert options.PIXEL_SIZES == PIXEL_SIZES
    assert set(FORMATS) == set(ENCODERS)
