"""The symbolic API, ``mx.sym``: variables, one function per operator, groups, loading."""

from __future__ import annotations

import sys
from typing import Any

from mxnet import control_flow as _control_flow  # this and the operators fill the registry
from mxnet import ops as _ops
from mxnet.errors import UnknownOperatorError, did_you_mean
from mxnet.ir.namespaces import submodule as _submodule
from mxnet.symbol import control_flow, random, sampling
from mxnet.symbol.creation import (
    arange,
    eye,
    full,
    histogram,
    hypot,
    linspace,
    maximum,
    minimum,
    ones,
    pow,
    power,
    split_v2,
    zeros,
)
from mxnet.symbol.functions import fill_modules
from mxnet.symbol.symbol import Group, Symbol, SymbolBase
from mxnet.symbol.variable import Variable, load, load_json, var

contrib, image, linalg, sparse = (
    _submodule(__name__, name) for name in ("contrib", "image", "linalg", "sparse")
)
for _module in (control_flow, sampling):
    for _name in _module.__all__:
        setattr(contrib, _name, getattr(_module, _name))
op, _internal = _submodule(__name__, "op"), _submodule(__name__, "_internal")
fill_modules(
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
)


def __getattr__(name: str) -> Any:  # so that type checkers know of the operators; it always raises
    if name.startswith("__"):  # the interpreter asks for these
        raise AttributeError(name)
    raise UnknownOperatorError(
        f"module 'mxnet.symbol' has no attribute {name!r}.{did_you_mean(name, globals())}"
    )
