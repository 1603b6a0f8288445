"""The command line of `smalti-pngquant`: what is taken, and what is refused with which code."""

import pytest

from smalti.cli.pngquant.arguments import parsed
from smalti.cli.pngquant.exit_codes import BAD_VALUE, USAGE, ExitError


@pytest.mark.parametrize(
    "line",
    [
        "-f -o b.png -Q 60-80 -s 3 a.png",
        "a.png --force --output b.png --quality 60-80 --speed 3",
        "--quality=60-80 a.png --speed=3 --output=b.png -f",
        "-fQ60-80 -s3 -ob.png a.png",
        "-f --output b.png -Q 60-80 -s 3 -- a.png",
        "256 -f a.png -o b.png -Q 60-80 -s 3",
    ],
)
def test_options_stand_anywhere_and_have_their_values_behind_them(line):
    asked = parsed(line.split())
    assert asked.files == ("a.png",)
    assert asked.switches == {"force"}
    assert (asked.output, asked.quality, asked.speed, asked.colors) == ("b.png", (60, 80), 3, 256)


@pytest.mark.parametrize(
    ("line", "colors", "files"),
    [
        ("16 a.png b.png", 16, ("a.png", "b.png")),
        ("-- 16 a.png", 16, ("a.png",)),
        ("0 a.png", 256, ("a.png",)),
        ("016 a.png", 16, ("a.png",)),
        ("a.png 16", 256, ("a.png", "16")),
        ("16 32 a.png", 16, ("32", "a.png")),
        ("16x", 256, ("16x",)),
        ("-", 256, ("-",)),
        ("16 -", 16, ("-",)),
        ("16", 16, ("-",)),
        ("-- -f.png", 256, ("-f.png",)),
    ],
)
def test_a_number_comes_before_the_files(line, colors, files):
    asked = parsed(line.split())
    assert (asked.colors, asked.files) == (colors, files)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60-80", (60, 80)),
        ("70-70", (70, 70)),
        ("60-", (60, 100)),
        ("-80", (0, 80)),
        ("80", (72, 80)),
        ("0-0", (0, 0)),
        ("100-100", (100, 100)),
    ],
)
@pytest.mark.parametrize("option", [["-Q"], ["--quality"]])
def test_a_quality_is_a_range_or_one_end_of_it(option, text, expected):
    assert parsed([*option, text, "a.png"]).quality == expected


@pytest.mark.parametrize(
    ("line", "suffix", "dither"),
    [
        ("a.png", "-fs8.png", None),
        ("--floyd a.png", "-fs8.png", None),
        ("--floyd=0.5 a.png", "-fs8.png", 0.5),
        ("--floyd=0 a.png", "-or8.png", 0),
        ("--nofs a.png", "-or8.png", 0),
        ("--ordered --floyd=1 a.png", "-or8.png", 0),
        ("--speed 11 a.png", "-or8.png", 0),
        ("--nofs --ext .new.png a.png", ".new.png", 0),
    ],
)
def test_names_tell_whether_a_picture_is_dithered(line, suffix, dither):
    asked = parsed(line.split())
    assert (asked.suffix, asked.dither, asked.files) == (suffix, dither, ("a.png",))


def test_the_value_of_floyd_stands_behind_its_sign_alone():
    assert parsed(["--floyd", "0.5"]).files == ("0.5",)


@pytest.mark.parametrize("word", ["-nofs", "-ordered"])
def test_one_dash_before_a_long_option_is_told(word):
    asked = parsed([word, "a.png"])
    assert asked.dither == 0
    assert asked.warnings == (f"{word} is taken for -{word}",)


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("", USAGE, "no input file is named"),
        ("-f", USAGE, "no input file is named"),
        ("--nosuch a.png", USAGE, "there is no option --nosuch"),
        ("--verb a.png", USAGE, "there is no option --verb"),
        ("-x a.png", USAGE, "there is no option -x"),
        ("-fx a.png", USAGE, "there is no option -x"),
        ("a.png -o", USAGE, "-o needs a value"),
        ("a.png --ext", USAGE, "--ext needs a value"),
        ("--force=1 a.png", USAGE, "--force takes no value, got '1'"),
        ("-v --verbose a.png", USAGE, "--verbose is given more than once"),
        ("-Q 5 -Q 6 a.png", USAGE, "--quality is given more than once"),
        ("1 a.png", BAD_VALUE, "colours must be between 2 and 256, got 1"),
        ("257 a.png", BAD_VALUE, "colours must be between 2 and 256, got 257"),
        ("1000000000256 a.png", BAD_VALUE, "between 2 and 256, got 1000000000256"),
        ("-s 0 a.png", BAD_VALUE, "--speed must be a whole number between 1 and 11, got '0'"),
        ("-s 12 a.png", BAD_VALUE, "between 1 and 11, got '12'"),
        ("-s=3 a.png", BAD_VALUE, "between 1 and 11, got '=3'"),
        ("--posterize 5 a.png", BAD_VALUE, "between 0 and 4, got '5'"),
        ("--floyd=2 a.png", BAD_VALUE, "--floyd must be a number between 0 and 1, got '2'"),
        ("--floyd= a.png", BAD_VALUE, "between 0 and 1, got ''"),
        ("--floyd=nan a.png", BAD_VALUE, "between 0 and 1, got 'nan'"),
        ("-Q 80-70 a.png", BAD_VALUE, "from a lower to a higher number of 0 to 100, got '80-70'"),
        ("-Q 101 a.png", BAD_VALUE, "0 to 100, got '101'"),
        ("-Q x a.png", BAD_VALUE, "--quality must be min-max, min-, -max or max"),
        ("-Q - a.png", BAD_VALUE, "--quality must be min-max, min-, -max or max"),
        ("-Q 60-80% a.png", BAD_VALUE, "whole numbers, got '60-80%'"),
        ("-Q 60-80-90 a.png", BAD_VALUE, "whole numbers, got '60-80-90'"),
        ("-o c.png a.png b.png", BAD_VALUE, "--output takes one input file, got 2"),
        ("-o c.png --ext .png a.png", BAD_VALUE, "--ext and --output cannot be given together"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_a_sentence(line, code, sentence):
    with pytest.raises(ExitError) as error:
        parsed(line.split())
    assert error.value.code == code
    assert sentence in str(error.value)


@pytest.mark.parametrize("line", ["-h", "--help", "-V", "--version", "-fh", "--help -x.png"])
def test_help_and_version_need_no_file(line):
    if line.endswith("-x.png"):
        with pytest.raises(ExitError):
            parsed(line.split())
    else:
        assert parsed(line.split()).switches & {"help", "version"}
