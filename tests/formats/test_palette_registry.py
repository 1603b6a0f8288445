"""Formats of palette files are records, and hold what they say."""

import pkgutil
import subprocess
import sys

import pytest

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.formats import palettes
from smalti.formats.palette_registry import (
    decoded_palette,
    palette_format_named,
    palette_format_of_path,
    palette_formats,
)
from tests.formats.palette_files import BLUE, CLEAR, FORMATS, HALF_GREEN, RED, written


def test_every_module_is_a_format_and_ranks_order_them():
    modules = [module.name for module in pkgutil.iter_modules(palettes.__path__)]
    assert sorted(FORMATS) == sorted(modules)
    assert list(FORMATS) == ["gpl", "ase", "act", "pal", "css", "json", "hex", "png"]
    assert len({form.rank for form in FORMATS.values()}) == len(FORMATS)
    assert palette_formats() is FORMATS


def test_endings_are_distinct_and_lead_to_their_formats():
    endings = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(set(endings)) == len(endings)
    for form in FORMATS.values():
        for suffix in form.suffixes:
            assert palette_format_of_path(f"colours{suffix.upper()}") is form


def test_names_lead_to_their_formats_in_any_case():
    assert palette_format_named("gpl") is palette_format_named("GPL") is FORMATS["gpl"]


@pytest.mark.parametrize("name", ["gif", "", None, 3])
def test_other_names_are_refused(name):
    with pytest.raises(InvalidParameterError, match="format must be one of 'gpl', 'ase', 'act'"):
        palette_format_named(name)


def test_what_holds_alpha_holds_a_clear_colour():
    assert all(form.holds_clear for form in FORMATS.values() if form.holds_alpha)


def test_other_endings_are_refused():
    listed = r"must end in \.gpl, \.ase, \.act, \.pal, \.css, \.json, \.hex or \.png, got '\.txt'"
    with pytest.raises(InvalidParameterError, match=listed):
        palette_format_of_path("colours.TXT")


def test_formats_are_known_without_numpy_and_pillow():
    program = (
        "import sys\n"
        "from smalti.formats.palette_registry import palette_formats\n"
        "assert len(palette_formats()) == 8\n"
        "print([name for name in ('numpy', 'PIL', 'smalti._core') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_contents_count_more_than_the_ending():
    for form in FORMATS.values():
        if form.name != "act":
            assert decoded_palette(written(form.name, RED, BLUE), "a.txt").colors == (RED, BLUE)
            assert decoded_palette(written(form.name, RED, BLUE), "a.act").colors == (RED, BLUE)


def test_palettes_that_a_format_does_not_hold_are_refused():
    def sentence(name, *colors, weights=None):
        with pytest.raises(InvalidParameterError) as caught:
            written(name, *colors, weights=weights)
        return str(caught.value)

    with_alpha = "save the palette as .css, .json, .hex or .png"
    assert sentence("gpl", RED, HALF_GREEN) == (
        f"a .gpl file holds no alpha, but colour 2 is 00ff0080: {with_alpha}"
    )
    assert sentence("ase", CLEAR) == (
        "a .ase file holds no alpha, but colour 1 is 01020300: save the palette as .act, .css, "
        ".json, .hex or .png"
    )
    held = "a .act file holds no alpha but that of one clear colour, but colour"
    assert sentence("act", CLEAR, RED, CLEAR) == f"{held} 3 is 01020300: {with_alpha}"
    assert sentence("act", HALF_GREEN) == f"{held} 1 is 00ff0080: {with_alpha}"
    assert sentence("act", *[RED] * 257) == (
        "a .act file holds at most 256 colours, this palette has 257: save it as .gpl, .ase, .pal, "
        ".css, .json, .hex or .png"
    )
    assert sentence("hex") == "a palette must have at least one colour, got none"
    assert sentence("hex", *[RED] * 65_537) == (
        "a palette file holds at most 65,536 colours, this palette has 65,537"
    )
    assert sentence("json", RED, weights=()).endswith("for each of 1 colours, got 0")
    assert sentence("json", RED, weights=[-1]).startswith("weights[0] must be a finite number")
    assert sentence("json", (256, 0, 0)).startswith("colors[0] must be 3 or 4 whole numbers")


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.gpl", "is empty"),
        (b"GIF89a", "a.gif", "is not a palette file of any known format: .gpl, "),
        (b"GIMP Palette\n", "a.gpl", "has no colours"),
        (b"a { color: red }", "a.css", "has no colours"),
        (bytes(772), "a.act", "has no colours"),
        (b"000000\n" * 65_537, "a.hex", "has more than 65,536 colours"),
    ],
)
def test_files_without_colours_are_refused(data, name, reason):
    with pytest.raises(ImageReadError) as caught:
        decoded_palette(data, name)
    assert str(caught.value).startswith(f"{name}: {reason}")


@pytest.mark.parametrize(("line", "name"), [(b"ff0000\n", "long.hex"), (b"1 2 3\n", "long.gpl")])
def test_what_is_too_long_for_a_palette_is_not_looked_at(line, name):
    data = line * ((1 << 22) // len(line) + 1)
    with pytest.raises(ImageReadError, match=f"^{name}: has 4,1.*, but a palette file has"):
        decoded_palette(data, name)
