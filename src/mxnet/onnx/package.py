"""The packages that this needs besides: onnx, and ONNX Runtime where models are to be run."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

from mxnet.errors import MissingPackageError

__all__ = ["has_runtime", "new_session", "require", "runtime"]


def require() -> None:
    """Raise if onnx is not installed.

    Raises
    ------
    MissingPackageError
        With what to install.
    """
    if importlib.util.find_spec("onnx") is None:
        raise MissingPackageError("ONNX models need the package onnx: pip install 'symnet[onnx]'.")


def has_runtime() -> bool:
    """Whether ONNX Runtime is installed."""
    return importlib.util.find_spec("onnxruntime") is not None


def runtime() -> ModuleType:
    """Return ONNX Runtime; raises MissingPackageError where it is not installed."""
    if not has_runtime():
        raise MissingPackageError(
            "Running ONNX models needs the package onnxruntime: pip install 'symnet[onnx]'."
        )
    return importlib.import_module("onnxruntime")


def new_session(model: bytes | str) -> Any:
    """Return an inference session of ONNX Runtime on the CPU, for a serialised model or a file."""
    engine = runtime()
    options = engine.SessionOptions()
    options.log_severity_level = 3  # errors; warnings speak of initializers that folding made superfluous
    return engine.InferenceSession(model, options, providers=["CPUExecutionProvider"])
