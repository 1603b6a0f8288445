import pytest

from smalti.exceptions import ImageReadError
from smalti.sources.read import read

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"<svg>",
        b"<svg/>",
        b"\n  " + SVG,
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n" + SVG,
        b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'>\n" + SVG,
        b"<!DOCTYPE svg [ <!ENTITY a 'b>c'> ]>" + SVG,
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg'/>",
    ],
)
def test_an_svg_is_told_what_makes_pixels_of_it(data):
    with pytest.raises(ImageReadError, match="is an SVG drawing, not an image of pixels; make"):
        read(data)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n...", b"\n%PDF-2.0"])
def test_a_pdf_is_told_what_makes_pixels_of_it(data):
    with pytest.raises(ImageReadError, match="is a PDF, not an image of pixels; make one of each"):
        read(data)


@pytest.mark.parametrize("data", [b"<svgx>", b"<html><svg></svg></html>", b"text %PDF-1.7"])
def test_other_texts_are_no_drawings(data):
    with pytest.raises(ImageReadError, match="is not an image that can be read"):
        read(data)


def test_a_folder_is_told_as_such(tmp_path):
    with pytest.raises(ImageReadError, match=r"is a folder, not a file$") as caught:
        read(tmp_path)
    sentence = (
        f"{tmp_path}: is a folder, not a file; to name the files in it, type {tmp_path}/*.png"
    )
    assert caught.value.command_line == sentence
