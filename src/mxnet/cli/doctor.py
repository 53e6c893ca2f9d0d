"""``symnet doctor``: what is installed, and which settings have an effect."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
import typer

from mxnet.cli.tools.options import JSON
from mxnet.cli.tools.printing import as_bytes, print_json, print_table
from mxnet.config import KNOBS, knob
from mxnet.errors import MXNetError, did_you_mean
from mxnet.historic.variables import VARIABLES
from mxnet.libinfo import __version__

__all__ = ["command"]

_GOOD, _WARNING, _BAD = "ok", "note", "problem"
_STYLES = {_GOOD: None, _WARNING: "yellow", _BAD: "red"}

_PACKAGES = {
    "llvmlite": "native kernels",
    "onnx": "ONNX models",
    "onnxruntime": "running ONNX models",
    "openvino": "running models in OpenVINO",
    "cv2": "images",
    "safetensors": ".safetensors files",
    "matplotlib": "curves",
    "sklearn": "the demo of the repository",
    "tensorboard": "TensorBoard",
    "netron": "symnet view",
}
"""What works only where a package is installed, by the name that is imported."""
_DISTRIBUTIONS = {
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
    "sklearn": ("scikit-learn",),
}
_REAL = (
    "mxnet",
    "mxnet-mkl",
    "mxnet-cu112",
    "mxnet-cu110",
    "mxnet-cu102",
    "mxnet-cu101",
    "mxnet-cu100",
    "mxnet-cu92",
)
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "KMP_AFFINITY", "CUDA_VISIBLE_DEVICES")


class Finding(NamedTuple):
    """Something that was looked at: what, what is so, and whether that is good."""

    about: str
    text: str
    state: str = _GOOD


def command(json: JSON = False) -> None:
    """Tell what is installed, on what it runs, and which settings have an effect.

    It ends with status 1 if something is wrong.
    """
    parts = {name: list(look()) for name, look in _LOOKS.items()}
    if json:
        print_json({name: [each._asdict() for each in found] for name, found in parts.items()})
    else:
        for name, found in parts.items():
            rows = [[each.about, each.text] for each in found]
            print_table([name, ""], rows, styles=[_STYLES[each.state] for each in found])
    if any(each.state == _BAD for found in parts.values() for each in found):
        raise typer.Exit(1)


def _versions() -> Iterator[Finding]:
    own = _version("symnet")
    yield Finding("Symnet", f"{own or 'not installed, run from its sources'}, as MXNet {__version__}")
    yield Finding("Python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("PyTorch", torch.__version__)
    yield Finding("numpy", np.__version__)
    for name in _REAL:
        if version := _version(name):
            yield Finding(
                name,
                f"{version} is installed, too: both are called mxnet. Remove it: pip uninstall {name}",
                _BAD,
            )


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> Iterator[Finding]:
    capability = torch.backends.cpu.get_cpu_capability()
    yield Finding("processor", f"{platform.machine()}, {os.cpu_count()} cores, kernels for {capability}")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = torch.get_num_threads()
    crowded = threads > usable
    more = (
        f", more than the {usable} cores this process may use" if crowded else f", {usable} cores to be used"
    )
    yield Finding("threads", f"{threads}{more}", _WARNING if crowded else _GOOD)
    if not torch.cuda.is_available():
        yield Finding("GPUs", "none that PyTorch can use")
    for number in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(number)
        yield Finding(f"gpu({number})", f"{properties.name}, {as_bytes(properties.total_memory)}")


def _packages() -> Iterator[Finding]:
    for name, what in _PACKAGES.items():
        if importlib.util.find_spec(name) is None:
            yield Finding(name, f"not installed: {what}")
            continue
        versions = (_version(each) for each in _DISTRIBUTIONS.get(name, (name,)))
        yield Finding(name, f"{next(filter(None, versions), 'installed')}: {what}")
    there = shutil.which("dot")
    yield Finding("dot", there or "not installed: pictures are drawn plainly, as .svg")


def _settings() -> Iterator[Finding]:
    names = sorted(name for name in os.environ if name.startswith(("MXNET_", "NNVM_")))
    for name in names:
        yield _setting(name, os.environ[name])
    for name in _THREADS:
        if name in os.environ:
            yield Finding(name, os.environ[name])
    if not names:
        yield Finding("MXNET_*", "none is set; docs/environment.md lists those that have an effect")


def _setting(name: str, text: str) -> Finding:
    if name in KNOBS:
        try:
            value = knob(name)
        except MXNetError as error:
            return Finding(name, str(error), _BAD)
        unchanged = " (as it is by default)" if value == KNOBS[name].default else ""
        return Finding(name, f"{text}{unchanged}: {KNOBS[name].doc}")
    if name in VARIABLES:
        return Finding(name, f"{text} has no effect: it tunes MXNet's own engine.", _WARNING)
    close = did_you_mean(name, [*KNOBS, *VARIABLES])
    return Finding(
        name, f"{text} has no effect: there is no such variable.{close}", _BAD if close else _WARNING
    )


def _writable() -> Iterator[Finding]:
    from_knob = knob("MXNET_KERNEL_CACHE")
    default = os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "symnet", "kernels"
    )
    for what, folder in (
        ("compiled kernels", from_knob or default),
        ("downloads", knob("MXNET_HOME") or os.path.expanduser("~/.mxnet")),
    ):
        near = folder
        while not os.path.isdir(near) and os.path.dirname(near) != near:
            near = os.path.dirname(near)
        can = os.access(near, os.W_OK)
        yield Finding(what, folder if can else f"{folder} cannot be written", _GOOD if can else _WARNING)


_LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "versions": _versions,
    "devices": _devices,
    "packages": _packages,
    "settings": _settings,
    "folders": _writable,
}
