"""Which place a name is that of."""

import os
from pathlib import Path

from smalti.scale.places.local_place import LocalPlace
from smalti.scale.places.place import Place
from smalti.scale.places.url_place import UrlPlace
from smalti.urls import is_url, local_path

__all__ = ["place_of"]


def place_of(name: str | os.PathLike[str]) -> Place:
    """Return the place that a path or URL names."""
    name = os.fspath(name)
    path = local_path(name) if is_url(name) else name
    if path is not None:
        return LocalPlace(Path(path))
    return UrlPlace(name)
