"""``mx.nd.sparse``: sparse arrays, how to make them, and the operators that know them.

The operators are put here by name (``slice``, ``abs``, ``sum`` …), so the code is in
:mod:`mxnet.ndarray.storage`, which keeps Python's own functions of these names.
"""

from mxnet.ndarray.binary import add, divide, multiply, subtract
from mxnet.ndarray.storage import (
    BaseSparseNDArray,
    CSRNDArray,
    RowSparseNDArray,
    array,
    cast_storage,
    csr_matrix,
    empty,
    retain,
    row_sparse_array,
    zeros,
)

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "cast_storage",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "retain",
    "row_sparse_array",
    "subtract",
    "zeros",
]
