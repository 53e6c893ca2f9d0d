"""Gluon: networks as blocks of Python, each of which is a graph as soon as it is hybridized."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mxnet.gluon.block import Block, HybridBlock, SymbolBlock
from mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter, ParameterDict

if TYPE_CHECKING:
    from mxnet.gluon import contrib, data, loss, model_zoo, nn, rnn, utils
    from mxnet.gluon.trainer import Trainer

__all__ = [
    "Block",
    "Constant",
    "DeferredInitializationError",
    "HybridBlock",
    "Parameter",
    "ParameterDict",
    "SymbolBlock",
    "Trainer",
    "contrib",
    "data",
    "loss",
    "model_zoo",
    "nn",
    "rnn",
    "utils",
]


def __getattr__(wanted: str) -> Any:
    if wanted == "Trainer":
        from mxnet.gluon.trainer import Trainer

        globals()["Trainer"] = Trainer
        return Trainer
    if wanted in __all__ or wanted in {"trainer", "metric"}:
        module = importlib.import_module(f"mxnet.gluon.{wanted}")
        globals()[wanted] = module
        return module
    raise AttributeError(f"module 'mxnet.gluon' has no attribute {wanted!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
