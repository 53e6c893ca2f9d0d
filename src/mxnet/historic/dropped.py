"""Names that numpy and Python have dropped since old scripts were written, and what stood for them.

Only :mod:`mxnet.run` puts them back, in the process that it starts; ``import mxnet`` changes nothing.
"""

from __future__ import annotations

import base64
import builtins
import collections
import collections.abc
import errno
import fractions
import functools
import html
import html.parser
import importlib.machinery
import importlib.util
import inspect
import itertools
import locale
import math
import os
import platform
import string
import sys
import threading
import time
import types
import unittest
from collections.abc import Callable
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

__all__ = ["restore"]


def restore() -> list[str]:
    """Put back every name that is missing, and return them, such as ``np.int``.

    A name that is there is left as it is, but for ``numpy.fromstring``, which has lost its binary half.
    """
    restored = []
    for owner, names in _DROPPED.items():
        prefix = _PREFIX.get(owner.__name__, f"{owner.__name__}.")
        for name, value in names.items():
            if name not in vars(owner):  # hasattr would warn of some that numpy has dropped
                setattr(owner, name, value)
                restored.append(prefix + name)
    for name, module in _MODULES.items():
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = module
            restored.append(name)
    if np.fromstring is not _fromstring:
        vars(np)["fromstring"] = _fromstring
        restored.append("np.fromstring of bytes")
    return restored


# ----------------------------------------------------------------------------------------------------- numpy


_text_to_numbers = np.fromstring


@functools.wraps(_text_to_numbers)
def _fromstring(string: Any, dtype: Any = float, count: int = -1, *, sep: str = "", **kwargs: Any) -> Any:
    if sep:
        return _text_to_numbers(string, dtype, count, sep=sep, **kwargs)
    data = string.encode("latin-1") if isinstance(string, str) else string
    return np.frombuffer(data, dtype, count).copy()


def _asscalar(a: Any) -> Any:
    return np.asarray(a).item()


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


_SCALARS = {
    "int": [np.int8, np.int16, np.int32, np.int64],
    "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    "float": [np.float16, np.float32, np.float64, np.longdouble],
    "complex": [np.complex64, np.complex128, np.clongdouble],
    "others": [bool, object, bytes, str, np.void],
}

_NUMPY: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "long": int,
    "float": float,
    "complex": complex,
    "str": str,
    "unicode": str,
    "object": object,
    "bool8": np.bool_,
    "int0": np.intp,
    "uint0": np.uintp,
    "float_": np.float64,
    "longfloat": np.longdouble,
    "cfloat": np.complex128,
    "complex_": np.complex128,
    "singlecomplex": np.complex64,
    "clongfloat": np.clongdouble,
    "longcomplex": np.clongdouble,
    "string_": np.bytes_,
    "bytes0": np.bytes_,
    "unicode_": np.str_,
    "str0": np.str_,
    "object0": np.object_,
    "void0": np.void,
    "sctypes": _SCALARS,
    "typeDict": np.sctypeDict,
    "Inf": np.inf,
    "Infinity": np.inf,
    "infty": np.inf,
    "PINF": np.inf,
    "NINF": -np.inf,
    "NaN": np.nan,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "math": math,
    "alen": len,
    "alltrue": np.all,
    "asfarray": _asfarray,
    "asscalar": _asscalar,
    "cumproduct": np.cumprod,
    "find_common_type": lambda array_types, scalar_types: np.result_type(*array_types, *scalar_types),
    "in1d": _in1d,
    "issctype": lambda rep: isinstance(rep, type) and issubclass(rep, np.generic),
    "issubsctype": np.issubdtype,
    "mat": np.asmatrix,
    "msort": lambda a: np.sort(a, axis=0),
    "obj2sctype": lambda rep, default=None: np.dtype(rep).type if rep is not None else default,
    "product": np.prod,
    "rank": np.ndim,
    "round_": np.round,
    "row_stack": np.vstack,
    "sometrue": np.any,
    "trapz": vars(np).get("trapezoid"),
}

# ---------------------------------------------------------------------------------------------------- Python

ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")  # noqa: PYI024 - as it was


def _getargspec(func: Callable[..., Any]) -> ArgSpec:
    full = inspect.getfullargspec(func)
    if full.kwonlyargs or full.annotations:
        raise ValueError(f"{func!r} has keyword-only parameters or annotations, see inspect.signature().")
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


def _linux_distribution(*_: Any, **__: Any) -> tuple[str, str, str]:
    try:
        said = platform.freedesktop_os_release()
    except OSError:
        return "", "", ""
    return said.get("NAME", ""), said.get("VERSION_ID", ""), said.get("VERSION_CODENAME", "")


def _imp() -> ModuleType:
    """Return what is still used of the module ``imp``."""

    def load_source(name: str, path: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(
            name, path, loader=importlib.machinery.SourceFileLoader(name, path)
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    module = ModuleType("imp", "What is still used of the module that Python 3.12 dropped.")
    vars(module).update(load_source=load_source, new_module=ModuleType, reload=importlib.reload)
    return module


_ASSERTIONS = {
    "assert_": "assertTrue",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertEquals": "assertEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertNotEquals": "assertNotEqual",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertRegexpMatches": "assertRegex",
}

_DROPPED: dict[Any, dict[str, Any]] = {
    np: _NUMPY,
    base64: {"decodestring": base64.decodebytes, "encodestring": base64.encodebytes},
    builtins: {
        "basestring": str,
        "long": int,
        "raw_input": input,
        "reduce": functools.reduce,
        "unichr": chr,
        "unicode": str,
        "xrange": range,
    },
    collections: {name: getattr(collections.abc, name) for name in collections.abc.__all__},
    fractions: {"gcd": math.gcd},
    html.parser.HTMLParser: {"unescape": staticmethod(html.unescape)},
    inspect: {"getargspec": _getargspec},
    itertools: {"ifilter": filter, "imap": map, "izip": zip, "izip_longest": itertools.zip_longest},
    locale: {"format": locale.format_string},
    os: {"errno": errno, "getcwdu": os.getcwd},
    platform: {"dist": _linux_distribution, "linux_distribution": _linux_distribution},
    string: {
        "letters": string.ascii_letters,
        "lowercase": string.ascii_lowercase,
        "uppercase": string.ascii_uppercase,
    },
    threading.Thread: {"isAlive": threading.Thread.is_alive},
    time: {"clock": time.perf_counter},
    types: {"ClassType": type, "StringTypes": (str,)},
    unittest.TestCase: {old: getattr(unittest.TestCase, new) for old, new in _ASSERTIONS.items()},
}

_MODULES = {"imp": _imp(), "xml.etree.cElementTree": ET}
_PREFIX = {"numpy": "np.", "builtins": ""}
