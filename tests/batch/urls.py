"""Storage at URLs for the tests: fsspec's memory, an object server, a web server."""

import os
from dataclasses import dataclass

import fsspec

from tests.batch.trees import picture
from tests.pictures import encoded

__all__ = ["Bucket"]

_KINDS = {".bmp": "BMP", ".jpg": "JPEG"}


@dataclass(frozen=True)
class Bucket:
    """A place for files, at a URL."""

    url: str

    @property
    def storage(self):
        return fsspec.core.url_to_fs(self.url)

    def put(self, name, seed=0, data=None):
        """Put a picture there, or `data`, and return its URL."""
        storage, path = self.storage
        kind = _KINDS.get(os.path.splitext(name)[1], "PNG")  # noqa: PTH122 - of a URL
        storage.pipe_file(f"{path}/{name}", encoded(picture(seed), kind) if data is None else data)
        return f"{self.url}/{name}"

    def state(self):
        """The contents of all files, by their places."""
        storage, path = self.storage
        storage.invalidate_cache()
        return {
            name[len(path) + 1 :]: storage.cat_file(name)
            for name in sorted(storage.find(path))
            if not name.endswith("/")
        }

    def of(self, results, base=""):
        """The outputs of results, by their places."""
        start = f"{self.url}/{base}"
        assert all(result.output.startswith(start) for result in results if result.output)
        return [result.output[len(start) :] for result in results if result.output]
