"""A vector quantiser: a codebook that encodes vectors as indices and decodes them.

A quantiser of K code vectors is nearest-neighbour encoding and a table look-up: the indices are
what is stored or sent, the codebook is what both sides know. `Codebook.fit` finds the code
vectors by K-Means (S. P. Lloyd, 1982, doi:10.1109/TIT.1982.1056489; Y. Linde, A. Buzo and
R. M. Gray, 1980, doi:10.1109/TCOM.1980.1094577). Rate, distortion and SNR are those of
A. Gersho and R. M. Gray, "Vector Quantization and Signal Compression", 1992
(doi:10.1007/978-1-4615-3626-0). Encoding takes n k D products, and for images less.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.bits import bits_per_index, entropy_bits, smallest_unsigned
from smalti.contents import read_bytes
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from smalti.files import Target, write
from smalti.formats import codebook
from smalti.values import counted
from smalti.vectors.arrays import as_floats, as_numbers, check_size, positive_weights
from smalti.vectors.kmeans import kmeans

__all__ = ["Codebook"]

# Whole numbers become floats for the search; this many vectors at a time.
_CHUNK = 1 << 18


class Codebook:
    """A vector quantiser: k code vectors of D coordinates.

    Parameters
    ----------
    centroids : array, shape (k, D)
        Code vectors, at least one of at least one coordinate, of finite numbers up to 1e90.

    Attributes
    ----------
    centroids : float64 array, shape (k, D)
        A copy that cannot be changed.
    k : int
        Number of code vectors.
    dim : int
        Coordinates D of a vector.
    bits : int
        Fixed-length rate in bits a vector, ``ceil(log2 k)``.

    Raises
    ------
    InvalidParameterError
        If `centroids` is no such array.

    Notes
    -----
    Codebooks are equal when their centroids are, in the same order. They can be pickled, and
    used as keys.

    Examples
    --------
    >>> import smalti
    >>> codebook = smalti.Codebook([[0.0, 0.0], [4.0, 4.0]])
    >>> indices = codebook.encode([[1, 0], [3, 4], [4, 4]])
    >>> indices.tolist(), indices.dtype
    ([0, 1, 1], dtype('uint8'))
    >>> codebook.decode(indices).tolist()
    [[0.0, 0.0], [4.0, 4.0], [4.0, 4.0]]
    >>> round(codebook.distortion([[1, 0], [3, 4], [4, 4]]), 4)  # (1 + 1 + 0) / 3
    0.6667
    """

    def __init__(self, centroids: ArrayLike) -> None:
        array = as_numbers("centroids", centroids)
        if array.ndim != 2 or array.size == 0:
            raise InvalidParameterError(
                f"centroids must have shape (k, D), each at least 1, got {array.shape}"
            )
        # Adding 0 makes a copy, and turns -0 into 0.
        self._centroids = np.ascontiguousarray(array, dtype=np.float64) + 0.0
        check_size("centroids", self._centroids)
        self._centroids.setflags(write=False)

    @classmethod
    def fit(
        cls, x: ArrayLike, k: int, *, sample_weight: ArrayLike | None = None, **options: Any
    ) -> "Codebook":
        """Find k code vectors by K-Means.

        Parameters
        ----------
        x : array, shape (n, D) or (..., D)
            Training vectors along the last of two or more axes: a table, or an image (H, W, 3).
        k : int
            Number of code vectors, at least 1; no more than there are distinct vectors are found.
        sample_weight : array, shape x.shape[:-1], optional
            Each within 1e-90 to 1e90; one of 3 counts as three equal vectors. Default: 1 each.
        **options
            Options of `smalti.kmeans`: init, n_init, max_iter, tol, seed, progress.

        Returns
        -------
        Codebook

        Raises
        ------
        InvalidParameterError
            If an argument is outside its range or the shapes do not fit.

        Examples
        --------
        >>> import smalti
        >>> smalti.Codebook.fit([[0.0], [2.0], [10.0], [12.0]], 2, seed=1)
        <Codebook of 2 code vectors, 1 coordinate>
        """
        array = as_numbers("x", x)
        if array.ndim < 2:
            raise InvalidParameterError(
                "x must have shape (n, D) or (..., D), a vector along the last axis, "
                f"got {array.shape}"
            )
        if array.size == 0:
            raise InvalidParameterError(
                f"x must hold at least one vector of at least one coordinate, got {array.shape}"
            )
        if array.dtype.kind == "f":
            array = as_floats(array)
            check_size("x", array)
        weights = positive_weights(sample_weight, array.shape[:-1])
        rows = array.reshape(-1, array.shape[-1])
        flat = None if weights is None else weights.ravel()
        return cls(kmeans(rows, k, sample_weight=flat, **options).centroids)

    @property
    def centroids(self) -> NDArray[np.float64]:
        """Code vectors, float64 (k, D), read-only."""
        return self._centroids

    @property
    def k(self) -> int:
        """Number of code vectors."""
        return len(self._centroids)

    @property
    def dim(self) -> int:
        """Coordinates of a vector."""
        return int(self._centroids.shape[1])

    @property
    def bits(self) -> int:
        """Bits of a fixed-length index, ``ceil(log2 k)``: the rate without entropy coding."""
        return bits_per_index(self.k)

    def encode(self, x: ArrayLike) -> NDArray[np.unsignedinteger[Any]]:
        """Return the index of the nearest code vector for every vector.

        Parameters
        ----------
        x : array, shape (..., D)
            Finite numbers: one vector (D,), vectors (n, D), an image (H, W, D).

        Returns
        -------
        unsigned array, shape x.shape[:-1]
            In the smallest type that holds k. Of code vectors equally near it is the first.

        Raises
        ------
        InvalidParameterError
            If the last axis has another length than `dim`, or a number is not finite.
        """
        array = self._vectors(x)
        return self._search(array)[0].reshape(array.shape[:-1])

    def decode(self, z: ArrayLike) -> NDArray[np.float64]:
        """Return the code vector of every index.

        Parameters
        ----------
        z : integer array of any shape
            Indices, 0 to k - 1.

        Returns
        -------
        float64 array, shape z.shape + (D,)

        Raises
        ------
        InvalidParameterError
            If an index is not a whole number within 0 to k - 1.
        """
        indices = as_numbers("z", z)
        if indices.dtype.kind not in "ui" and indices.size:
            raise InvalidParameterError(f"z must be whole numbers, got dtype {indices.dtype}")
        if indices.size and not 0 <= int(indices.min()) <= int(indices.max()) < self.k:
            raise InvalidParameterError(
                f"z must lie in 0 to {self.k - 1}, one of the {self.k} code vectors, "
                f"got {indices.min()} to {indices.max()}"
            )
        decoded: NDArray[np.float64] = self._centroids[indices.astype(np.intp, copy=False)]
        return decoded

    def distortion(self, x: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Mean squared distance J of the vectors to what they are decoded to.

        Parameters
        ----------
        x : array, shape (..., D)
            At least one vector.
        sample_weight : array, shape x.shape[:-1], optional
            Finite and above 0; `fit` takes 1e-90 to 1e90. Default: 1 each.

        Returns
        -------
        float
            ``sum(w |x - decode(encode(x))|^2) / sum(w)``, summed over the coordinates of a vector.

        Raises
        ------
        InvalidParameterError
            If there is no vector, or an argument does not fit.
        """
        array = self._vectors(x, at_least_one=True)
        distances = self._search(array)[1]
        weights = positive_weights(sample_weight, array.shape[:-1])
        if weights is None:
            return float(distances.sum()) / len(distances)
        return float((distances * weights.ravel()).sum() / weights.sum())

    def rate(self, x: ArrayLike) -> float:
        """Empirical entropy of the indices of `x`, in bits a vector.

        What an ideal code of variable length needs that looks at one index at a time
        (C. E. Shannon, 1948, doi:10.1002/j.1538-7305.1948.tb01338.x): at most ``log2 k``.

        Parameters
        ----------
        x : array, shape (..., D)
            At least one vector.

        Returns
        -------
        float

        Raises
        ------
        InvalidParameterError
            If there is no vector, or the shape does not fit.
        """
        indices = self._search(self._vectors(x, at_least_one=True))[0]
        return entropy_bits(indices) / indices.size

    def snr(self, x: ArrayLike) -> float:
        """Signal-to-noise ratio in decibel, ``10 log10(variance / J)``.

        Parameters
        ----------
        x : array, shape (..., D)
            At least one vector. Their variance, the mean squared distance to their mean, is the
            distortion of the best codebook of one vector.

        Returns
        -------
        float
            Infinite when nothing is lost; minus infinity when vectors that are all equal are not
            met.

        Raises
        ------
        InvalidParameterError
            If there is no vector, or the shape does not fit.

        Examples
        --------
        >>> import smalti
        >>> round(smalti.Codebook([[1.0], [11.0]]).snr([[0], [2], [10], [12]]), 2)  # 26 to 1
        14.15
        """
        array = self._vectors(x, at_least_one=True)
        rows = array.reshape(-1, self.dim)
        noise = self.distortion(array)
        signal = float(rows.var(axis=0, dtype=np.float64).sum())
        if noise == 0.0:
            return math.inf
        return 10.0 * math.log10(signal / noise) if signal > 0.0 else -math.inf

    def save(self, path: Target, *, overwrite: bool = True) -> int:
        """Write the codebook as .npz, whole or not at all.

        NumPy alone reads it: ``numpy.load(path)["centroids"]``.

        Parameters
        ----------
        path : path, URL or binary file object
            As it is: no ending is added.
        overwrite : bool, default: True
            Whether an existing file is replaced.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        ImageWriteError
            If the file exists and is not to be replaced, cannot be written, or would hold more
            than 1 GiB.
        """
        if self._centroids.nbytes > codebook.MAX_BYTES:
            raise ImageWriteError(
                f"{path}: a codebook of {self._centroids.nbytes} bytes is too large, "
                f"{codebook.MAX_BYTES} are allowed"
            )
        return write(path, codebook.encode(self._centroids), overwrite=overwrite)

    @classmethod
    def load(cls, path: Any) -> "Codebook":
        """Read a codebook that `save` wrote.

        Parameters
        ----------
        path : path, URL, bytes or binary file object

        Returns
        -------
        Codebook

        Raises
        ------
        ImageReadError
            If the file cannot be read, is damaged, or is no codebook.

        Examples
        --------
        >>> import smalti
        >>> codebook = smalti.Codebook([[0.0, 1.0], [2.0, 3.0]])
        >>> bytes_written = codebook.save("codebook.npz")
        >>> smalti.Codebook.load("codebook.npz") == codebook
        True
        """
        data, name = read_bytes(path)
        try:
            return cls(codebook.decode(data, name))
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None

    def _vectors(self, x: ArrayLike, *, at_least_one: bool = False) -> NDArray[Any]:
        """Return `x` as an array of numbers whose last axis is that of the coordinates."""
        array = as_numbers("x", x)
        if array.ndim == 0 or array.shape[-1] != self.dim:
            raise InvalidParameterError(
                f"x must have shape (..., {self.dim}), as the code vectors, got {array.shape}"
            )
        if at_least_one and array.size == 0:
            raise InvalidParameterError(f"x must hold at least one vector, got {array.shape}")
        return array

    def _search(
        self, array: NDArray[Any]
    ) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.float64]]:
        """Return index and squared distance of the nearest code vector, flat."""
        rows = array.reshape(-1, self.dim)
        if rows.dtype.kind == "f":
            return _core.nearest(as_floats(rows), self._centroids)
        labels = np.empty(len(rows), dtype=smallest_unsigned(self.k))
        distances = np.empty(len(rows))
        for start in range(0, len(rows), _CHUNK):
            piece = slice(start, start + _CHUNK)
            labels[piece], distances[piece] = _core.nearest(as_floats(rows[piece]), self._centroids)
        return labels, distances

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Codebook):
            return NotImplemented
        return np.array_equal(self._centroids, other._centroids)

    def __hash__(self) -> int:
        return hash((self._centroids.shape, self._centroids.tobytes()))

    def __reduce__(self) -> tuple[type["Codebook"], tuple[NDArray[np.float64]]]:
        return Codebook, (self._centroids,)

    def __repr__(self) -> str:
        return f"<Codebook of {counted(self.k, 'code vector')}, {counted(self.dim, 'coordinate')}>"
