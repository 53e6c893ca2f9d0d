"""Torch, loaded on first use: composing, inferring, printing and drawing a graph never need it. And ONNX."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
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
        with _patient_threads():
            module = importlib.import_module(self.__name__)
        self.__dict__.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        return getattr(module, attribute)


@contextlib.contextmanager
def _patient_threads() -> Iterator[None]:
    """Have OpenMP, which is loaded meanwhile, wait for a thread without spinning, unless the user said how.

    Threads that wait for one that does not run, as another process has its core, would keep it from running:
    beside a busy neighbour steps took up to 30 times as long.
    """
    if not _SAY_HOW_TO_WAIT.isdisjoint(os.environ):
        yield
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        yield
    finally:
        os.environ.pop("OMP_WAIT_POLICY", None)


_SAY_HOW_TO_WAIT = frozenset(("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"))


if TYPE_CHECKING:
    import onnx
    import torch
    import torch.nn.functional as F
else:
    onnx = _LazyModule("onnx")
    torch = _LazyModule("torch")
    F = _LazyModule("torch.nn.functional")
