"""What is told of an input that has been segmented."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smalti.sources.note import Note

if TYPE_CHECKING:
    from smalti import LargeSegmentation, Segmentation
    from smalti.labelmaps.class_areas import ClassAreas

__all__ = ["Done"]


@dataclass(frozen=True)
class Done:
    """What is told of an input. It holds no pixels, so that others can send it.

    Attributes
    ----------
    name, folder : str
        The input, and where its files are.
    areas : ClassAreas
    shape : (int, int)
        Height and width.
    coherence : float
    regions : int
        How many are listed.
    notes : tuple of Note
    remarks : tuple of str
        What tells of no trouble: a file that was not written.
    seconds : float
    """

    name: str
    folder: str
    areas: "ClassAreas"
    shape: tuple[int, int]
    coherence: float
    regions: int
    notes: tuple[Note, ...]
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(
        cls,
        name: str,
        folder: str,
        found: "Segmentation | LargeSegmentation",
        regions: int,
        remarks: tuple[str, ...] = (),
    ) -> "Done":
        """Return what is told of a segmentation, but for its time."""
        from smalti.labelmaps.class_areas import ClassAreas

        areas = ClassAreas(
            found.names,
            found.colors,
            found.areas,
            found.classifier.background,
            found.pixel_size,
        )
        shape, coherence = found.shape, found.coherence
        return cls(name, folder, areas, shape, coherence, regions, tuple(found.notes), remarks)

    def row(self) -> dict[str, Any]:
        """Return the line of JSON."""
        height, width = self.shape
        areas = self.areas
        of_tissue, in_um2 = areas.tissue_shares, areas.areas_um2
        classes = [
            {
                "name": name,
                "color": f"#{bytes(areas.colors[i]).hex()}",
                "pixels": int(areas.areas[i]),
                "share": float(areas.shares[i]),
                **({} if in_um2 is None else {"area_um2": float(in_um2[i])}),
                **({} if of_tissue is None else {"share_of_tissue": float(of_tissue[i])}),
            }
            for i, name in enumerate(areas.names)
        ]
        return {
            "input": self.name,
            "output": self.folder,
            "width": width,
            "height": height,
            "classes": classes,
            "coherence": self.coherence,
            "regions": self.regions,
            "seconds": round(self.seconds, 3),
        }

    def summary(self) -> dict[str, Any]:
        """Return the row of the table of several inputs."""
        height, width = self.shape
        areas = self.areas
        of_tissue, in_um2 = areas.tissue_shares, areas.areas_um2
        row: dict[str, Any] = {"input": self.name, "output": self.folder}
        row |= {"width": width, "height": height, "regions": self.regions}
        row |= {"coherence": self.coherence}
        for i, each in enumerate(areas.names):
            row[f"area {each}"] = int(areas.areas[i])
            if in_um2 is not None:
                row[f"area_um2 {each}"] = float(in_um2[i])
            row[f"share {each}"] = float(areas.shares[i])
            if of_tissue is not None:
                row[f"share_of_tissue {each}"] = float(of_tissue[i])
        return row
