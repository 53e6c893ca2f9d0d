"""NaN in kernels of torch's that take it for one thing in vectors of numbers, and for another beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["confused_by_nan"]


def confused_by_nan(x: Tensor) -> bool:
    """Whether such a kernel would read NaN, or perhaps infinities; kernels of GPUs are not of that kind.

    A sum finds that out in a fraction of the time that a search takes.
    """
    return not (x.is_cuda or torch.compiler.is_compiling()) and bool(x.sum().isnan())
