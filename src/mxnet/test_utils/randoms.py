"""Random arrays and shapes for tests, dense and sparse; numpy's global seed makes them repeatable."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.io import DataIter
from mxnet.ndarray import sparse
from mxnet.test_utils.comparing import default_context, default_dtype
from mxnet.test_utils.given import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mxnet.context import Context
    from mxnet.io import DataBatch
    from mxnet.ndarray import NDArray

    Values = np.ndarray[Any, Any]

__all__ = [
    "DummyIter",
    "assign_each",
    "assign_each2",
    "create_2d_tensor",
    "create_sparse_array",
    "create_sparse_array_zd",
    "create_vector",
    "get_identity_mat",
    "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "rand_coord_2d",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "rand_sparse_ndarray",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
    "shuffle_csr_column_indices",
]

# Users seed numpy's global generator, and expect these functions to follow it.
_random = np.random


def random_arrays(*shapes: Sequence[int]) -> Any:
    """Return arrays of normally distributed numbers: one, or a list if there are several shapes."""
    arrays: list[Values] = [
        np.array(_random.randn(*shape), dtype=default_dtype()) for shape in map(_shape, shapes)
    ]
    return arrays[0] if len(arrays) == 1 else arrays


def random_uniform_arrays(*shapes: Sequence[int], **kwargs: Any) -> list[Values]:
    """Return a list of arrays of evenly distributed numbers.

    Parameters
    ----------
    *shapes : tuple of int
    **kwargs
        ``low`` (default 0), ``high`` (default 1) and ``dtype``.
    """
    low, high = kwargs.pop("low", 0.0), kwargs.pop("high", 1.0)
    dtype = kwargs.pop("dtype", default_dtype())
    return [_random.uniform(low, high, size=_shape(shape)).astype(dtype) for shape in shapes]


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """Return `k` different members of a population."""
    order = _random.permutation(len(population))
    return [population[i] for i in order[:k]]


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of two dimensions, up to the given sizes."""
    return _rand_shape((dim0, dim1), allow_zero_size)


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> tuple[int, ...]:
    """Return a random shape of three dimensions, up to the given sizes."""
    return _rand_shape((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of some dimensions, each up to the given size."""
    return _rand_shape((dim,) * num_dim, allow_zero_size)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return a random pair of integers; the upper bounds are not among them."""
    return int(_random.randint(x_low, x_high)), int(_random.randint(y_low, y_high))


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Callable[[float], float] | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """Return a random NDArray.

    Parameters
    ----------
    shape : tuple of int
    stype : {'default', 'row_sparse', 'csr'}
    density : float, optional
        The share of rows (of values, for csr) that are not zero; random by default.
    dtype : optional
    modifier_func : callable, optional
        Applied to every value of a sparse array.
    shuffle_csr_indices : bool
        Whether the columns of a row come in any order.
    distribution : {'uniform', 'powerlaw'}, optional
        Of what is stored over the rows of a csr array: evenly, or twice as much from row to row.
    ctx : Context, optional
    """
    if stype == "default":
        return nd.array(random_arrays(shape), ctx or default_context(), dtype=dtype or default_dtype())
    return rand_sparse_ndarray(
        shape,
        stype,
        density,
        dtype,
        distribution,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
        ctx=ctx,
    )[0]


def rand_sparse_ndarray(
    shape: Sequence[int],
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    modifier_func: Callable[[float], float] | None = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[NDArray, tuple[Any, ...]]:
    """Return a random sparse NDArray, and the arrays it is made of.

    Parameters
    ----------
    shape, stype, density, dtype, distribution, modifier_func, shuffle_csr_indices, ctx
        As of `rand_ndarray`.
    data_init : float, optional
        The value of everything that is not zero; random by default.
    rsp_indices : list of int, optional
        The rows of a row-sparse array; random by default.

    Returns
    -------
    array : RowSparseNDArray or CSRNDArray
    parts : tuple
        numpy arrays of the values and rows, or NDArrays of the row starts, columns and values.
    """
    if stype not in {"csr", "row_sparse"}:
        raise MisuseError(f"stype is {stype!r}. Expected 'row_sparse' or 'csr'.")
    known = ("uniform", "powerlaw") if stype == "csr" else ("uniform",)
    if distribution not in (None, *known):
        expected = " or ".join(map(repr, known))
        raise MisuseError(f"distribution is {distribution!r}. Expected {expected} for {stype}.")
    sizes = _shape(shape)
    share = _random.rand() if density is None else density
    if not 0 <= share <= 1:
        raise MisuseError(f"density is {density}. Expected a number from 0 to 1.")
    kind = np.dtype(dtype or default_dtype())
    place = ctx or default_context()
    if stype == "row_sparse":
        rows = np.flatnonzero(_random.rand(sizes[0]) < share) if rsp_indices is None else np.sort(rsp_indices)
        values = _filled((len(rows), *sizes[1:]), data_init, modifier_func).astype(kind)
        parts: tuple[Any, ...] = (values, rows.astype("int64"))
        return sparse.row_sparse_array(parts, shape=sizes, ctx=place, dtype=kind.name), parts
    if len(sizes) != 2:
        raise MisuseError(f"A csr array has two dimensions, got the shape {sizes}.")
    if distribution == "powerlaw":
        there = np.arange(sizes[1]) < _doubling(sizes, share)[:, None]
        values = 1 + 2 * _random.rand(int(there.sum()))
    else:
        there = _random.rand(*sizes) < share
        values = _filled((int(there.sum()),), data_init, modifier_func)
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype("int64")
    columns = np.nonzero(there)[1].astype("int64")
    made: Any = sparse.csr_matrix(
        (values.astype(kind), columns, starts), shape=sizes, ctx=place, dtype=kind.name
    )
    if shuffle_csr_indices:
        made = shuffle_csr_column_indices(made)
    return made, (made.indptr, made.indices, made.data)


def _doubling(sizes: tuple[int, ...], share: float) -> Values:
    """Return how many values each row has: 2, 4, 8 and so on, and 1 in each row that nothing is left for."""
    rows, width = sizes
    left = int(rows * width * share) - rows
    enough = 0 < rows <= left
    counts = np.ones(rows, "int64")
    for i in range(rows):
        more = min(2 ** (i + 1), width, left + 1) - 1
        counts[i] += more
        left -= more
    if left or not enough:
        raise MisuseError(
            f"A powerlaw distribution cannot have the density {share} in the shape {sizes}: too few for two "
            "values a row, or more than there are when their number doubles from row to row."
        )
    return counts


def create_sparse_array(
    shape: Sequence[int],
    stype: str,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    dtype: Any = None,
    modifier_func: Callable[[float], float] | None = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """Return a random sparse NDArray; the parameters are those of `rand_sparse_ndarray`."""
    return rand_sparse_ndarray(
        shape,
        stype,
        density,
        dtype,
        data_init=data_init,
        rsp_indices=rsp_indices,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
    )[0]


def create_sparse_array_zd(
    shape: Sequence[int],
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Sequence[int] | None = None,
    dtype: Any = None,
    modifier_func: Callable[[float], float] | None = None,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """Return a random sparse NDArray, whose density may be 0; otherwise as `create_sparse_array`."""
    if density == 0:
        rsp_indices = []
    return create_sparse_array(
        shape, stype, data_init, rsp_indices, dtype, modifier_func, density, shuffle_csr_indices
    )


def shuffle_csr_column_indices(csr: Any) -> NDArray:
    """Return a csr array with the columns of every row in another order."""
    starts, columns, values = (a.asnumpy() for a in (csr.indptr, csr.indices, csr.data))
    order = np.concatenate(
        [first + _random.permutation(last - first) for first, last in pairwise(starts)]
    ).astype("int64")
    rows, width = csr.shape
    return sparse.csr_matrix(
        (values[order], columns[order], starts), shape=(rows, width), ctx=csr.context, dtype=csr.dtype
    )


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return a matrix in whose rows the row's number stands."""
    return nd.array(np.repeat(np.arange(rows)[:, None], columns, axis=1), dtype=dtype)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the numbers from 0 on."""
    return nd.array(np.arange(size), dtype=dtype)


def get_identity_mat(size: int) -> NDArray:
    """Return an identity matrix."""
    return nd.array(np.eye(size))


def get_identity_mat_batch(size: int) -> NDArray:
    """Return two identity matrices."""
    return nd.array(np.stack([np.eye(size)] * 2))


def new_orthonormal_matrix_2d(n: int) -> Values:
    """Return a random orthonormal matrix."""
    x = _random.randn(n, n)
    return np.linalg.svd(x)[0]


def new_matrix_with_real_eigvals_2d(n: int) -> Values:
    """Return a random matrix all of whose eigenvalues are real."""
    base = new_orthonormal_matrix_2d(n)
    triangle = np.triu(_random.randn(n, n))
    return base.T @ triangle @ base


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> Values:
    """Return a stack of random matrices with real eigenvalues."""
    return _stack(shape, new_matrix_with_real_eigvals_2d)


def new_sym_matrix_with_real_eigvals_2d(n: int) -> Values:
    """Return a random symmetric matrix."""
    base = new_orthonormal_matrix_2d(n)
    return base.T @ np.diag(_random.randn(n)) @ base


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> Values:
    """Return a stack of random symmetric matrices."""
    return _stack(shape, new_sym_matrix_with_real_eigvals_2d)


def assign_each(the_input: Values, function: Callable[[Any], Any] | None) -> Values:
    """Return an array of what a function makes of each element."""
    return np.array(the_input) if function is None else np.vectorize(function)(the_input)


def assign_each2(input1: Values, input2: Values, function: Callable[[Any, Any], Any] | None) -> Values:
    """Return an array of what a function makes of each pair of elements."""
    return np.array(input1) if function is None else np.vectorize(function)(input1, input2)


class DummyIter(DataIter):
    """Yields the first batch of another iterator without end, to measure what is not reading.

    Parameters
    ----------
    real_iter : DataIter
    """

    def __init__(self, real_iter: DataIter) -> None:
        super().__init__(real_iter.batch_size)
        self.real_iter = real_iter
        self.provide_data = real_iter.provide_data
        self.provide_label = real_iter.provide_label
        self.the_batch = next(real_iter)

    def __iter__(self) -> Iterator[DataBatch]:
        return self

    def next(self) -> DataBatch:
        """Return the batch."""
        return self.the_batch


def _shape(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(n) for n in shape)


def _rand_shape(sizes: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    lowest = 0 if allow_zero_size else 1
    return tuple(int(_random.randint(lowest, size + 1)) for size in sizes)


def _filled(
    shape: tuple[int, ...], value: float | None, modifier_func: Callable[[float], float] | None
) -> Values:
    # From above 0, so that what is stored is not zero.
    values = 1 - _random.rand(*shape) if value is None else np.full(shape, value)
    return assign_each(values, modifier_func) if values.size else values


def _stack(shape: Sequence[int], make: Callable[[int], Values]) -> Values:
    sizes = _shape(shape)
    count = int(np.prod(sizes[:-2]))
    return np.array([make(sizes[-1]) for _ in range(count)]).reshape(sizes)
