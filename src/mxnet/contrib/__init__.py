"""``mx.contrib``: old spellings, and programs over the rest of the package that MXNet keeps here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# All of it is imported when it is first named.
_LAZY = {
    "amp": "amp",
    "autograd": "autograd",
    "io": "io",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "onnx": "onnx",
    "quant": "quantization",
    "quantization": "quantization",
    "svrg_optimization": "svrg_optimization",
    "sym": "symbol",
    "symbol": "symbol",
    "tensorboard": "tensorboard",
    "text": "text",
}

if TYPE_CHECKING:
    from mxnet.contrib import amp, autograd, io, onnx, quantization, svrg_optimization, tensorboard, text
    from mxnet.contrib import quantization as quant
    from mxnet.ndarray import contrib as nd
    from mxnet.ndarray import contrib as ndarray
    from mxnet.symbol import contrib as sym
    from mxnet.symbol import contrib as symbol

__all__ = [
    "amp",
    "autograd",
    "io",
    "nd",
    "ndarray",
    "onnx",
    "quant",
    "quantization",
    "svrg_optimization",
    "sym",
    "symbol",
    "tensorboard",
    "text",
]


def __getattr__(wanted: str) -> Any:
    if wanted in _LAZY:
        module = importlib.import_module(f"{__name__}.{_LAZY[wanted]}")
        globals()[wanted] = module
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
