"""``mx.base``: the errors and a few names that scripts import from there."""

from __future__ import annotations

import numpy as np

from mxnet.errors import MXNetError, NotImplementedForSymbol, NotSupportedForSparseNDArray

__all__ = [
    "MXNetError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "integer_types",
    "numeric_types",
    "string_types",
]

string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)
