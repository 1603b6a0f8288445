"""What became of one file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from smalti.exceptions import SmaltiError
from smalti.sources.note import Note

__all__ = ["FileResult", "Status"]

Status: TypeAlias = Literal["written", "kept", "skipped", "failed"]
"""What became of a file."""


@dataclass(frozen=True)
class FileResult:
    """What became of one file of `smalti.compress_files`.

    Attributes
    ----------
    input : str
        The path or URL, as it was named or found.
    output : str or None
        The file that was written; None if there was no need to, or if that failed.
    status : {"written", "kept", "skipped", "failed"}
        ``"kept"``: the input is as small as it gets. Then its own bytes are the output, or nothing
        was written. ``"skipped"``: it was left out, such as for being done already.
    notes : tuple of Note
        What there is to tell, each a sentence that names the file.
    reason : str or None
        Why it was skipped.
    error : SmaltiError or None
        Why it failed.
    input_bytes, output_bytes : int or None
        Lengths of the files; of what failed or was skipped they are not known.
    figures : mapping of str to value
        The other entries of `to_dict`; none of what failed or was skipped.
    stages : mapping of str to float
        Seconds that were spent on each `smalti.progress.Stage`, and before the first on ``"read"``;
        none of what failed or was skipped.
    """

    input: str
    output: str | None = None
    status: Status = "failed"
    notes: tuple[Note, ...] = ()
    reason: str | None = None
    error: SmaltiError | None = None
    input_bytes: int | None = None
    output_bytes: int | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the line of ``smalti compress --json``: pinned names in a pinned order.

        Of a file that was skipped or failed it is ``{"input", "skipped"}`` or ``{"input",
        "error"}``, with a sentence.
        """
        if self.error is not None:
            return {"input": self.input, "error": self.error.command_line}
        if self.status == "skipped":
            return {"input": self.input, "skipped": self.reason}
        about = ("width", "height", "colors", "rate_weight", "dither", "block")
        return {
            "input": self.input,
            "output": self.output,
            **{name: self.figures[name] for name in about if name in self.figures},
            "input_bytes": self.input_bytes,
            "output_bytes": self.output_bytes,
            **{name: value for name, value in self.figures.items() if name not in about},
        }
