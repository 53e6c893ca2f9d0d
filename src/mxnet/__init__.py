"""Symnet: MXNet 1.x's Symbol system on PyTorch's kernels. ``import mxnet as mx``."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from mxnet.config import knob
from mxnet.historic import lend, why_absent
from mxnet.libinfo import __version__

if TYPE_CHECKING:
    from mxnet import (
        attribute,
        autograd,
        base,
        callback,
        context,
        contrib,
        engine,
        error,
        executor,
        executor_manager,
        gluon,
        image,
        initializer,
        io,
        kvstore,
        kvstore_server,
        libinfo,
        library,
        log,
        lr_scheduler,
        metric,
        misc,
        model,
        module,
        monitor,
        name,
        ndarray,
        ndarray_doc,
        notebook,
        onnx,
        operator,
        ops,
        optimizer,
        profiler,
        random,
        recordio,
        registry,
        rnn,
        rtc,
        runtime,
        symbol,
        symbol_doc,
        test_utils,
        util,
        visualization,
    )
    from mxnet import image as img
    from mxnet import initializer as init
    from mxnet import kvstore as kv
    from mxnet import module as mod
    from mxnet import monitor as mon
    from mxnet import ndarray as nd
    from mxnet import random as rnd
    from mxnet import symbol as sym
    from mxnet import visualization as viz
    from mxnet.attribute import AttrScope
    from mxnet.context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
    from mxnet.errors import MXNetError
    from mxnet.util import is_np_array, is_np_shape, np_shape, set_np_shape, use_np_shape

# All of this is imported when it is first named: who only wants one part does not wait for the others.
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
    "engine",
    "error",
    "executor",
    "executor_manager",
    "gluon",
    "gpu",
    "gpu_memory_info",
    "image",
    "img",
    "init",
    "initializer",
    "io",
    "is_np_array",
    "is_np_shape",
    "kv",
    "kvstore",
    "kvstore_server",
    "libinfo",
    "library",
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
    "ndarray_doc",
    "notebook",
    "np_shape",
    "num_gpus",
    "onnx",
    "operator",
    "optimizer",
    "profiler",
    "random",
    "recordio",
    "registry",
    "rnd",
    "rnn",
    "rtc",
    "runtime",
    "set_np_shape",
    "sym",
    "symbol",
    "symbol_doc",
    "test_utils",
    "use_np_shape",
    "util",
    "visualization",
    "viz",
]

_SHORT = {
    "img": "image",
    "init": "initializer",
    "kv": "kvstore",
    "mod": "module",
    "mon": "monitor",
    "nd": "ndarray",
    "ops": "ops",
    "rnd": "random",
    "sym": "symbol",
    "viz": "visualization",
}

_FROM = {
    "AttrScope": "attribute",
    **dict.fromkeys(
        ("Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"), "context"
    ),
    "MXNetError": "errors",
    **dict.fromkeys(("is_np_array", "is_np_shape", "np_shape", "set_np_shape", "use_np_shape"), "util"),
}


def __getattr__(wanted: str) -> Any:
    if wanted in _FROM:
        found = getattr(importlib.import_module(f"mxnet.{_FROM[wanted]}"), wanted)
    elif wanted in __all__ or wanted in _SHORT:
        found = importlib.import_module(f"mxnet.{_SHORT.get(wanted, wanted)}")
    else:
        raise AttributeError(f"module 'mxnet' has no attribute {wanted!r}{why_absent(__name__, wanted)}")
    globals()[wanted] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


lend(__name__)

if knob("MXNET_PROFILER_AUTOSTART"):
    __getattr__("profiler").autostart()

if os.environ.get("DMLC_ROLE", "worker") != "worker":  # what launchers of MXNet's set for servers
    __getattr__("kvstore_server")
