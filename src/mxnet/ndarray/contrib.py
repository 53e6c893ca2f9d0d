"""What ``mx.nd.contrib`` has beside operators: loops and branches, and helpers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mxnet.lazy import torch
from mxnet.ndarray.control_flow import cond, foreach, while_loop
from mxnet.ndarray.ndarray import NDArray
from mxnet.ndarray.random import uniform
from mxnet.ndarray.updates import (
    adamw_update,
    mp_adamw_update,
    multi_adamw_update,
    multi_lamb_update,
    multi_mp_adamw_update,
    multi_mp_lamb_update,
)

if TYPE_CHECKING:
    from mxnet.context import Context
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


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes from a log-uniform (Zipfian) distribution, for sampled softmax and the like.

    Parameters
    ----------
    true_classes : NDArray
        The target classes.
    num_sampled : int
        How many classes to draw.
    range_max : int
        The number of classes; class k has the probability ``log((k + 2) / (k + 1)) / log(range_max + 1)``.
    ctx : Context, optional
        Where to draw.

    Returns
    -------
    samples : NDArray
        The classes drawn, int64.
    expected_count_true, expected_count_sample : NDArray
        How often each target class, and each class drawn, is expected among `num_sampled` draws; float64.
    """
    log_range = math.log(range_max + 1)
    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64", ctx=ctx).handle
    samples = (drawn.exp().long() - 1) % range_max

    def expected(classes: Any) -> Any:
        classes = classes.double()
        return ((classes + 2) / (classes + 1)).log() / log_range * num_sampled

    context = true_classes.context if ctx is None else ctx
    made = (samples, expected(true_classes.handle), expected(samples))
    return tuple(NDArray._from_tensor(each, context) for each in made)  # type: ignore[return-value]
