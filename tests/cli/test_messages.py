"""What the program says is for who uses the program: no Python, and notes as sentences."""

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import invoke, run
from tests.pictures import encoded

COMMANDS = {
    "compress": ["compress", "{}", "-k", 2],
    "sweep": ["sweep", "{}", "-k", "2"],
    "sweep --auto": ["sweep", "{}", "--auto", "-k", "1,2"],
    "segment": ["segment", "{}", "-k", 2, "-o", "classes"],
    "segment --mask": ["segment", "photo.png", "-k", 2, "--mask", "{}", "-o", "classes"],
    "compare": ["compare", "{}", "photo.png"],
    "inspect": ["inspect", "{}"],
    "reconstruct": ["reconstruct", "{}"],
}


@pytest.fixture
def film(photo, photo_png):
    frames = [Image.fromarray(photo[:, ::step]).resize((151, 100)) for step in (1, 2)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    photo_png.with_name("film.gif").write_bytes(data)
    return "film.gif"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_the_notes_once(film, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = invoke(*[str(word).format(film) for word in COMMANDS[name]])
    assert result.exit_code == 0
    first, *rest = result.stderr.splitlines()
    assert first == "smalti: warning: film.gif: has 2 frames or pages; only the first is read"
    assert not [line for line in rest if "is larger than" not in line]


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (
            ["compress", "photo.png", "-o", "photo.png"],
            "exists already; to replace it, use --force",
        ),
        (["compress", "picture.npz"], "to make an image of it, use smalti reconstruct"),
        (["reconstruct", "photo.png"], "use smalti compress to make one"),
        (["reconstruct", "classes.npz"], "not a picture: use smalti segment --classes"),
        (["reconstruct", "codebook.npz"], "not a picture: use the Python package, which made it"),
        (
            ["segment", "photo.png", "--classes", "picture.npz", "-o", "classes"],
            "not classes of a segmentation: use smalti reconstruct",
        ),
    ],
)
def test_advice_is_for_the_command_line(photo, photo_png, monkeypatch, arguments, advice):
    folder = photo_png.parent
    smalti.compress(photo, 2).save(folder / "picture.npz")
    smalti.segment(photo, 2).classifier.save(folder / "classes.npz")
    smalti.Codebook(np.ones((2, 3))).save(folder / "codebook.npz")
    monkeypatch.chdir(folder)
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert result.stderr.endswith(f"{advice}\n")


def test_what_pillow_warns_of_stays_inside(tmp_path):
    # Pillow warns of a palette that is transparent throughout, and of large images.
    picture = Image.new("P", (9000, 10000))
    picture.putpalette(bytes(range(9)))
    picture.save(tmp_path / "large.png")
    result = run("inspect", tmp_path / "large.png")
    assert (result.returncode, result.stderr) == (0, b"")
