"""How the program ends."""

__all__ = ["FAILED", "IMPROVABLE", "INTERRUPTED", "LARGER", "NOT_REACHED"]

FAILED = 1
"""Exit code when some input failed."""

IMPROVABLE = 3
"""Exit code of `--check` when some input could be made smaller."""

LARGER = 98
"""Exit code when outputs are not written for being larger than their inputs; pngquant's."""

NOT_REACHED = 99
"""Exit code when a quality or a size cannot be reached; pngquant's."""

INTERRUPTED = 130
"""Exit code after Ctrl-C."""
