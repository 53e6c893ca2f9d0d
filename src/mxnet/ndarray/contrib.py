"""What ``mx.nd.contrib`` has beside operators: loops and branches, and helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.lazy import torch
from mxnet.ndarray.control_flow import cond, foreach, while_loop
from mxnet.ndarray.ndarray import NDArray
from mxnet.ndarray.random import rand_zipfian
from mxnet.ndarray.updates import (
    adamw_update,
    mp_adamw_update,
    multi_adamw_update,
    multi_lamb_update,
    multi_mp_adamw_update,
    multi_mp_lamb_update,
)

if TYPE_CHECKING:
    from mxnet.ndarray.contrib_operators import *  # noqa: F403

__all__ = [
    "adamw_update",
    "cond",
    "foreach",
    "isfinite",
    "isinf",
    "isnan",
    "mp_adamw_update",
    "multi_adamw_update",
    "multi_lamb_update",
    "multi_mp_adamw_update",
    "multi_mp_lamb_update",
    "rand_zipfian",
    "while_loop",
]


def isinf(data: NDArray) -> NDArray:
    """Return 1 where an array is infinite and 0 elsewhere, in its data type."""
    return _like(data, torch.isinf(data.handle))


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where an array is neither infinite nor NaN and 0 elsewhere, in its data type."""
    return _like(data, torch.isfinite(data.handle))


def isnan(data: NDArray) -> NDArray:
    """Return 1 where an array is NaN and 0 elsewhere, in its data type."""
    return _like(data, torch.isnan(data.handle))


def _like(data: NDArray, values: Any) -> NDArray:
    return NDArray._from_tensor(values.to(data.handle.dtype), data.context)
