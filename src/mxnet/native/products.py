"""The product of matrices that torch itself uses, by address: with the same results, and the same threads."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["limit_threads", "sgemm"]


@functools.cache
def sgemm() -> int | None:
    """Return the address of Fortran's ``sgemm``; None where none is found, and products remain torch's.

    Integers are passed as 64 bits, of which a library that expects 32 reads the lower half.
    """
    if sys.byteorder != "little":
        return None
    for library, name in _places():
        try:
            function = getattr(ctypes.CDLL(library), name)
        except (OSError, AttributeError):
            continue
        if _multiplies(function):
            return ctypes.cast(function, ctypes.c_void_p).value
    return None


@functools.cache
def limit_threads() -> int | None:
    """Return the address of what tells `sgemm`, for this thread, how many threads it may take.

    It takes and returns an int; 0 is the default. None where the library has no such function.
    """
    if sgemm() is None:
        return None
    try:
        function = ctypes.CDLL(next(_places())[0]).MKL_Set_Num_Threads_Local
    except (OSError, AttributeError):
        return None
    return ctypes.cast(function, ctypes.c_void_p).value


def _places() -> Iterator[tuple[str, str]]:
    found = importlib.util.find_spec("torch")
    folder = Path(*(found.submodule_search_locations or ())[:1] if found else ()) / "lib"
    yield str(folder / "libtorch_cpu.so"), "sgemm_"
    if sys.platform == "darwin":
        yield "/System/Library/Frameworks/Accelerate.framework/Accelerate", "sgemm_"
        yield str(folder / "libtorch_cpu.dylib"), "sgemm_"
    bundled = Path(np.__path__[0])
    for where in (bundled.parent / "numpy.libs", bundled / ".dylibs"):
        for path in sorted(where.glob("*openblas*")) if where.is_dir() else ():
            yield str(path), "scipy_sgemm_64_"


def _multiplies(function: Any) -> bool:
    """Whether it is what we take it for, on two small matrices."""
    a, b = np.arange(6, dtype=np.float32), np.arange(6, 12, dtype=np.float32)
    c = np.full(4, np.nan, np.float32)
    words = [ctypes.c_int64(each) for each in (2, 2, 3, 2, 3, 2)]
    m, n, k, lda, ldb, ldc = map(ctypes.byref, words)
    one, none = ctypes.c_float(1), ctypes.c_float(0)
    no = ctypes.c_char(b"N")
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (a, b, c)]
    function.restype = None
    function(
        ctypes.byref(no), ctypes.byref(no), m, n, k, ctypes.byref(one), pointers[0], lda, pointers[1], ldb,
        ctypes.byref(none), pointers[2], ldc,
    )  # fmt: skip
    expected = a.reshape(2, 3, order="F") @ b.reshape(3, 2, order="F")
    return bool(np.array_equal(c.reshape(2, 2, order="F"), expected))
