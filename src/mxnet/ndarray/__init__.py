"""The imperative API, ``mx.nd``: arrays, one function per operator, saving and loading."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mxnet import control_flow as _control_flow  # this and the operators fill the registry
from mxnet import ops as _ops
from mxnet.allocator import decide_on_freed_memory as _decide_on_freed_memory
from mxnet.errors import UnknownOperatorError, did_you_mean
from mxnet.historic import lend
from mxnet.ndarray import contrib, ndarray, random, sparse
from mxnet.ndarray.arranging import (
    concatenate,
    histogram,
    imdecode,
    moveaxis,
    onehot_encode,
    split_v2,
    waitall,
)
from mxnet.ndarray.binary import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    lesser,
    lesser_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    modulo,
    multiply,
    not_equal,
    power,
    subtract,
    true_divide,
)
from mxnet.ndarray.creation import (
    arange,
    array,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    linspace,
    ones,
    to_dlpack_for_read,
    to_dlpack_for_write,
    zeros,
)
from mxnet.ndarray.foreign_files import save_npz, save_safetensors
from mxnet.ndarray.functions import EXTRA as _EXTRA
from mxnet.ndarray.functions import make_function as _make_function
from mxnet.ndarray.ndarray import NDArray
from mxnet.ndarray.serialize import load, load_frombuffer, save
from mxnet.ndarray.sparse_arrays import CSRNDArray, RowSparseNDArray

__all__ = [
    "CSRNDArray",
    "NDArray",
    "RowSparseNDArray",
    "add",
    "arange",
    "array",
    "concatenate",
    "contrib",
    "divide",
    "empty",
    "equal",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "greater",
    "greater_equal",
    "histogram",
    "image",
    "imdecode",
    "lesser",
    "lesser_equal",
    "linalg",
    "linspace",
    "load",
    "load_frombuffer",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "moveaxis",
    "multiply",
    "ndarray",
    "not_equal",
    "onehot_encode",
    "ones",
    "op",
    "power",
    "random",
    "save",
    "sparse",
    "split_v2",
    "subtract",
    "to_dlpack_for_read",
    "to_dlpack_for_write",
    "true_divide",
    "waitall",
    "zeros",
]

from mxnet.surface.functions import fill_modules as _fill_modules
from mxnet.surface.functions import submodule as _submodule

if TYPE_CHECKING:  # stubs written by tools/make_stubs.py
    from mxnet.ndarray import _internal, image, linalg, op
    from mxnet.ndarray.operators import *  # noqa: F403
else:
    image, linalg, op, _internal = (
        _submodule(__name__, name) for name in ("image", "linalg", "op", "_internal")
    )
if not TYPE_CHECKING:  # what is not in the stubs is a mistake

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):  # the interpreter asks for these
            raise AttributeError(name)
        close = did_you_mean(name, dir(sys.modules[__name__]))
        raise UnknownOperatorError(f"module 'mxnet.ndarray' has no attribute {name!r}.{close}")


_fill_modules(
    sys.modules[__name__],
    {
        "contrib": contrib,
        "image": image,
        "linalg": linalg,
        "random": random,
        "sparse": sparse,
        "op": op,
        "_internal": _internal,
    },
    NDArray,
    _make_function,
    _EXTRA,
)

_decide_on_freed_memory()  # for the process: arrays come and go, and no program may decide it for the others


lend(__name__)
