"""The stack on which a thread handles signals, which must outlive whoever lends it.

OpenVINO gives each thread that works for a model a stack of its own, and puts back the one before when the
model goes. Where two models go in another order than they came, that is a stack which is gone: the next
signal, of a child that has ended for instance, kills the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator

__all__ = ["signal_stack", "signal_stack_kept"]


class _Stack(ctypes.Structure):
    """What sigaltstack(2) takes; on Linux."""

    _fields_ = (("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


_library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def signal_stack() -> _Stack | None:
    """Return the stack of this thread; None where systems have no such thing."""
    stack = _Stack()
    if _library is None or _library.sigaltstack(None, ctypes.byref(stack)):
        return None
    return stack


@contextlib.contextmanager
def signal_stack_kept() -> Iterator[None]:
    """Have the same stack afterwards as before."""
    before = signal_stack()
    try:
        yield
    finally:
        if _library is not None and before is not None:
            _library.sigaltstack(ctypes.byref(before), None)
