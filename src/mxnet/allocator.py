"""Keeps the memory that arrays have left for those that follow, as MXNet's pools did.

The C library hands large blocks back to the system as soon as they are freed, and gets them back, page by
page and filled with zeros, a moment later. For results of many megabytes that costs more than computing them:
a ReLU over 50 MB took 18 ms, and 4 ms with the memory kept (two cores, Linux). The price is memory that lies
idle between blocks: up to a third more than the plan says (training Inception-BN), mostly less. An arena with
planned offsets does not mend that as long as torch's convolutions and batch norms bring their own memory,
three quarters of all bytes. It is decided once, when arrays are first used.
``MXNET_CPU_MEM_POOL_TYPE=Unpooled``, or a ``MXNET_MEMORY_BUDGET``, gives every large block back as soon as it
is freed, so that a process needs what the plan says. Left alone, the C library would soon keep blocks of up
to 32 MB: half as much as is planned lay idle between them (training ResNet-200).
"""

from __future__ import annotations

import ctypes
import functools
import sys

from mxnet.config import knob

__all__ = ["decide_on_freed_memory", "return_freed_memory"]

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_MMAP_MAX = -4

_LARGE = 1 << 20


@functools.cache
def _c_library() -> ctypes.CDLL | None:
    """Return glibc; None where there is another C library."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


def decide_on_freed_memory() -> None:
    """Tell the C library to keep freed memory, or to give it back, for as long as the process lives."""
    library = _c_library()
    if library is None:
        return
    if knob("MXNET_CPU_MEM_POOL_TYPE") == "Unpooled" or knob("MXNET_MEMORY_BUDGET"):
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
    else:
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, -1)  # without limit


def return_freed_memory() -> None:
    """Give back to the system what is free now."""
    library = _c_library()
    if library is not None:
        library.malloc_trim(0)
