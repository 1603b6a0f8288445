"""Folders that hold Zarr, which need no library to be known."""

from pathlib import Path

from smalti.urls import is_url, kind_at, parts_of

__all__ = ["ZARR_FILES", "is_zarr_at", "is_zarr_folder"]

ZARR_FILES = ("zarr.json", ".zgroup", ".zarray")
"""The metadata of Zarr: a folder with one of them is an image."""


def is_zarr_folder(name: str) -> bool:
    """Whether a path is that of a folder with the metadata of Zarr."""
    try:
        return not is_url(name) and any((Path(name) / file).is_file() for file in ZARR_FILES)
    except (OSError, ValueError):  # no file can have such a name
        return False


def is_zarr_at(name: str) -> bool:
    """Whether a path or URL is that of such a folder; storage at URLs is asked."""
    if not is_url(name):
        return is_zarr_folder(name)
    return any(kind_at(parts_of(name).joined(file)) == "file" for file in ZARR_FILES)
