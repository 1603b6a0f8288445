"""Peers in Python that may not be installed."""

import importlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any


def importable(peers: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Import peers' modules.

    Parameters
    ----------
    peers : mapping
        Names of peers, as the tables call them, and of their modules.

    Returns
    -------
    modules : dict
        By the peer's name, those that are installed.
    left_out : list of str
        What to say of the others.
    """
    modules, left_out = {}, []
    for name, module in peers.items():
        try:
            modules[name] = importlib.import_module(module)
        except ImportError as error:
            left_out.append(f"{name}: {error}")
    return modules, left_out


def versions(packages: Iterable[str]) -> list[str]:
    """Return names and versions of those packages that are installed."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
