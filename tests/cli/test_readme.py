"""The README's examples for the shell, typed in order in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = Path(__file__).parents[2] / "README.md"
SECTION = README.read_text(encoding="utf-8").split("\n## In the shell\n")[1].split("\n## ")[0]
PICTURES, COMMANDS = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
ENDED = re.compile(r"^(\d+) ended$", re.MULTILINE)


@pytest.fixture
def shell(tmp_path):
    """Run lines in a folder where `smalti` and `python` are this program and this Python."""
    if os.name != "posix" or not shutil.which("sh"):
        pytest.skip("needs a POSIX shell")
    programs, folder = tmp_path / "bin", tmp_path / "empty"
    programs.mkdir()
    folder.mkdir()
    for name, arguments in (("python", ""), ("smalti", " -m smalti")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    def run(text):
        return subprocess.run(
            ["sh", "-c", text],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return folder, run


def test_the_pictures_are_made(shell):
    pytest.importorskip("skimage", reason="needs the extra smalti[demo]")
    folder, run = shell
    finished = run(PICTURES)
    assert finished.returncode == 0, finished.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["logo.png", "photo.jpg", "photo.png", "slide.png"]


def test_every_line_works_after_those_before_it(shell, photo):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    folder, run = shell
    # The pictures of the page in small.
    for name in ("photo.jpg", "photo.png", "slide.png"):
        Image.fromarray(photo).save(folder / name)
    Image.fromarray(np.dstack([photo, photo[..., 0]])).save(folder / "logo.png")
    lines = COMMANDS.splitlines()
    assert len(lines) > 15
    finished = run("".join(f"{line}\necho $? ended >&2\n" for line in lines))
    ended = ENDED.findall(finished.stderr)
    assert dict(zip(lines, ended, strict=True)) == dict.fromkeys(lines, "0"), finished.stderr
