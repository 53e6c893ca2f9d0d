"""Symnet: MXNet 1.x's Symbol system on PyTorch's kernels. ``import mxnet as mx``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mxnet import attribute, base, context, name, ops, symbol
from mxnet import symbol as sym
from mxnet.attribute import AttrScope
from mxnet.config import knob
from mxnet.context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
from mxnet.errors import MXNetError

__version__ = "1.9.1"
"""The MXNet whose behaviour this is, for scripts that ask. The distribution has a version of its own."""

# What needs torch, or is seldom used, is imported when it is first named.
_LAZY = {
    "autograd": "autograd",
    "callback": "callback",
    "contrib": "contrib",
    "executor": "executor",
    "init": "initializer",
    "initializer": "initializer",
    "io": "io",
    "kv": "kvstore",
    "kvstore": "kvstore",
    "log": "log",
    "lr_scheduler": "lr_scheduler",
    "metric": "metric",
    "misc": "lr_scheduler",
    "mod": "module",
    "model": "model",
    "module": "module",
    "mon": "monitor",
    "monitor": "monitor",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "operator": "operator",
    "optimizer": "optimizer",
    "profiler": "profiler",
    "random": "random",
    "registry": "registry",
    "rnd": "random",
    "rnn": "rnn",
    "test_utils": "test_utils",
    "visualization": "visualization",
    "viz": "visualization",
}


if TYPE_CHECKING:
    from mxnet import (
        autograd,
        callback,
        contrib,
        executor,
        initializer,
        io,
        kvstore,
        log,
        lr_scheduler,
        metric,
        model,
        module,
        monitor,
        ndarray,
        operator,
        optimizer,
        profiler,
        random,
        registry,
        rnn,
        test_utils,
        visualization,
    )
    from mxnet import initializer as init
    from mxnet import kvstore as kv
    from mxnet import lr_scheduler as misc
    from mxnet import module as mod
    from mxnet import monitor as mon
    from mxnet import ndarray as nd
    from mxnet import random as rnd
    from mxnet import visualization as viz

    __all__ = [
        "AttrScope",
        "Context",
        "MXNetError",
        "attribute",
        "autograd",
        "base",
        "callback",
        "context",
        "contrib",
        "cpu",
        "cpu_pinned",
        "current_context",
        "executor",
        "gpu",
        "gpu_memory_info",
        "init",
        "initializer",
        "io",
        "kv",
        "kvstore",
        "log",
        "lr_scheduler",
        "metric",
        "misc",
        "mod",
        "model",
        "module",
        "mon",
        "monitor",
        "name",
        "nd",
        "ndarray",
        "num_gpus",
        "operator",
        "optimizer",
        "profiler",
        "random",
        "registry",
        "rnd",
        "rnn",
        "sym",
        "symbol",
        "test_utils",
        "visualization",
        "viz",
    ]


def __getattr__(wanted: str) -> Any:
    if wanted in _LAZY:
        module = importlib.import_module(f"mxnet.{_LAZY[wanted]}")
        globals()[wanted] = module
        return module
    raise AttributeError(f"module 'mxnet' has no attribute {wanted!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


if knob("MXNET_PROFILER_AUTOSTART"):
    __getattr__("profiler").autostart()
