"""Folders that hold Zarr, which need no library to be known."""

from pathlib import Path

__all__ = ["is_zarr_folder"]

_FILES = ("zarr.json", ".zgroup", ".zarray")


def is_zarr_folder(name: str) -> bool:
    """Whether a path is that of a folder with the metadata of Zarr."""
    try:
        return "://" not in name and any((Path(name) / file).is_file() for file in _FILES)
    except (OSError, ValueError):  # no file can have such a name
        return False
