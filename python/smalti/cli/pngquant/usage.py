"""What ``smalti-pngquant --help`` prints."""

__all__ = ["USAGE_LINES", "help_text", "version_text"]

# The version of pngquant whose command line this is.
_PNGQUANT_VERSION = "3.0.3"

USAGE_LINES = """\
usage:  smalti-pngquant [options] [ncolors] [--] file.png [file.png ...]
        smalti-pngquant [options] [ncolors] - <in.png >out.png
"""

_HELP = f"""\
smalti-pngquant: smaller PNG files by smalti, with the command line of pngquant.

{USAGE_LINES}
ncolors is 2 to 256, by default 256. photo.png becomes photo-fs8.png beside it, or photo-or8.png
where nothing is dithered; stdin (-) goes to stdout. Options may stand anywhere.

options:
  -o, --output FILE      where the picture of the only input goes; - is stdout
  --ext SUFFIX           what output names end with in place of .png
  -f, --force            replace outputs that exist; with --ext .png the inputs themselves
  --skip-if-larger       write nothing that saves fewer bytes than it loses in quality (98)
  -Q, --quality MIN-MAX  0 to 100: as small as MAX allows, and nothing below MIN (99)
  -s, --speed N          1 is slow and small, 4 usual, 11 quick and undithered
  --nofs, --ordered      do not dither
  --floyd=N              dither so much, 0 to 1
  --posterize N          colours for displays that lack the lowest N bits, 0 to 4
  --map FILE             the palette of another PNG file in place of a learned one
  --strip                leave out text, XMP, times, EXIF, DPI and private chunks
  --transbug             a clear colour is the last one of the palette
  --iebug                does nothing
  -v, --verbose          tell on stderr what is done
  --quiet                print errors only
  -V, --version          print the version
  -h, --help             print this

exit codes:
  0   done
  1   wrong usage
  2   a file cannot be read
  4   a value is out of range
  15  an output exists, and there is no --force
  16  an output cannot be written
  17  not enough memory
  25  not a PNG file, or a damaged one
  98  would not be worth it (with --skip-if-larger)
  99  the lowest quality is not reached
The last file that failed decides. A signal ends the program with 128 and its number.
"""


def help_text() -> str:
    """Return the page of ``--help``."""
    return _HELP


def version_text() -> str:
    """Return the line of ``--version``; tools read the number that it begins with."""
    import smalti

    return f"{_PNGQUANT_VERSION} (pngquant's command line; smalti {smalti.__version__})\n"
