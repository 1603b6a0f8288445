"""``smalti sweep --auto``: choosing K."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from smalti import Elbow

__all__ = ["AUTO_COLORS", "elbow_lines", "refuse_effort"]

# A person has names for fewer colours than 32. The codebooks of a photograph take half a second.
AUTO_COLORS = range(1, 33)


def refuse_effort() -> None:
    """Refuse an effort: it does nothing for choosing K, and would mislead."""
    given = click.get_current_context().get_parameter_source("effort")
    if given is not ParameterSource.DEFAULT:
        raise click.BadParameter("--effort is for the pictures of a sweep, not for --auto")


def elbow_lines(elbow: "Elbow") -> Iterator[dict[str, Any]]:
    """Yield the figures of each K. ``knee`` is true for at most one of them."""
    for k, distortion, silhouette in zip(elbow.k, elbow.distortion, elbow.silhouette, strict=True):
        figures = {"distortion": float(distortion), "silhouette": float(silhouette)}
        yield {"k": k, **figures, "knee": k == elbow.knee}
