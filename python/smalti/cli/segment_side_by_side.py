"""Many inputs on a cluster, each of them by one worker.

Few inputs are shared out by windows. Many are done sooner as a whole: nobody waits for the client,
which finds the regions of an image that is shared out.
"""

from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from smalti.batch.paths import STANDARD
from smalti.batch.storage import identity, storage_of
from smalti.cli.segment_done import Done
from smalti.cli.segment_job import Job, Wishes
from smalti.exceptions import ImageReadError, SmaltiError
from smalti.parallel import Threads
from smalti.urls import absolute

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from smalti.segmentation.classifier import PixelClassifier

__all__ = ["are_side_by_side", "side_by_side"]

# Inputs for each worker from which on none of them waits long for the last ones.
_FROM = 4


class _OnWorker:
    """Segments inputs on a worker, which has read the classes and the mask itself."""

    def __init__(self, wishes: Wishes, learnt: "PixelClassifier | None") -> None:
        self._wishes = replace(
            wishes,
            inputs=(),
            out=absolute(wishes.out),
            classes=wishes.classes and absolute(wishes.classes),
            mask=wishes.mask and absolute(wishes.mask),
            scheduler=None,
        )
        self._learnt = learnt

    def __call__(self, task: tuple[str, str]) -> Done | SmaltiError:
        """Segment an input into a folder; what is wrong with it does not stop the others."""
        name, folder = task
        try:
            return self._job.segmented(name, folder)
        except SmaltiError as error:
            return error
        except MemoryError:
            return ImageReadError(f"{name}: there is not enough memory for this")

    @cached_property
    def _job(self) -> Job:
        # A cluster's workers are as many as it has processors.
        job = Job.begun(self._wishes, Threads(1))
        job.learnt = self._learnt
        return job


def are_side_by_side(job: Job, names: "Sequence[str]") -> bool:
    """Whether these inputs, whose classes are known if they share them, are each for one worker."""
    wishes = job.wishes
    if wishes.scheduler is None or len(names) < _FROM * max(job.workers.slots, 1):
        return False
    if STANDARD in (*names, wishes.mask, wishes.classes):
        return False
    # One after the other each is looked for among the inputs before it is written.
    results = {identity(each) for each in (wishes.out, *map(job.folder_for, names))}
    read = [*wishes.inputs, *filter(None, (wishes.mask, wishes.classes))]
    return results.isdisjoint(identity(storage_of(name).parent(name)) for name in read)


def side_by_side(job: Job, names: "Sequence[str]") -> "Generator[Done | SmaltiError, None, None]":
    """Yield what becomes of each input, in their order."""
    claimed = [_claimed(job, name) for name in names]
    tasks = [
        (absolute(name), absolute(folder))
        for name, folder in zip(names, claimed, strict=True)
        if isinstance(folder, str)
    ]
    work = _OnWorker(job.wishes, job.learnt)
    with closing(job.workers.map(work, tasks, lambda _, error: error)) as found:
        for name, folder in zip(names, claimed, strict=True):
            if isinstance(folder, SmaltiError):
                yield folder
                continue
            done = next(found)
            yield replace(done, name=name, folder=folder) if isinstance(done, Done) else done


def _claimed(job: Job, name: str) -> str | SmaltiError:
    """Return the folder for an input, or why it has none."""
    try:
        return job.claimed(name)
    except SmaltiError as error:
        return error
