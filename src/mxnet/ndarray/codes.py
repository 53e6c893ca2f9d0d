"""The numbers that stand for dtypes, storage types and requests in MXNet's files and C interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from mxnet.dtype import NAMES, numpy_type

_BFLOAT16 = np.dtype([("bfloat16", np.uint16)])  # numpy has none of its own
_DTYPE_MX_TO_NP: dict[int, Any] = {-1: None} | {
    code: _BFLOAT16 if name == "bfloat16" else numpy_type(name) for code, name in enumerate(NAMES)
}
_DTYPE_NP_TO_MX: dict[Any, int] = {kind: code for code, kind in _DTYPE_MX_TO_NP.items()}
_GRAD_REQ_MAP = {"null": 0, "write": 1, "add": 3}

_STORAGE_TYPE_STR_TO_ID = {"undefined": -1, "default": 0, "row_sparse": 1, "csr": 2}
_STORAGE_TYPE_ID_TO_STR = {code: name for name, code in _STORAGE_TYPE_STR_TO_ID.items()}
(
    _STORAGE_TYPE_UNDEFINED,
    _STORAGE_TYPE_DEFAULT,
    _STORAGE_TYPE_ROW_SPARSE,
    _STORAGE_TYPE_CSR,
) = _STORAGE_TYPE_ID_TO_STR
_STORAGE_AUX_TYPES = {"row_sparse": [np.int64], "csr": [np.int64, np.int64]}
