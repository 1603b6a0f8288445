"""Files: bytes at equal quality, what coders make of the same rows, whole programs."""
