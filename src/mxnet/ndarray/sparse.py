"""``mx.nd.sparse``: sparse arrays, how to make them, and the operators that know them.

The operators are put here by name (``slice``, ``abs``, ``sum`` …), so the code is in
:mod:`mxnet.ndarray.sparse_arrays` and ``sparse_functions``, which keep Python's own functions of these names.
"""

from typing import TYPE_CHECKING

from mxnet.ndarray.sparse_arrays import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from mxnet.ndarray.sparse_functions import (
    add,
    array,
    csr_matrix,
    divide,
    empty,
    multiply,
    row_sparse_array,
    subtract,
    zeros,
)

if TYPE_CHECKING:
    from mxnet.ndarray.sparse_operators import *  # noqa: F403

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]
