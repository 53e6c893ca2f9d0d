"""``mx.nd.sparse``: sparse arrays, how to make them, and the operators that know them.

The operators are put here by name (``slice``, ``abs``, ``sum`` …), so the code is in
:mod:`mxnet.ndarray.storage`, which keeps Python's own functions of these names.
"""

from mxnet.ndarray.storage import (
    BaseSparseNDArray,
    CSRNDArray,
    RowSparseNDArray,
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
