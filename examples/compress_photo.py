"""Compress a photograph and see what it costs at a few numbers of colours."""

import tempfile
from pathlib import Path

import skimage.data

import smalti

photo = skimage.data.chelsea()
compressed = smalti.compress(photo, k=64)
report = compressed.report()

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "chelsea.png"
    written = compressed.save(path)
    loaded = smalti.load(path)
    assert (loaded.reconstruct() == compressed.reconstruct()).all()

print(f"{report.original_bits:,} bits, as fixed-length indices {report.compressed_bits:,}")
print(f"as a file {8 * written:,}; PSNR {report.psnr:.1f} dB")
print(smalti.sweep(photo, k=(2, 4, 8, 16, 32)))
