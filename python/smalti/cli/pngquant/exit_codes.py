"""How the program ends: pngquant's numbers, some of which build tools know."""

from smalti.cli.exit_codes import INTERRUPTED, LARGER, NOT_REACHED

__all__ = [
    "BAD_VALUE",
    "DONE",
    "INTERRUPTED",
    "LARGER",
    "NOT_DECODED",
    "NOT_OVERWRITTEN",
    "NOT_REACHED",
    "NOT_WRITTEN",
    "NO_MEMORY",
    "UNREADABLE",
    "USAGE",
    "ExitError",
]

DONE = 0
"""All is done."""

USAGE = 1
"""No input, or an option that there is not."""

UNREADABLE = 2
"""A file cannot be opened or read."""

BAD_VALUE = 4
"""A value that an option does not take, or options that do not go together."""

NOT_OVERWRITTEN = 15
"""The output exists, and ``--force`` was not given."""

NOT_WRITTEN = 16
"""The output cannot be written."""

NO_MEMORY = 17
"""A picture needs more than there is."""

NOT_DECODED = 25
"""The input is no PNG file, or a damaged one."""


class ExitError(Exception):
    """The program, or what it does with a file, ends.

    Parameters
    ----------
    sentence : str
        Why; may be empty.
    code : int
        One of these numbers.
    """

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code
