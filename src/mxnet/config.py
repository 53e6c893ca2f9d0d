"""The environment variables that change how Symnet works, in one table. All are read when they are needed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from mxnet.errors import MXNetError, did_you_mean

__all__ = ["KNOBS", "Knob", "as_bytes", "knob"]

_UNITS = {"": 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class Knob(NamedTuple):
    """An environment variable: how its text is read, its default, and what it does."""

    read: Callable[[str], Any]
    default: Any
    doc: str


def as_bytes(value: str | float) -> int:
    """Return a number of bytes: ``"2GB"``, ``"512M"``, ``"1.5 GiB"`` or a number.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([\d.]+)\s*([KMGT]?)(?:I?B)?\s*", value.upper())
        if match is None:
            raise ValueError("expected a number of bytes such as '2GB' or '512MB'")
        return int(float(match[1]) * _UNITS[match[2]])
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", ""):
        raise ValueError("expected 0 or 1")
    return text.lower() in ("1", "true")


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(map(repr, choices))}.{did_you_mean(text, choices)}")
        return text

    return read


KNOBS: dict[str, Knob] = {
    "MXNET_BACKWARD_DO_MIRROR": Knob(
        _flag, False, "Recompute cheap values in the backward half instead of keeping them."
    ),
    "MXNET_CHECK_NUMERICS": Knob(_flag, False, "Stop at the first node that makes NaN or Inf."),
    "MXNET_COMPILER": Knob(
        _one_of("", "inductor", "onnxruntime", "openvino"),
        "",
        "Hand programs to this compiler: 'inductor' is torch.compile; the others are engines for inference.",
    ),
    "MXNET_CONVOLUTION_TUNE": Knob(
        _flag,
        False,
        "Choose how to compute convolutions by measuring, once for each.",
    ),
    "MXNET_CPU_MEM_POOL_TYPE": Knob(
        _one_of("", "Pooled", "Unpooled"), "", "'Unpooled' gives large blocks back when they are freed."
    ),
    "MXNET_DISABLED_PASSES": Knob(
        _names,
        frozenset(),
        "What to leave out, with commas between: passes, 'hoist', 'share_memory', 'native', 'cuda_graphs'; "
        "or 'all'.",
    ),
    "MXNET_GLUON_REPO": Knob(
        str,
        "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/",
        "Where the files of published data sets are fetched from; may be `file:///...`.",
    ),
    "MXNET_HOME": Knob(
        str, None, "The folder of the files that MXNet would download; `~/.mxnet` if it is not set."
    ),
    "MXNET_KERNEL_CACHE": Knob(
        str,
        "",
        "The folder of compiled kernels; `symnet/kernels` in the user's cache folder by default.",
    ),
    "MXNET_KVSTORE_BUCKET": Knob(
        as_bytes, 8 * 2**20, "About how many bytes of gradients workers send to each other in one message."
    ),
    "MXNET_KVSTORE_TIMEOUT": Knob(
        float, 600.0, "After how many seconds a worker that does not answer counts as lost."
    ),
    "MXNET_MEMORY_BUDGET": Knob(
        as_bytes, None, "The most memory that intermediate values of training may take, such as '2GB'."
    ),
    "MXNET_OPTIMIZER_AGGREGATION_SIZE": Knob(
        int,
        None,
        "How many parameters SGD, LARS (4) and LAMB (45) hand at once to methods that a subclass overrides.",
    ),
    "MXNET_PRINT_PASSES": Knob(
        _flag, False, "Print the graph to stderr before and after each pass that changes it."
    ),
    "MXNET_PROFILER_AUTOSTART": Knob(
        _flag, False, "Profile from the import on, and write profile.json when Python ends."
    ),
    "MXNET_STORAGE_FALLBACK_LOG_VERBOSE": Knob(
        _flag, True, "Say when an operator computes with dense copies of sparse arrays."
    ),
    "MXNET_UPDATE_ON_KVSTORE": Knob(
        _flag, True, "Let the key-value store update parameters that several devices share."
    ),
    "MXNET_WINOGRAD": Knob(
        _one_of("auto", "0", "2", "4"),
        "auto",
        "Side of the tiles of Winograd's convolutions, which run where they are fastest; 0 for none.",
    ),
}


def knob(name: str) -> Any:
    """Return the value of one of :data:`KNOBS` from the environment, or its default.

    Raises
    ------
    MXNetError
        If its text cannot be read.
    """
    text = os.environ.get(name)
    declared = KNOBS[name]
    if text is None:
        return declared.default
    try:
        return declared.read(text)
    except ValueError as error:
        raise MXNetError(f"The environment variable {name} is {text!r}: {error}.") from None
