"""``smalti compress`` into a GIF: one animation, or images in a row."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from smalti.batch.natural_order import natural
from smalti.batch.paths import STANDARD, FilesRead, source_of
from smalti.cli.console import Failures, print_json, print_notes
from smalti.cli.options import palette_of_file, usage_errors
from smalti.cli.reporter import Reporter
from smalti.files import check_writable, write
from smalti.sources.note import KEPT, Note

if TYPE_CHECKING:
    from smalti.images.animation.compressed_animation import CompressedAnimation
    from smalti.images.animation.wishes import AnimationWishes
    from smalti.sources.animations.animation import Animation

__all__ = ["AnimationRun", "animation_options", "is_animation_at", "refuse_animation_options"]

# Options that decide on still images.
_FOR_STILLS = (
    *("format_", "ext", "skip_if_larger", "strip", "preserve", "recursive", "jobs", "scheduler"),
    *("shared_palette", "dry_run", "check", "keep_color", "space", "dither_method", "block"),
)

# Those that decide on animations alone.
_FOR_ANIMATIONS = ("fps", "loop", "strict")

_SUFFIX = ".gif"


def animation_options(command: Any) -> Any:
    """Add the options of animations to a command."""
    from smalti.cli.numbers import Number, WholeNumber

    for option in (
        click.option(
            "--strict",
            is_flag=True,
            help="Refuse a damaged animation though its first frames can be read.",
        ),
        click.option(
            "--loop",
            type=WholeNumber(0, 65_536),
            help="How often an animation is played; 0 for ever. Default: what the file tells, "
            "else 0.",
        ),
        click.option(
            "--fps",
            type=Number(0.01, 1000),
            help="Frames a second of an animation. Default: what the file tells, else 20.",
        ),
    ):
        command = option(command)
    return command


def is_animation_at(out: str | None) -> bool:
    """Whether an output is an animation."""
    return out is not None and out.lower().endswith(_SUFFIX)


def refuse_animation_options() -> None:
    """Refuse options of animations that are given for still images."""
    for name in filter(_is_given, _FOR_ANIMATIONS):
        raise click.UsageError(f"--{name} is for animations: write one with -o OUT{_SUFFIX}")


@dataclass(frozen=True)
class AnimationRun:
    """What is done with an animation.

    Attributes
    ----------
    names : list of str
        An animation, or the images of one.
    out : str
    chosen : dict
        The options that decide on it.
    overwrite, strict : bool
    max_pixels : int or None
    json, quiet : bool
        What is printed.
    """

    names: list[str]
    out: str
    chosen: dict[str, Any]
    overwrite: bool
    strict: bool
    max_pixels: int | None
    json: bool
    quiet: bool

    def __call__(self) -> None:
        """Compress it, and print what became of it."""
        for name in filter(_is_given, _FOR_STILLS):
            option = name.rstrip("_").replace("_", "-")
            raise click.BadParameter(f"--{option} is for still images, and the output is a GIF")
        wishes = self._wishes()
        failures = Failures()
        with failures.collected({"input": self.names[0]} if self.json else None):
            self._compress(wishes)
        failures.exit_if_any()

    def _wishes(self) -> "AnimationWishes":
        from smalti.images.animation.wishes import AnimationWishes, Timing

        chosen = dict(self.chosen)
        with usage_errors():
            palette = palette_of_file(chosen.pop("palette"))
            timing = Timing(fps=chosen.pop("fps"))
            wishes = AnimationWishes(timing=timing, palette=palette, **chosen)
            wishes.given_colors()
        return wishes

    def _opened(self) -> "Animation":
        from smalti.sources.animations.open import open_animation

        if len(self.names) == 1:
            source: Any = source_of(self.names[0])
        else:
            source = [source_of(name) for name in sorted(self.names, key=natural)]
        return open_animation(source, max_pixels=self.max_pixels, is_strict=self.strict)

    def _compress(self, wishes: "AnimationWishes") -> None:
        from smalti.images.animation.compress import compress_opened

        FilesRead([(name, "the input") for name in self.names]).refuse(self.out)
        check_writable(self.out, overwrite=self.overwrite)
        began = time.monotonic()
        with Reporter(enabled=not (self.json or self.quiet)) as reporter:
            reporter.start(self.names[0])
            animation = self._opened()
            made = compress_opened(animation, wishes, reporter.update)
        data, notes = made.to_bytes(), list(animation.notes)
        original = self._original(animation)
        if original is not None and len(data) >= len(original):
            data = original
            notes.append(Note(KEPT, f"{self.names[0]}: does not become smaller, and is kept"))
        written = write(self.out, data, overwrite=self.overwrite)
        seconds = time.monotonic() - began
        print_notes(notes)
        if self.json:
            print_json(self._row(animation, made, written, seconds))
        elif not self.quiet:
            click.echo(self._sentence(made, written, seconds))

    def _original(self, animation: "Animation") -> bytes | None:
        """Return the file if the output could be it: a GIF of which nothing else is asked."""
        is_asked = self.chosen["fps"] is not None or self.chosen["loop"] is not None
        is_file = animation.has_gif_delays and self.names != [STANDARD]
        if not is_file or is_asked or self.chosen["palette"] is not None:
            return None
        from smalti.contents import read_bytes

        return read_bytes(self.names[0])[0]

    def _row(
        self, animation: "Animation", made: "CompressedAnimation", written: int, seconds: float
    ) -> dict[str, Any]:
        report = made.report()
        height, width = made.shape
        return {
            "input": self.names[0] if len(self.names) == 1 else animation.name,
            "output": self.out,
            "width": width,
            "height": height,
            "frames": len(made),
            "colors": max(frame.colors for frame in report.frames),
            "rate_weight": made.rate_weight,
            "dither": made.dither,
            "output_bytes": written,
            "held": sum(frame.held for frame in report.frames),
            "ssimulacra2": report.mean_score,
            "worst_ssimulacra2": report.worst_score,
            "seconds": round(seconds, 3),
        }

    def _sentence(self, made: "CompressedAnimation", written: int, seconds: float) -> str:
        height, width = made.shape
        frames = f"{len(made)} frame{'s' * (len(made) > 1)}"
        return f"{self.out}: {width:,} x {height:,}, {frames}, {written:,} bytes in {seconds:.1f} s"


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source not in (ParameterSource.DEFAULT, None)
