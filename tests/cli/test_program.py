"""The program as users start it: in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

import smalti
from tests.cli.program import JSON_KEYS, json_lines, run
from tests.pictures import encoded, noise


def test_help_names_every_command():
    for option in ("--help", "-h"):
        finished = run(option)
        assert finished.returncode == 0
        assert finished.stderr == b""
        listed = finished.stdout.decode().split("\nCommands:")[1].split(f"{os.linesep * 2}")[0]
        assert re.findall(r"^  (\w+)  ", listed, re.MULTILINE) == [
            "compress",
            "palette",
            "reconstruct",
            "sweep",
            "segment",
            "compare",
            "inspect",
            "demo",
        ]


def test_version_is_the_packages():
    finished = run("--version")
    assert finished.stdout.decode().strip() == f"smalti {smalti.__version__}"


def test_options_may_come_before_the_file(photo_png):
    finished = run("-k", "4", "--quiet", "photo.png", cwd=photo_png.parent)
    assert finished.returncode == 0
    assert len(smalti.load(photo_png.with_name("photo-smalti.png")).palette) == 4


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("redirections", "status"),
    [("2>&-", 0), (">&-", 0), (">&- 2>&-", 0), ("-o - >&-", 1), ("- <&-", 1)],
)
def test_closed_streams_are_no_accident(photo_png, redirections, status):
    # As daemons have them.
    source = "" if redirections.startswith("- ") else "photo.png"
    line = f"{sys.executable} -m smalti compress -k 4 -f {source} {redirections}"
    finished = subprocess.run(
        ["sh", "-c", line], cwd=photo_png.parent, capture_output=True, timeout=60, check=False
    )
    assert b"Traceback" not in finished.stderr
    assert finished.returncode == status
    if status == 0:
        assert photo_png.with_name("photo-smalti.png").exists()


def test_an_unknown_option_is_wrong_usage():
    finished = run("--no-such-option")
    assert finished.returncode == 2
    assert finished.stdout == b""
    assert b"--no-such-option" in finished.stderr


def test_a_file_name_alone_is_compressed(photo, photo_png):
    finished = run("photo.png", "-k", "4", cwd=photo_png.parent)
    assert finished.returncode == 0
    assert finished.stderr == b""
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, 4).to_bytes("png")
    assert b"photo-smalti.png" in finished.stdout


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_without_tables_nothing_that_draws_them_is_imported(photo_png, option):
    # Nor what typer brings with it: each would make the program start a quarter later.
    command = [sys.executable, "-X", "importtime", "-m", "smalti", photo_png, "-k", "4", option]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert photo_png.with_name("photo-smalti.png").exists()
    modules = [line.split("|")[-1].strip() for line in finished.stderr.splitlines()]
    packages = {module.split(".")[0] for module in modules}
    assert {"click", "smalti"} <= packages
    assert packages.isdisjoint({"rich", "typer", "pydantic"})


def test_a_dash_alone_compresses_stdin(photo):
    finished = run("-", "-k", "4", stdin=encoded(photo))
    assert finished.stdout == smalti.compress(photo, 4).to_bytes("png")
    assert finished.stderr == b""


def test_results_go_to_stdout_and_failures_to_stderr(photo_png):
    finished = run("compress", "photo.png", "missing.png", "--json", "-k", 3, cwd=photo_png.parent)
    assert finished.returncode == 1
    line, failed = json_lines(finished.stdout)
    assert set(line) == set(JSON_KEYS)
    assert failed == {"input": "missing.png", "error": "missing.png: no such file"}
    assert (line["input"], line["output"]) == ("photo.png", "photo-smalti.png")
    assert finished.stderr.decode() == "smalti: missing.png: no such file\n"


def test_the_installed_program_is_the_same(photo_png):
    program = os.path.join(os.path.dirname(sys.executable), "smalti")  # noqa: PTH118, PTH120
    if not os.access(program, os.X_OK):
        pytest.skip("the program is not installed beside this Python")
    finished = subprocess.run(
        [program, "inspect", photo_png, "--json"], capture_output=True, check=True
    )
    assert json_lines(finished.stdout)[0]["width"] == 151


def test_a_reader_that_stops_early_gets_no_traceback(photo_png):
    command = [sys.executable, "-m", "smalti", "compress", str(photo_png), "-o", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert b"Traceback" not in errors
    assert process.returncode != 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", ["compress", "reconstruct"])
def test_a_full_disk_behind_stdout_is_one_sentence(photo, command):
    data = smalti.compress(photo, 4).to_bytes("png")
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        finished = run(
            command,
            "-",
            "-o",
            "-",
            stdin=data,
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert finished.returncode == 1
    assert b"No space left" in finished.stderr
    assert finished.stderr.decode().strip().count("\n") == 0


def test_damaged_files_leave_no_word_but_ours(tmp_path, photo):
    whole = encoded(photo, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.png").write_bytes(encoded(photo)[:1000])
    finished = run("compress", "cut.jpg", "cut.png", "-k", 4, cwd=tmp_path)
    assert finished.returncode == 1
    lines = finished.stderr.decode().splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["smalti", "cut.jpg"],
        ["smalti", "cut.png"],
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.jpg", "cut.png"]


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
@pytest.mark.parametrize("command", ["compress", "inspect", "sweep", "reconstruct"])
def test_libtiff_says_nothing(tmp_path, compression, command):
    data = bytearray(encoded(noise(64, 64), "TIFF", compression=compression))
    data[len(data) // 3 : len(data) // 2] = b"\xff" * (len(data) // 2 - len(data) // 3)
    (tmp_path / "bad.tif").write_bytes(data)
    finished = run(command, "bad.tif", cwd=tmp_path)
    lines = finished.stderr.decode().splitlines()
    assert all(line.startswith("smalti: ") and "bad.tif" in line for line in lines)
    assert len(lines) == (finished.returncode != 0)


def test_a_panic_of_a_decoder_says_nothing(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    planes = np.moveaxis(noise(50, 70, dtype=np.uint16), 2, 0)
    layout = {"planarconfig": "separate", "photometric": "rgb", "tile": (16, 16)}
    tifffile.imwrite(tmp_path / "tiles.tif", planes, **layout)
    finished = run("compress", "tiles.tif", "-k", 4, cwd=tmp_path)
    assert finished.returncode == 1
    (line,) = finished.stderr.decode().splitlines()
    assert line.startswith("smalti: tiles.tif: has 16-bit samples in planes")


LARGE_BYTES = 6000 * 4000 * 3


@pytest.fixture
def working(tmp_path):
    """The program at work on a picture that takes it minutes, once it has read the pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, LARGE_BYTES, dtype=np.uint8)
    with (tmp_path / "large.ppm").open("wb") as file:
        file.write(b"P6 6000 4000 255\n")
        file.write(pixels.tobytes())
    command = [sys.executable, "-m", "smalti", "compress", "large.ppm", "--effort", "9"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None and watched.memory_info().rss < 3 * LARGE_BYTES:
            time.sleep(0.05)
        time.sleep(1.0)
        yield process
        process.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("sent", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGQUIT", 131)]
)
def test_an_interrupt_ends_the_work_and_leaves_nothing(working, tmp_path, sent, code):
    assert working.poll() is None
    working.send_signal(getattr(signal, sent))
    output, errors = working.communicate(timeout=20)
    assert working.returncode == code
    assert output == ""
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["large.ppm"]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_signal_that_is_ignored_stays_ignored(photo_png):
    # As by nohup.
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "sys.argv[1:] = ['photo.png', '-k', '2', '--quiet']\n"
        "from smalti import cli\n"
        "begun = cli._prepare_streams\n"
        "def hung_up():\n"
        "    begun()\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "cli._prepare_streams = hung_up\n"
        "cli.main()\n"
    )
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, cwd=photo_png.parent, check=False)
    assert finished.returncode == 0
    assert photo_png.with_name("photo-smalti.png").exists()
