"""Gluon: networks as blocks of Python, each of which is a graph as soon as it is hybridized."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mxnet.gluon import utils
from mxnet.gluon.block import Block, HybridBlock, SymbolBlock
from mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter, ParameterDict
from mxnet.gluon.trainer import Trainer
from mxnet.ndarray import NDArray
from mxnet.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.gluon import contrib, data, loss, model_zoo, nn, rnn

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
    "tensor_types",
    "utils",
]

tensor_types = (Symbol, NDArray)
"""What a block can be called with."""


def __getattr__(wanted: str) -> Any:
    if wanted in __all__:
        module = importlib.import_module(f"mxnet.gluon.{wanted}")
        globals()[wanted] = module
        return module
    raise AttributeError(f"module 'mxnet.gluon' has no attribute {wanted!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
