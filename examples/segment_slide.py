"""Segment stained slides into nuclei, stroma and background, and compare their areas."""

import tempfile
from pathlib import Path

import smalti
from smalti.segmentation.sample_slide import sample_slide

# Made slides stand in for files: "slide.png" would do as well.
slides = {f"slide {seed}": sample_slide(256, 320, seed=seed) for seed in range(3)}

first = smalti.segment(slides["slide 0"].image, preset="he", spatial_weight=0.2)
print(first)

# The classes of the first slide, found again in all: what is counted is the same thing.
for name, slide in slides.items():
    found = first.apply(slide.image, spatial_weight=0.2, min_region=10)
    true_share = (slide.labels == 0).sum() / (slide.labels < 2).sum()
    regions = found.regions(pixel_size=0.5)
    nuclei = regions.classes == 0
    print(
        f"{name}: nuclei are {found.tissue_shares[0]:.1%} of the tissue (in truth {true_share:.1%}), "
        f"{nuclei.sum()} regions of {regions.areas_um2[nuclei].mean():.0f} square micrometres"
    )

with tempfile.TemporaryDirectory() as folder:
    first.save(Path(folder) / "labels.png")
    first.save(Path(folder) / "regions.geojson")
    print(sorted(path.name for path in Path(folder).iterdir()))
