"""``smalti compress`` and ``smalti palette`` at URLs."""

import os
import subprocess
import sys

import fsspec
import pytest

import smalti
from tests.batch.trees import put
from tests.cli.program import invoke, json_lines, run

QUICK = ("-k", 8, "--effort", 1)


@pytest.fixture
def pictures(bucket):
    bucket.put("in/x.png")
    bucket.put("in/a/y.png", 1)
    return bucket


@pytest.mark.parametrize("out", ["out", "out/"])
def test_a_folder_is_compressed_into_another(pictures, out):
    command = ("compress", "-r", f"{pictures.url}/in", "-o", f"{pictures.url}/{out}", *QUICK)
    assert invoke(*command).exit_code == 0
    made = pictures.state()
    assert [name for name in made if name.startswith("out")] == ["out/a/y.png", "out/x.png"]
    again = invoke(*command)
    assert again.exit_code == 0
    assert "2 files: 2 left out" in again.stderr
    assert pictures.state() == made


def test_one_file_is_written_to_a_folder_or_to_its_name(pictures):
    for out in ("one/", "two.png"):
        command = ("compress", f"{pictures.url}/in/x.png", "-o", f"{pictures.url}/{out}", *QUICK)
        assert invoke(*command).exit_code == 0
        refused = invoke(*command)
        assert refused.exit_code == 1
        assert "exists already; to replace it, use --force" in refused.stderr
        assert invoke(*command, "--force").exit_code == 0
    assert {"one/x-smalti.png", "two.png"} < set(pictures.state())


def test_one_file_is_written_into_a_folder_that_is_there(pictures):
    command = ("compress", f"{pictures.url}/in/x.png", "-o", f"{pictures.url}/in/a", *QUICK)
    (line,) = json_lines(invoke(*command, "--json").stdout)
    assert line["output"] == f"{pictures.url}/in/a/x-smalti.png"


def test_the_format_is_that_of_the_name(pictures):
    out = f"{pictures.url}/x.webp"
    assert invoke("compress", f"{pictures.url}/in/x.png", "-o", out, *QUICK).exit_code == 0
    assert pictures.state()["x.webp"].startswith(b"RIFF")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-o", "{}/x.png"), "-o {}/x.png: must be a folder when there are 2 inputs"),
        (("-o", "{}/out/", "--preserve"), "--preserve is for files of this machine"),
        (("-o", "http://127.0.0.1:9/"), "this kind of URL can be read, but not written"),
        (("-o", "{}/x.tif"), "-o {}/x.tif: must be a folder when there are 2 inputs"),
    ],
)
def test_what_cannot_be_is_wrong_usage(pictures, arguments, sentence):
    before = pictures.state()
    given = [each.format(pictures.url) for each in arguments]
    result = invoke("compress", f"{pictures.url}/in/**/*.png", *given)
    assert result.exit_code == 2
    assert sentence.format(pictures.url) in " ".join(result.stderr.split())
    assert pictures.state() == before


def test_a_palette_is_fitted_written_and_used(pictures):
    out = f"{pictures.url}/map.gpl"
    for inputs in (("-r", f"{pictures.url}/in"), (f"{pictures.url}/in/**/*.png",)):
        command = ("palette", *inputs, "-o", out, "--force", *QUICK)
        assert invoke(*command).exit_code == 0
    assert len(smalti.Palette.load(out)) == 8
    refused = invoke("palette", "-r", f"{pictures.url}/in", "-o", out, *QUICK)
    assert refused.exit_code == 1
    assert f"{out}: exists already; to replace it, use --force" in refused.stderr
    converted = f"{pictures.url}/map.hex"
    assert invoke("palette", out, "-o", converted).exit_code == 0
    result = invoke(
        "compress", f"{pictures.url}/in/x.png", "--palette", converted, "-o", f"{pictures.url}/p/"
    )
    assert result.exit_code == 0
    colors = {tuple(color) for color in smalti.load(f"{pictures.url}/p/x-smalti.png").palette}
    assert colors <= {tuple(color) for color in smalti.Palette.load(out).colors}


def test_a_palette_is_not_written_over_an_image_that_it_is_made_of(pictures):
    url = f"{pictures.url}/in/x.png"
    result = invoke("palette", url, "-o", url, "--force")
    assert result.exit_code == 1
    assert "would be replaced or removed, but is the input" in result.stderr


def test_one_palette_for_all(pictures):
    out = ("-o", f"{pictures.url}/out/", "--shared-palette")
    assert invoke("compress", "-r", f"{pictures.url}/in", *out, *QUICK).exit_code == 0
    assert len([name for name in pictures.state() if name.startswith("out/")]) == 2


def test_other_commands_write_to_urls_too(pictures):
    small, out = f"{pictures.url}/small.png", f"{pictures.url}/back.png"
    assert invoke("compress", f"{pictures.url}/in/x.png", "-o", small, *QUICK).exit_code == 0
    assert invoke("reconstruct", small, "-o", out).exit_code == 0
    assert pictures.state()["back.png"].startswith(b"\x89PNG")


def test_the_program_ends_well(s3, object_server, tmp_path):
    s3.put("in/x.png")
    put(tmp_path / "y.png", 1)
    variables = {
        "FSSPEC_S3_ENDPOINT_URL": object_server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    inputs = (f"{s3.url}/in/x.png", tmp_path / "y.png")
    result = run("compress", *inputs, "-o", f"{s3.url}/out/", "--quiet", env=os.environ | variables)
    assert (result.returncode, result.stderr) == (0, b"")
    assert fsspec.filesystem("s3").exists(f"{s3.url}/out/y-smalti.png")


def test_files_here_are_compressed_without_a_look_at_urls(tmp_path):
    put(tmp_path / "x.png")
    program = (
        "import sys; from smalti.cli import main\n"
        "try: main()\n"
        "finally: print([name for name in ('fsspec', 'smalti.batch.url_files', 'mimetypes')"
        " if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, "compress", "x.png", "-o", "y.png", "--quiet"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
