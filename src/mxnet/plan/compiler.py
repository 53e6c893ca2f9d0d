"""Hands a program's functions to ``torch.compile``: what ``bind(..., compiler="inductor")`` does.

The program stays what it is; its functions are merely run by another engine, which joins kernels and, on a
GPU,
replays them as CUDA graphs. Compiling takes half a minute for a large network, where the program itself is
there at once.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from mxnet.caller import warn
from mxnet.context import Context
from mxnet.lazy import torch

__all__ = ["compiled", "has_compiler"]

Function = Callable[..., Any]


@functools.cache
def has_compiler() -> bool:
    """Whether inductor finds a C++ compiler, which it needs on a CPU; says once if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch deprecates in itself
        from torch._inductor import cpp_builder, exc

    try:
        cpp_builder.get_cpp_compiler()
    except exc.InvalidCxxCompiler:
        warn(
            "compiler='inductor' needs a C++ compiler, and none was found (install g++ or clang, or set "
            "CXX). Programs run as they are, without it.",
        )
        return False
    return True


def compiled(function: Function, context: Context) -> Function:
    """Return a function that does the same, compiled when it is first called.

    Where the compiler fails, it says so in one warning, and the function runs as it is from then on.
    """
    if context.device_type != "gpu" and not has_compiler():
        return function
    mode = "reduce-overhead" if context.device_type == "gpu" else "default"
    fast: Function = torch.compile(function, mode=mode, dynamic=False)

    def run(*args: Any) -> Any:
        nonlocal fast
        if fast is function:
            return function(*args)
        try:
            return fast(*(list(arg) if isinstance(arg, list) else arg for arg in args))
        except Exception as error:  # the compiler's, of many kinds; one of a kernel comes again without it
            result = function(*args)
            lines = str(error).strip().splitlines() or [type(error).__name__]
            warn(f"torch.compile could not compile the program, which runs as it is: {lines[0]}")
            fast = function
            return result

    return run
