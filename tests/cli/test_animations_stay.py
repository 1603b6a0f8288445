"""An input of several frames is not replaced by a still picture."""

import pytest
from PIL import Image

from tests.cli.program import invoke
from tests.pictures import encoded, noise


def film(kind, mode="RGB"):
    frames = [Image.fromarray(noise(8, 9, seed=seed) // 100 * 100) for seed in range(2)]
    first, *rest = [frame.convert(mode) for frame in frames]
    return encoded(first, kind, save_all=True, append_images=rest)


@pytest.fixture
def film_png(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "film.png"
    path.write_bytes(film("PNG"))
    (tmp_path / "still.png").write_bytes(encoded(noise(8, 9)))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["compress", "film.png", "-f", "-o", "film.png"],
        ["compress", "film.png", "-f", "-o", "./sub/../film.png"],
        ["compress", "film.png", "-f", "--ext", ".png"],
        ["compress", "film.png", "-f", "-o", "link.png"],
        ["compress", "film.png", "-f", "-o", "hard.png"],
        ["compress", "film.png", "still.png", "-f", "--ext", ".png"],
        ["sweep", "film.png", "-k", "2", "-f", "-o", "film.png"],
        ["compare", "still.png", "film.png", "-f", "-o", "film.png"],
        ["compare", "film.png", "still.png", "-f", "-o", "film.png"],
        ["segment", "film.png", "-k", "2", "-f", "-o", "."],
    ],
)
def test_it_is_refused_in_one_sentence(film_png, arguments):
    (film_png.parent / "sub").mkdir()
    (film_png.parent / "link.png").symlink_to("film.png")
    (film_png.parent / "hard.png").hardlink_to(film_png)
    if arguments[0] == "segment":
        film_png.rename("labels.png")
        film_png = film_png.with_name("labels.png")
        arguments[1] = "labels.png"
    before = film_png.read_bytes()
    result = invoke(*arguments)
    assert result.exit_code == 1
    refused = [line for line in result.stderr.splitlines() if "warning" not in line]
    assert any("of 2 frames or pages" in line or "is the input" in line for line in refused)
    assert film_png.read_bytes() == before


def test_pages_are_not_lost_by_reconstruct(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = film("TIFF", "P")
    (tmp_path / "pages.tif").write_bytes(before)
    result = invoke("reconstruct", "pages.tif", "-f", "-o", "pages.tif")
    assert result.exit_code == 1
    assert result.stderr == (
        "smalti: pages.tif: is an input of 2 frames or pages and is not replaced by one picture; "
        "choose another name with -o\n"
    )
    assert (tmp_path / "pages.tif").read_bytes() == before


@pytest.mark.usefixtures("film_png")
def test_a_still_input_may_be_replaced():
    assert invoke("compress", "still.png", "-k", "2", "-f", "-o", "still.png").exit_code == 0


@pytest.mark.usefixtures("film_png")
def test_an_animation_that_is_no_input_may_be_replaced():
    assert invoke("compress", "still.png", "-k", "2", "-f", "-o", "film.png").exit_code == 0


@pytest.mark.parametrize("name", ["comparison.png", "x-k2.png"])
def test_the_demo_does_not_replace_its_input(tmp_path, monkeypatch, name):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    monkeypatch.chdir(tmp_path)
    before = film("PNG")
    (tmp_path / "comparison.png").write_bytes(before)
    (tmp_path / "x.png").symlink_to("comparison.png")
    if name != "comparison.png":
        (tmp_path / "comparison.png").rename(name)
        (tmp_path / "x.png").unlink()
        (tmp_path / "x.png").symlink_to(name)
    result = invoke("demo", "x.png", "-o", ".")
    assert result.exit_code == 1
    assert f"{name}: would be replaced" in result.stderr
    assert (tmp_path / name).read_bytes() == before
