"""Stops a run at the first node that makes NaN or Inf: what ``bind(..., check_numerics=True)`` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError
from mxnet.ir.op import Like
from mxnet.ir.storage import Stored
from mxnet.lazy import torch
from mxnet.plan.plan import Step

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["NumericsError", "guarded"]

Kernel = Callable[..., Any]


class NumericsError(MXNetError, ArithmeticError):
    """A node made NaN or Inf."""


def guarded(step: Step, kernel: Kernel) -> Kernel:
    """Return a kernel that looks at what it made, and raises if a number is not finite.

    An output that only passes on what an input already held (a label of -inf, say) is blamed just the same:
    the ranges of the inputs in the message tell.

    Raises
    ------
    NumericsError
        With the node, the user's line, how many elements are wrong, and the range of each input.
    """
    op = step.node.op
    assert op is not None
    slots = op.input_names() + op.aux_names()

    def run(*tensors: Any, **options: Any) -> Any:
        results = kernel(*tensors, **options)
        several = isinstance(results, tuple | list) and not isinstance(results, Stored)
        made = map(_numbers, results if several else (results,))
        for name, tensor in zip(op.output_names(), made, strict=False):
            if tensor is not None and tensor.is_floating_point() and not torch.isfinite(tensor).all():
                shown = (
                    f"\n  {slot} {_range(_numbers(given))}"
                    for i, (slot, given) in enumerate(zip(slots, tensors, strict=True))
                    if i not in op.opaque
                )
                raise NumericsError(
                    f"it made {_count(tensor)} in its output {name!r} of shape "
                    f"{tuple(tensor.shape)}. It was given:{''.join(shown) or ' nothing'}"
                )
        return results

    return run


def _numbers(value: Any) -> Any:
    """Return a value, or what is stored of it."""
    return value.parts[0] if isinstance(value, Stored) else value


def _count(tensor: Tensor) -> str:
    nans, infinite = int(torch.isnan(tensor).sum()), int(torch.isinf(tensor).sum())
    found = [f"{number} {what}" for number, what in ((nans, "NaN"), (infinite, "Inf")) if number]
    return f"{' and '.join(found)} among {tensor.numel()} numbers"


def _range(tensor: Tensor | Like) -> str:
    shape = f"of shape {tuple(tensor.shape)}"
    if isinstance(tensor, Like) or not tensor.numel():
        return shape
    if tensor.is_floating_point():
        finite = tensor[torch.isfinite(tensor)]
        wrong = "" if finite.numel() == tensor.numel() else f", with {_count(tensor)}"
        if not finite.numel():
            return shape + wrong
        return f"{shape}, from {finite.min().item():.6g} to {finite.max().item():.6g}{wrong}"
    return f"{shape}, from {tensor.min().item()} to {tensor.max().item()}"
