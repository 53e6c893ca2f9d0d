"""NaN in kernels of torch's that take it for one thing in vectors of numbers, and for another beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.traced import Traced

__all__ = ["confused_by_nan"]


def confused_by_nan(x: Tensor | Traced) -> bool:
    """Whether such a kernel would read NaN, or perhaps infinities; kernels of GPUs are not of that kind.

    A sum finds that out in a fraction of the time that a search takes.
    """
    if not isinstance(x, torch.Tensor):
        return True  # nobody knows of what is traced
    return not (x.is_cuda or torch.compiler.is_compiling()) and bool(x.sum().isnan())
