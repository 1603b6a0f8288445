"""Drop-in estimators for scikit-learn: `KMeans` and `MiniBatchKMeans`.

Constructor, attributes and behaviour are those of `sklearn.cluster`; the work is done by
`smalti.kmeans`, with the same result on any number of threads and labels in a fixed order
(docs/sklearn.md tells what differs). Needs the extra ``smalti[sklearn]``, scikit-learn 1.6 or
later.
"""

from smalti.exceptions import MissingExtraError

try:
    from smalti.sklearn.kmeans import KMeans
    from smalti.sklearn.mini_batch_kmeans import MiniBatchKMeans
except ImportError as error:
    raise MissingExtraError(
        "smalti.sklearn needs scikit-learn 1.6 or later, which is not installed: "
        "pip install 'smalti[sklearn]'"
    ) from error

__all__ = ["KMeans", "MiniBatchKMeans"]
