"""Which classes of stained tissue may have which name, by absolute amounts of stain.

K-Means finds as many classes as it is asked for, whatever there is: two halves of the noise where
all is eosin. A name says more than that one class is darker than another. So a class is called
nuclei only if it has the colour of haematoxylin, in an amount that staining leaves, and more of it
than the rest. DAB must be there, too.

The amounts are optical densities. Slides differ in how strongly they are stained: on seven pictures
of H&E nuclei have 0.29 to 1.11 of haematoxylin and the rest of the tissue 0.06 to 0.30, at most
0.41 times as much. Nuclei absorb 0.50 to 0.77 times as much red as green, the rest 0.21 to 0.57
times. Of 38 crops of 64 x 64 pixels that hold under 0.4 % of nuclei by the labels of
the whole picture, none gets more than 5 % alone. The limits were chosen on these same pictures.
"""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from smalti.segmentation.histology.stains import Stains, redness

__all__ = [
    "CLASS_NAMES",
    "GLASS",
    "glass_densities",
    "names_held",
    "reference_densities",
    "tissue_names",
]

CLASS_NAMES = {
    "he": ("nuclei", "stroma", "background"),
    "hdab": ("nuclei", "DAB", "background", "stroma"),
}
"""The classes of each kind of slide, in the order of their labels."""

GLASS = "background"

Densities = NDArray[np.float64]

# Optical densities that are common: of nuclei, DAB and stroma, for classes that an image lacks.
_TYPICAL = {
    "he": {"nuclei": (0.8, 0.3), "stroma": (0.1, 0.4)},
    "hdab": {"nuclei": (0.6, 0.1), "DAB": (0.1, 0.8), "stroma": (0.06, 0.04)},
}

# The least density of a stain that a class is named after. A counterstain of haematoxylin is paler
# than the stain of H&E.
_LEAST = {"he": (0.1, 0.1), "hdab": (0.08, 0.15)}

# H-DAB: a class that is alone is named after its stain from this density on, and is stroma below.
_LEAST_ALONE = 0.15

# Which share of the density of a stain must be missing in the classes that are not named after it:
# 0.59 to 0.83 is missing on the pictures, while halves of noise differ by less where the stain is.
_DIFFERENCE = 0.35

# The centroid of glass lies beyond 0 by so many times the densities of stroma.
_BEYOND_GLASS = 3.0

# What nuclei absorb of red, as a share of green: at least so much beside stroma. A class that is
# alone is nuclei from the second share on, stroma below it.
_BLUISH, _BLUISH_ALONE = 0.45, 0.6


def tissue_names(kind: str) -> tuple[str, ...]:
    """Return the classes of a kind of slide, without glass."""
    return tuple(name for name in CLASS_NAMES[kind] if name != GLASS)


def names_held(densities: Densities, stains: Stains) -> tuple[str, ...] | None:
    """Return what classes of tissue are called, or None if their amounts allow no names.

    Parameters
    ----------
    densities : float64 array, shape (n, 2)
        Of the classes' centroids, for both stains.
    stains : Stains

    Returns
    -------
    tuple of n str, or None
    """
    holds = _holds_he if stains.name == "he" else _holds_hdab
    for names in permutations(tissue_names(stains.name), len(densities)):
        if holds(dict(zip(names, densities, strict=True)), stains):
            return names
    return None


def reference_densities(kind: str, found: dict[str, Densities]) -> dict[str, Densities]:
    """Return densities for the classes that an image lacks, away from those that it has.

    Parameters
    ----------
    kind : {"he", "hdab"}
    found : dict of str to float64 array, shape (2,)
        The densities of the classes that it has.
    """
    references = {}
    for name in tissue_names(kind):
        if name in found:
            continue
        typical = np.array(_TYPICAL[kind][name])
        if found and name != "stroma":
            # What differs is the class's own stain: the amount of the other one says nothing.
            own = 0 if name == "nuclei" else 1
            amounts = np.array(list(found.values()))
            largest, middle = amounts.max(axis=0), amounts.mean(axis=0)
            typical = np.where(np.arange(2) == own, typical + np.maximum(largest, 0.0), middle)
        references[name] = typical
    return references


def glass_densities(kind: str, found: dict[str, Densities]) -> Densities:
    """Return where the centroid of glass is, beside those of the other classes.

    On H&E slides it is at 0: gaps in the tissue are glass. On H-DAB slides stroma is so pale that
    the tissue mask alone tells it from glass. There the centroid is so far on the other side of 0
    that in tissue no pixel is nearer to it.
    """
    return np.zeros(2) if kind == "he" else -_BEYOND_GLASS * np.maximum(found["stroma"], 0.02)


def _holds_he(found: dict[str, Densities], stains: Stains) -> bool:
    if len(found) == 1:
        [(name, amounts)] = found.items()
        nuclear = amounts[0] >= _LEAST["he"][0] and _redness(amounts, stains) >= _BLUISH_ALONE
        return nuclear == (name == "nuclei")
    nuclei, stroma = found["nuclei"], found["stroma"]
    return (
        _is_more(nuclei[0], stroma[0], _LEAST["he"][0])
        and _redness(nuclei, stains) >= _BLUISH
        and _redness(nuclei, stains) > _redness(stroma, stains)
    )


def _holds_hdab(found: dict[str, Densities], _: Stains) -> bool:
    if len(found) == 1:
        [(name, (haematoxylin, dab))] = found.items()
        strongest = "DAB" if dab > haematoxylin else "nuclei"
        return name == (strongest if max(dab, haematoxylin) >= _LEAST_ALONE else "stroma")
    for name, stain in (("nuclei", 0), ("DAB", 1)):
        rest = [other[stain] for key, other in found.items() if key != name]
        if name in found and not _is_more(found[name][stain], max(rest), _LEAST["hdab"][stain]):
            return False
    if "stroma" in found and max(found["stroma"]) >= _LEAST_ALONE:
        return False
    return "DAB" not in found or bool(found["DAB"][1] > found["DAB"][0])


def _is_more(most: float, rest: float, least: float) -> bool:
    """Whether a class has so much more of a stain than another that it is named after it."""
    return most - max(rest, 0.0) >= max(least, _DIFFERENCE * most)


def _redness(amounts: Densities, stains: Stains) -> float:
    """Return how much red the stains absorb in these amounts, as a share of green."""
    return redness(amounts[0] * stains.vectors[0] + amounts[1] * stains.vectors[1])
