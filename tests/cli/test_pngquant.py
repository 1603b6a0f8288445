"""`smalti-pngquant` does what pngquant's users and build tools rely on."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import smalti
from smalti.cli.pngquant import exit_codes
from smalti.cli.pngquant.arguments import SWITCHES, VALUED
from smalti.cli.pngquant.picture import EFFORTS
from smalti.cli.pngquant.quality import TABLE
from smalti.cli.pngquant.run import run
from smalti.sources.read import read
from tests.cli.program import colors_of, names
from tests.pictures import encoded, noise

# The quality of pngquant's scale that no 256 colours of a photograph reach.
LOSSLESS = "100-100"

CODES = {
    code for name, code in vars(exit_codes).items() if name.isupper() and name != "INTERRUPTED"
}


def program(*arguments, **options):
    """Run the program to its end in a process of its own."""
    command = [sys.executable, "-m", "smalti.cli.pngquant", *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
    assert b"Traceback" not in finished.stderr, finished.stderr
    return finished


@pytest.fixture
def stdin(monkeypatch):
    def put(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


class TestNames:
    def test_outputs_stand_beside_inputs_and_their_ends_tell_of_dither(self, folder):
        assert run(["photo.png"]) == 0
        assert run(["--nofs", "photo.png"]) == 0
        assert names(folder) == ["photo-fs8.png", "photo-or8.png", "photo.png"]
        assert (folder / "photo-fs8.png").stat().st_size < (folder / "photo.png").stat().st_size

    def test_other_suffixes_and_endings(self, folder, small_png):
        (folder / "sub").mkdir()
        (folder / "sub" / "UPPER.PNG").write_bytes(small_png.read_bytes())
        small_png.rename(folder / "none")
        assert run(["-s11", "--ext", ".x.png", "16", "none", "sub/UPPER.PNG"]) == 0
        assert names(folder) == ["none", "none.x.png", "sub"]
        assert names(folder / "sub") == ["UPPER.PNG", "UPPER.x.png"]
        assert colors_of("none.x.png") == 16

    def test_an_output_of_a_name_of_its_own(self, folder, capsys):
        assert run(["photo.png", "8", "-o", "8.png"]) == 4
        assert "takes one input file" in capsys.readouterr().err
        assert run(["8", "photo.png", "-o", "8.png"]) == 0
        assert colors_of(folder / "8.png") == 8


class TestOverwriting:
    def test_outputs_are_not_overwritten(self, folder, capsys):
        (folder / "photo-fs8.png").write_text("mine")
        (folder / "photo-or8.png").write_text("mine")
        (folder / "out.png").write_text("mine")
        for line in (["photo.png"], ["--ordered", "photo.png"], ["photo.png", "-o", "out.png"]):
            assert run(line) == 15
            assert "exists; not overwriting" in capsys.readouterr().err
        assert {(folder / name).read_text() for name in names(folder) if name != "photo.png"} == {
            "mine"
        }

    def test_force_overwrites(self, folder):
        (folder / "photo-fs8.png").write_text("old")
        assert run(["--floyd=0.5", "--force", "photo.png"]) == 0
        assert colors_of("photo-fs8.png") == 256
        assert names(folder) == ["photo-fs8.png", "photo.png"]

    def test_inputs_are_overwritten_in_place_with_force_alone(self, folder, small_png):
        before = small_png.read_bytes()
        assert run(["--ext", ".png", "photo.png"]) == 15
        assert small_png.read_bytes() == before
        assert run(["--ext", ".png", "-f", "photo.png"]) == 0
        assert colors_of("photo.png") == 256
        assert names(folder) == ["photo.png"]

    def test_an_animation_is_not_overwritten_by_its_first_frame(self, folder, capsys):
        frames = [Image.fromarray(noise(8, 8, seed=seed)) for seed in (0, 1)]
        frames[0].save("film.png", save_all=True, append_images=frames[1:])
        before = (folder / "film.png").read_bytes()
        assert run(["-f", "--ext", ".png", "film.png"]) == 15
        assert "is an input of 2 frames" in capsys.readouterr().err
        assert (folder / "film.png").read_bytes() == before
        assert run(["film.png"]) == 0
        assert "only the first is read" in capsys.readouterr().err

    @pytest.mark.parametrize("out", ["nosuch/out.png", "."])
    def test_what_cannot_be_written_is_told(self, folder, capsys, out):
        del folder
        assert run(["-f", "photo.png", "-o", out]) == 16
        assert "folder" in capsys.readouterr().err


class TestStreams:
    def test_stdin_goes_to_stdout(self, small_png, stdin, capsysbinary):
        stdin(small_png.read_bytes())
        assert run(["16", "-"]) == 0
        told = capsysbinary.readouterr()
        assert len(read(told.out).palette) == 16
        assert told.err == b""

    def test_an_output_of_a_dash_is_stdout(self, folder, capsysbinary):
        assert run(["photo.png", "-o", "-"]) == 0
        made = capsysbinary.readouterr().out
        assert run(["photo.png"]) == 0
        assert (folder / "photo-fs8.png").read_bytes() == made

    def test_stdin_can_go_to_a_file(self, folder, small_png, stdin):
        stdin(small_png.read_bytes())
        assert run(["-", "-o", "out.png"]) == 0
        assert names(folder) == ["out.png", "photo.png"]

    def test_what_is_skipped_goes_on_to_stdout_as_it_came(self, small_png, stdin, capsysbinary):
        original = small_png.read_bytes()
        stdin(original)
        assert run(["-Q", LOSSLESS, "-"]) == 99
        assert capsysbinary.readouterr().out == original
        stdin(original)
        assert run(["-"]) == 0
        made = capsysbinary.readouterr().out
        stdin(made)
        assert run(["--skip-if-larger", "-"]) == 98
        assert capsysbinary.readouterr().out == made

    def test_what_is_no_png_leaves_stdout_empty(self, stdin, capsysbinary):
        stdin(b"words")
        assert run(["-"]) == 25
        assert capsysbinary.readouterr().out == b""

    def test_stdin_is_the_only_input_or_none(self, folder, capsys):
        assert run(["photo.png", "-"]) == 2
        assert "must be the only input" in capsys.readouterr().err
        assert names(folder) == ["photo-fs8.png", "photo.png"]

    def test_pictures_are_not_written_to_terminals(self, folder, monkeypatch, capsys):
        del folder
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        assert run(["photo.png", "-o", "-"]) == 16
        assert "not written to a terminal" in capsys.readouterr().err


class TestSeveralFiles:
    @pytest.mark.parametrize(
        ("order", "code"),
        [
            (["nosuch.png", "photo.png", "bad.png"], 25),
            (["bad.png", "photo.png", "nosuch.png"], 2),
            (["nosuch.png", "photo.png"], 2),
        ],
    )
    def test_the_last_that_failed_decides_and_the_others_are_done(
        self, folder, capsys, order, code
    ):
        (folder / "bad.png").write_bytes(b"words")
        assert run(order) == code
        assert (folder / "photo-fs8.png").exists()
        assert len(capsys.readouterr().err.splitlines()) == len(order) - 1

    def test_what_is_skipped_is_told_unless_it_is_quiet(self, folder, capsys):
        assert run(["photo.png", "-Q", LOSSLESS, "--quiet"]) == 99
        assert capsys.readouterr().err == ""
        assert run(["photo.png", "nosuch.png", "-Q", LOSSLESS]) == 2
        assert "skipped: photo.png" in capsys.readouterr().err
        assert names(folder) == ["photo.png"]

    @pytest.mark.parametrize("content", [b"", b"words", encoded(noise(3, 3), "JPEG")])
    def test_what_is_no_png_is_refused(self, folder, capsys, content):
        (folder / "other.png").write_bytes(content)
        assert run(["other.png"]) == 25
        assert capsys.readouterr().err == ("smalti-pngquant: error: other.png: is not a PNG file\n")

    def test_a_damaged_file_is_refused(self, folder, small_png):
        (folder / "cut.png").write_bytes(small_png.read_bytes()[:900])
        assert run(["cut.png"]) == 25

    def test_a_lack_of_memory_is_told(self, folder, capsys, monkeypatch):
        del folder
        monkeypatch.setattr(smalti, "compress", raising(MemoryError))
        assert run(["photo.png"]) == 17
        assert "not enough memory" in capsys.readouterr().err

    def test_an_interrupt_ends_it(self, folder, capsys, monkeypatch):
        monkeypatch.setattr(smalti, "compress", raising(KeyboardInterrupt))
        assert run(["photo.png", "photo.png"]) == 130
        assert capsys.readouterr().err == "smalti-pngquant: interrupted\n"
        assert names(folder) == ["photo.png"]


def raising(error):
    def fail(*_args, **_kwargs):
        raise error

    return fail


class TestProgram:
    def test_help_and_version_are_on_stdout(self, capsys):
        assert run(["--help"]) == 0
        assert "usage:" in capsys.readouterr().out
        assert run(["--version"]) == 0
        assert capsys.readouterr().out.startswith("3.")

    def test_wrong_usage_is_told_on_stderr(self, capsys):
        assert run([]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert "no input file is named\nusage:" in told.err
        assert run(["-Q", "x", "a.png"]) == 4
        assert "usage:" not in capsys.readouterr().err

    def test_it_says_what_it_does_when_asked(self, folder, capsys):
        del folder
        assert run(["16", "-v", "photo.png"]) == 0
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith("smalti-pngquant: photo.png: ")
        assert second.startswith("smalti-pngquant: photo-fs8.png: ")
        assert second.endswith(" bytes, 16 colours")

    def test_it_runs_as_a_program(self, folder):
        finished = program("-nofs", "photo.png", cwd=folder)
        assert finished.returncode == 0
        assert b"warning: -nofs is taken for --nofs" in finished.stderr
        assert finished.stdout == b""
        assert names(folder) == ["photo-or8.png", "photo.png"]

    def test_a_reader_that_leaves_is_no_traceback(self, folder):
        del folder
        begun = subprocess.Popen(
            [sys.executable, "-m", "smalti.cli.pngquant", "photo.png", "-o", "-"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        begun.stdout.close()
        assert begun.stderr.read() == b""
        begun.stderr.close()
        assert begun.wait(60) == 16

    @pytest.mark.skipif(os.name == "nt", reason="a signal of another kind")
    def test_an_interrupt_leaves_no_litter(self, folder):
        code = (
            "import os, signal, smalti\n"
            "def interrupted(*_args, **_options):\n"
            "    os.kill(os.getpid(), signal.SIGINT)\n"
            "smalti.compress = interrupted\n"
            "from smalti.cli.pngquant import main\n"
            "main()\n"
        )
        finished = subprocess.run(
            [sys.executable, "-c", code, "photo.png"],
            capture_output=True,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert (finished.returncode, finished.stderr) == (130, b"smalti-pngquant: interrupted\n")
        assert names(folder) == ["photo.png"]

    def test_modules_of_numbers_wait_until_there_is_a_picture(self, folder):
        code = (
            "import sys\n"
            "from smalti.cli.pngquant.run import run\n"
            "assert run(['nosuch.png', '-o', 'photo.png']) == 15\n"
            "assert run(['--version']) == 0\n"
            "assert not {'numpy', 'PIL', 'click', 'rich'} & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, capture_output=True)

    def test_the_page_has_the_tables_and_codes(self):
        def rows(name):
            (line,) = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
            return [int(cell) for cell in line.split("|")[2:-1]]

        page = (Path(__file__).parents[2] / "docs" / "pngquant.md").read_text(encoding="utf-8")
        assert list(zip(rows("`--quality`"), rows("SSIMULACRA2"), strict=True)) == list(TABLE)
        assert rows("`--speed`") == list(range(1, 12))
        assert tuple(rows("effort")) == EFFORTS
        for code in CODES:
            assert f"\n| {code} |" in page

    def test_the_page_of_help_names_every_option_and_code(self, capsys):
        assert run(["-h"]) == 0
        told = capsys.readouterr().out
        assert all(f"--{name}" in told for name in (*SWITCHES, *VALUED, "floyd"))
        listed = told.split("exit codes:")[1]
        assert all(f"\n  {code} " in listed for code in CODES)
