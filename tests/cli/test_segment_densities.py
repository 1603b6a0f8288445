"""`smalti segment --densities`: how much of each stain is in every pixel."""

import numpy as np
import pytest

import smalti
from smalti.segmentation.histology.sample_slide import sample_slide
from tests.cli.large_pictures import tiff
from tests.cli.program import invoke, names
from tests.pictures import encoded
from tests.scale.checks import files_in, levels_in

pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
pytest.importorskip("filelock", reason="needs the extra smalti[large]")

NAME = "densities.ome.zarr"
SLIDE = sample_slide(110, 130).image
# The TIFF file has more pixels, what goes with it fewer.
LARGE = ("--max-pixels", 14_299)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with a slide as a large TIFF file and as PNG."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "cache"))
    tiff(tmp_path / "a.tif", SLIDE)
    (tmp_path / "b.png").write_bytes(encoded(SLIDE))
    return tmp_path


def done(*arguments, code=0):
    result = invoke("segment", *arguments)
    assert result.exit_code == code, result.stderr
    return result


def test_a_slide_that_fits_in_memory_has_the_densities_of_a_large_one(folder):
    done("a.tif", "--preset", "he", "--densities", "-o", "large", *LARGE)
    done("b.png", "--preset", "he", "--densities", "-o", "small")
    assert files_in(folder / "large" / NAME) == files_in(folder / "small" / NAME)
    assert levels_in(folder / "small" / NAME)[0].shape == (2, 110, 130)


def test_many_slides_have_those_of_their_classes(folder):
    smalti.segment(SLIDE, preset="he").classifier.save("classes.npz")
    tail = ("--classes", "classes.npz", "--densities", "-o", "out")
    done("a.tif", "b.png", *tail)
    assert (folder / "out/summary.csv").exists()
    found = [levels_in(folder / f"out/{name}" / NAME)[0] for name in ("a", "b")]
    np.testing.assert_array_equal(*found)


def test_pixels_outside_the_mask_have_none(folder):
    mask = np.zeros((110, 130, 3), dtype=np.uint8)
    mask[:50] = 255
    (folder / "b-mask.png").write_bytes(encoded(mask))
    tiff(folder / "a-mask.tif", mask)
    for name, more in (("a.tif", LARGE), ("b.png", ())):
        tail = ("--preset", "he", "--densities", "-o", name[0], *more)
        done(name, "--mask", f"{name[0]}-mask{name[1:]}", *tail)
    assert files_in(folder / "a" / NAME) == files_in(folder / "b" / NAME)
    assert not levels_in(folder / "a" / NAME)[0][:, 50:].any()


@pytest.mark.parametrize(("name", "more"), [("a.tif", LARGE), ("b.png", ())])
def test_what_is_there_is_replaced_only_by_force_and_does_not_stay(folder, name, more):
    usual = (name, "--preset", "he", "-o", "out", *more)
    done(*usual, "--densities")
    before = files_in(folder / "out")
    for path in (folder / "out").iterdir():
        if path.is_file():
            path.unlink()
    (folder / "out/labels.ome.zarr").rename("away") if more else None
    told = done(*usual, "--densities", code=1).stderr
    assert told == f"smalti: out/{NAME}: exists already; to replace it, use --force\n"
    done(*usual, "--densities", "--force")
    assert files_in(folder / "out") == before
    done(*usual, "--force")
    assert NAME not in names(folder / "out")


def test_a_folder_of_somebody_else_keeps_an_image_of_that_name(folder):
    done("b.png", "--preset", "he", "--densities", "-o", "out")
    for path in (folder / "out").iterdir():
        if path.is_file():
            path.unlink()
    done("b.png", "--preset", "he", "-o", "out", "--force")
    assert (folder / "out" / NAME / "0").is_dir()


def test_the_input_is_not_replaced(folder):
    done("b.png", "--preset", "he", "--densities", "-o", "out")
    told = done(f"out/{NAME}", "-k", 2, "-o", "out", "--force", code=1).stderr
    assert f"{NAME}" in told
    assert (folder / "out" / NAME / "0").is_dir()


@pytest.mark.parametrize("more", [("-k", 3), ("-k", 3, "--space", "srgb")])
def test_classes_of_no_stains_are_refused(more):
    told = done("b.png", *more, "--densities", "-o", "out", code=2).stderr
    assert "--densities needs --preset, --space he or hdab, or --classes of these" in told
    smalti.segment(SLIDE, 3).classifier.save("classes.npz")
    told = done("b.png", "--classes", "classes.npz", "--densities", "-o", "out", code=2).stderr
    assert "--densities needs" in told


@pytest.mark.parametrize("large", [False, True])
def test_densities_go_to_a_url(memory, folder, large):
    tail = ("--preset", "he", "--densities", *(LARGE if large else ()))
    done("a.tif", *tail, "-o", f"{memory.url}/out")
    done("a.tif", *tail, "-o", "out")
    here = files_in(folder / "out")
    assert memory.state() == {f"out/{name}": data for name, data in here.items()}
