"""Torch, loaded on first use: composing, inferring, printing and drawing a graph never need it. And ONNX."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["F", "onnx", "torch"]


class _LazyModule(ModuleType):
    """A stand-in that becomes a copy of the real module's namespace when it is first touched.

    The stand-in is not put in ``sys.modules``, so a user's own ``import torch`` is not affected.
    """

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        module = importlib.import_module(self.__name__)
        self.__dict__.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        return getattr(module, attribute)


if TYPE_CHECKING:
    import onnx
    import torch
    import torch.nn.functional as F
else:
    onnx = _LazyModule("onnx")
    torch = _LazyModule("torch")
    F = _LazyModule("torch.nn.functional")
