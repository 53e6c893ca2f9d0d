"""Compiles a file of kernels; nothing else imports numba."""

from __future__ import annotations

import importlib
from typing import Any

from llvmlite import binding
from numba import cfunc

from mxnet.native.kernels.language import FAST, KERNELS, types

__all__ = ["compiled"]


def compiled(stem: str, machine: Any) -> dict[str, tuple[str, bytes]]:
    """Return the kernels of a file: by name, the symbol and the object code for a machine of llvmlite's."""
    module = importlib.import_module(f"mxnet.native.kernels.{stem}")
    signature = types.void(types.CPointer(types.int64))
    found = {}
    for function in KERNELS[module.__name__]:
        made = cfunc(signature, fastmath=FAST, error_model="numpy")(function)
        code = machine.emit_object(binding.parse_assembly(made.inspect_llvm()))
        found[function.__name__] = made.native_name, code
    return found
