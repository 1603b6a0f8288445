"""The size of a pixel, as files tell it."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

import smalti
from smalti.sources.read import read
from tests.pictures import noise

OME = (
    '<?xml version="1.0"?><OME><Image ID="Image:0"><Pixels ID="Pixels:0" SizeX="9" SizeY="6" '
    'PhysicalSizeX="{x}" PhysicalSizeY="{y}"{unit}/></Image></OME>'
)
NANOMETRES = ' PhysicalSizeXUnit="nm" PhysicalSizeYUnit="nm"'
APERIO = "Aperio Image Library v11.2.1\r\n46000x32914 JPEG Q=30|AppMag = 20|MPP = 0.4990|Left = 2"
PROJECTED, GEOGRAPHIC = (1, 1, 0, 1, 1024, 0, 1, 1), (1, 1, 0, 1, 1024, 0, 1, 2)
FEET = (1, 1, 0, 2, 1024, 0, 1, 1, 3076, 0, 1, 9002)


def tiff(**tags):
    buffer = io.BytesIO()
    known = {"description": 270, "x": 282, "y": 283, "unit": 296, "scale": 33550, "keys": 34735}
    info = {known[name]: value for name, value in tags.items()}
    Image.fromarray(noise(6, 9)).save(buffer, "TIFF", tiffinfo=info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ({"description": OME.format(x=0.25, y=0.25, unit="")}, 0.25),
        ({"description": OME.format(x=250, y=250.5, unit=NANOMETRES)}, 0.25),
        ({"description": OME.format(x=0.25, y=0.5, unit="")}, None),
        ({"description": OME.format(x="wide", y=1, unit="")}, None),
        ({"description": APERIO}, 0.499),
        ({"description": "Aperio without a size"}, None),
        ({"x": IFDRational(40000), "y": IFDRational(40000), "unit": 3}, 0.25),
        ({"x": IFDRational(101600), "y": IFDRational(101600), "unit": 2}, 0.25),
        ({"x": IFDRational(300), "y": IFDRational(300), "unit": 2}, None),
        ({"x": IFDRational(0), "y": IFDRational(0), "unit": 2}, None),
        ({"x": IFDRational(40000), "y": IFDRational(40000), "unit": 1}, None),
        ({"scale": (10.0, 10.0, 0.0), "keys": PROJECTED}, 1e7),
        ({"scale": (0.0001, 0.0001, 0.0), "keys": GEOGRAPHIC}, None),
        ({"scale": (10.0, 10.0, 0.0), "keys": FEET}, None),
        ({}, None),
    ],
)
def test_files_tell_the_size_of_their_pixels(tags, size):
    found = read(tiff(**tags)).pixel_size
    assert found is size is None or found == pytest.approx(size)


def test_areas_are_in_units_of_the_file():
    found = smalti.segment(tiff(description=APERIO), 2)
    assert found.pixel_size == 0.499
    np.testing.assert_allclose(found.areas_um2, found.areas * 0.249001)
    assert "µm²" in str(found)
    assert found.regions().areas_um2.sum() == pytest.approx(54 * 0.249001)
    assert found.regions(pixel_size=2.0).areas_um2.sum() == 4 * 54
    fields = smalti.segment(tiff(scale=(10.0, 10.0, 0.0), keys=PROJECTED), 1)
    assert "m²" in str(fields)
    assert "5,400" in str(fields)
    plain = smalti.segment(noise(6, 9), 2)
    assert plain.areas_um2 is None
    assert "m²" not in str(plain)


def test_16_bit_files_tell_it_too():
    buffer = io.BytesIO()
    deep = noise(6, 9, dtype=np.uint16)[..., 0]
    Image.fromarray(deep).save(buffer, "TIFF", tiffinfo={270: APERIO})
    source = read(buffer.getvalue())
    assert source.pixels.dtype == np.uint16
    assert source.pixel_size == 0.499
