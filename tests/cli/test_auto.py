"""`smalti sweep --auto`."""

import numpy as np
import pytest

import smalti
from tests.cli.program import invoke, json_lines
from tests.pictures import encoded


@pytest.fixture
def flag(tmp_path):
    """Three flat colours."""
    path = tmp_path / "flag.png"
    bands = np.array([[255, 0, 0], [255, 255, 255], [0, 0, 255]], dtype=np.uint8)
    path.write_bytes(encoded(bands[:, np.newaxis].repeat(30, axis=1)))
    return path


def test_the_table_marks_the_knee_and_the_figure_is_drawn(photo_png):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    result = invoke("sweep", photo_png, "--auto")
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if line.startswith("│")]
    assert [int(line.split()[1]) for line in lines] == list(range(1, 33))
    found = smalti.elbow(photo_png, range(1, 33))
    assert [line.split()[1] for line in lines if "knee" in line] == [str(found.knee)]
    figure = photo_png.with_name("photo-sweep.png")
    assert f"figure: {figure}" in result.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_json_has_a_line_for_each_k(flag, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    out = tmp_path / "curve.png"
    options = ("-k", "4,1,2,3", "--space", "srgb", "--json", "-o", out)
    lines = json_lines(invoke("sweep", flag, "--auto", *options).stdout)
    found = smalti.elbow(flag, (1, 2, 3, 4), space="srgb")
    assert [line["k"] for line in lines] == [1, 2, 3, 4]
    assert [line["distortion"] for line in lines] == found.distortion.tolist()
    assert [line["knee"] for line in lines] == [False, False, True, False]
    # NaN is no JSON.
    assert lines[0]["silhouette"] is None
    assert lines[2]["silhouette"] == 1.0
    assert {line["figure"] for line in lines} == {str(out)}
    assert {line["input"] for line in lines} == {str(flag)}


def test_where_there_is_no_knee_it_says_so(flag):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    result = invoke("sweep", flag, "--auto", "-k", "1,2,3")
    assert result.exit_code == 0
    assert "no knee: try larger K" in result.stdout
    lines = json_lines(invoke("sweep", flag, "--auto", "-k", "1,2,3", "--json", "-f").stdout)
    assert [line["knee"] for line in lines] == [False, False, False]


def test_quiet_only_draws(flag):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    result = invoke("sweep", flag, "--auto", "--quiet", "-k", "1,2")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert flag.with_name("flag-sweep.png").exists()


def test_an_effort_is_refused_for_it_would_do_nothing(flag):
    result = invoke("sweep", flag, "--auto", "--effort", 5)
    assert result.exit_code == 2
    assert "--effort" in result.stderr
    assert not flag.with_name("flag-sweep.png").exists()
