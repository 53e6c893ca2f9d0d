"""Optimizers that are a formula on tensors, which parameters share: several at once, and sparse gradients."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.config import knob
from mxnet.errors import GradientError
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.structured import read_rows, rows_in_place, write_rows
from mxnet.optimizer.arrays import Plan, flat
from mxnet.optimizer.base import Index, Optimizer, OptimizerError, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from mxnet.ndarray import NDArray
    from mxnet.ops.optimizer.steps import Values

__all__ = ["Rule", "zeros_like"]

# What a subclass may override of `Rule`. If it does, its own are called as often as MXNet calls them.
_HOOKS = ("_update_count", "_get_lr", "_get_lrs", "_get_wd", "_get_wds", "update", "update_multi_precision")
_hooks_of = operator.attrgetter(*_HOOKS)


class Rule(Optimizer):
    """An optimizer that is one formula on tensors, `_step`.

    Parameters that share rates, and have been updated as often, take the step together: the formula gets all
    their tensors as one :class:`~mxnet.optimizer.arrays.Arrays`. Copies in single precision and sparse arrays
    are handled here.
    """

    _together = True
    """Whether the formula works on `Arrays`; if not, it gets the tensors of one parameter at a time."""

    _aggregated = 0
    """How many parameters MXNet updates in one call, by default; 0 if it always takes one."""

    _asks_for_all = False
    """Whether MXNet asks for the rates of all parameters of a call at once."""

    _own_precision = False
    """Whether, in MXNet, `update_multi_precision` is the formula itself and does not go by `update`.

    The operators that MXNet has for it move all rows of a parameter in half precision, whichever rows its
    gradient has.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self._aggregated:
            size = knob("MXNET_OPTIMIZER_AGGREGATION_SIZE")
            self.aggregate_num = self._aggregated if size is None else size

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        """Apply the formula, changing `weight` and `states` in place.

        Parameters
        ----------
        index : int or str
            The parameter, or the first of those that step together.
        weight, grad : Tensor or Arrays
        states : sequence of Tensor or Arrays
            What `create_state` returned, one after the other.
        lr, wd : float
        """
        raise NotImplementedError(f"{type(self).__name__} does not define _step.")

    def _ready(self, index: Index, weight: Any, grad: Any, lr: float, wd: float) -> tuple[Any, float] | None:
        """Return with which gradient and rate to step now, or None to wait for more gradients.

        Weight and gradient are as `_step` gets them, or the arrays themselves where some are sparse.
        """
        return grad, lr

    def _only_rows(self, weight: NDArray) -> bool:
        """Whether a row-sparse gradient leaves the rows it does not have as they are.

        Then `_step` is a step that `by_kernel` decorates, as it may be given `RowsOf` arrays.
        """
        return False

    def _rows_moved(self, weight: NDArray, grad: NDArray) -> Tensor | None:
        """Return the rows that alone are moved, those of a row-sparse gradient; None for all."""
        lazy = grad.stype == "row_sparse" and self._only_rows(weight)
        return grad._stored().parts[1] if lazy else None

    @property
    def steps_together(self) -> bool:
        """Whether nobody overrides what is asked for each parameter."""
        return _hooks_of(type(self)) == _hooks_of(Rule) and vars(self).keys().isdisjoint(_HOOKS)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a parameter, or several of a list, and their states, in place."""
        self._update(*_listed(index, weight, grad, state))

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Change a parameter by way of its float32 copy, if it has one; or several of a list."""
        if self._own_precision:
            self.update_all(*_listed(index, weight, grad, state))
        else:
            super().update_multi_precision(index, weight, grad, state)

    def update_all(
        self,
        indices: Sequence[Index],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[State],
    ) -> None:
        """Change several parameters together, by way of their float32 copies where they have one."""
        if not self.multi_precision:
            self._update(indices, weights, grads, states)
            return
        weights, grads, states = list(weights), list(grads), list(states)
        masters: list[tuple[NDArray, NDArray, NDArray]] = []
        for i, weight in enumerate(weights):
            if weight.dtype == np.float16:
                weights[i], states[i] = states[i] if self._master_first else states[i][::-1]
                grads[i] = grads[i].astype(np.float32)
                if self._own_precision:
                    grads[i] = grads[i].tostype("default")
                masters.append((weight, weights[i], grads[i]))
        self._update(indices, weights, grads, states)
        for weight, master, grad in masters:
            rows = self._rows_moved(master, grad)
            if rows is not None:
                write_rows([weight], rows, read_rows([master], rows))
            else:
                weight[:] = master.astype(np.float16)

    def _update(
        self,
        indices: Sequence[Index],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[State],
    ) -> None:
        if MODE.get().record is not None and any(weight._is_tracked() for weight in weights):
            raise GradientError("A weight cannot be updated while a gradient of it is being recorded.")
        rates = self._rates(indices)
        plans: dict[Index, Plan] = self.__dict__.setdefault("_plans", {})
        plan = plans.get(indices[0])
        if plan is None or not plan.fits(weights, grads, states, rates):
            plan = plans[indices[0]] = Plan(weights, grads, states, rates, together=self._together)
        try:
            for group in plan.groups:
                lr, wd, _ = rates[group.first]
                index = indices[group.first]
                ready = self._ready(index, group.weight, group.grad, float(lr), float(wd))
                if ready is not None:
                    self._step(index, group.weight, ready[0], group.states, ready[1], float(wd))
            for i, arrays in plan.sparse:
                lr, wd, _ = rates[i]
                self._step_sparsely(indices[i], arrays, float(lr), float(wd))
        except Exception as error:
            for one in zip(indices, weights, states, strict=True):
                self._check_state(*one, error)
            raise

    def _check_state(self, index: Index, weight: NDArray, state: State, error: Exception) -> None:
        """Raise if a state is not as `create_state` makes it: that is where the error comes from."""
        found, wanted = (
            [a.shape for a in flat([each])] for each in (state, self.create_state(index, weight))
        )
        if found != wanted:
            raise OptimizerError(
                f"{type(self).__name__} keeps arrays of the shapes {wanted} for the parameter {index!r}, but "
                f"its state has {found}: it is that of another optimizer, or of one with other options."
            ) from error

    def _rates(self, indices: Sequence[Index]) -> list[tuple[float, float, int | None]]:
        """Count an update of each parameter; return its learning rate, its weight decay and the count."""
        if self._asks_for_all or (self._together and self.steps_together):
            self._update_count(indices)
            lrs, wds = self._get_lrs(indices), self._get_wds(indices)
            if not len(lrs) == len(wds) == len(indices):
                raise OptimizerError(
                    f"{type(self).__name__} was asked for the rates of {len(indices)} parameters, but "
                    f"_get_lrs returned {len(lrs)} and _get_wds {len(wds)}."
                )
        else:
            lrs, wds = map(list, zip(*map(self._rate, indices), strict=True))
        return list(zip(lrs, wds, map(self._index_update_count.get, indices), strict=True))

    def _rate(self, index: Index) -> tuple[float, float]:
        """Count an update of a parameter; return its learning rate and its weight decay."""
        self._update_count(index)
        return self._get_lr(index), self._get_wd(index)

    def _step_sparsely(self, index: Index, arrays: Sequence[NDArray], lr: float, wd: float) -> None:
        """Step with some arrays stored sparsely: in all rows, or only in those that the gradient has."""
        weight, grad, *states = arrays
        ready = self._ready(index, weight, grad, lr, wd)
        if ready is None:
            return
        grad, lr = ready
        rows = self._rows_moved(weight, grad)
        if rows is not None:
            moved = [weight, *states]
            slope = grad._stored().parts[0]
            in_place = rows_in_place(moved, rows)
            if in_place is not None:
                self._step(index, in_place[0], slope, in_place[1:], lr, wd)
                return
            part, *parts = read_rows(moved, rows)
            self._step(index, part, slope, parts, lr, wd)
            write_rows(moved, rows, [part, *parts])
            return
        moved = [weight, *states]
        part, *parts = tensors = [array._tensor for array in moved]
        self._step(index, part, grad._tensor, parts, lr, wd)
        for array, tensor in zip(moved, tensors, strict=True):
            array._overwrite(tensor)


def _listed(index: Any, *of_each: Any) -> tuple[Any, ...]:
    """Return lists of one, unless there are several already."""
    several = isinstance(index, (list, tuple))
    return (index, *of_each) if several else tuple([one] for one in (index, *of_each))


def zeros_like(weight: NDArray, dtype: Any = None) -> NDArray:
    """Return zeros beside a parameter, stored as it is, and of its dtype unless another is given."""
    return nd.sparse.zeros(weight.stype, weight.shape, weight.context, dtype or weight.dtype)
