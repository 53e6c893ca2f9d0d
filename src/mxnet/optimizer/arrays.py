"""Several tensors that go through a formula together, as one would, and which of an optimizer's do so.

One kernel for all of them spares the time that it takes to start one for each.
"""

from __future__ import annotations

import functools
import itertools
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.lazy import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from mxnet.ndarray import NDArray
    from mxnet.ops.optimizer.steps import Values

__all__ = ["Arrays", "Group", "Plan", "flat"]


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

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    @functools.cached_property
    def layout(self) -> Any:
        """Dtype and device, if all tensors share them and lie row by row; None if not."""
        first = (self[0].dtype, self[0].device)
        alike = all((each.dtype, each.device) == first and each.is_contiguous() for each in self)
        return first if alike else None

    @functools.cached_property
    def tables(self) -> dict[str, Any]:
        """What kernels that move these tensors keep from step to step, by their names."""
        return {}

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


class Group(NamedTuple):
    """The tensors of parameters that step together; of one alone, they are no `Arrays` but themselves."""

    first: int
    """Which of the parameters comes first."""
    weight: Values
    grad: Values
    states: list[Values]


class Plan:
    """Which parameters step together: those with the same rates, counts and number of states.

    It holds as long as the same arrays are updated, and those that step together still have the same rates.

    Parameters
    ----------
    weights, grads : list of NDArray
    states : list
        What the optimizer remembers of each.
    rates : list
        Learning rate, weight decay and count of each.
    together : bool
        Whether there are groups at all, or each parameter steps alone.

    Attributes
    ----------
    groups : list of Group
    sparse : list of (int, list of NDArray)
        The positions and the arrays of parameters that have sparse ones among them.
    """

    def __init__(
        self,
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[Any],
        rates: Sequence[Any],
        *,
        together: bool,
    ) -> None:
        self._given = [*weights, *grads, *states]
        self._arrays: list[NDArray] = []
        self._leaders: list[int] = []
        self.sparse: list[tuple[int, list[NDArray]]] = []
        members: dict[Any, list[int]] = {}
        of_each = [flat(parts) for parts in zip(weights, grads, states, strict=True)]
        for i, arrays in enumerate(of_each):
            if any(array.stype != "default" for array in arrays):
                self.sparse.append((i, arrays))
                self._leaders.append(i)
            else:
                self._arrays += arrays
                alike = members.setdefault((rates[i], len(arrays)) if together else i, [])
                alike.append(i)
                self._leaders.append(alike[0])
        self._tensors = [array._tensor for array in self._arrays]
        self.groups: list[Group] = []
        for alike in members.values():
            columns = zip(*([array._tensor for array in of_each[i]] for i in alike), strict=True)
            weight, grad, *parts = (Arrays(each) if len(alike) > 1 else each[0] for each in columns)
            self.groups.append(Group(alike[0], weight, grad, parts))

    def fits(
        self,
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[Any],
        rates: list[Any],
    ) -> bool:
        """Whether the plan holds for these, which are as those it was made for."""
        return (
            len(rates) == len(self._leaders)
            and all(map(operator.is_, self._given, itertools.chain(weights, grads, states)))
            and all(map(operator.is_, self._tensors, map(_TENSOR, self._arrays)))
            and [rates[i] for i in self._leaders] == rates
        )


_TENSOR = operator.attrgetter("_tensor")


def flat(state: Sequence[Any]) -> list[NDArray]:
    """Return the arrays of a state."""
    arrays: list[NDArray] = []
    for part in state:
        if isinstance(part, tuple):
            arrays += flat(part)
        elif part is not None:
            arrays.append(part)
    return arrays
