"""Calls kernels from Python, one at a time or whole stretches of rows."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mxnet.native.loading import address

__all__ = ["as_word", "find", "run_words", "words_of"]

_KIND = ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # called without the lock of the interpreter


def as_word(value: float) -> int:
    """Return the word for a number: an integer as it is, of others the bits of the float32.

    Examples
    --------
    >>> as_word(7), as_word(0.5), as_word(True)
    (7, 1056964608, 1)
    """
    return int(value) if isinstance(value, int | np.integer) else int(np.float32(value).view(np.int32))


def words_of(*words: float) -> NDArray[np.int64]:
    """Return the words of a row: integers as they are, of other numbers the bits of the float32."""
    return np.array([as_word(word) for word in words], np.int64)


@functools.cache
def run_words(kernel: str) -> Callable[[Any], None] | None:
    """Return the function that calls a kernel with the words at an address; None where there is none."""
    found = address(kernel)
    return None if found is None else _KIND(found)


@functools.cache
def find(kernel: str) -> Callable[..., None] | None:
    """Return the function that calls a kernel with the words it is given; None where there is none."""
    run = run_words(kernel)
    if run is None:
        return None

    def with_words(*words: float) -> None:
        run((ctypes.c_int64 * len(words))(*[as_word(word) for word in words]))

    return with_words
