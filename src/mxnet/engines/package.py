"""The packages that this needs besides: onnx, and the engines that run its models."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from mxnet.engines.signal_stack import signal_stack_kept
from mxnet.errors import MissingPackageError

__all__ = ["ENGINES", "Run", "has_runtime", "new_session", "require", "require_engine", "runtime"]

Array = np.ndarray[Any, Any]
Run = Callable[[Mapping[str, Array]], Sequence[Array]]
"""Takes inputs by name, returns outputs in order; several threads may call it."""


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


def require_engine(name: str) -> None:
    """Raise if an engine of :data:`ENGINES`, or the package onnx, is not installed.

    Raises
    ------
    MissingPackageError
        With what to install.
    """
    lacking = [each for each in ("onnx", name) if importlib.util.find_spec(each) is None]
    if lacking:
        extra = "onnx" if name == "onnxruntime" else name
        raise MissingPackageError(
            f"compiler={name!r} needs the package {' and '.join(lacking)}: pip install 'symnet[{extra}]'."
        )


def _in_onnxruntime(model: bytes) -> Run:
    session = new_session(model)
    return lambda inputs: session.run(None, inputs)


def _in_openvino(model: bytes) -> Run:
    with signal_stack_kept():
        core = importlib.import_module("openvino").Core()
        # As numbers are given: on some processors it computes with half of their digits otherwise.
        compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    idle: list[Any] = []  # requests, each of which one thread may use at a time

    def run(inputs: Mapping[str, Array]) -> Sequence[Array]:
        with signal_stack_kept():
            request = idle.pop() if idle else compiled.create_infer_request()
            found = request.infer(inputs)
        results = [found[i] for i in range(len(compiled.outputs))]
        idle.append(request)
        return results

    return run


ENGINES: Mapping[str, Callable[[bytes], Run]] = {"onnxruntime": _in_onnxruntime, "openvino": _in_openvino}
"""What runs a serialised ONNX model, by the names of packages."""
