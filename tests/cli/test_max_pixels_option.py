"""Every command that reads images refuses large ones, and reads them when it is told to."""

import pytest
from PIL import Image

import smalti
from tests.cli.program import invoke

PIXELS = 151 * 100


@pytest.fixture
def folder(photo, photo_png):
    smalti.compress(photo, 4).save(photo_png.with_name("indexed.png"))
    smalti.compress(photo, 4).save(photo_png.with_name("indexed.npz"))
    return photo_png.parent


COMMANDS = {
    "compress": ["compress", "photo.png", "-k", 2],
    "reconstruct": ["reconstruct", "indexed.png"],
    "sweep": ["sweep", "photo.png", "-k", "2"],
    "sweep --auto": ["sweep", "photo.png", "--auto", "-k", "1,2"],
    "segment": ["segment", "photo.png", "-k", 2, "-o", "classes"],
    "segment --mask": ["segment", "photo.png", "-k", 2, "--mask", "photo.png", "-o", "classes"],
    "compare": ["compare", "photo.png", "indexed.png"],
    "compare npz": ["compare", "photo.png", "indexed.npz"],
    "inspect": ["inspect", "photo.png"],
    "inspect npz": ["inspect", "indexed.npz"],
    "demo": ["demo", "photo.png", "-o", "demo"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_limit(folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    refused = invoke(*COMMANDS[name], "--max-pixels", PIXELS - 1)
    assert refused.exit_code == 1
    done = invoke(*COMMANDS[name], "--max-pixels", PIXELS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("name", [name for name in COMMANDS if "npz" not in name])
def test_who_is_refused_is_told_the_option(folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    refused = invoke(*COMMANDS[name])
    assert refused.exit_code == 1
    sentence = ".png: has more than the 100 pixels allowed; if you trust it, use --max-pixels\n"
    assert refused.stderr.endswith(sentence)
