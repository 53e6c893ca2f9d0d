"""Several tensors that go through a formula together, as one would: one kernel for all of them, not each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.lazy import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
__all__ = ["Arrays"]


class Arrays(list["Tensor"]):
    """A list of tensors with the methods of a tensor, which work on every tensor of the list.

    What stands beside them is a number, or as many tensors. There are the methods that torch has for lists
    (``torch._foreach_...``); so the formula of an optimizer can be written for one tensor and run on many.

    Examples
    --------
    >>> import torch
    >>> weights = Arrays([torch.ones(2), torch.ones(3)])
    >>> weights.sub_(weights * 2, alpha=0.25)
    [tensor([0.5000, 0.5000]), tensor([0.5000, 0.5000, 0.5000])]
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    def clamp(self, low: float, high: float) -> Arrays:
        """Return the values within the limits."""
        return Arrays(torch._foreach_clamp_max(torch._foreach_clamp_min(self, low), high))

    def __add__(self, other: Any) -> Arrays:  # type: ignore[override]  # a list would be longer
        return Arrays(torch._foreach_add(self, other))

    def __sub__(self, other: Any) -> Arrays:
        return Arrays(torch._foreach_sub(self, other))

    def __mul__(self, other: Any) -> Arrays:
        return Arrays(torch._foreach_mul(self, other))

    def __truediv__(self, other: Any) -> Arrays:
        return Arrays(torch._foreach_div(self, other))


def _method(name: str) -> Callable[..., Arrays]:
    """Return the method that runs one of torch's kernels for lists, in place if its name says so."""
    kernel_name = f"_foreach_{name}"

    def in_place(self: Arrays, *args: Any, **kwargs: Any) -> Arrays:
        getattr(torch, kernel_name)(self, *args, **kwargs)
        return self

    def made(self: Arrays, *args: Any, **kwargs: Any) -> Arrays:
        return Arrays(getattr(torch, kernel_name)(self, *args, **kwargs))

    return in_place if name.endswith("_") else made


for _name in (
    *("abs", "add", "maximum", "sign", "sqrt"),
    *("add_", "addcdiv_", "addcmul_", "copy_", "div_", "mul_", "neg_", "sqrt_", "sub_"),
):
    setattr(Arrays, _name, _method(_name))
