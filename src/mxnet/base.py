"""``mx.base``: the errors and a few names that scripts import from there."""

from __future__ import annotations

import numpy as np

from mxnet.errors import MXNetError, NotImplementedForSymbol, NotSupportedForSparseNDArray

__all__ = [
    "MXNetError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "integer_types",
    "mx_real_t",
    "numeric_types",
    "py_str",
    "string_types",
]

string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)
mx_real_t = np.float32
"""The data type of arrays where none is given."""


def py_str(x: bytes | str) -> str:
    """Return the text that bytes hold in UTF-8, or a text itself."""
    return x if isinstance(x, str) else x.decode("utf-8")
