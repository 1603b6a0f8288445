"""Segment stained slides into nuclei, stroma and background, and compare their areas."""

import tempfile
from pathlib import Path

import smalti
from smalti import sample_slide

# Made slides stand in for files: "slide.png" would do as well.
slides = {f"slide {seed}": sample_slide(256, 320, seed=seed) for seed in range(3)}

first = smalti.segment(slides["slide 0"].image, preset="he", spatial_weight=0.2)
print(first)

# The classes of the first slide, found again in all: what is counted is the same thing.
for name, slide in slides.items():
    found = first.apply(slide.image, spatial_weight=0.2, min_region=10)
    nuclei, stroma, _background = found.areas
    true_nuclei, true_stroma = (int((slide.labels == i).sum()) for i in range(2))
    regions = found.regions()
    areas = regions.areas[regions.classes == 0]
    print(
        f"{name}: nuclei are {nuclei / (nuclei + stroma):.1%} of the tissue, in truth "
        f"{true_nuclei / (true_nuclei + true_stroma):.1%}; {len(areas)} regions of "
        f"{areas.mean():.0f} pixels"
    )

with tempfile.TemporaryDirectory() as folder:
    first.save(Path(folder) / "labels.png")
    first.save(Path(folder) / "regions.geojson")
    print(sorted(path.name for path in Path(folder).iterdir()))
