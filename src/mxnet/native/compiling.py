"""Compiles a file of kernels; nothing else imports numba."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from llvmlite import binding
from numba import cfunc

from mxnet.native.kernels.language import FAST, KERNELS, types

__all__ = ["compiled"]

_WRAPPER = re.compile(r"^define [^\n]*@cfunc\..*?^}\n", re.MULTILINE | re.DOTALL)
_BODY = re.compile(r"^define [^\n]*@(_ZN\w+)\(", re.MULTILINE)


def compiled(stem: str, machine: Any) -> dict[str, tuple[str, bytes]]:
    """Return the kernels of a file: by name, the symbol and the object code for a machine of llvmlite's."""
    module = importlib.import_module(f"mxnet.native.kernels.{stem}")
    return {each.__name__: _object(each, machine) for each in KERNELS[module.__name__]}


def _object(kernel: Callable[..., Any], machine: Any) -> tuple[str, bytes]:
    """Return a kernel with a wrapper of our own.

    That of numba turns an error into one of Python's, for which it needs libraries; a kernel has none.
    """
    made = cfunc(types.void(types.CPointer(types.int64)), fastmath=FAST, error_model="numpy")(kernel)
    text, symbol = _WRAPPER.sub("", made.inspect_llvm()), f"symnet_{kernel.__name__}"
    (body,) = _BODY.findall(text)
    text += f"""
define void @{symbol}(ptr %words) {{
  %result = alloca ptr
  %error = alloca ptr
  %status = call i32 @{body}(ptr %result, ptr %error, ptr %words)
  ret void
}}
"""
    return symbol, machine.emit_object(binding.parse_assembly(text))
