"""Gluon's experimental blocks, ``mx.gluon.contrib``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxnet.gluon.contrib import cnn, data, estimator, nn, rnn

__all__ = ["cnn", "data", "estimator", "nn", "rnn"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"mxnet.gluon.contrib.{name}")
    raise AttributeError(f"module 'mxnet.gluon.contrib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
