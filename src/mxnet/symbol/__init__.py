"""The symbolic API, ``mx.sym``: variables, one function per operator, groups, loading."""

from __future__ import annotations

import functools as _functools
import sys
from typing import TYPE_CHECKING, Any

from mxnet import control_flow as _control_flow  # this and the operators fill the registry
from mxnet import ops as _ops
from mxnet.errors import UnknownOperatorError, did_you_mean
from mxnet.historic import lend as _lend
from mxnet.surface.functions import fill_modules as _fill_modules
from mxnet.surface.functions import fluent_method as _fluent_method
from mxnet.surface.functions import submodule as _submodule
from mxnet.symbol import control_flow, random
from mxnet.symbol.base import SymbolBase
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
from mxnet.symbol.functions import EXTRA as _EXTRA
from mxnet.symbol.functions import make_function as _make_function
from mxnet.symbol.functions import with_inplace as _with_inplace
from mxnet.symbol.symbol import Group, Symbol, load, load_json
from mxnet.symbol.variable import Variable, var

if TYPE_CHECKING:  # stubs written by tools/make_stubs.py
    from mxnet.symbol import _internal, contrib, image, linalg, op, sparse
    from mxnet.symbol.operators import *  # noqa: F403

    __all__ = [
        "Group",
        "Symbol",
        "SymbolBase",
        "Variable",
        "arange",
        "contrib",
        "eye",
        "full",
        "histogram",
        "hypot",
        "image",
        "linalg",
        "linspace",
        "load",
        "load_json",
        "maximum",
        "minimum",
        "ones",
        "op",
        "pow",
        "power",
        "random",
        "sparse",
        "split_v2",
        "var",
        "zeros",
    ]
else:
    contrib, image, linalg, sparse, op, _internal = (
        _submodule(__name__, name) for name in ("contrib", "image", "linalg", "sparse", "op", "_internal")
    )
for _function in (control_flow.cond, control_flow.foreach, control_flow.while_loop, random.rand_zipfian):
    setattr(contrib, _function.__name__, _function)
    contrib.__all__.append(_function.__name__)  # type: ignore[attr-defined] # it is made with one
if not TYPE_CHECKING:  # what is not in the stubs is a mistake

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):  # the interpreter asks for these
            raise AttributeError(name)
        close = did_you_mean(name, dir(sys.modules[__name__]))
        raise UnknownOperatorError(f"module 'mxnet.symbol' has no attribute {name!r}.{close}")


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
    Symbol,
    _make_function,
    _EXTRA,
)
for _name in ("expand_dims", "squeeze"):
    _find = _functools.partial(_with_inplace, sys.modules[__name__], _name)
    setattr(Symbol, _name, _fluent_method(Symbol, _name, __name__, _find))


_lend(__name__)
