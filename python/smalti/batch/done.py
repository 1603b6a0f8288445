"""Whether an input is done already, by what it and its output say of themselves."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

from smalti.batch.destination import Destination
from smalti.batch.kept import KeptFiles
from smalti.batch.marker import (
    DIGEST_BYTES,
    Marker,
    digest_of,
    digest_of_file,
    marker_in,
    marker_of_file,
    options_digest,
)
from smalti.batch.original import Original
from smalti.batch.paths import STANDARD
from smalti.exceptions import ImageWriteError
from smalti.formats.format import Format
from smalti.formats.registry import format_named
from smalti.options import CompressOptions
from smalti.sources.note import DONE, SKIPPED, Note
from smalti.urls import is_url

__all__ = ["DoneBefore"]

# Bytes that tell a file's format.
_HEAD_BYTES = 16


@dataclass(frozen=True)
class DoneBefore:
    """What earlier runs have done.

    Attributes
    ----------
    options : CompressOptions
        How outputs are made.
    strip : str
        What is removed that inputs say beside their pixels.
    destination : Destination
        Where outputs are.
    overwrite : bool
        Whether outputs of other options are made anew.
    shares_palette : bool
        Whether outputs have one palette, which `options` do not hold.
    makes_anew : bool
        Whether outputs elsewhere are made anew, though they are made of their inputs already.
    run : bytes
        What tells this run from others.
    """

    options: CompressOptions
    strip: str
    destination: Destination
    overwrite: bool
    shares_palette: bool = False
    makes_anew: bool = False
    run: bytes = field(default_factory=partial(os.urandom, 8), compare=False)

    def only(self, names: Iterable[str]) -> "DoneBefore":
        """Return the same for some inputs alone."""
        return replace(self, destination=self.destination.only(names))

    @property
    def form(self) -> Format:
        """The format of outputs."""
        return format_named(self.options.format)

    @cached_property
    def digest(self) -> bytes:
        """The digest of the options; the first bytes of it stand in markers."""
        return options_digest(self.options, self.strip, shares_palette=self.shares_palette)

    @property
    def kept(self) -> KeptFiles:
        """Inputs that stay as they are, known when a process began with this run."""
        return _kept_since(self.run, self.digest)

    def note(self, original: Original, *, is_found: bool) -> Note | None:
        """Return why an input of these contents is left out, if it is, without its name.

        Raises
        ------
        ImageWriteError
            If its output was made of other contents, and is not to be replaced.
        """
        name, output = original.name, self.destination.of(original.name)
        own = self._own_marker(original)
        if own is not None and not self.is_to_be_copied(original):
            return Note(DONE, "left out, it was made with these options already")
        if own is not None and digest_of_file(output) == original.digest:
            return Note(DONE, f"left out, {output} is a copy of it already")
        if own is not None:
            return None
        is_elsewhere = output != STANDARD and not self.destination.replaces(name)
        if is_elsewhere and not self.makes_anew:
            note = self._of_output(original, output)
            if note is not None:
                return note
        known_as = self._known_as(name, original.digest)
        if self._may_stay(original, is_found=is_found) and self._is_kept(known_as):
            return Note(DONE, "left out, it does not become smaller with these options")
        return None

    def is_to_be_copied(self, original: Original) -> bool:
        """Whether an input is written as it is: these options have compressed it in its place."""
        own, name = self._own_marker(original), original.name
        goes_elsewhere = not (self.destination.is_beside or self.destination.replaces(name))
        return goes_elsewhere and own is not None and own.source is None

    def _own_marker(self, original: Original) -> Marker | None:
        """Return the marker of an input that was made with these options; None for any other."""
        own = marker_in(original.data)
        return None if own is None or own.options != self.digest[:DIGEST_BYTES] else own

    def remember(self, name: str, smallest: bytes) -> None:
        """Remember that nothing smaller comes of an input, if it has these contents."""
        if not self.shares_palette:
            self.kept.add(self._known_as(name, digest_of(smallest)))

    def _is_kept(self, known_as: bytes) -> bool:
        """Whether nothing smaller comes of an input. With another palette it may."""
        return not self.shares_palette and self.kept.has(known_as)

    def marker_for(self, original: Original) -> Marker:
        """Return what the output of an input says."""
        is_replaced = self.destination.replaces(original.name)
        source = None if is_replaced else original.digest[:DIGEST_BYTES]
        return Marker(self.digest[:DIGEST_BYTES], source)

    def _known_as(self, name: str, digest: bytes) -> bytes:
        """Return what is remembered of an input: a shorter marker may make its output smaller."""
        return digest_of(digest) if self.destination.replaces(name) else digest

    def _of_output(self, original: Original, output: str) -> Note | None:
        name = original.name
        marker = marker_of_file(output)
        if marker is None or marker.source is None:
            return self._by_time(name, output)
        if marker.source != original.digest[:DIGEST_BYTES]:
            if self.overwrite:
                return None
            raise ImageWriteError(
                f"{output}: exists already, but was made from other contents of {name}; to make it "
                "anew, use --force"
            )
        if marker.options == self.digest[:DIGEST_BYTES]:
            return Note(DONE, f"left out, {output} is made of it already")
        if self.overwrite:
            return None
        reason = f"left out, {output} was made with other options; to make it anew, use --force"
        return Note(SKIPPED, reason)

    def _by_time(self, name: str, output: str) -> Note | None:
        """Return the same of an output that says nothing of itself."""
        is_elsewhere = name == STANDARD or is_url(name) or is_url(output)
        if self.overwrite or is_elsewhere or self.destination.is_input(output):
            return None
        try:
            with Path(output).open("rb") as file:
                is_picture = self.form.sniff(file.read(_HEAD_BYTES))
            is_newer = Path(output).stat().st_mtime >= Path(name).stat().st_mtime
        except (OSError, ValueError):
            return None
        if is_picture and is_newer:
            return Note(DONE, f"left out, {output} exists already; to make it anew, use --force")
        return None

    def _may_stay(self, original: Original, *, is_found: bool) -> bool:
        """Whether there is nothing to be written if an input does not become smaller."""
        if not self.form.sniff(original.data[:_HEAD_BYTES]):
            return is_found
        return self.destination.is_beside or self.destination.replaces(original.name)


@lru_cache(maxsize=4)
def _kept_since(_run: bytes, digest: bytes) -> KeptFiles:
    """Return what is known of options: a process reads it once for a run."""
    return KeptFiles(digest)
