"""Compressing many files: the one call."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from smalti.batch.job import Wishes
from smalti.batch.paths import STANDARD
from smalti.batch.plan import Places, Plan
from smalti.batch.result import FileResult
from smalti.exceptions import InvalidParameterError
from smalti.formats.png_chunks import STRIPS
from smalti.formats.records import endings
from smalti.formats.registry import format_named, format_of_suffix
from smalti.options import CompressOptions
from smalti.parallel import Workers, chosen_workers
from smalti.progress import Progress
from smalti.urls import is_url
from smalti.validation import one_of, whole_number

__all__ = ["compress_files"]

_Path = str | os.PathLike[str]


def compress_files(
    inputs: _Path | Iterable[_Path],
    out_dir: _Path | None = None,
    *,
    options: CompressOptions = CompressOptions(),  # noqa: B008 - options never change
    recursive: bool = False,
    jobs: int | None = None,
    suffix: str | None = None,
    overwrite: bool = False,
    preserve: bool = False,
    dry_run: bool = False,
    skip_if_larger: bool = False,
    strip: str = "safe",
    measure: bool = True,
    shared_palette: bool = False,
    max_pixels: int | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Iterator[FileResult]:
    """Compress many files, as ``smalti compress`` does.

    Parameters
    ----------
    inputs : path, or iterable of paths
        Files, patterns such as ``"assets/**/*.png"``, and with `recursive` folders; or URLs of
        these, as far as fsspec knows their kind: ``"s3://bucket/in/*.png"``.
    out_dir : path, optional
        The folder for outputs, or its URL. It is made when something goes into it. Default: beside
        each input; of an input at a URL the working folder.
    options : CompressOptions, optional
        How to compress, and into which format.
    recursive : bool, default: False
        Compress the images in folders and in theirs, in the order in which people sort names, and
        give them the same places and names in `out_dir`. Left out are hidden files and folders,
        links to folders, `out_dir` itself, outputs of earlier runs, animations and icons. What
        would become larger in another format is not written.
    jobs : int, optional
        Files at the same time, at least 1. Default: the processors that this process may use. The
        bytes of outputs do not depend on it.
    suffix : str, optional
        The ending of outputs. Default: ``"-smalti.png"``, or as the format is; from a folder into
        `out_dir` ``".png"``. ``".png"`` without `out_dir`, and with `overwrite`, replaces inputs.
    overwrite : bool, default: False
        Replace existing files.
    preserve : bool, default: False
        Give outputs the times and the mode of their inputs, which are files of this machine.
    dry_run : bool, default: False
        Do everything but write.
    skip_if_larger : bool, default: False
        Write nothing that would be larger than its input; such a file fails with `LargerError`.
    strip : {"none", "safe", "all"}, default: "safe"
        What is removed that a file says beside its pixels: nothing that stays true, all but the
        size of pixels (DPI), or all. For PNG; other formats get nothing.
    measure : bool, default: True
        Measure errors and entropy. Without them it is quicker, and `FileResult.figures` has fewer.
    shared_palette : bool, default: False
        Fit one palette to all inputs first, with the `k`, `space`, `keep_colors` and `effort` of
        `options`, and compress each with it. All inputs are read twice.
    max_pixels : int, optional
        Pixels that a file may have: see `smalti.read`.
    workers : smalti.dask.Cluster, optional
        Who works on files instead of threads. All of them reach inputs and outputs by their names,
        which are made absolute. There is no progress then.
    progress : callable, optional
        Called with a `smalti.progress.Stage` of a file and its done fraction, 0 to 1, from the
        threads that work; raise to stop.

    Returns
    -------
    iterator of FileResult
        One for each file, in the order of the inputs. What is wrong with a file is in its result,
        and does not stop the others. The work begins when the first is asked for. To close the
        iterator stops it; files are whole then.

    Raises
    ------
    InvalidParameterError
        If an argument is outside its range, or `out_dir` cannot be a folder, or is at a URL that
        cannot be written to.
    OptionsError
        If `shared_palette` is asked for with a palette, or with blocks, or `preserve` with a URL.

    Notes
    -----
    Where there are several files, and where a file is replaced, the output carries a few bytes that
    tell of the options and of the input. Files that are done are known by them in a later run, and
    left out at once: docs/folders.md.

    Examples
    --------
    >>> import pathlib, smalti
    >>> from PIL import Image
    >>> for name in ("a", "b"):
    ...     pathlib.Path("in", name).mkdir(parents=True)
    ...     Image.radial_gradient("L").save(f"in/{name}/ball.bmp")
    >>> options = smalti.CompressOptions(k=16, effort=1)
    >>> for result in smalti.compress_files("in", "out", options=options, recursive=True):
    ...     print(result.status, pathlib.Path(result.output).as_posix())
    written out/a/ball.png
    written out/b/ball.png
    >>> again = smalti.compress_files("in", "out", options=options, recursive=True)
    >>> [result.status for result in again]
    ['skipped', 'skipped']
    """
    if not isinstance(options, CompressOptions):
        raise InvalidParameterError(f"options must be CompressOptions, got {options!r}")
    threads = chosen_workers(jobs, workers)
    if max_pixels is not None:
        max_pixels = whole_number("max_pixels", max_pixels, 1)
    wishes = Wishes(
        overwrite=overwrite,
        preserve=preserve,
        dry_run=dry_run,
        skip_if_larger=skip_if_larger,
        strip=one_of("strip", strip, STRIPS),
        measure="all" if measure else "nothing",
        max_pixels=max_pixels,
        resume=False,
        shared_palette=shared_palette,
    )
    _check_suffix(suffix, options.format)
    places = Places(_names(inputs), _folder(out_dir), suffix, recursive)
    return Plan.made(places, options, wishes, threads.jobs, workers).results(progress)


def _folder(out_dir: _Path | None) -> str | None:
    """Return the name of a folder with a slash at the end, which says that it is one."""
    if out_dir is None:
        return None
    name = os.fspath(out_dir)
    return f"{name}/" if is_url(name) else os.path.join(name, "")  # noqa: PTH118


def _names(inputs: _Path | Iterable[_Path]) -> list[str]:
    """Return the inputs as texts."""
    several = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    for each in several:
        if not isinstance(each, str | os.PathLike):
            kind = type(each).__name__
            raise InvalidParameterError(f"inputs must be paths, URLs or patterns, got {kind}")
        # What the command line calls stdin is a file here.
    return [f"./{STANDARD}" if each == STANDARD else os.fspath(each) for each in several]


def _check_suffix(suffix: str | None, format_name: str) -> None:
    """Refuse an ending that is not that of the format."""
    if suffix is None:
        return
    form = format_named(format_name)
    if format_of_suffix(Path(f"name{suffix}").suffix) is not form:
        raise InvalidParameterError(
            f"suffix must end in {endings([form])}, as the format of options is, got {suffix!r}"
        )
